from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from gazeapp.errors import CalibrationError
from gazeapp.experiment.calibration_fit import CalibrationAdvice, fit_points
from gazeapp.experiment.calibration_history import CalibrationHistory
from gazeapp.experiment.calibration_procedure import PointResult, PointState
from gazeapp.experiment.drift_check import judge_drift
from gazeapp.experiment.findings import (
    advise_calibration,
    advise_drift,
    advise_validation,
    describe_calibration,
    describe_drift,
    describe_validation,
)
from gazeapp.experiment.targets import build_targets
from gazeapp.experiment.validation import judge_points
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.display import Display
from gazeapp.gaze.quality import QualityLimits
from gazeapp.gaze.samples import GazeSamples

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
PX_PER_DEG = DISPLAY.px_per_deg


def gaze_at(n=9, purpose="calibrate", distort=lambda p: p, noise_px=2.0, eyes="binocular", seed=0):
    """Accepted points whose gaze is the target's place, distorted."""
    rng = np.random.default_rng(seed)
    points = []
    for order, target in enumerate(build_targets(n, DISPLAY, purpose=purpose, seed=seed)):
        times = 2.0 * order + np.arange(150) / 250
        place = np.array(distort(np.array([target.x_px, target.y_px])))
        left = place + rng.normal(0, noise_px, (150, 2))
        right = place + rng.normal(0, noise_px, (150, 2))
        samples = GazeSamples.build(times, eyes=eyes, left_px=left, right_px=right if eyes == "binocular" else None)
        points.append(
            PointResult(
                target=target, state=PointState.ACCEPTED, shown_s=2.0 * order - 0.7, samples=samples, spread_deg=0.1
            )
        )
    return points


def failed(point):
    return replace(point, state=PointState.FAILED, samples=GazeSamples.empty(), spread_deg=math.nan)


def fit(points, kind="affine"):
    return fit_points(points, kind, DISPLAY, number=1, start_s=0.0, now_s=20.0)


def skew(p):
    return 1.05 * p + [30, -40] + 0.02 * p[::-1]


def test_an_affine_distortion_is_found_and_its_left_out_residual_is_small():
    attempt = fit(gaze_at(distort=skew))
    assert attempt.ok
    assert attempt.residual_deg < 0.1
    corrected = attempt.correction.correct_left(skew(np.array([960.0, 540.0])))
    assert corrected == pytest.approx([960, 540], abs=2)
    assert "9 of 9 targets" in describe_calibration(attempt)
    assert attempt.advice is CalibrationAdvice.VALIDATE


def test_one_bad_point_neither_spoils_the_fit_nor_goes_unnoticed():
    points = gaze_at(distort=skew)
    bad = points[4]
    points[4] = replace(
        bad, samples=replace(bad.samples, left_px=bad.samples.left_px + 300.0, right_px=bad.samples.right_px + 300.0)
    )
    attempt = fit(points)
    good = attempt.correction.correct_left(skew(np.array([400.0, 300.0])))
    assert good == pytest.approx([400, 300], abs=5)
    assert f"target {bad.target.target_id + 1}" in advise_calibration(attempt)


@pytest.mark.parametrize(("n", "kind"), [(1, "shift"), (3, "affine"), (5, "affine"), (9, "second_order")])
def test_too_few_points_for_the_wish_take_a_simpler_correction(n, kind):
    attempt = fit(gaze_at(n), "second_order")
    assert attempt.ok
    assert attempt.correction.kind == kind


def test_failed_points_are_named_for_another_try():
    points = gaze_at()
    points[2] = failed(points[2])
    attempt = fit(points)
    assert attempt.ok
    assert "8 of 9" in describe_calibration(attempt)
    assert f"target {points[2].target.target_id + 1}" in advise_calibration(attempt)


def test_no_gaze_at_all_is_a_failed_attempt_with_a_next_step():
    attempt = fit([failed(point) for point in gaze_at()])
    assert not attempt.ok
    assert attempt.correction is None
    assert "calibrate again" in advise_calibration(attempt)


def test_gaze_that_does_not_follow_is_a_failed_attempt():
    rng = np.random.default_rng(1)
    attempt = fit(gaze_at(distort=lambda p: rng.uniform((0, 0), (1920, 1080))))
    assert not attempt.ok
    assert "did not follow" in describe_calibration(attempt)


