"""Software calibration: from gaze at targets to a correction, with the finding in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gazeapp.errors import CalibrationError, NotEnoughData
from gazeapp.experiment.calibration_procedure import PointResult, PointState
from gazeapp.gaze.correction import Correction, CorrectionFit, CorrectionKind, fit_correction, needed_targets
from gazeapp.gaze.display import Display
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
    """Cross-validated, one per accepted point; for calibrations on the device as far as it tells, and not
    cross-validated."""
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


SIMPLER: dict[CorrectionKind, CorrectionKind] = {"second_order": "affine", "affine": "shift"}
"""What is fitted where the targets are too few for the kind that was asked for."""

MAX_RESIDUAL_DEG = 6.0
"""A worse cross-validated residual means that the gaze did not follow the targets; webcams stay below 4°."""

DOUBTED_WEIGHT = 0.1
"""A robust weight below this says that a point contradicts the others."""


def fit_points(
    points: Sequence[PointResult],
    kind: CorrectionKind,
    display: Display,
    *,
    number: int,
    start_s: float,
    now_s: float,
) -> CalibrationAttempt:
    """Fit a correction to the accepted points.

    Each point enters with the median gaze of each eye, so that a point with many samples does not outweigh the others.

    Args:
        points: Every target of the procedure.
        kind: What may be corrected; a simpler kind is taken where the accepted points are too few for it.
        display: Geometry.
        number: Of the attempt.
        start_s: When the targets began.
        now_s: When the fit is made.

    Returns:
        The attempt; `ok` is False where no correction is possible or credible, and the words say why.
    """
    accepted = [point for point in points if point.state is PointState.ACCEPTED]
    try:
        if not accepted:
            raise NotEnoughData("no steady gaze came at any target", found=0, needed=1)
        used = _kind_for(kind, len(accepted))
        gaze_px = np.array([mean_gaze_px(point) for point in accepted]).reshape(-1, 2, 2)
        targets_px = np.array([(p.target.x_px, p.target.y_px) for p in accepted]).reshape(-1, 2)
        fit = fit_correction(used, gaze_px[:, 0], gaze_px[:, 1], targets_px, display)
    except CalibrationError as error:
        return CalibrationAttempt(
            number=number,
            start_s=start_s,
            time_s=now_s,
            points=tuple(points),
            correction=None,
            residuals=(),
            device_blob=b"",
            ok=False,
            sentence=f"The calibration failed: {error.message}.",
            next_step="Check that the tracker sees both eyes, then calibrate again.",
        )
    residuals = _residuals(accepted, fit)
    mean_deg = fit.mean_left_out_deg
    ok = not mean_deg > MAX_RESIDUAL_DEG
    sentence, next_step = _words(points, accepted, fit, residuals, mean_deg, ok)
    return CalibrationAttempt(
        number=number,
        start_s=start_s,
        time_s=now_s,
        points=tuple(points),
        correction=fit.correction if ok else None,
        residuals=residuals,
        device_blob=b"",
        ok=ok,
        sentence=sentence,
        next_step=next_step,
    )


def _kind_for(kind: CorrectionKind, n_points: int) -> CorrectionKind:
    while n_points < needed_targets(kind) and kind in SIMPLER:
        kind = SIMPLER[kind]
    return kind


def _residuals(accepted: Sequence[PointResult], fit: CorrectionFit) -> tuple[PointResidual, ...]:
    return tuple(
        PointResidual(target_id=p.target.target_id, left_deg=float(left), right_deg=float(right))
        for p, left, right in zip(accepted, fit.left_left_out_deg, fit.right_left_out_deg, strict=True)
    )


def _words(
    points: Sequence[PointResult],
    accepted: Sequence[PointResult],
    fit: CorrectionFit,
    residuals: Sequence[PointResidual],
    mean_deg: float,
    ok: bool,
) -> tuple[str, str]:
    used = f"{len(accepted)} of {len(points)} targets"
    if not ok:
        return (
            f"The calibration failed: gaze did not follow the targets (residual {mean_deg:.1f}° with {used}).",
            "Ask the participant to look at each target, then calibrate again.",
        )
    left_out = "" if math.isnan(mean_deg) else f", {mean_deg:.2f}° at a target that was left out"
    sentence = f"Calibrated with {used}{left_out}."
    weights = np.maximum(fit.left_weight, fit.right_weight)
    doubted = [p.target.target_id for p, w in zip(accepted, weights, strict=True) if w < DOUBTED_WEIGHT]
    failed = [p.target.target_id for p in points if p.state is PointState.FAILED]
    if failed:
        return sentence, f"Collect {_targets(failed)} again, or validate."
    if doubted:
        return (
            sentence,
            f"Gaze at {_targets(doubted)} contradicts the rest: collect it again, or validate.",
        )
    worst = max(residuals, key=lambda r: r.mean_deg if math.isfinite(r.mean_deg) else -1.0, default=None)
    if worst is not None and worst.mean_deg > 2 * max(mean_deg, 0.5):
        return (
            sentence,
            f"Collect {_targets([worst.target_id])} again ({worst.mean_deg:.1f}° off), or validate.",
        )
    return sentence, "Validate."


def _targets(ids: Sequence[int]) -> str:
    plural = "s" if len(ids) > 1 else ""
    return f"target{plural} {', '.join(str(i + 1) for i in sorted(ids))}"
