"""Validation: how good gaze is at targets that the calibration did not see, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from gazeapp.experiment.calibration_procedure import PointResult, PointState
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.display import Display
from gazeapp.gaze.quality import (
    QualityLimits,
    QualityReport,
    TargetQuality,
    TargetWindow,
    Verdict,
    measure_quality,
)
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.quality_text import quality_json
from gazeapp.store.records import ValidationRow


class ValidationAdvice(Enum):
    """What to do after a validation."""

    GO_ON = "go-on"
    GO_ON_OR_CALIBRATE = "go-on-or-calibrate"
    """Go on if this suffices, or calibrate again."""
    CALIBRATE = "calibrate"
    CALIBRATE_WITH_CARE = "calibrate-with-care"
    """One place is bad: calibrate again, with care there."""
    COLLECT_AGAIN = "collect-again"
    """No steady gaze came at some of the targets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenPlace:
    """A third of the screen each way."""

    column: int
    """-1 left, 0 middle, 1 right."""
    row: int
    """-1 top, 0 middle, 1 bottom."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ValidationReport:
    """How good gaze is at points that the calibration did not see."""

    start_s: float
    time_s: float
    calibration: int | None
    """Number of the calibration that was judged; None without one."""
    points: tuple[PointResult, ...]
    """With uncorrected gaze."""
    quality: QualityReport

    @property
    def verdict(self) -> Verdict:
        """One of "pass", "warn", "fail"."""
        return self.quality.verdict

    @property
    def weak_place(self) -> ScreenPlace | None:
        """Where gaze is bad, if it is at one target alone out of three or more."""
        weak = _weak_targets(self.quality)
        if self.verdict == "pass" or len(weak) != 1 or len(_ids(self.quality.targets)) < 3:
            return None
        return _place(self.quality, weak[0])

    @property
    def failed_targets(self) -> tuple[int, ...]:
        """Targets without steady gaze, by number from 0."""
        return tuple(sorted(p.target.target_id for p in self.points if p.state is PointState.FAILED))

    @property
    def advice(self) -> ValidationAdvice:
        """What to do next."""
        n_judged = sum(point.state is not PointState.DROPPED for point in self.points)
        if self.failed_targets and len(self.failed_targets) < n_judged:
            return ValidationAdvice.COLLECT_AGAIN
        if self.verdict == "fail" and self.weak_place is not None:
            return ValidationAdvice.CALIBRATE_WITH_CARE
        return {
            "pass": ValidationAdvice.GO_ON,
            "warn": ValidationAdvice.GO_ON_OR_CALIBRATE,
            "fail": ValidationAdvice.CALIBRATE,
        }[self.verdict]

    def to_row(self) -> ValidationRow:
        """As it is stored."""
        return ValidationRow(
            time_s=self.time_s,
            start_s=self.start_s,
            purpose="validate",
            report=quality_json(self.quality),
            calibration=self.calibration,
        )


def judge_points(
    points: Sequence[PointResult],
    correction: Correction,
    display: Display,
    limits: QualityLimits,
    *,
    calibration: int | None,
    start_s: float,
    now_s: float,
) -> ValidationReport:
    """Judge a correction by gaze at validation targets; dropped points are left out, failed ones count as lost."""
    judged = [point for point in points if point.state is not PointState.DROPPED]
    quality = measure_points(judged, correction, display, limits)
    return ValidationReport(
        start_s=start_s,
        time_s=now_s,
        calibration=calibration,
        points=tuple(points),
        quality=quality,
    )


def measure_points(
    points: Sequence[PointResult], correction: Correction, display: Display, limits: QualityLimits
) -> QualityReport:
    """Quality of corrected gaze at the targets; those without gaze count as lost."""
    accepted = sorted((p for p in points if len(p.samples)), key=lambda point: float(point.samples.time_s[0]))
    samples = correction.apply(GazeSamples.concatenate([point.samples for point in accepted or points]))
    if correction.eye != "both" and samples.eyes == "binocular":
        samples = replace(samples, eyes=correction.eye)  # the other one is not lost, it is not asked
    return measure_quality(
        samples,
        target_windows(points),
        display,
        limits,
        rate_hz=_rate_hz(accepted),
    )


def target_windows(points: Sequence[PointResult]) -> tuple[TargetWindow, ...]:
    """When each target was looked at."""
    return tuple(_window(point) for point in points)


def _window(point: PointResult) -> TargetWindow:
    time_s = point.samples.time_s
    if len(time_s) > 1:
        # the last sample stands for an interval, too
        onset_s = float(time_s[0])
        duration_s = float(time_s[-1] - time_s[0] + np.median(np.diff(time_s)))
    else:
        onset_s, duration_s = point.shown_s, 0.0
    return TargetWindow(
        target_id=point.target.target_id,
        onset_s=onset_s,
        duration_s=duration_s,
        x_px=point.target.x_px,
        y_px=point.target.y_px,
    )


def _rate_hz(points: Sequence[PointResult]) -> float | None:
    """Median rate within the stretches: the gaps between targets say nothing about it."""
    steps_s = [np.diff(point.samples.time_s) for point in points]
    positive_s = np.concatenate([steps[steps > 0] for steps in steps_s]) if steps_s else np.empty(0)
    return float(1 / np.median(positive_s)) if len(positive_s) else None


def _ids(rows: Sequence[TargetQuality]) -> list[int | str]:
    return list(dict.fromkeys(row.target_id for row in rows))


def _weak_targets(quality: QualityReport) -> list[int | str]:
    """Targets where an eye is off by more than a passing maximum."""
    limit_deg = quality.limits.pass_max_deg
    return _ids([row for row in quality.targets if not row.accuracy_deg <= limit_deg])


def _place(quality: QualityReport, target_id: int | str) -> ScreenPlace:
    row = next(row for row in quality.targets if row.target_id == target_id)
    xs, ys = [r.x_px for r in quality.targets], [r.y_px for r in quality.targets]
    return ScreenPlace(column=_third(row.x_px, min(xs), max(xs)), row=_third(row.y_px, min(ys), max(ys)))


def _third(value: float, low: float, high: float) -> int:
    """-1, 0 or 1: in which third of a range a value lies."""
    return 0 if high - low < 1 else min(2, int(3 * (value - low) / (high - low))) - 1
