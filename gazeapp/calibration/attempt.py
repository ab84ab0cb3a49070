"""One calibration attempt: what was collected, the correction that explains it, and how well it does so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gazeapp.calibration.procedure import PointResult
from gazeapp.gaze.correction import Correction
from gazeapp.store.records import CalibrationRow


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PointResidual:
    """How far corrected gaze lands from one target that the fit did not see; NaN where it is unknown.

    Of a calibration by the tracker it is how far off its own fit is at its own target.
    """

    target_id: int
    left_deg: float
    right_deg: float

    @property
    def mean_deg(self) -> float:
        """Of the eyes that are known."""
        known = [v for v in (self.left_deg, self.right_deg) if math.isfinite(v)]
        return sum(known) / len(known) if known else math.nan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CalibrationAttempt:
    """A calibration that was carried through, well or badly."""

    number: int
    """Counts from 1."""
    start_s: float
    time_s: float
    """When it was computed."""
    points: tuple[PointResult, ...]
    correction: Correction | None
    """None when it failed, and for a calibration that the tracker computed itself."""
    residuals: tuple[PointResidual, ...]
    """Cross-validated, one per accepted point; for calibrations on the device as far as it tells, and not cross-validated."""
    device_blob: bytes
    """The tracker's own calibration, in its own format; empty for software calibrations."""
    ok: bool
    sentence: str
    """The finding, in words."""
    next_step: str

    @property
    def residual_deg(self) -> float:
        """Mean cross-validated residual; NaN where there is none."""
        known = [r.mean_deg for r in self.residuals if math.isfinite(r.mean_deg)]
        return sum(known) / len(known) if known else math.nan

    def to_row(self) -> CalibrationRow:
        """As it is stored."""
        residual_of = {residual.target_id: residual for residual in self.residuals}
        points: list[dict[str, Any]] = []  # Any: JSON values
        for point in self.points:
            gaze = mean_gaze_px(point)
            residual = residual_of.get(point.target.target_id)
            points.append(
                {
                    "target_id": point.target.target_id,
                    "x_px": point.target.x_px,
                    "y_px": point.target.y_px,
                    "state": point.state.value,
                    "n_samples": len(point.samples),
                    "left_x_px": gaze[0][0],
                    "left_y_px": gaze[0][1],
                    "right_x_px": gaze[1][0],
                    "right_y_px": gaze[1][1],
                    "residual_left_deg": residual.left_deg if residual else math.nan,
                    "residual_right_deg": residual.right_deg if residual else math.nan,
                }
            )
        return CalibrationRow(
            number=self.number,
            time_s=self.time_s,
            start_s=self.start_s,
            status="ok" if self.ok else "failed",
            points=tuple(points),
            correction=self.correction.to_json() if self.correction else None,
            residual_left_deg=_mean([r.left_deg for r in self.residuals]),
            residual_right_deg=_mean([r.right_deg for r in self.residuals]),
            device_blob=self.device_blob,
        )


def mean_gaze_px(point: PointResult) -> tuple[tuple[float, float], tuple[float, float]]:
    """Median uncorrected gaze of the left and right eye at a point, display pixels; NaN where an eye has none."""
    return _median(point.samples.left_px), _median(point.samples.right_px)


def _median(points_px: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    valid = points_px[np.isfinite(points_px).all(axis=1)]
    if not len(valid):
        return math.nan, math.nan
    x_px, y_px = np.median(valid, axis=0)
    return float(x_px), float(y_px)


def _mean(values: Sequence[float]) -> float:
    known = [v for v in values if math.isfinite(v)]
    return sum(known) / len(known) if known else math.nan
