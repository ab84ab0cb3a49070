"""What a validation or a drift check found, in figures, in words, and with the next step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gazeapp.experiment.calibration_procedure import PointResult, PointState
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.display import Display, Points
from gazeapp.gaze.quality import (
    QualityLimits,
    QualityReport,
    TargetQuality,
    TargetWindow,
    Verdict,
    measure_quality,
)
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.records import ValidationRow

NEXT_STEPS: dict[Verdict, str] = {
    "pass": "Go on.",
    "warn": "Go on if this suffices, or calibrate again.",
    "fail": "Calibrate again.",
}


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
    sentence: str
    next_step: str

    @property
    def verdict(self) -> Verdict:
        """One of "pass", "warn", "fail"."""
        return self.quality.verdict

    def to_row(self) -> ValidationRow:
        """As it is stored."""
        return ValidationRow(
            time_s=self.time_s,
            start_s=self.start_s,
            purpose="validate",
            report=self.quality.to_json(),
            calibration=self.calibration,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DriftReport:
    """How far gaze is from one target in mid-run."""

    start_s: float
    time_s: float
    calibration: int | None
    quality: QualityReport
    offset_deg: float
    """Largest of the eyes; NaN where no steady gaze came."""
    shift_left_px: tuple[float, float]
    """What would bring the left eye's gaze to the target; (0, 0) where it is unknown."""
    shift_right_px: tuple[float, float]
    ok: bool
    sentence: str
    next_step: str

    @property
    def is_measured(self) -> bool:
        """Whether steady gaze was found."""
        return math.isfinite(self.offset_deg)

    def to_row(self) -> ValidationRow:
        """As it is stored."""
        return ValidationRow(
            time_s=self.time_s,
            start_s=self.start_s,
            purpose="drift",
            report=self.quality.to_json(),
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
    quality = _measure(judged, correction, display, limits)
    return ValidationReport(
        start_s=start_s,
        time_s=now_s,
        calibration=calibration,
        points=tuple(points),
        quality=quality,
        sentence=_sentence(quality),
        next_step=_next_step(quality, judged),
    )


def judge_drift(
    point: PointResult,
    correction: Correction,
    display: Display,
    limits: QualityLimits,
    *,
    warn_deg: float,
    calibration: int | None,
    start_s: float,
    now_s: float,
) -> DriftReport:
    """Judge a correction by gaze at a single target."""
    quality = _measure([point], correction, display, limits)
    offsets_deg = [row.accuracy_deg for row in quality.targets if math.isfinite(row.accuracy_deg)]
    offset_deg = max(offsets_deg, default=math.nan)
    corrected = correction.apply(point.samples)
    target_px = (point.target.x_px, point.target.y_px)
    left_px, right_px = _shift(corrected.left_px, target_px), _shift(corrected.right_px, target_px)
    ok = offset_deg <= warn_deg
    if not math.isfinite(offset_deg):
        sentence = "No steady gaze was found at the drift target."
        next_step = "Ask the participant to look at the target and check again, or recalibrate."
    elif ok:
        sentence, next_step = f"Drift is {offset_deg:.2f}°, within {warn_deg:g}°.", "Go on."
    else:
        sentence = f"Gaze drifted by {offset_deg:.2f}°, more than {warn_deg:g}°."
        next_step = "Correct the drift if the participant looked at the target, or recalibrate."
    return DriftReport(
        start_s=start_s,
        time_s=now_s,
        calibration=calibration,
        quality=quality,
        offset_deg=offset_deg,
        shift_left_px=left_px,
        shift_right_px=right_px,
        ok=ok,
        sentence=sentence,
        next_step=next_step,
    )


def _measure(
    points: Sequence[PointResult], correction: Correction, display: Display, limits: QualityLimits
) -> QualityReport:
    accepted = sorted((p for p in points if len(p.samples)), key=lambda point: float(point.samples.time_s[0]))
    samples = GazeSamples.concatenate([point.samples for point in accepted or points])
    return measure_quality(
        correction.apply(samples),
        [_window(point) for point in points],
        display,
        limits,
        rate_hz=_rate_hz(accepted),
    )


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


def _shift(gaze_px: Points, target_px: tuple[float, float]) -> tuple[float, float]:
    seen = gaze_px[np.isfinite(gaze_px).all(axis=1)]
    if not len(seen):
        return 0.0, 0.0
    dx, dy = np.asarray(target_px) - np.median(seen, axis=0)
    return float(dx), float(dy)


def _sentence(quality: QualityReport) -> str:
    """The finding in words; one bad place is named rather than hidden in a mean."""
    weak = _weak_targets(quality)
    if quality.verdict != "pass" and len(weak) == 1 and len(_ids(quality.targets)) > 2:
        finding = "Usable but for one place" if quality.verdict == "warn" else "Not good enough at one place"
        return f"{finding}, {_place(quality, weak[0])}: {quality.sentence.partition(': ')[2]}"
    return quality.sentence


def _next_step(quality: QualityReport, points: Sequence[PointResult]) -> str:
    failed = [p.target.target_id for p in points if p.state is PointState.FAILED]
    if failed and len(failed) < len(points):
        names = ", ".join(str(i + 1) for i in sorted(failed))
        return f"No steady gaze came at target {names}: collect it again, or calibrate again."
    weak = _weak_targets(quality)
    if quality.verdict == "fail" and len(weak) == 1 and len(points) > 2:
        return f"Calibrate again, with care {_place(quality, weak[0])}."
    return NEXT_STEPS[quality.verdict]


def _ids(rows: Sequence[TargetQuality]) -> list[int | str]:
    return list(dict.fromkeys(row.target_id for row in rows))


def _weak_targets(quality: QualityReport) -> list[int | str]:
    """Targets where an eye is off by more than a passing maximum."""
    limit_deg = quality.limits.pass_max_deg
    return _ids([row for row in quality.targets if not row.accuracy_deg <= limit_deg])


def _place(quality: QualityReport, target_id: int | str) -> str:
    row = next(row for row in quality.targets if row.target_id == target_id)
    xs, ys = [r.x_px for r in quality.targets], [r.y_px for r in quality.targets]
    side = _third(row.x_px, min(xs), max(xs), ("left", "", "right"))
    height = _third(row.y_px, min(ys), max(ys), ("top", "", "bottom"))
    return f"at the {' '.join(word for word in (height, side) if word) or 'centre'}"


def _third(value: float, low: float, high: float, words: tuple[str, str, str]) -> str:
    if high - low < 1:
        return words[1]
    return words[min(2, int(3 * (value - low) / (high - low)))]
