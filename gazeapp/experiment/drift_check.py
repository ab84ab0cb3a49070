"""Drift check: how far gaze is from one target between images, and what would correct it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gazeapp.experiment.calibration_procedure import PointResult
from gazeapp.experiment.validation import measure_points
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.display import Display, Points
from gazeapp.gaze.quality import QualityLimits, QualityReport
from gazeapp.store.quality_text import quality_json
from gazeapp.store.records import ValidationRow


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
    warn_deg: float
    """Offset up to which drift is accepted."""
    gaze_deg: tuple[float, float] = (math.nan, math.nan)
    """Where gaze lands from the target, mean of the eyes: degrees to the right and down."""
    corrected_to_deg: float = math.nan
    """How far off the same gaze is since the drift was corrected; NaN where it was not."""

    @property
    def is_measured(self) -> bool:
        """Whether steady gaze was found."""
        return math.isfinite(self.offset_deg)

    @property
    def is_corrected(self) -> bool:
        """Whether the correction follows it already."""
        return math.isfinite(self.corrected_to_deg)

    @property
    def ok(self) -> bool:
        """Whether gaze was found close enough to the target."""
        return self.offset_deg <= self.warn_deg

    def to_row(self) -> ValidationRow:
        """As it is stored."""
        return ValidationRow(
            time_s=self.time_s,
            start_s=self.start_s,
            purpose="drift",
            report=quality_json(self.quality),
            calibration=self.calibration,
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
    quality = measure_points([point], correction, display, limits)
    offsets_deg = [row.accuracy_deg for row in quality.targets if math.isfinite(row.accuracy_deg)]
    offset_deg = max(offsets_deg, default=math.nan)
    corrected = correction.apply(point.samples)
    target_px = (point.target.x_px, point.target.y_px)
    seen = [eye for eye in (corrected.left_px, corrected.right_px) if np.isfinite(eye).all(axis=1).any()]
    left_px, right_px = _shift(corrected.left_px, target_px), _shift(corrected.right_px, target_px)
    return DriftReport(
        start_s=start_s,
        time_s=now_s,
        calibration=calibration,
        quality=quality,
        offset_deg=offset_deg,
        shift_left_px=left_px,
        shift_right_px=right_px,
        warn_deg=warn_deg,
        gaze_deg=_mean_deg([_shift(eye, target_px) for eye in seen], display),
    )


def _mean_deg(shifts_px: list[tuple[float, float]], display: Display) -> tuple[float, float]:
    if not shifts_px:
        return math.nan, math.nan
    x, y = -np.mean(shifts_px, axis=0) / display.px_per_deg
    return float(x), float(y)


def _shift(gaze_px: Points, target_px: tuple[float, float]) -> tuple[float, float]:
    seen = gaze_px[np.isfinite(gaze_px).all(axis=1)]
    if not len(seen):
        return 0.0, 0.0
    dx, dy = np.asarray(target_px) - np.median(seen, axis=0)
    return float(dx), float(dy)
