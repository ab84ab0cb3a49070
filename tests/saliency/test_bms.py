"""Boolean map saliency finds what is surrounded."""

import numpy as np
import pytest

from gazeapp.saliency.bms import bms_with_centre, boolean_map_saliency


def picture_with_disc(at_xy, radius=14, size_wh=(240, 180)):
    y, x = np.mgrid[: size_wh[1], : size_wh[0]]
    image = np.full((size_wh[1], size_wh[0], 3), (90, 120, 90), np.uint8)
    image[(x - at_xy[0]) ** 2 + (y - at_xy[1]) ** 2 < radius**2] = (220, 60, 50)
    return image


@pytest.mark.parametrize("at_xy", [(60, 50), (180, 130)], ids=["upper left", "lower right"])
def test_disc_on_plain_ground_is_the_peak(at_xy):
    density = boolean_map_saliency(picture_with_disc(at_xy))
    y, x = np.unravel_index(density.argmax(), density.shape)
    assert np.hypot(x - at_xy[0], y - at_xy[1]) < 14
    assert density.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)


def test_what_touches_the_border_is_ground():
    image = picture_with_disc((120, 90))
    image[:60, :60] = (30, 40, 200)
    density = boolean_map_saliency(image)
    assert density[90, 120] > 5 * density[20, 20]


def test_inverted_picture_has_the_same_map():
    image = picture_with_disc((80, 110))
    a, b = boolean_map_saliency(image), boolean_map_saliency(255 - image)
    assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("size_wh", [(33, 17), (16, 200), (641, 480)], ids=str)
def test_any_size_gives_a_density_of_that_size(size_wh):
    image = np.random.default_rng(0).integers(0, 255, (size_wh[1], size_wh[0], 3)).astype(np.uint8)
    for predict in (boolean_map_saliency, bms_with_centre):
        density = predict(image)
        assert density.shape == size_wh[::-1]
        assert density.min() >= 0
        assert density.dtype == np.float32


def test_flat_image_gives_an_even_map():
    density = boolean_map_saliency(np.full((60, 80, 3), 77, np.uint8))
    assert density.std() < 1e-3 * density.mean()


@pytest.mark.slow
def test_beats_the_image_signature_on_osie(shared_data):
    import cv2
    from scipy.io import loadmat

    from gazeapp.saliency.classic import signature_with_centre
    from gazeapp.saliency.maps import fixation_density
    from gazeapp.saliency.metrics import cc

    osie = shared_data / "osie" / "data"
    rows = loadmat(osie / "eye" / "fixations.mat", squeeze_me=True, struct_as_record=False)
    scores = []
    for row in rows["fixations"][5::42]:
        points = np.vstack([np.c_[np.atleast_1d(s.fix_x), np.atleast_1d(s.fix_y)] for s in row.subjects])
        image = cv2.cvtColor(cv2.imread(str(osie / "stimuli" / row.img)), cv2.COLOR_BGR2RGB)
        truth = fixation_density(points, (800, 600), 24.0)
        scores.append([cc(predict(image), truth) for predict in (bms_with_centre, signature_with_centre)])
    ours, signature = np.mean(scores, axis=0)
    assert ours > signature + 0.03
    assert ours > 0.48
