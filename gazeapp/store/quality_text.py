"""A quality report in plain words, and as it is stored and printed.

Sentences are made here and nowhere else: in English for files and the command line, in the interface's language where
`tr` translates.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from gazeapp.gaze.quality import QualityIssue, QualityReason, QualityReport

Translate = Callable[[str], str]


def in_english(text: str) -> str:
    """The text as it stands: what files and the command line say."""
    return text


def describe_quality(report: QualityReport, tr: Translate = in_english) -> str:
    """The finding in one sentence, with the verdict before it."""
    word = {"pass": tr("Good"), "warn": tr("Usable with care"), "fail": tr("Not good enough")}[report.verdict]
    return f"{word}: {describe_figures(report, tr)}"


def describe_figures(report: QualityReport, tr: Translate = in_english) -> str:
    """Accuracy, precision and data loss over all targets, without a verdict."""
    mean_deg, rms_deg = report.summary["accuracy_deg"], report.summary["rms_s2s_deg"]
    if mean_deg is None:
        return tr("no gaze was seen at any target.")
    return tr(
        "gaze is {0}° off on average and {1}° at the worst point, precision is {2}° (RMS-S2S), {3} of the samples are "
        "lost."
    ).format(
        f"{mean_deg:.2f}",
        f"{report.summary['accuracy_max_deg']:.2f}",
        f"{math.nan if rms_deg is None else rms_deg:.2f}",
        f"{report.summary['data_loss']:.0%}",
    )


def describe_reason(reason: QualityReason, tr: Translate = in_english) -> str:
    """Why quality does not pass, without a full stop."""
    if reason.issue is QualityIssue.NO_GAZE_AT_TARGET:
        return {
            "cyclopean": tr("no gaze at target {0}"),
            "left": tr("no gaze of the left eye at target {0}"),
            "right": tr("no gaze of the right eye at target {0}"),
        }[reason.eye].format(reason.target_id)
    is_share = reason.issue is QualityIssue.DATA_LOSS
    value = f"{reason.value:.0%}" if is_share else f"{reason.value:.2f}"
    limit = f"{reason.limit:.0%}" if is_share else f"{reason.limit:g}"
    owner = {"left": tr("the left eye"), "right": tr("the right eye")}.get(reason.eye, tr("gaze"))
    return {
        QualityIssue.EYES_SWAPPED: tr("the eyes are swapped: the left eye lies right of the right one"),
        QualityIssue.NO_GAZE: tr("no gaze was seen at any target"),
        QualityIssue.EYE_NEVER_SEEN: tr("{eye} was never seen"),
        QualityIssue.MEAN_ACCURACY: tr("mean accuracy is {value}°, the limit is {limit}°"),
        QualityIssue.TARGET_ACCURACY: tr("{eye} is {value}° off at target {target}, the limit is {limit}°"),
        QualityIssue.DATA_LOSS: tr("{value} of the samples are lost, the limit is {limit}"),
    }[reason.issue].format(eye=owner, value=value, limit=limit, target=reason.target_id)


def quality_json(report: QualityReport) -> dict[str, Any]:  # Any: JSON values
    """As the command line prints and the session file stores it; unknown numbers are None."""
    return {
        "targets": [{k: _known(v) for k, v in asdict(target).items()} for target in report.targets],
        "summary": report.summary,
        "verdict": report.verdict,
        "reasons": [describe_reason(reason) for reason in report.reasons],
        "sentence": describe_quality(report),
        "limits": asdict(report.limits),
    }


def _known(value: Any) -> Any:  # Any: JSON values
    return None if isinstance(value, float) and not math.isfinite(value) else value