def test_a_single_point_source_is_calibrated_by_its_only_eye():
    attempt = fit(gaze_at(distort=skew, eyes="cyclopean"))
    assert attempt.ok
    assert math.isnan(attempt.residuals[0].right_deg)
    assert attempt.residual_deg < 0.1


def test_an_attempt_becomes_a_row_with_every_point():
    row = fit(gaze_at(5, distort=skew)).to_row()
    assert row.status == "ok"
    assert len(row.points) == 5
    assert {"target_id", "x_px", "y_px", "n_samples", "left_x_px", "state"} <= set(row.points[0])
    assert Correction.from_json(row.correction) == fit(gaze_at(5, distort=skew)).correction


def judge(points, correction=None):
    return judge_points(
        points,
        correction or Correction.identity(),
        DISPLAY,
        QualityLimits(),
        calibration=1,
        start_s=0.0,
        now_s=10.0,
    )


@pytest.mark.parametrize(
    ("off_deg", "verdict", "step"),
    [
        (0.1, "pass", "Go on to the images."),
        (0.8, "warn", "or calibrate again"),
        (2.0, "fail", "Calibrate again"),
    ],
)
def test_the_verdict_follows_the_accuracy_and_names_the_next_step(off_deg, verdict, step):
    report = judge(gaze_at(5, "validate", distort=lambda p: p + np.array([off_deg * PX_PER_DEG, 0])))
    assert report.verdict == verdict
    assert report.quality.summary["accuracy_deg"] == pytest.approx(off_deg, rel=0.06, abs=0.05)
    assert step in advise_validation(report)


def test_one_weak_corner_is_named_in_words():
    points = gaze_at(5, "validate")
    for n, point in enumerate(points):
        if point.target.x_norm > 0.7 and point.target.y_norm < 0.3:
            shifted = replace(
                point.samples,
                left_px=point.samples.left_px + 60.0,
                right_px=point.samples.right_px + 60.0,
            )
            points[n] = replace(point, samples=shifted)
    report = judge(points)
    said = describe_validation(report)
    assert "top right" in said
    assert said.count("sable") + said.count("good enough") == 1, "one verdict, said once"


def test_a_target_without_gaze_fails_the_validation():
    points = gaze_at(5, "validate")
    points[1] = failed(points[1])
    report = judge(points)
    assert report.verdict == "fail"
    assert f"target {points[1].target.target_id + 1}" in advise_validation(report)


def test_a_dropped_target_is_left_out():
    points = gaze_at(5, "validate")
    points[1] = replace(failed(points[1]), state=PointState.DROPPED)
    assert judge(points).verdict == "pass"


def drift(off_px, warn_deg=1.0):
    (point,) = gaze_at(1, distort=lambda p: p + off_px)
    return judge_drift(
        point,
        Correction.identity(),
        DISPLAY,
        QualityLimits(),
        warn_deg=warn_deg,
        calibration=1,
        start_s=0.0,
        now_s=2.0,
    )


def test_a_drift_check_measures_the_offset_and_what_takes_it_away():
    report = drift(np.array([82.0, 0.0]))
    assert report.offset_deg == pytest.approx(2.0, abs=0.05)
    assert report.shift_left_px == pytest.approx((-82, 0), abs=1)
    assert not report.ok
    assert drift(np.array([10.0, 0.0])).ok


def test_the_book_keeps_every_attempt_and_tells_every_row():
    rows = []
    book = CalibrationHistory(QualityLimits(), DISPLAY, "affine", drift_warn_deg=1.0, on_row=rows.append)
    book.fit(gaze_at(distort=skew), start_s=0.0, now_s=1.0)
    book.fit([failed(point) for point in gaze_at()], start_s=2.0, now_s=3.0)
    assert [attempt.ok for attempt in book.attempts] == [True, False]
    assert book.selected.number == 1
    assert [type(row).__name__ for row in rows] == [
        "CalibrationRow",
        "CorrectionRow",
        "CalibrationRow",
    ]
    with pytest.raises(CalibrationError, match=r"choose one of \[1\]"):
        book.select(2, 4.0)


def test_correcting_drift_shifts_the_correction_and_is_stored():
    rows = []
    book = CalibrationHistory(QualityLimits(), DISPLAY, "affine", drift_warn_deg=1.0, on_row=rows.append)
    points = gaze_at(1, distort=lambda p: p + np.array([50, 20]))
    assert not book.can_correct_drift
    book.judge_drift(points, start_s=0.0, now_s=1.0)
    book.correct_drift(2.0)
    assert not book.can_correct_drift
    assert rows[-1].source == "drift"
    assert book.correction.correct_left([1010.0, 560.0]) == pytest.approx([960, 540], abs=1)


