"""Findings of calibration, validation, drift checks and recalibration in plain words, and what to do about them.

Sentences are made here and nowhere else: in English for files and the command line, in the interface's language where
`tr` translates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gazeapp.experiment.calibration_fit import CalibrationAdvice, CalibrationAttempt, CalibrationOutcome
from gazeapp.experiment.drift_check import DriftReport
from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.recalibration import Recalibration, mean_accuracy_deg
from gazeapp.experiment.validation import ScreenPlace, ValidationAdvice, ValidationReport
from gazeapp.saliency.alignment import MIN_FIXATIONS, MIN_IMAGES, Alignment, Told
from gazeapp.store.quality_text import Translate, describe_figures, describe_quality, in_english


def describe_calibration(attempt: CalibrationAttempt, tr: Translate = in_english) -> str:
    """What came out."""
    used = tr("{0} of {1} targets").format(attempt.n_accepted, len(attempt.points))
    left_out = tr.number(attempt.left_out_deg, 2)
    match attempt.outcome:
        case CalibrationOutcome.FITTED if math.isnan(attempt.left_out_deg):
            return tr("Calibrated with {0}.").format(used)
        case CalibrationOutcome.FITTED:
            return tr("Calibrated with {0}, {1}° at a target that was left out.").format(used, left_out)
        case CalibrationOutcome.BY_TRACKER:
            return tr("The tracker calibrated itself with {0}.").format(used)
        case CalibrationOutcome.NO_FIT:
            return tr("The calibration failed: {0}.").format(tr.error(attempt.reason))
        case CalibrationOutcome.NOT_FOLLOWED:
            return tr("The calibration failed: gaze did not follow the targets (residual {0}° with {1}).").format(
                tr.number(attempt.left_out_deg, 1), used
            )
        case CalibrationOutcome.REFUSED_BY_TRACKER:
            return tr("The tracker found no calibration in what it collected.")
        case CalibrationOutcome.BROKEN_OFF:
            return tr("The calibration broke off: {0}.").format(tr.error(attempt.reason))


def advise_calibration(attempt: CalibrationAttempt, tr: Translate = in_english) -> str:
    """What to do next."""
    targets = _targets(attempt.advised_targets, tr)
    match attempt.advice:
        case CalibrationAdvice.VALIDATE:
            return tr("Use it, then validate it at other targets.")
        case CalibrationAdvice.COLLECT_FAILED:
            return tr("Collect {0} again, or validate.").format(targets)
        case CalibrationAdvice.COLLECT_CONTRADICTING:
            return tr("Gaze at {0} contradicts the rest: collect it again, or validate.").format(targets)
        case CalibrationAdvice.COLLECT_WORST:
            worst_deg = next(r.mean_deg for r in attempt.residuals if r.target_id in attempt.advised_targets)
            return tr("Collect {0} again ({1}° off), or validate.").format(targets, tr.number(worst_deg, 1))
        case CalibrationAdvice.CHECK_EYES:
            return tr("Check that the tracker sees both eyes, then calibrate again.")
        case CalibrationAdvice.ASK_TO_FOLLOW:
            return tr("Ask the participant to look at each target, then calibrate again.")
        case CalibrationAdvice.CHECK_POSITION:
            return tr("Check the participant's position, then calibrate again.")
        case CalibrationAdvice.CHECK_TRACKER:
            return tr("Check the tracker, then calibrate again.")


def describe_validation(report: ValidationReport, tr: Translate = in_english) -> str:
    """How good gaze is; one bad place is named rather than hidden in a mean."""
    place = report.weak_place
    if place is None:
        return describe_quality(report.quality, tr)
    where, figures = _place(place, tr), describe_figures(report.quality, tr)
    if report.verdict == "warn":
        return tr("Usable but for one place, {0}: {1}").format(where, figures)
    return tr("Not good enough at one place, {0}: {1}").format(where, figures)


def advise_validation(report: ValidationReport, tr: Translate = in_english) -> str:
    """What to do next."""
    match report.advice:
        case ValidationAdvice.GO_ON:
            return tr("Go on to the images.")
        case ValidationAdvice.GO_ON_OR_CALIBRATE:
            return tr("Go on if this suffices, or calibrate again.")
        case ValidationAdvice.CALIBRATE:
            return tr("Calibrate again.")
        case ValidationAdvice.CALIBRATE_WITH_CARE:
            assert report.weak_place is not None
            return tr("Calibrate again, with care {0}.").format(_place(report.weak_place, tr))
        case ValidationAdvice.COLLECT_AGAIN:
            return tr("No steady gaze came at {0}: collect it again, or calibrate again.").format(
                _targets(report.failed_targets, tr)
            )


def describe_drift(report: DriftReport, tr: Translate = in_english) -> str:
    """How far gaze is off."""
    if not report.is_measured:
        return tr("No steady gaze was found at the drift target.")
    offset, limit = tr.number(report.offset_deg, 2), tr.number(report.warn_deg)
    if report.is_corrected:
        return tr("Drift was corrected: gaze at the target was {0}° off, and the same gaze is {1}° off now.").format(
            offset, tr.number(report.corrected_to_deg, 2)
        )
    where = _describe_place(report, tr)
    if report.ok:
        return tr("Drift is {0}°, within {1}°.").format(offset, limit) + where
    return tr("Gaze drifted by {0}°, more than {1}°.").format(offset, limit) + where


def _describe_place(report: DriftReport, tr: Translate) -> str:
    x, y = report.gaze_deg
    if not (math.isfinite(x) and math.isfinite(y)):
        return ""
    across = (tr("{0}° to the right") if x > 0 else tr("{0}° to the left")).format(tr.number(abs(x), 2))
    down = (tr("{0}° down") if y > 0 else tr("{0}° up")).format(tr.number(abs(y), 2))
    return " " + tr("Gaze lands {0} and {1} from the target.").format(across, down)


def advise_drift(report: DriftReport, tr: Translate = in_english) -> str:
    """What to do next."""
    if not report.is_measured:
        return tr("Ask the participant to look at the target and check again, or recalibrate.")
    if report.is_corrected:
        return tr("Check again to see whether it holds.")
    if report.ok:
        return tr("Go on.")
    return tr("Correct the drift if the participant looked at the target, or recalibrate.")


def explain_calibration(attempt: CalibrationAttempt, tr: Translate = in_english) -> str:
    """What came out, and what to do next."""
    return f"{describe_calibration(attempt, tr)} {advise_calibration(attempt, tr)}"


def explain_validation(report: ValidationReport, tr: Translate = in_english) -> str:
    """How good gaze is, and what to do next."""
    return f"{describe_validation(report, tr)} {advise_validation(report, tr)}"


def explain_drift(report: DriftReport, tr: Translate = in_english) -> str:
    """How far gaze is off, and what to do next."""
    return f"{describe_drift(report, tr)} {advise_drift(report, tr)}"


def describe_recalibration(proposal: Recalibration, tr: Translate = in_english) -> str:
    """What the images say about the gaze of a session, and what following it would do."""
    found = proposal.alignment
    match found.told:
        case Told.TOO_LITTLE:
            images = tr("{0} image") if found.n_images == 1 else tr("{0} images")
            fixations = tr("{0} fixation") if found.n_fixations == 1 else tr("{0} fixations")
            return tr("No correction can be told from this: {0} and {1}; at least {2} and {3} are needed.").format(
                images.format(found.n_images), fixations.format(found.n_fixations), MIN_IMAGES, MIN_FIXATIONS
            )
        case Told.NOT_THE_IMAGES:
            return tr("No correction can be told from this: gaze follows these images no more than others.")
        case Told.TOO_WIDE:
            return tr("No correction can be told from this: many explain this gaze alike; view more images.")
    said = [_describe_shift(found, tr)]
    words = {
        "scale": tr("Gaze is stretched over the screen; correcting this brings it {0}° nearer."),
        "affine": tr("Gaze is turned; correcting this brings it {0}° nearer."),
        "smooth": tr("Gaze is bent over the screen; correcting this brings it {0}° nearer."),
        "drift": tr("Gaze drifts over the session; correcting this brings it {0}° nearer."),
    }
    said += [
        words[one.kind].format(tr.number(one.expected_gain_deg, 2)) for one in found.deformations if one.is_supported
    ]
    if proposal.before is not None and proposal.after is not None and proposal.from_images.is_supported:
        old, new = mean_accuracy_deg(proposal.before), mean_accuracy_deg(proposal.after)
        effect = (
            tr("At the validation targets the images' correction improves accuracy from {0}° to {1}°.")
            if new < old
            else tr("At the validation targets the images' correction worsens accuracy from {0}° to {1}°.")
        )
        said.append(effect.format(tr.number(old, 2), tr.number(new, 2)))
    return " ".join(said)


def _describe_shift(found: Alignment, tr: Translate) -> str:
    x, y = found.shift_deg
    if not found.is_supported:
        return tr("No shift is called for: the images ask for {0}°, within what differs between people.").format(
            tr.number(float(np.hypot(x, y)), 2)
        )
    across = (tr("{0}° to the right") if x > 0 else tr("{0}° to the left")).format(tr.number(abs(x), 2))
    down = (tr("{0}° down") if y > 0 else tr("{0}° up")).format(tr.number(abs(y), 2))
    return tr("Gaze has probably shifted: move it {0} and {1}; expected to bring it {2}° nearer.").format(
        across, down, tr.number(found.expected_gain_deg, 2)
    )


def describe_notice(notice: Notice | None, attempts: Sequence[CalibrationAttempt], drift: DriftReport | None) -> str:
    """What the experimenter is told, as the session's file keeps it; empty where there is nothing to tell."""
    if notice is None:
        return ""
    if notice.kind is NoticeKind.CALIBRATION_FAILED and attempts:
        return explain_calibration(attempts[-1])
    if notice.kind is NoticeKind.DRIFTED and drift is not None:
        return describe_drift(drift)
    return notice.record


def _targets(ids: Sequence[int], tr: Translate) -> str:
    """Targets as people count them, from 1."""
    numbers = ", ".join(str(i + 1) for i in sorted(ids))
    return (tr("targets {0}") if len(ids) > 1 else tr("target {0}")).format(numbers)


def _place(place: ScreenPlace, tr: Translate) -> str:
    return {
        (-1, -1): tr("at the top left"),
        (-1, 0): tr("at the top"),
        (-1, 1): tr("at the top right"),
        (0, -1): tr("at the left"),
        (0, 0): tr("at the centre"),
        (0, 1): tr("at the right"),
        (1, -1): tr("at the bottom left"),
        (1, 0): tr("at the bottom"),
        (1, 1): tr("at the bottom right"),
    }[place.row, place.column]
