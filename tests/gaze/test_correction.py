"""Gaze corrections: exact where gaze is, robust where it is not."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeapp.errors import NotEnoughData
from gazeapp.gaze.correction import KINDS, Correction, fit_correction, needed_targets
from gazeapp.gaze.samples import GazeSamples
from tests.gaze.gaze_scenes import DISPLAY

NINE = np.array([(x, y) for y in (108.0, 540, 972) for x in (192.0, 960, 1728)])
THIRTEEN = np.concatenate([NINE, [(576, 324), (1344, 324), (576, 756), (1344, 756)]])


def distorted(targets, kind):
    """Gaze whose exact correction is of the given kind."""
    truth = {
        "shift": [[30, 1, 0, 0, 0, 0], [-20, 0, 1, 0, 0, 0]],
        "affine": [[30, 1.05, 0.02, 0, 0, 0], [-20, -0.03, 0.97, 0, 0, 0]],
        "second_order": [
            [30, 1.05, 0.02, 1e-5, 2e-5, -1e-5],
            [-20, -0.03, 0.97, -1e-5, 1e-5, 2e-5],
        ],
    }[kind]
    correction = Correction(kind=kind, left=np.array(truth), right=np.array(truth))
    gaze = targets.copy()
    for _ in range(60):  # invert the polynomial by fixed-point iteration
        gaze = gaze + targets - correction.correct_left(gaze)
    return gaze


@pytest.mark.parametrize("kind", ["shift", "affine", "second_order"])
def test_an_exact_distortion_is_undone(kind):
    gaze = distorted(NINE, kind)
    fit = fit_correction(kind, gaze, gaze + np.array([15, -5]), NINE, DISPLAY)
    assert np.allclose(fit.correction.correct_left(gaze), NINE, atol=1e-5)
    assert np.allclose(fit.correction.correct_right(gaze + np.array([15, -5])), NINE, atol=1e-5)
    assert np.nanmax(fit.left_left_out_deg) < 1e-5
    assert fit.fitted_eyes == ("left", "right")


@pytest.mark.parametrize("kind", ["shift", "affine", "second_order"])
def test_one_bad_target_does_not_spoil_the_fit(kind):
    random = np.random.default_rng(5)
    gaze = distorted(THIRTEEN, kind) + random.normal(0, 4, THIRTEEN.shape)
    gaze[5] += [400, -250]  # looked elsewhere
    fit = fit_correction(kind, gaze, gaze, THIRTEEN, DISPLAY)
    others = np.arange(13) != 5
    assert fit.left_residual_deg[others].max() < 0.5
    assert fit.left_residual_deg[5] > 5
    assert fit.left_weight[5] < 0.01 < fit.left_weight[others].min()


def test_left_out_residuals_tell_an_overfitted_correction():
    random = np.random.default_rng(2)
    gaze = NINE + np.array([25, 10]) + random.normal(0, 25, NINE.shape)
    residual, left_out = {}, {}
    for kind in ("shift", "second_order"):
        fit = fit_correction(kind, gaze, gaze, NINE, DISPLAY)
        residual[kind] = fit.left_residual_deg.mean()
        left_out[kind] = fit.mean_left_out_deg
    assert residual["second_order"] < residual["shift"]
    assert left_out["second_order"] > left_out["shift"]


def test_samples_of_one_target_may_be_many_rows_and_are_left_out_together():
    random = np.random.default_rng(3)
    targets = np.repeat(NINE, 40, axis=0)
    gaze = targets - [12, 7] + random.normal(0, 5, targets.shape)
    gaze[:40] += [60, 0]
    fit = fit_correction("shift", gaze, np.full_like(gaze, np.nan), targets, DISPLAY)
    assert fit.correction.left[:, 0] == pytest.approx([12, 7], abs=1.0)
    assert fit.fitted_eyes == ("left",)
    assert np.isnan(fit.right_residual_deg).all()


def test_too_few_targets_are_refused_with_their_number():
    for kind in ("shift", "affine", "second_order"):
        n = needed_targets(kind) - 1
        with pytest.raises(NotEnoughData, match=f"needs valid gaze at {n + 1} targets .* got {n}") as caught:
            fit_correction(kind, NINE[:n], NINE[:n], NINE[:n], DISPLAY)
        assert caught.value.needed == n + 1
    with pytest.raises(NotEnoughData, match="do not lie on a line"):
        fit_correction("affine", NINE[:3], NINE[:3], NINE[:3], DISPLAY)


def test_an_eye_without_gaze_stays_as_it_is():
    fit = fit_correction("affine", NINE + 10, np.full_like(NINE, np.nan), NINE, DISPLAY)
    assert np.array_equal(fit.correction.correct_right(NINE), NINE)


coefficients = st.lists(st.floats(-1e3, 1e3), min_size=6, max_size=6)


@given(
    st.sampled_from(KINDS),
    st.tuples(coefficients, coefficients),
    st.tuples(coefficients, coefficients),
)
def test_json_keeps_every_bit(kind, left, right):
    correction = Correction(kind=kind, left=np.array(left), right=np.array(right))
    assert Correction.from_json(json.loads(json.dumps(correction.to_json()))) == correction


SECOND_ORDER = Correction(
    kind="second_order",
    left=np.array([[30, 1.05, 0.02, 1e-5, 2e-5, -1e-5], [-20, -0.03, 0.97, -1e-5, 1e-5, 2e-5]]),
    right=np.array([[-3, 0.95, 0.01, 3e-5, 2e-5, -1e-5], [7, 0.03, 1.02, -1e-5, 1e-5, 2e-5]]),
)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=10))
def test_cutting_the_stream_never_changes_a_corrected_sample(sizes):
    random = np.random.default_rng(0)
    points = random.uniform(0, 1000, (sum(sizes), 2))
    samples = GazeSamples.build(np.arange(len(points)) / 500, eyes="binocular", left_px=points, right_px=points)
    whole = SECOND_ORDER.apply(samples)
    parts, start = [], 0
    for size in sizes:
        parts.append(SECOND_ORDER.apply(samples[start : start + size]))
        start += size
    joined = GazeSamples.concatenate(parts)
    assert np.array_equal(joined.left_px, whole.left_px)
    assert np.array_equal(joined.right_px, whole.right_px)


def test_a_drift_shift_is_added_after_the_correction():
    base = fit_correction("affine", distorted(NINE, "affine"), NINE, NINE, DISPLAY).correction
    later = base.shifted([5, -3])
    assert np.allclose(later.correct_left(NINE), base.correct_left(NINE) + np.array([5, -3]))
    assert later.kind == "affine"
    assert Correction.shift([5, -3]).kind == "shift"
    assert Correction.identity().is_identity


def test_missing_gaze_stays_missing():
    samples = GazeSamples.build([0.0, 0.1], eyes="left", left_px=[[np.nan, np.nan], [1, 2]])
    corrected = Correction.shift([1, 1]).apply(samples)
    assert np.isnan(corrected.left_px[0]).all()
    assert corrected.left_valid.tolist() == [False, True]


def test_one_correction_after_the_other_is_one():
    first = Correction(kind="affine", left=[[5, 1.02, 0.01, 0, 0, 0], [-3, 0, 0.97, 0, 0, 0]], right=np.eye(2, 6, 1))
    bent = Correction(kind="second_order", left=[[2, 1, 0, 1e-5, 0, 0], [0, 0, 1, 0, 2e-5, 0]], right=np.eye(2, 6, 1))
    points = np.random.default_rng(0).uniform(0, 1900, (20, 2))
    for later in (bent, first, Correction.shift((4.0, -2.0)), Correction.identity()):
        both = first.then(later)
        assert np.allclose(both.correct_left(points), later.correct_left(first.correct_left(points)), atol=1e-6)
    with pytest.raises(ValueError, match="cannot be followed"):
        bent.then(bent)