def worse_right(points, by_px=60.0, seed=3):
    """The right eye is off by another amount at each target."""
    rng = np.random.default_rng(seed)
    return [
        replace(p, samples=replace(p.samples, right_px=p.samples.right_px + rng.normal(0, by_px, 2))) for p in points
    ]


@pytest.mark.parametrize(("eye", "used"), [("left", "left"), ("right", "right"), ("better", "left"), ("both", "both")])
def test_only_the_eye_that_was_chosen_counts(eye, used):
    points = worse_right(gaze_at(distort=skew))
    attempt = fit_points(points, "affine", DISPLAY, number=1, start_s=0.0, now_s=20.0, eye=eye)
    assert attempt.correction.eye == used
    assert Correction.from_json(attempt.correction.to_json()) == attempt.correction
    corrected = attempt.correction.apply(points[0].samples)
    assert corrected.left_valid.any() == (used != "right")
    assert corrected.right_valid.any() == (used != "left")
    assert attempt.correction.shifted((1.0, 1.0)).eye == used
    report = judge_points(
        worse_right(gaze_at(5, "validate", distort=skew)),
        attempt.correction,
        DISPLAY,
        QualityLimits(),
        calibration=1,
        start_s=0.0,
        now_s=1.0,
    )
    eyes = {row.eye for row in report.quality.targets}
    assert eyes == ({"left", "right"} if used == "both" else {used})
    assert report.verdict == ("pass" if used == "left" else "fail")


def test_one_gaze_point_counts_whatever_eye_is_chosen():
    attempt = fit_points(gaze_at(eyes="cyclopean"), "affine", DISPLAY, number=1, start_s=0.0, now_s=1.0, eye="right")
    assert attempt.correction.eye == "both"
    assert Correction.identity("right").apply(gaze_at(1, eyes="cyclopean")[0].samples).left_valid.all()


def test_what_correcting_drift_did_is_said():
    book = CalibrationHistory(QualityLimits(), DISPLAY, "affine", drift_warn_deg=1.0, on_row=lambda _row: None)
    points = gaze_at(1, distort=lambda p: p + np.array([82, -41]))
    report = book.judge_drift(points, start_s=0.0, now_s=1.0)
    assert report.gaze_deg == pytest.approx((2.0, -1.0), abs=0.02)
    assert "° to the right and 1.00° up from the target" in describe_drift(report)
    book.correct_drift(2.0)
    words = describe_drift(book.drift)
    assert words.startswith("Drift was corrected: gaze at the target was 2.2")
    assert "the same gaze is 0.0" in words
    assert "holds" in advise_drift(book.drift)


def test_every_validation_of_a_session_is_kept():
    book = CalibrationHistory(QualityLimits(), DISPLAY, "affine", drift_warn_deg=1.0, on_row=lambda _row: None)
    book.fit(gaze_at(distort=skew), start_s=0.0, now_s=1.0)
    for now_s in (2.0, 3.0):
        book.judge(gaze_at(5, "validate", distort=skew), start_s=0.0, now_s=now_s)
    book.fit(gaze_at(distort=skew), start_s=4.0, now_s=5.0)
    assert book.validation is None
    assert [report.time_s for report in book.validations] == [2.0, 3.0]


def test_the_images_correction_comes_on_top_is_stored_and_taken_back():
    rows = []
    book = CalibrationHistory(QualityLimits(), DISPLAY, "affine", drift_warn_deg=1.0, on_row=rows.append)
    book.fit(gaze_at(9, distort=lambda p: 1.02 * p), start_s=0.0, now_s=1.0)
    before = book.correction
    book.correct_by_images(Correction.shift((12.0, -5.0)), "gaze has shifted", 2.0)
    book.correct_by_images(Correction.shift((1.0, 0.0)), "a little more", 3.0)
    place = np.array([700.0, 300.0])
    assert book.correction.correct_left(place) == pytest.approx(before.correct_left(place) + np.array([13.0, -5.0]))
    assert (rows[-1].source, rows[-1].from_time_s, rows[-1].note) == ("saliency", 3.0, "a little more")
    book.undo_images(4.0)
    assert book.correction == before
    assert not book.can_undo_images
    assert Correction.from_json(rows[-1].correction) == before
