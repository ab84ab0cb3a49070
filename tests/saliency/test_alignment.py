from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gazeapp.saliency.alignment import KnownShift, Told, align
from gazeapp.saliency.gaze_evidence import GazeEvidence, ViewedImage
from gazeapp.saliency.maps import fixation_density

PX_PER_DEG = 24.0
CENTRE = np.array([400.0, 300.0])


def viewed(shift_deg=(0.0, 0.0), *, n_images=24, n_fixations=9, seed=0, noise_deg=0.6, side_deg=(0.0, 0.0)):
    """Images with a few salient places; gaze lands on one of them or, now and then, anywhere.

    Args:
        shift_deg: By which gaze was recorded wrong.
        side_deg: Taste: salient places on this side are preferred, about this much on average.
    """
    rng = np.random.default_rng(seed)
    images = []
    for k in range(n_images):
        spots = rng.uniform([80, 60], [720, 540], (5, 2))
        density = fixation_density(spots / 5, (160, 120), PX_PER_DEG / 5)
        liking = np.exp((spots - CENTRE) / PX_PER_DEG @ np.array(side_deg) / 40)
        landed = spots[rng.choice(5, n_fixations, p=liking / liking.sum())]
        landed = landed + rng.normal(0, noise_deg * PX_PER_DEG, landed.shape)
        anywhere = rng.random(n_fixations) < 0.2
        landed[anywhere] = rng.uniform([0, 0], [800, 600], (int(anywhere.sum()), 2))
        images.append(
            ViewedImage(
                density=density,
                fixations=landed + np.array(shift_deg) * PX_PER_DEG,
                size_px=(800, 600),
                px_per_deg=PX_PER_DEG,
                time_s=4.0 * k,
            )
        )
    return images


def moved(images, change):
    """Gaze recorded elsewhere: `change` takes (N, 2) degrees from the centre and the time, 0 to 1."""
    last = images[-1].time_s
    found = []
    for image in images:
        place = (image.fixations - CENTRE) / PX_PER_DEG
        wrong = place + change(place, image.time_s / last)
        found.append(replace(image, fixations=wrong * PX_PER_DEG + CENTRE))
    return found


def test_a_shift_of_gaze_is_found_and_supported():
    found = align(viewed((1.2, -0.8)), up_to="shift")
    assert found.shift_deg == pytest.approx([-1.2, 0.8], abs=0.35)
    low, high = found.shift_ci_deg
    assert (low <= [-1.2, 0.8]).all()
    assert (high >= [-1.2, 0.8]).all()
    assert found.kind == "shift"
    assert found.is_supported
    assert found.expected_gain_deg == pytest.approx(1.0, abs=0.3)


def test_accurate_gaze_is_left_alone():
    found = align(viewed())
    assert found.told is Told.YES
    assert not found.is_supported
    assert np.hypot(*found.shift_deg) < 0.15
    assert not any(one.is_supported for one in found.deformations)


def test_what_is_found_moves_with_gaze():
    images = viewed(n_images=40)
    alone = align(images, up_to="shift").shift_deg
    further = align(moved(images, lambda place, _time: np.array([2.0, 0.0]) + 0 * place), up_to="shift").shift_deg
    assert further - alone == pytest.approx([-2.0, 0.0], abs=0.25)


def test_taste_for_a_side_is_no_error_of_gaze():
    images = viewed(side_deg=(8.0, 0.0), n_images=40)
    mean_x = np.mean(np.concatenate([image.fixations for image in images])[:, 0] - CENTRE[0]) / PX_PER_DEG
    assert mean_x > 2.0, "the person looks at what is on the right"
    assert np.hypot(*align(images, up_to="shift").shift_deg) < 0.2


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("scale", lambda place, _time: 0.08 * place),
        ("affine", lambda place, _time: 0.08 * np.stack([-place[:, 1], place[:, 0]], axis=1)),
        ("smooth", lambda place, _time: np.stack([0.02 * (place[:, 1] ** 2 - 30), 0 * place[:, 0]], axis=1)),
        ("drift", lambda place, time: (time - 0.5) * np.array([2.0, 0.0]) + 0 * place),
    ],
)
def test_each_deformation_is_told_from_the_others(kind, change):
    images = viewed(n_images=40)
    wrong = moved(images, change)
    found = align(wrong)
    assert [one.kind for one in found.deformations if one.is_supported] == [kind]
    assert found.kind == kind
    before, after = [], []
    for true, image in zip(images, wrong, strict=True):
        place = (image.fixations - CENTRE) / PX_PER_DEG
        truth = (true.fixations - CENTRE) / PX_PER_DEG
        corrected = place + found.displacement(place, np.full(len(place), image.time_s))
        before.append(np.linalg.norm(place - truth, axis=1))
        after.append(np.linalg.norm(corrected - truth, axis=1))
    assert np.concatenate(after).mean() < 0.6 * np.concatenate(before).mean()


def test_targets_and_images_give_one_estimate():
    images = viewed((1.0, 0.0), n_images=8)
    alone = align(images, up_to="shift")
    known = KnownShift(shift_deg=np.array([-1.0, 0.0]), sd_deg=0.2, time_s=0.0)
    both = align(images, known=[known], up_to="shift")
    assert abs(both.shift_deg[0] + 1.0) < abs(alone.shift_deg[0] + 1.0)
    assert np.ptp(both.shift_ci_deg[:, 0]) < np.ptp(alone.shift_ci_deg[:, 0])


