from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from gazeapp.errors import UnreadableTable
from gazeapp.saliency import classic, colors, maps
from gazeapp.store.map_folder import read_map, write_map

POINTS = st.lists(st.tuples(st.floats(-20, 140), st.floats(-20, 100)), min_size=1, max_size=30)
SIZE = (120, 80)


def on_image(points):
    return [(x, y) for x, y in points if 0 <= x < SIZE[0] and 0 <= y < SIZE[1]]


@pytest.mark.slow
@given(POINTS, st.floats(0, 15))
def test_a_density_sums_to_one_and_equals_a_blurred_count(points, sigma_px):
    if not on_image(points):
        with pytest.raises(ValueError, match="no fixation"):
            maps.fixation_density(points, SIZE, sigma_px)
        return
    density = maps.fixation_density(points, SIZE, sigma_px)
    counts = np.zeros(SIZE[::-1])
    for x, y in on_image(points):
        counts[int(y), int(x)] += 1
    expected = gaussian_filter(counts, sigma_px, mode="constant") if sigma_px else counts
    assert density.dtype == np.float32
    assert density.sum() == pytest.approx(1, abs=1e-5)
    assert density == pytest.approx(expected / expected.sum(), abs=1e-7)


@given(st.integers(2, 60), st.integers(2, 60), st.integers(2, 90), st.integers(2, 90))
def test_resizing_keeps_mass(width, height, new_width, new_height):
    density = maps.normalise(np.random.default_rng(width * height).random((height, width)))
    resized = maps.resize_map(density, (new_width, new_height))
    assert resized.shape == (new_height, new_width)
    assert resized.sum() == pytest.approx(1, abs=1e-4)
    assert (resized >= 0).all()


def test_a_fixation_belongs_to_the_pixel_it_falls_in():
    counts = maps.fixation_counts([(0.0, 0.0), (3.99, 1.0), (119.9, 79.9)], SIZE)
    assert counts[0, 0] == counts[1, 3] == counts[79, 119] == 1
    assert maps.n_outside([(120.0, 5.0), (5.0, -0.1)], SIZE) == 2


def test_duration_weights_shift_the_mass():
    even = maps.fixation_density([(30, 40), (90, 40)], SIZE, 4)
    heavy = maps.fixation_density([(30, 40), (90, 40)], SIZE, 4, weights=[3, 1])
    assert even[:, :60].sum() == pytest.approx(0.5, abs=1e-4)
    assert heavy[:, :60].sum() == pytest.approx(0.75, abs=1e-4)


@pytest.mark.parametrize(
    "predict",
    [classic.image_signature, classic.spectral_residual, classic.signature_with_centre],
    ids=["signature", "residual", "signature-centre"],
)
@pytest.mark.parametrize("size", [(64, 48), (333, 61), (40, 200)], ids=str)
def test_training_free_maps_are_densities_that_find_the_odd_patch(predict, size):
    width, height = size
    image = np.full((height, width, 3), 120, np.uint8)
    top, left = height // 3, width // 3
    patch = image[top : top + height // 4, left : left + width // 4]
    patch[...] = np.random.default_rng(0).integers(0, 255, patch.shape)
    density = predict(image)
    assert density.shape == (height, width)
    assert density.sum() == pytest.approx(1, abs=1e-4)
    inside = density[top : top + height // 4, left : left + width // 4].sum()
    assert inside > 1 / 16


def test_a_flat_image_gives_a_density_too():
    for predict in (classic.image_signature, classic.spectral_residual):
        assert predict(np.zeros((30, 40, 3), np.uint8)).sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.slow
def test_training_free_maps_reach_the_published_ballpark_on_osie(shared_data):
    """On 40 OSIE images at σ 24 px: centre × signature is reported at CC .46, the centre bias at .31."""
    import cv2
    from scipy.io import loadmat

    from gazeapp.saliency.metrics import cc

    osie = shared_data / "osie" / "data"
    rows = loadmat(osie / "eye" / "fixations.mat", squeeze_me=True, struct_as_record=False)
    scores = {"product": [], "centre": []}
    for row in rows["fixations"][::16]:
        points = np.vstack([np.c_[np.atleast_1d(s.fix_x), np.atleast_1d(s.fix_y)] for s in row.subjects])
        image = cv2.cvtColor(cv2.imread(str(osie / "stimuli" / row.img)), cv2.COLOR_BGR2RGB)
        truth = maps.fixation_density(points, (800, 600), 24.0)
        scores["product"].append(cc(classic.signature_with_centre(image), truth))
        scores["centre"].append(cc(classic.centre_bias((800, 600)), truth))
    assert np.mean(scores["product"]) > 0.43
    assert 0.25 < np.mean(scores["centre"]) < 0.40


def test_where_nobody_looks_the_overlay_is_transparent():
    density = np.zeros((10, 10), np.float32)
    density[5, 5] = 1
    picture = colors.overlay_rgba(density)
    assert picture[0, 0, 3] == 0
    assert picture[5, 5, 3] > 200
    assert colors.overlay_rgba(np.zeros((3, 3)))[..., 3].max() == 0


def test_the_same_scale_gives_the_same_colour_in_both_maps():
    a = colors.overlay_rgba(np.array([[0.2, 0.4]]), vmax=0.8)
    b = colors.overlay_rgba(np.array([[0.2, 0.8]]), vmax=0.8)
    assert (a[0, 0] == b[0, 0]).all()
    assert (a[0, 1] != b[0, 1]).any()


def test_a_difference_is_red_for_more_blue_for_less_and_nothing_at_zero():
    picture = colors.difference_rgba(np.array([[-1.0, 0.0, 1.0]]))
    assert picture[0, 0, 2] > picture[0, 0, 0]
    assert picture[0, 1, 3] == 0
    assert picture[0, 2, 0] > picture[0, 2, 2]


def test_uncertainty_fades_and_does_not_change_the_colour():
    sure, unsure = (colors.overlay_rgba(np.ones((2, 2)), certainty=c) for c in (1.0, 0.5))
    assert (sure[..., :3] == unsure[..., :3]).all()
    assert unsure[0, 0, 3] < sure[0, 0, 3]
    assert colors.legend_rgba("density", 50, 6).shape == (6, 50, 4)


def test_map_files_come_back_exactly_and_execute_nothing(tmp_path):
    density = maps.fixation_density([(3, 4)], (20, 10), 2)
    write_map(density, tmp_path / "a.npy")
    assert np.array_equal(read_map(tmp_path / "a.npy"), density)
    write_map(density - density.mean(), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    np.save(tmp_path / "evil.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    (tmp_path / "cut.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:90])
    for name in ("evil", "cut", "absent"):
        with pytest.raises(UnreadableTable, match=f"{name}.npy"):
            read_map(tmp_path / f"{name}.npy")
