"""Every finding has a sentence, every sentence goes through the translation, and nothing else makes one."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from gazeapp.experiment.calibration_fit import (
    CalibrationAdvice,
    CalibrationAttempt,
    CalibrationOutcome,
    PointResidual,
)
from gazeapp.experiment.drift_check import DriftReport
from gazeapp.experiment.findings import (
    advise_calibration,
    advise_drift,
    describe_calibration,
    describe_drift,
    describe_recalibration,
    explain_validation,
)
from gazeapp.experiment.recalibration import Recalibration
from gazeapp.experiment.validation import ScreenPlace, ValidationAdvice
from gazeapp.gaze.quality import QualityIssue, QualityLimits, QualityReason, QualityReport
from gazeapp.saliency.alignment import Alignment, Told
from gazeapp.saliency.deformation import DEFORMATIONS, Deformation
from gazeapp.store.quality_text import describe_quality, describe_reason

ATTEMPT = CalibrationAttempt(
    number=1,
    start_s=0.0,
    time_s=1.0,
    points=(),
    correction=None,
    residuals=(PointResidual(target_id=2, left_deg=1.5, right_deg=1.7),),
    device_blob=b"",
    outcome=CalibrationOutcome.FITTED,
    advice=CalibrationAdvice.VALIDATE,
    advised_targets=(2,),
    left_out_deg=0.4,
    reason="no signal",
)
QUALITY = QualityReport(
    targets=(),
    summary={"accuracy_deg": 0.8, "accuracy_max_deg": 1.1, "rms_s2s_deg": 0.1, "data_loss": 0.02},
    verdict="warn",
    reasons=(),
    limits=QualityLimits(),
)


class Marked:
    """Stands for a translation: what did not go through it is seen."""

    def __call__(self, text):
        return f"«{text}»"

    def number(self, value, digits=None):
        return f"{value:g}" if digits is None else f"{value:.{digits}f}"

    def share(self, value, digits=0):
        return f"{100 * value:.{digits}f} %"

    def error(self, words):
        return words


marked = Marked()


def words_of(sentence):
    """What is left of a sentence without translations, figures and what an error said."""
    while "«" in sentence:
        begin = sentence.rindex("«")
        sentence = sentence[:begin] + sentence[sentence.index("»", begin) + 1 :]
    return [word for word in sentence.replace("no signal", "").split() if word.isalpha()]


@pytest.mark.parametrize("outcome", CalibrationOutcome)
def test_every_outcome_of_a_calibration_has_a_sentence(outcome):
    attempt = replace(ATTEMPT, outcome=outcome)
    assert describe_calibration(attempt).endswith(".")
    assert words_of(describe_calibration(attempt, marked)) == []
    assert attempt.ok == (outcome in (CalibrationOutcome.FITTED, CalibrationOutcome.BY_TRACKER))


@pytest.mark.parametrize("advice", CalibrationAdvice)
def test_every_advice_after_a_calibration_has_a_sentence(advice):
    attempt = replace(ATTEMPT, advice=advice)
    assert advise_calibration(attempt).endswith(".")
    assert words_of(advise_calibration(attempt, marked)) == []


def test_targets_are_counted_from_one():
    attempt = replace(ATTEMPT, advice=CalibrationAdvice.COLLECT_FAILED, advised_targets=(4, 0))
    assert advise_calibration(attempt) == "Collect targets 1, 5 again, or validate."
    worst = replace(ATTEMPT, advice=CalibrationAdvice.COLLECT_WORST)
    assert advise_calibration(worst) == "Collect target 3 again (1.6° off), or validate."


@pytest.mark.parametrize("verdict", ["warn", "fail"])
@pytest.mark.parametrize("advice", ValidationAdvice)
@pytest.mark.parametrize("row", [-1, 0, 1])
@pytest.mark.parametrize("column", [-1, 0, 1])
def test_every_place_and_advice_of_a_validation_has_words(verdict, advice, row, column):
    report = SimpleNamespace(
        verdict=verdict,
        advice=advice,
        weak_place=ScreenPlace(column=column, row=row),
        failed_targets=(1,),
        quality=replace(QUALITY, verdict=verdict),
    )
    assert "0.80°" in explain_validation(report)
    assert words_of(explain_validation(report, marked)) == []


@pytest.mark.parametrize("offset_deg", [0.2, 1.4, math.nan], ids=["small", "large", "unknown"])
def test_every_drift_has_words(offset_deg):
    drift = DriftReport(
        start_s=0.0,
        time_s=1.0,
        calibration=1,
        quality=QUALITY,
        offset_deg=offset_deg,
        shift_left_px=(0.0, 0.0),
        shift_right_px=(0.0, 0.0),
        warn_deg=1.0,
    )
    assert drift.ok == (offset_deg == 0.2)
    for say in (describe_drift, advise_drift):
        assert say(drift).endswith(".")
        assert words_of(say(drift, marked)) == []


ALIGNMENT = Alignment(
    told=Told.YES,
    shift_deg=np.array([0.9, -0.1]),
    shift_ci_deg=np.array([[0.4, -0.6], [1.4, 0.4]]),
    expected_gain_deg=0.5,
    probability_better=0.97,
    follows_z=20.0,
    n_images=40,
    n_fixations=360,
)


@pytest.mark.parametrize("supported", [True, False])
def test_a_proposal_of_a_correction_has_words(supported):
    found = replace(ALIGNMENT, probability_better=0.97 if supported else 0.6)
    proposal = Recalibration.from_images_alone(found)
    expected = (
        "Gaze has probably shifted: move it 0.90° to the right and 0.10° up; expected to bring it 0.50° nearer."
        if supported
        else "No shift is called for: the images ask for 0.91°, within what differs between people."
    )
    assert describe_recalibration(proposal) == expected
    assert words_of(describe_recalibration(proposal, marked)) == []


@pytest.mark.parametrize("told", [told for told in Told if told is not Told.YES])
def test_what_cannot_be_told_has_words(told):
    proposal = Recalibration.from_images_alone(replace(ALIGNMENT, told=told))
    assert describe_recalibration(proposal).startswith("No correction can be told from this")
    assert words_of(describe_recalibration(proposal, marked)) == []


def test_one_image_is_not_one_images():
    proposal = Recalibration.from_images_alone(
        replace(ALIGNMENT, told=Told.TOO_LITTLE, n_images=1, n_fixations=7, deformations=())
    )
    assert "from this: 1 image and 7 fixations; at least" in describe_recalibration(proposal)
    one = Recalibration.from_images_alone(replace(proposal.alignment, n_images=2, n_fixations=1))
    assert "from this: 2 images and 1 fixation; at least" in describe_recalibration(one)


@pytest.mark.parametrize("kind", DEFORMATIONS)
def test_every_deformation_has_words(kind):
    deformation = Deformation(
        kind=kind,
        coefficients=np.zeros(2),
        centre=np.zeros(2),
        middle_s=0.0,
        length_s=1.0,
        held_out_nats=9.0,
        held_out_z=4.0,
        expected_gain_deg=0.2,
    )
    proposal = Recalibration.from_images_alone(replace(ALIGNMENT, deformations=(deformation,)))
    assert "0.20° nearer" in describe_recalibration(proposal)
    assert words_of(describe_recalibration(proposal, marked)) == []


@pytest.mark.parametrize("eye", ["left", "right", "cyclopean"])
@pytest.mark.parametrize("issue", QualityIssue)
def test_every_reason_of_a_verdict_has_words(issue, eye):
    reason = QualityReason(issue=issue, eye=eye, target_id=3, value=1.2, limit=1.0)
    assert describe_reason(reason)
    assert words_of(describe_reason(reason, marked)) == []


def test_a_quality_without_gaze_has_words():
    blind = replace(QUALITY, summary={**QUALITY.summary, "accuracy_deg": None}, verdict="fail")
    assert describe_quality(blind) == "Not good enough: no gaze was seen at any target."
    assert words_of(describe_quality(blind, marked)) == []