def nothing_but_the_cross():
    rng = np.random.default_rng(1)
    return [replace(image, fixations=CENTRE + rng.normal(0, 10, (9, 2))) for image in viewed(n_images=30)]


def exchanged():
    images = viewed(n_images=30)
    return [replace(a, fixations=b.fixations) for a, b in zip(images, images[1:] + images[:1], strict=True)]


def even():
    return [replace(image, density=np.ones((12, 16), np.float32)) for image in viewed(n_images=30)]


def all_alike():
    return [replace(image, density=fixation_density([[80, 60]], (160, 120), 30.0)) for image in viewed(n_images=30)]


@pytest.mark.parametrize(
    ("images", "told"),
    [
        (list, Told.TOO_LITTLE),
        (lambda: viewed((2, 0), n_images=4), Told.TOO_LITTLE),
        (lambda: viewed((2, 0), n_images=5, n_fixations=2), Told.TOO_LITTLE),
        (nothing_but_the_cross, Told.NOT_THE_IMAGES),
        (exchanged, Told.NOT_THE_IMAGES),
        (even, Told.NOT_THE_IMAGES),
        (all_alike, Told.NOT_THE_IMAGES),
    ],
)
def test_nothing_is_told_where_nothing_can_be(images, told):
    found = align(images())
    assert found.told is told
    assert found.kind == "none"
    assert not found.is_supported
    assert (found.shift_deg == 0).all()
    assert np.isfinite(found.shift_ci_deg).all()
    assert (found.displacement(np.ones((3, 2)), np.zeros(3)) == 0).all()


def test_images_of_several_sizes_and_places_share_one_screen():
    images = viewed((1.5, 0.0), n_images=20)
    mixed = []
    for k, image in enumerate(images):
        if k % 2:  # the same image at twice the pixels, shown 3 degrees to the left
            mixed.append(
                replace(
                    image,
                    fixations=image.fixations * 2,
                    size_px=(1600, 1200),
                    px_per_deg=2 * PX_PER_DEG,
                    centre_deg=(-3.0, 0.0),
                )
            )
        else:
            mixed.append(image)
    assert align(mixed, up_to="shift").shift_deg == pytest.approx([-1.5, 0.0], abs=0.35)


def test_more_gaze_than_is_needed_is_thinned(monkeypatch):
    monkeypatch.setattr("gazeapp.saliency.alignment.MAX_IMAGES", 20)
    monkeypatch.setattr("gazeapp.saliency.alignment.MAX_FIXATIONS", 150)
    found = align(viewed((1.5, 0.0), n_images=60), up_to="shift")
    assert (found.n_images, found.n_fixations) == (20, 100)
    assert found.shift_deg == pytest.approx([-1.5, 0.0], abs=0.6)


def test_gaze_that_left_the_image_counts():
    images = viewed((4.0, 0.0), n_images=24)
    assert align(images, up_to="shift").shift_deg == pytest.approx([-4.0, 0.0], abs=0.3)


def test_the_slope_is_that_of_the_evidence():
    gaze = GazeEvidence(viewed(n_images=6))
    rng = np.random.default_rng(0)
    at = rng.normal(0, 1, gaze.place.shape)
    small = 1e-4 * rng.normal(0, 1, at.shape)
    slope = gaze.per_fixation(at)[1]
    change = gaze.per_fixation(at + small)[0] - gaze.per_fixation(at - small)[0]
    agrees = np.isclose(change / 2, (slope * small).sum(axis=1), atol=1e-7)
    assert agrees.mean() > 0.98, "but for places that cross into the next cell"


def test_the_grid_holds_what_single_shifts_say():
    gaze = GazeEvidence(viewed(n_images=6))
    steps = np.array([-1.0, 0.0, 2.0])
    grid = gaze.over_shifts(steps)
    for row, y in enumerate(steps):
        for column, x in enumerate(steps):
            shift = np.broadcast_to([x, y], gaze.place.shape)
            assert grid[row, column] == pytest.approx(gaze.per_fixation(shift)[0].sum(), abs=1e-3)


@pytest.mark.slow
def test_an_offset_of_real_gaze_is_taken_back(shared_data):
    """OSIE: three observers, 40 images each, saliency from the other observers, 1.8 degrees of added offset."""
    from scipy.io import loadmat

    path = shared_data / "osie" / "data" / "eye" / "fixations.mat"
    rows = loadmat(path, squeeze_me=True, struct_as_record=False)["fixations"]

    def points(subject):
        xy = np.c_[np.atleast_1d(subject.fix_x), np.atleast_1d(subject.fix_y)].astype(float)
        return xy[((xy >= 0) & (xy < (800, 600))).all(axis=1)]

    for observer in (0, 4, 8):
        images = []
        for row in rows[observer :: len(rows) // 40][:40]:
            others = [points(s) for i, s in enumerate(row.subjects) if i != observer]
            density = fixation_density(np.vstack(others) / 8, (100, 75), 3.0)
            own = points(row.subjects[observer])
            images.append(ViewedImage(density=density, fixations=own, size_px=(800, 600), px_per_deg=PX_PER_DEG))
        alone = align(images, up_to="shift")
        assert not alone.is_supported
        added = [replace(image, fixations=image.fixations + np.array([36.0, -24.0])) for image in images]
        found = align(added, up_to="shift")
        assert found.is_supported
        assert found.shift_deg - alone.shift_deg == pytest.approx([-1.5, 1.0], abs=0.35)
