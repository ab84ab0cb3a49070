"""One target with the gaze collected at it, as the target view draws it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gazeapp.experiment.calibration_procedure import PointResult, PointState
from gazeapp.experiment.plan import QualityPlan
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.display import Display
from gazeapp.gaze.quality import QualityLimits
from gazeapp.gaze.samples import Eyes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TargetMark:
    """One target and the gaze collected at it."""

    target_id: int
    name: str
    """As words about it call it: its number, from 1."""
    x_px: float
    y_px: float
    left_px: NDArray[np.float64]
    """(N, 2) display pixels."""
    right_px: NDArray[np.float64]
    eyes: Eyes = "binocular"
    """Eyes of the source: one gaze point that is no single eye's is in the left array."""
    error_deg: float
    """Mean of both eyes; NaN before anything was collected."""
    tone: str
    """ok, warn, bad, accent (on screen now), or empty (not yet)."""


def mark_target(
    point: PointResult,
    correction: Correction,
    display: Display,
    limits: QualityPlan,
    error_deg: float | None = None,
) -> TargetMark:
    """Correct the gaze at a target, and say how far it is off and how that is to be taken.

    Args:
        point: The target with its uncorrected gaze.
        correction: In use.
        display: The participant's screen.
        limits: Of the plan.
        error_deg: Where a better figure is known than the distance of the mean: a residual that the fit did not see.
    """
    target, samples = point.target, point.samples
    if len(samples):
        samples = correction.apply(samples)
    away_deg = math.nan
    if len(samples) and samples.valid.any():
        centre = np.nanmean(samples.gaze_px[samples.valid], axis=0)
        away_deg = float(display.angle_deg(centre, (target.x_px, target.y_px)))
    error_deg = away_deg if error_deg is None else error_deg
    # gaze that is drawn far from its target is never green, whatever a fit says of it
    worst_deg = max((e for e in (error_deg, away_deg) if math.isfinite(e)), default=math.nan)
    return TargetMark(
        target_id=target.target_id,
        name=str(target.target_id + 1),
        x_px=target.x_px,
        y_px=target.y_px,
        left_px=samples.left_px,
        right_px=samples.right_px,
        eyes=samples.eyes,
        error_deg=error_deg,
        tone=_tone(point.state, worst_deg, limits.to_limits()),
    )


def place_of(x_norm: float, y_norm: float) -> tuple[str, ...]:
    """Where on the screen a point is, in words: of "top", "bottom", "left", "right", or "centre".

    >>> place_of(0.9, 0.1), place_of(0.5, 0.9), place_of(0.42, 0.58)
    (('top', 'right'), ('bottom',), ('centre',))
    """
    height = "top" if y_norm < 0.4 else "bottom" if y_norm > 0.6 else ""
    side = "left" if x_norm < 0.4 else "right" if x_norm > 0.6 else ""
    return tuple(word for word in (height, side) if word) or ("centre",)


def _tone(state: PointState, error_deg: float, limits: QualityLimits) -> str:
    if state is PointState.ON_SCREEN:
        return "accent"
    if state is PointState.FAILED:
        return "bad"
    if math.isnan(error_deg):
        return ""
    if error_deg <= limits.pass_max_deg:
        return "ok"
    return "warn" if error_deg <= limits.warn_max_deg else "bad"
