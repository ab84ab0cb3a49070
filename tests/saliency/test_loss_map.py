from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from gazeapp.saliency.loss_map import evolve, loss_map


def test_the_published_evolution_ends_at_the_distance():
    """On 101×101 with one salient cell: within the 1.3 cells of a first-order scheme."""
    outside = np.ones((101, 101), bool)
    outside[50, 50] = False
    evolved = evolve(outside)
    assert np.abs(evolved - distance_transform_edt(outside)).max() < 1.3


def test_a_calibration_point_is_a_salient_set_of_one_cell():
    saliency = np.zeros((60, 80))
    saliency[20, 30] = 1
    loss = loss_map(saliency)
    points = np.array([[30.5, 20.5], [33.5, 24.5], [70.5, 20.5]])
    assert loss.look_up(points) == pytest.approx([0, 5, 40], abs=1e-9)


def test_about_the_share_above_the_percentile_costs_nothing():
    density = np.random.default_rng(0).random((100, 100))
    assert (loss_map(density).values == 0).mean() == pytest.approx(0.05, abs=0.002)
    assert (loss_map(density, percentile=80).values == 0).mean() == pytest.approx(0.2, abs=0.002)


@given(
    st.lists(st.tuples(st.floats(-40, 260), st.floats(-40, 200)), min_size=1, max_size=20),
    st.integers(0, 5),
)
def test_the_gradient_is_that_of_the_value(points, seed):
    density = np.random.default_rng(seed).random((37, 53))
    loss = loss_map(density, size_wh=(212, 148))
    place, step = np.array(points), 1e-5
    cells = place * np.array([loss.scale_x, loss.scale_y]) - 0.5
    smooth = (np.abs(cells - np.round(cells)) > 1e-3).all(axis=1)
    for axis in (0, 1):
        aside = np.zeros(2)
        aside[axis] = step
        slope = (loss.look_up(place + aside) - loss.look_up(place - aside)) / (2 * step)
        assert loss.gradient(place)[smooth, axis] == pytest.approx(slope[smooth], abs=1e-4)


def test_maps_that_say_nothing_are_refused():
    with pytest.raises(ValueError, match="constant"):
        loss_map(np.ones((4, 4)))
    with pytest.raises(ValueError, match="method"):
        loss_map(np.eye(4), method="guess")
