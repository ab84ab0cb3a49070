from __future__ import annotations

import numpy as np
import pytest

from gazeapp.runtime.stimulus_selection import most_informative, spread_of
from gazeapp.saliency.maps import fixation_density, uniform


def bumps(*points, size=(160, 120), sigma=6.0):
    return fixation_density(np.array(points, float), size, sigma)


def test_a_flat_map_is_spread_widest_and_a_single_pixel_not_at_all():
    point = np.zeros((12, 16), np.float32)
    point[3, 4] = 1
    assert spread_of(uniform((16, 12))) == pytest.approx(1)
    assert spread_of(point) == 0


def test_an_image_with_the_usual_number_of_attractions_goes_before_one_with_one_or_nothing():
    images = {
        "single": bumps((80, 60)),
        "usual": bumps((20, 20), (140, 20), (80, 100)),
        "empty": uniform((160, 120)),
    }
    assert most_informative(images, seen=[]) == "usual"


def test_an_image_unlike_those_seen_goes_before_one_like_them():
    left, right = bumps((20, 60), (30, 20)), bumps((140, 60), (130, 20))
    again = bumps((22, 60), (32, 22))
    assert most_informative({"again": again, "right": right}, seen=[left]) == "right"


def test_equal_images_are_taken_in_the_order_of_their_names():
    same = bumps((80, 60))
    assert most_informative({"b": same, "a": same}, seen=[]) == "a"


def test_without_images_left_there_is_nothing_to_choose():
    with pytest.raises(ValueError, match="empty"):
        most_informative({}, seen=[])
