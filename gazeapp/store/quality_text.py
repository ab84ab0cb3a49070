"""A quality report in plain words, and as it is stored and printed.

Sentences are made here and nowhere else: in English for files and the command line, in the interface's language where
`tr` translates.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any, Protocol

from gazeapp.gaze.quality import QualityIssue, QualityReason, QualityReport


class Translate(Protocol):
    """A language in which sentences are made."""

    def __call__(self, text: str, /) -> str:
        """An English text in this language; what stands in braces is filled in afterwards."""

    def number(self, value: float, digits: int | None = None) -> str:
        """A number with the language's decimal sign; without `digits` as short as it can be."""

    def share(self, value: float, digits: int = 0) -> str:
        """A share of 0 to 1 in percent."""

    def error(self, words: str) -> str:
        """What an error of the program said, in this language."""


class _English:
    """What files and the command line speak."""

    def __call__(self, text: str, /) -> str:
        return text

    def number(self, value: float, digits: int | None = None) -> str:
        return f"{value:g}" if digits is None else f"{value:.{digits}f}"

    def share(self, value: float, digits: int = 0) -> str:
        return f"{100 * value:.{digits}f} %"

    def error(self, words: str) -> str:
        return words


in_english = _English()


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
        tr.number(mean_deg, 2),
        tr.number(report.summary["accuracy_max_deg"], 2),
        tr.number(math.nan if rms_deg is None else rms_deg, 2),
        tr.share(report.summary["data_loss"], 1),
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
    value = tr.share(reason.value, 1) if is_share else tr.number(reason.value, 2)
    limit = tr.share(reason.limit) if is_share else tr.number(reason.limit)
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
