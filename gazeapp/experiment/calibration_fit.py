"""Calibrations: from gaze at targets to a correction, what came out, and what to do next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Literal

import numpy as np

from gazeapp.errors import CalibrationError, NotEnoughData
from gazeapp.experiment.calibration_procedure import PointResult, PointState
from gazeapp.gaze.correction import Correction, CorrectionFit, CorrectionKind, UsedEyes, fit_correction, needed_targets
from gazeapp.gaze.display import Display
from gazeapp.store.records import CalibrationRow

EyeChoice = Literal["both", "left", "right", "better"]


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
        """Mean over the eyes that are known; NaN where none is."""
        known = [v for v in (self.left_deg, self.right_deg) if math.isfinite(v)]
        return sum(known) / len(known) if known else math.nan


class CalibrationOutcome(Enum):
    """What became of a calibration."""

    FITTED = "fitted"
    """A correction was fitted by this program."""
    BY_TRACKER = "by-tracker"
    """The tracker calibrated itself."""
    NO_FIT = "no-fit"
    """No correction could be fitted; `reason` says why."""
    NOT_FOLLOWED = "not-followed"
    """The residual is so large that gaze cannot have followed the targets."""
    REFUSED_BY_TRACKER = "refused-by-tracker"
    """The tracker found no calibration in what it collected."""
    BROKEN_OFF = "broken-off"
    """The tracker failed meanwhile; `reason` says how."""


class CalibrationAdvice(Enum):
    """What to do after a calibration."""

    VALIDATE = "validate"
    COLLECT_FAILED = "collect-failed"
    """No steady gaze came at some targets: collect these again, or validate."""
    COLLECT_CONTRADICTING = "collect-contradicting"
    """Gaze at some targets contradicts the rest."""
    COLLECT_WORST = "collect-worst"
    """One target is far worse than the others."""
    CHECK_EYES = "check-eyes"
    """See to it that the tracker sees both eyes, then calibrate again."""
    ASK_TO_FOLLOW = "ask-to-follow"
    """Ask the participant to look at each target, then calibrate again."""
    CHECK_POSITION = "check-position"
    CHECK_TRACKER = "check-tracker"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CalibrationAttempt:
    """A calibration that was carried through, well or badly."""

    number: int
    """Counts from 1."""
    start_s: float
    time_s: float
    """When it was computed."""
    points: tuple[PointResult, ...]
    correction: Correction | None = None
    """None when it failed, and for a calibration that the tracker computed itself."""
    residuals: tuple[PointResidual, ...] = ()
    """Cross-validated, one per accepted point; for calibrations on the device as far as it tells, and not
    cross-validated."""
    device_blob: bytes = b""
    """The tracker's own calibration, in its own format; empty for software calibrations."""
    outcome: CalibrationOutcome
    advice: CalibrationAdvice
    advised_targets: tuple[int, ...] = ()
    """Targets that the advice is about, by number from 0."""
    left_out_deg: float = math.nan
    """Mean distance to a target that the fit did not see; NaN where it is unknown."""
    reason: str = ""
    """What the error said that ended it."""

    @property
    def ok(self) -> bool:
        """Whether there is a calibration to use."""
        return self.outcome in (CalibrationOutcome.FITTED, CalibrationOutcome.BY_TRACKER)

    @property
    def n_accepted(self) -> int:
        """Targets with steady gaze."""
        return sum(point.state is PointState.ACCEPTED for point in self.points)

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
    eye: EyeChoice = "both",
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
        eye: Whose gaze is to count; "better" takes the eye that is nearer to targets which its fit did not see.

    Returns:
        The attempt; `ok` is False where no correction is possible or credible, and its outcome says why.
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
            outcome=CalibrationOutcome.NO_FIT,
            advice=CalibrationAdvice.CHECK_EYES,
            reason=error.message,
        )
    residuals = _residuals(accepted, fit)
    is_binocular = any(point.samples.eyes == "binocular" for point in accepted)
    used_eye = choose_eye(eye, residuals) if is_binocular else "both"
    if used_eye != "both":
        residuals = tuple(only_eye(residual, used_eye) for residual in residuals)
    left_out_deg = fit.mean_left_out_deg if used_eye == "both" else _mean([r.mean_deg for r in residuals])
    ok = not left_out_deg > MAX_RESIDUAL_DEG
    advice, advised = _advise(points, accepted, fit, residuals, left_out_deg)
    return CalibrationAttempt(
        number=number,
        start_s=start_s,
        time_s=now_s,
        points=tuple(points),
        correction=replace(fit.correction, eye=used_eye) if ok else None,
        residuals=residuals,
        device_blob=b"",
        outcome=CalibrationOutcome.FITTED if ok else CalibrationOutcome.NOT_FOLLOWED,
        advice=advice if ok else CalibrationAdvice.ASK_TO_FOLLOW,
        advised_targets=advised if ok else (),
        left_out_deg=left_out_deg,
    )


def choose_eye(eye: EyeChoice, residuals: Sequence[PointResidual]) -> UsedEyes:
    """The eye that counts; both where nothing tells which is better."""
    if eye != "better":
        return eye
    left, right = _mean([r.left_deg for r in residuals]), _mean([r.right_deg for r in residuals])
    if math.isnan(left) and math.isnan(right):
        return "both"
    return "right" if math.isnan(left) or right < left else "left"


def only_eye(residual: PointResidual, eye: UsedEyes) -> PointResidual:
    """The same, of one eye."""
    return replace(residual, right_deg=math.nan) if eye == "left" else replace(residual, left_deg=math.nan)


def _kind_for(kind: CorrectionKind, n_points: int) -> CorrectionKind:
    while n_points < needed_targets(kind) and kind in SIMPLER:
        kind = SIMPLER[kind]
    return kind


def _residuals(accepted: Sequence[PointResult], fit: CorrectionFit) -> tuple[PointResidual, ...]:
    return tuple(
        PointResidual(target_id=p.target.target_id, left_deg=float(left), right_deg=float(right))
        for p, left, right in zip(accepted, fit.left_left_out_deg, fit.right_left_out_deg, strict=True)
    )


def _advise(
    points: Sequence[PointResult],
    accepted: Sequence[PointResult],
    fit: CorrectionFit,
    residuals: Sequence[PointResidual],
    left_out_deg: float,
) -> tuple[CalibrationAdvice, tuple[int, ...]]:
    """What to do after a fit, and at which targets."""
    failed = [p.target.target_id for p in points if p.state is PointState.FAILED]
    if failed:
        return CalibrationAdvice.COLLECT_FAILED, tuple(failed)
    weights = np.maximum(fit.left_weight, fit.right_weight)
    doubted = [p.target.target_id for p, w in zip(accepted, weights, strict=True) if w < DOUBTED_WEIGHT]
    if doubted:
        return CalibrationAdvice.COLLECT_CONTRADICTING, tuple(doubted)
    worst = max(residuals, key=lambda r: r.mean_deg if math.isfinite(r.mean_deg) else -1.0, default=None)
    if worst is not None and worst.mean_deg > 2 * max(left_out_deg, 0.5):
        return CalibrationAdvice.COLLECT_WORST, (worst.target_id,)
    return CalibrationAdvice.VALIDATE, ()
