"""Fixations to densities: conventions, edges, resolutions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import gaussian_filter

from gazeapp.saliency.maps import (
    fixation_counts,
    fixation_density,
    n_outside,
    normalise,
    resize_map,
    uniform,
)

sizes = st.tuples(st.integers(4, 40), st.integers(4, 40))
points = arrays(np.float64, st.tuples(st.integers(1, 12), st.just(2)), elements=st.floats(-5, 45))


def test_fixation_belongs_to_the_pixel_of_its_floor():
    counts = fixation_counts([(3.0, 1.0), (3.99, 1.99)], (8, 4))
    assert counts[1, 3] == 2
    assert counts.sum() == 2


def test_fixations_beside_the_image_are_left_out_and_counted():
    fixations = [(0, 0), (-0.01, 2), (8.0, 2), (7.99, 3.99), (2, 4.0)]
    assert fixation_counts(fixations, (8, 4)).sum() == 2
    assert n_outside(fixations, (8, 4)) == 3


@given(sizes, points, st.floats(0.3, 9))
def test_density_equals_scipy_blur_of_the_counts(size_wh, fixations, sigma_px):
    counts = fixation_counts(fixations, size_wh)
    if counts.sum() == 0:
        with pytest.raises(ValueError, match="fixations_px"):
            fixation_density(fixations, size_wh, sigma_px)
        return
    blurred = gaussian_filter(counts, sigma_px, mode="constant", truncate=4.0)
    density = fixation_density(fixations, size_wh, sigma_px)
    np.testing.assert_allclose(density, blurred / blurred.sum(), atol=1e-7)
    assert density.dtype == np.float32
    assert float(density.sum(dtype=np.float64)) == pytest.approx(1, abs=1e-5)


def test_many_fixations_take_another_path_to_the_same_density():
    fixations = np.random.default_rng(1).uniform(0, 15, (900, 2))
    counts = fixation_counts(fixations, (20, 15))
    occupied = np.argwhere(counts > 0)[:, ::-1]
    few = fixation_density(occupied, (20, 15), 3.0, counts[counts > 0])
    np.testing.assert_allclose(fixation_density(fixations, (20, 15), 3.0), few, atol=1e-8)


def test_weights_act_as_repeated_fixations():
    once = fixation_density([(5, 5), (20, 9)], (32, 24), 2.0, weights=[3, 1])
    repeated = fixation_density([(5, 5)] * 3 + [(20, 9)], (32, 24), 2.0)
    np.testing.assert_allclose(once, repeated, atol=1e-8)


def test_sigma_zero_gives_the_counts():
    density = fixation_density([(5, 5), (20, 9), (20, 9)], (32, 24), 0.0)
    assert density[9, 20] == pytest.approx(2 / 3)
    assert np.count_nonzero(density) == 2


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"fixations_px": [(np.nan, 1)]}, "fixations_px"),
        ({"fixations_px": [1.0, 2.0, 3.0]}, "fixations_px"),
        ({"fixations_px": []}, "fixations_px"),
        ({"sigma_px": -1}, "sigma_px"),
        ({"sigma_px": np.nan}, "sigma_px"),
        ({"weights": [-1.0]}, "weights"),
        ({"weights": [1.0, 1.0]}, "weights"),
        ({"weights": [0.0]}, "fixations_px"),
    ],
)
def test_wrong_argument_is_named(change, named):
    arguments = {"fixations_px": [(1, 1)], "size_wh": (8, 8), "sigma_px": 1.0} | change
    with pytest.raises(ValueError, match=named):
        fixation_density(**arguments)


def test_normalise_clips_negative_mass():
    np.testing.assert_allclose(normalise([[-1.0, 1.0], [3.0, 0.0]]), [[0, 0.25], [0.75, 0]])


@pytest.mark.parametrize("values", [[[0.0, 0.0]], [[-1.0, -2.0]], [[np.nan, 1.0]], [1.0, 2.0]])
def test_normalise_refuses_what_cannot_become_a_density(values):
    with pytest.raises(ValueError, match="values"):
        normalise(values)


def test_uniform_is_a_density():
    assert uniform((8, 4)).shape == (4, 8)
    assert uniform((8, 4)).sum() == pytest.approx(1)


maps = arrays(np.float64, st.tuples(st.integers(1, 20), st.integers(1, 20)), elements=st.floats(0, 9))


@given(maps, sizes)
def test_resizing_keeps_the_mass_of_a_map(values, size_wh):
    resized = resize_map(values, size_wh)
    assert resized.shape == size_wh[::-1]
    assert resized.min() >= 0
    assert float(resized.sum(dtype=np.float64)) == pytest.approx(values.sum(), rel=1e-5, abs=1e-6)


def test_resizing_a_difference_equals_the_difference_of_resized_densities():
    random = np.random.default_rng(3)
    a, b = normalise(random.random((30, 40))), normalise(random.random((30, 40)))
    down = resize_map(a - b, (20, 15))
    np.testing.assert_allclose(down, resize_map(a, (20, 15)) - resize_map(b, (20, 15)), atol=1e-6)


@given(sizes, sizes)
def test_resizing_a_constant_keeps_it_constant(size_wh, new_wh):
    resized = resize_map(np.full(size_wh[::-1], 0.3), new_wh)
    np.testing.assert_allclose(resized, resized[0, 0], rtol=1e-6)


def test_shrinking_averages_whole_areas():
    values = np.arange(16.0).reshape(4, 4)
    np.testing.assert_allclose(resize_map(values, (2, 2)), [[10, 18], [42, 50]])


def test_enlarging_interpolates_between_pixel_centres():
    np.testing.assert_allclose(resize_map([[0.0, 1.0]], (4, 1)), [[0, 0.125, 0.375, 0.5]])
