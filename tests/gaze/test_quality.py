"""Data quality: ETDQualitizer's figures, and a verdict that says what is wrong."""

import json

import numpy as np
import pytest

from gazeapp.gaze.quality import QualityIssue, QualityLimits, TargetWindow, measure_quality
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.quality_text import describe_quality, describe_reason, quality_json
from tests.gaze.gaze_scenes import DISPLAY, scene

PX_PER_DEG = DISPLAY.px_per_deg
CENTRE = (960.0, 540.0)
AT_CENTRE = TargetWindow(target_id=1, onset_s=0.0, duration_s=1.0, x_px=960, y_px=540)


def at_centre(off_deg=0.0, noise_px=0.0, lost=0.0, rate_hz=500.0, eyes="cyclopean"):
    gaze = scene(rate_hz).look_at(960 + off_deg * PX_PER_DEG, 540, 1.0).samples(noise_px)
    points = gaze.left_px.copy()
    points[: round(lost * len(points))] = np.nan
    return GazeSamples.build(gaze.time_s, eyes=eyes, left_px=points, right_px=points)


def test_an_offset_is_the_accuracy():
    (target,) = measure_quality(at_centre(0.7), [AT_CENTRE], DISPLAY).targets
    assert target.accuracy_deg == pytest.approx(0.7, abs=2e-3)
    assert target.offset_azimuth_deg == pytest.approx(0.7, abs=2e-3)
    assert (target.rms_s2s_deg, target.std_deg) == pytest.approx((0, 0), abs=1e-9)
    assert target.bcea_deg2 == pytest.approx(0, abs=1e-9)
    assert target.effective_hz == pytest.approx(500)


def test_white_noise_has_the_precision_that_statistics_say():
    sigma_deg = 8 / PX_PER_DEG
    (target,) = measure_quality(at_centre(noise_px=8, rate_hz=5000), [AT_CENTRE], DISPLAY).targets
    assert target.std_deg == pytest.approx(np.sqrt(2) * sigma_deg, rel=0.03)
    assert target.rms_s2s_deg == pytest.approx(2 * sigma_deg, rel=0.03)
    assert target.bcea_deg2 == pytest.approx(2 * np.pi * np.log(1 / 0.32) * sigma_deg**2, rel=0.05)


def test_precision_never_reaches_over_missing_samples():
    points = np.tile(CENTRE, (100, 1))
    points[50:] += [80.0, 0.0]
    whole = GazeSamples.build(np.arange(100) / 100, eyes="left", left_px=points)
    points[50] = np.nan
    gap = GazeSamples.build(np.arange(100) / 100, eyes="left", left_px=points)
    assert measure_quality(whole, [AT_CENTRE], DISPLAY).targets[0].rms_s2s_deg > 0.1
    assert measure_quality(gap, [AT_CENTRE], DISPLAY).targets[0].rms_s2s_deg == 0


def test_two_looks_at_a_target_count_together_but_are_not_bridged():
    points = np.tile(CENTRE, (300, 1))
    points[200:] += [80.0, 0.0]
    gaze = GazeSamples.build(np.arange(300) / 100, eyes="left", left_px=points)
    looks = [TargetWindow(target_id=1, onset_s=t, duration_s=1.0, x_px=960, y_px=540) for t in (0.0, 2.0)]
    (target,) = measure_quality(gaze, looks, DISPLAY).targets
    assert target.n_samples == 200
    assert target.rms_s2s_deg == 0
    assert target.effective_hz == pytest.approx(100)


def test_loss_counts_invalid_samples_and_those_that_never_came():
    gaze = at_centre(lost=0.25)
    late = gaze[np.r_[0:125, 250:500]]  # a quarter invalid, a quarter never delivered
    (target,) = measure_quality(late, [AT_CENTRE], DISPLAY).targets
    assert target.data_loss == pytest.approx(125 / 375)
    assert target.data_loss_expected == pytest.approx(0.5)
    assert target.effective_hz == pytest.approx(250, rel=0.01)


@pytest.mark.parametrize(
    ("off_deg", "lost", "verdict", "words"),
    [
        (0.3, 0.0, "pass", "Good: gaze is 0.30° off"),
        (0.8, 0.0, "warn", "mean accuracy is 0.80°, the limit is 0.5°"),
        (1.2, 0.0, "fail", "mean accuracy is 1.20°, the limit is 1°"),
        (0.1, 0.15, "warn", "15.0 % of the samples are lost, the limit is 10 %"),
        (0.1, 0.5, "fail", "50.0 % of the samples are lost, the limit is 20 %"),
        (0.1, 1.0, "fail", "no gaze was seen at any target"),
    ],
)
def test_the_verdict_says_why(off_deg, lost, verdict, words):
    report = measure_quality(at_centre(off_deg, lost=lost), [AT_CENTRE], DISPLAY)
    assert report.verdict == verdict
    assert words in describe_quality(report) + " ".join(map(describe_reason, report.reasons))
    assert (verdict == "pass") == (not report.reasons)


def test_the_worst_target_and_an_unseen_eye_are_named():
    points = np.tile(CENTRE, (200, 1))
    points[100:] += [1.2 * PX_PER_DEG, 0.0]
    gaze = GazeSamples.build(np.arange(200) / 100, eyes="binocular", left_px=points)
    targets = [
        TargetWindow(target_id=number, onset_s=number - 1, duration_s=1.0, x_px=960, y_px=540) for number in (1, 2)
    ]
    reasons = [describe_reason(reason) for reason in measure_quality(gaze, targets, DISPLAY).reasons]
    assert "the right eye was never seen" in reasons
    assert "the left eye is 1.20° off at target 2, the limit is 1°" in reasons


@pytest.mark.parametrize(("left_mm", "right_mm", "swapped"), [(-31, 31, False), (31, -31, True)])
def test_swapped_eyes_are_named(left_mm, right_mm, swapped):
    points = np.tile(CENTRE, (100, 1))
    gaze = GazeSamples.build(
        np.arange(100) / 100,
        eyes="binocular",
        left_px=points,
        right_px=points,
        left_origin_mm=np.tile([left_mm, 0, 650], (100, 1)),
        right_origin_mm=np.tile([right_mm, 0, 650], (100, 1)),
    )
    report = measure_quality(gaze, [AT_CENTRE], DISPLAY)
    assert (report.verdict == "fail") == swapped
    assert any(reason.issue is QualityIssue.EYES_SWAPPED for reason in report.reasons) == swapped


def test_limits_are_the_experimenters():
    strict = QualityLimits(pass_deg=0.1, warn_deg=0.2)
    assert measure_quality(at_centre(0.3), [AT_CENTRE], DISPLAY, strict).verdict == "fail"


def test_json_has_the_published_keys_and_no_nan():
    document = quality_json(measure_quality(at_centre(lost=1.0, eyes="binocular"), [AT_CENTRE], DISPLAY))
    text = json.dumps(document, allow_nan=False)
    assert json.loads(text)["verdict"] == "fail"
    assert [row["eye"] for row in document["targets"]] == ["left", "right"]
    assert {
        "eye",
        "target_id",
        "accuracy_deg",
        "rms_s2s_deg",
        "std_deg",
        "bcea_deg2",
        "data_loss",
        "effective_hz",
    } <= set(document["targets"][0])
    assert set(document) >= {"targets", "summary", "verdict", "reasons"}
