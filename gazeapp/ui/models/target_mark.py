"""One target with the gaze collected at it, as the target view draws it."""

from __future__ import annotations

import math

import numpy as np

from gazeapp.calibration.procedure import PointResult, PointState
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.display import Display
from gazeapp.session.plan import QualityPlan
from gazeapp.ui.widgets.validation_view import TargetMark


def mark_target(
    point: PointResult, correction: Correction, display: Display, limits: QualityPlan
) -> TargetMark:
    """Correct the gaze at a target, and say how far it is off and how that is to be taken."""
    target, samples = point.target, point.samples
    if len(samples):
        samples = correction.apply(samples)
    error_deg = math.nan
    if len(samples) and samples.valid.any():
        centre = np.nanmean(samples.gaze_px[samples.valid], axis=0)
        error_deg = float(display.angle_deg(centre, (target.x_px, target.y_px)))
    return TargetMark(
        target_id=target.target_id, x_px=target.x_px, y_px=target.y_px,
        left_px=samples.left_px, right_px=samples.right_px, error_deg=error_deg,
        tone=_tone(point.state, error_deg, limits),
    )  # fmt: skip


def _tone(state: PointState, error_deg: float, limits: QualityPlan) -> str:
    if state is PointState.ON_SCREEN:
        return "accent"
    if state is PointState.FAILED:
        return "bad"
    if math.isnan(error_deg):
        return ""
    if error_deg <= limits.warn_deg:
        return "ok"
    return "warn" if error_deg <= 1.5 * limits.warn_deg else "bad"
