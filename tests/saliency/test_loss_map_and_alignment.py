from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from gazeapp.errors import NotEnoughData
from gazeapp.saliency.alignment import ViewedImage, align
from gazeapp.saliency.loss_map import evolve, loss_map
from gazeapp.saliency.maps import fixation_density


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


def viewed(shift_deg, n_images=24, seed=0, noise_deg=0.4, percentile=95.0):
    """Images with a few salient spots; gaze lands on them, off by a constant shift."""
    rng = np.random.default_rng(seed)
    images = []
    for _ in range(n_images):
        spots = rng.uniform([80, 60], [720, 540], (4, 2))
        density = fixation_density(spots / 5, (160, 120), 24 / 5)
        landed = spots[rng.integers(0, 4, 9)] + rng.normal(0, noise_deg * 24, (9, 2))
        images.append(
            ViewedImage(
                loss=loss_map(density, size_wh=(800, 600), percentile=percentile),
                fixations=landed + np.array(shift_deg) * 24,
                units_per_deg=24.0,
            )
        )
    return images


@pytest.mark.parametrize("power", [1, 2])
def test_a_constant_shift_of_gaze_is_found_and_taken_back(power):
    found = align(viewed((1.2, -0.8)), power=power)
    assert found.shift_deg == pytest.approx([-1.2, 0.8], abs=0.25)
    assert found.is_supported
    assert found.loss_after_deg < found.loss_before_deg


def test_accurate_gaze_is_left_alone():
    assert not align(viewed((0.0, 0.0))).is_supported


def test_a_stretch_of_gaze_is_found_by_the_affine_fit():
    # a small salient set: within a large one a stretch of some per cent costs nothing and cannot be seen
    images = viewed((0.0, 0.0), n_images=60, percentile=99.5)
    centre = np.array([400.0, 300.0])
    stretched = [
        ViewedImage(
            loss=image.loss,
            fixations=centre + (image.fixations - centre) * 1.08,
            units_per_deg=image.units_per_deg,
        )
        for image in images
    ]
    assert np.diag(align(stretched, kind="affine").matrix) == pytest.approx([0.93, 0.93], abs=0.04)


def test_too_little_viewing_is_refused_with_what_is_needed():
    with pytest.raises(NotEnoughData, match="8 images"):
        align(viewed((1, 0), n_images=5))


@pytest.mark.slow
def test_an_offset_of_real_gaze_is_mostly_taken_back(shared_data):
    """OSIE: three observers, 40 images each, saliency from the other observers, 1.4 degrees of added offset."""
    from scipy.io import loadmat

    path = shared_data / "osie" / "data" / "eye" / "fixations.mat"
    rows = loadmat(path, squeeze_me=True, struct_as_record=False)["fixations"]

    def points(subject):
        xy = np.c_[np.atleast_1d(subject.fix_x), np.atleast_1d(subject.fix_y)].astype(float)
        return xy[((xy >= 0) & (xy < (800, 600))).all(axis=1)]

    left = []
    for observer in (0, 4, 8):
        images = []
        for row in rows[observer :: len(rows) // 40][:40]:
            others = [points(s) for i, s in enumerate(row.subjects) if i != observer]
            density = fixation_density(np.vstack(others) / 8, (100, 75), 3.0)
            own = points(row.subjects[observer]) + np.array([24.0, -24.0])
            loss = loss_map(density, size_wh=(800, 600))
            images.append(ViewedImage(loss=loss, fixations=own, units_per_deg=24.0))
        found = align(images)
        left.append(np.hypot(*(found.shift_deg + np.array([1.0, -1.0]))))
    assert np.mean(left) < np.hypot(1, 1) / 2
