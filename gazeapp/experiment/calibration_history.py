"""Every calibration of a session, the one in use, its latest validation and drift check."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from gazeapp.errors import CalibrationError
from gazeapp.experiment.calibration_fit import (
    CalibrationAdvice,
    CalibrationAttempt,
    CalibrationOutcome,
    EyeChoice,
    PointResidual,
    choose_eye,
    fit_points,
    mean_gaze_px,
)
from gazeapp.experiment.calibration_procedure import PointResult, PointState
from gazeapp.experiment.drift_check import DriftReport, judge_drift
from gazeapp.experiment.validation import ValidationReport, judge_points
from gazeapp.gaze.correction import Correction, CorrectionKind, UsedEyes
from gazeapp.gaze.display import Display
from gazeapp.gaze.quality import QualityLimits
from gazeapp.gaze.samples import Floats, GazeSamples
from gazeapp.store.records import CalibrationRow, CorrectionRow, ValidationRow

Measured = Mapping[tuple[float, float], tuple[Floats, Floats]]
"""Place of a target (0 to 1) → (N, 2) places of the left and of the right eye (0 to 1), NaN where it was not used."""

_SAME_PLACE = 1e-3  # trackers keep places in single precision


def with_measured(
    points: Sequence[PointResult], measured: Measured, display: Display
) -> tuple[tuple[PointResult, ...], tuple[PointResidual, ...]]:
    """Points with what the tracker measured at them, and how far off that is in the middle.

    The figures are those of the tracker's own fit at its own targets: a validation at other points says more. What has
    no counterpart stays as it is; stamps of single samples are not told, so all carry the target's onset.
    """
    found, residuals = [], []
    for point in points:
        eyes = _at(point, measured)
        if point.state is not PointState.ACCEPTED or eyes is None:
            found.append(point)
            continue
        left_px, right_px = (np.asarray(eye, dtype=np.float64) * display.size_px for eye in eyes)
        time_s = np.full(len(left_px), point.shown_s)
        samples = GazeSamples.build(time_s, eyes="binocular", left_px=left_px, right_px=right_px)
        point = replace(point, samples=samples)
        found.append(point)
        target_px = (point.target.x_px, point.target.y_px)
        left_deg, right_deg = (
            float(display.angle_deg(gaze, target_px)) if math.isfinite(gaze[0]) else math.nan
            for gaze in mean_gaze_px(point)
        )
        residuals.append(PointResidual(target_id=point.target.target_id, left_deg=left_deg, right_deg=right_deg))
    return tuple(found), tuple(residuals)


def _at(point: PointResult, measured: Measured) -> tuple[Floats, Floats] | None:
    for (x_norm, y_norm), eyes in measured.items():
        if math.hypot(x_norm - point.target.x_norm, y_norm - point.target.y_norm) <= _SAME_PLACE:
            return eyes if len(eyes[0]) else None
    return None


QualityRow = CalibrationRow | CorrectionRow | ValidationRow
"""What a session stores about its gaze."""


class CalibrationHistory:
    """Keeps attempts, the correction in force, and the latest validation and drift check of it.

    Args:
        limits: Of a validation.
        display: The participant's screen.
        model: Kind of correction that software calibrations fit.
        drift_warn_deg: From this offset on a drift check asks for an answer.
        on_row: Takes everything that is to be stored, in order.
        n_before: Attempts of earlier parts of the session: numbers go on from there.
        eye: Whose gaze is to count.
    """

    def __init__(
        self,
        limits: QualityLimits,
        display: Display,
        model: CorrectionKind,
        *,
        drift_warn_deg: float,
        on_row: Callable[[QualityRow], None],
        n_before: int = 0,
        eye: EyeChoice = "both",
    ) -> None:
        self._n_before = n_before
        self._limits = limits
        self._display = display
        self._model = model
        self._eye = eye
        self._drift_warn_deg = drift_warn_deg
        self._on_row = on_row
        self._attempts: list[CalibrationAttempt] = []
        self._selected: CalibrationAttempt | None = None
        self._correction = Correction.identity()
        self._in_force: CorrectionRow | None = None
        self._validation: ValidationReport | None = None
        self._validations: list[ValidationReport] = []
        self._drift: DriftReport | None = None
        self._drift_points: tuple[PointResult, ...] = ()
        self._before_images: Correction | None = None
        """What the images' correction came on top of, while it can be taken back."""

    @property
    def attempts(self) -> tuple[CalibrationAttempt, ...]:
        """All of them, failed ones too."""
        return tuple(self._attempts)

    @property
    def selected(self) -> CalibrationAttempt | None:
        """The calibration in use."""
        return self._selected

    @property
    def correction(self) -> Correction:
        """What is applied to gaze now."""
        return self._correction

    @property
    def in_force(self) -> CorrectionRow | None:
        """The same as it is stored, with what it was made by and since when; None before there is one."""
        return self._in_force

    @property
    def validation(self) -> ValidationReport | None:
        """The latest one of the calibration in use."""
        return self._validation

    @property
    def validations(self) -> tuple[ValidationReport, ...]:
        """All of this session, oldest first."""
        return tuple(self._validations)

    @property
    def drift(self) -> DriftReport | None:
        """The latest one of the correction in force."""
        return self._drift

    @property
    def can_correct_drift(self) -> bool:
        """Whether a drift check found an offset that is not corrected yet."""
        return self._drift is not None and self._drift.is_measured and not self._drift.is_corrected

    def fit(self, points: Sequence[PointResult], *, start_s: float, now_s: float) -> CalibrationAttempt:
        """Fit the plan's correction to what was collected, and use it if that works."""
        number = self._n_before + len(self._attempts) + 1
        attempt = fit_points(
            points, self._model, self._display, number=number, start_s=start_s, now_s=now_s, eye=self._eye
        )
        return self._add(attempt)

    def add_device(
        self,
        points: Sequence[PointResult],
        blob: bytes,
        *,
        start_s: float,
        now_s: float,
        measured: Measured | None = None,
    ) -> CalibrationAttempt:
        """The tracker computed a calibration itself; an empty blob means that it refused to.

        Args:
            points: The targets.
            blob: The calibration in the tracker's own format.
            start_s: Session clock.
            now_s: Session clock.
            measured: What it says it measured at the targets.
        """
        points, residuals = with_measured(points, measured or {}, self._display)
        ok = bool(blob)
        return self._add(
            CalibrationAttempt(
                number=self._n_before + len(self._attempts) + 1,
                start_s=start_s,
                time_s=now_s,
                points=tuple(points),
                correction=None,
                residuals=residuals,
                device_blob=blob,
                outcome=CalibrationOutcome.BY_TRACKER if ok else CalibrationOutcome.REFUSED_BY_TRACKER,
                advice=CalibrationAdvice.VALIDATE if ok else CalibrationAdvice.CHECK_POSITION,
            )
        )

    def fail(
        self, points: Sequence[PointResult], failure: Exception, *, start_s: float, now_s: float
    ) -> CalibrationAttempt:
        """The attempt broke off."""
        return self._add(
            CalibrationAttempt(
                number=self._n_before + len(self._attempts) + 1,
                start_s=start_s,
                time_s=now_s,
                points=tuple(points),
                outcome=CalibrationOutcome.BROKEN_OFF,
                advice=CalibrationAdvice.CHECK_TRACKER,
                reason=str(failure).rstrip("."),
            )
        )

    def select(self, number: int, now_s: float) -> None:
        """Use another attempt that worked."""
        for attempt in self._attempts:
            if attempt.number == number and attempt.ok:
                before = self._validation
                self._use(attempt, now_s)
                self._judge_again(before, now_s)
                return
        usable = [attempt.number for attempt in self._attempts if attempt.ok]
        raise CalibrationError(f"there is no usable calibration {number}; choose one of {usable}")

    def fit_as(self, model: CorrectionKind, now_s: float, *, eye: EyeChoice = "both") -> None:
        """Fit another kind, or another eye, from now on, and at once to the gaze of the software calibration in use."""
        is_other = (model, eye) != (self._model, self._eye)
        self._model, self._eye = model, eye
        attempt, before = self._selected, self._validation
        if not is_other or attempt is None or attempt.correction is None:
            return
        if self.fit(attempt.points, start_s=attempt.start_s, now_s=now_s).ok:
            self._judge_again(before, now_s)

    def judge(self, points: Sequence[PointResult], *, start_s: float, now_s: float) -> ValidationReport:
        """Judge the correction in force by gaze at validation targets."""
        number = self._selected.number if self._selected else None
        self._validation = judge_points(
            points,
            self._correction,
            self._display,
            self._limits,
            calibration=number,
            start_s=start_s,
            now_s=now_s,
        )
        self._validations.append(self._validation)
        self._on_row(self._validation.to_row())
        return self._validation

    def judge_drift(self, points: Sequence[PointResult], *, start_s: float, now_s: float) -> DriftReport:
        """Judge the correction in force by gaze at one target."""
        number = self._selected.number if self._selected else None
        self._drift_points = tuple(points)
        self._drift = self._measure_drift(number, start_s, now_s)
        self._on_row(self._drift.to_row())
        return self._drift

    def _measure_drift(self, number: int | None, start_s: float, now_s: float) -> DriftReport:
        return judge_drift(
            self._drift_points[0],
            self._correction,
            self._display,
            self._limits,
            warn_deg=self._drift_warn_deg,
            calibration=number,
            start_s=start_s,
            now_s=now_s,
        )

    def correct_drift(self, now_s: float) -> None:
        """Shift the correction by the offset that the latest drift check found."""
        drift = self._drift
        assert drift is not None, "allowed only after a drift check"
        self._correction = self._correction.shifted(drift.shift_left_px, drift.shift_right_px)
        self._before_images = None
        after = self._measure_drift(drift.calibration, drift.start_s, drift.time_s)
        self._drift = replace(drift, corrected_to_deg=after.offset_deg)
        self._put_in_force(
            CorrectionRow(
                time_s=now_s,
                from_time_s=now_s,
                source="drift",
                correction=self._correction.to_json(),
                calibration=self._selected.number if self._selected else None,
                note=f"shifted by {drift.offset_deg:.2f} degrees",
            )
        )

    @property
    def can_undo_images(self) -> bool:
        """Whether the latest correction is that of the images."""
        return self._before_images is not None

    def correct_by_images(self, later: Correction, found: str, now_s: float) -> None:
        """Add what the images say; CalibrationError where it cannot be added to a correction that bends gaze."""
        before = self._before_images or self._correction
        try:
            self._correction = self._correction.then(later)
        except ValueError as error:
            raise CalibrationError(f"{error}; calibrate again") from error
        self._tell_images(now_s, found)
        self._before_images = before

    def undo_images(self, now_s: float) -> None:
        """Take it back."""
        assert self._before_images is not None, "allowed only after a correction by the images"
        self._correction = self._before_images
        self._tell_images(now_s, "taken back")

    def _tell_images(self, now_s: float, note: str) -> None:
        # a check says nothing of a correction that came after it
        self._drift = self._before_images = None
        self._put_in_force(
            CorrectionRow(
                time_s=now_s,
                from_time_s=now_s,
                source="saliency",
                correction=None if self._correction.is_identity else self._correction.to_json(),
                calibration=self._selected.number if self._selected else None,
                note=note,
            )
        )

    def _add(self, attempt: CalibrationAttempt) -> CalibrationAttempt:
        self._attempts.append(attempt)
        self._on_row(attempt.to_row())
        if attempt.ok:
            self._use(attempt, attempt.time_s)
        return attempt

    def _use(self, attempt: CalibrationAttempt, now_s: float) -> None:
        self._selected = attempt
        self._before_images = None
        self._correction = attempt.correction or Correction.identity(self._eye_by_tracker(attempt))
        self._validation = None
        self._drift = None
        self._put_in_force(
            CorrectionRow(
                time_s=now_s,
                from_time_s=now_s,
                source="calibration",
                correction=None
                if self._correction.is_identity and not attempt.correction
                else self._correction.to_json(),
                calibration=attempt.number,
                residual_deg=attempt.residual_deg,
            )
        )

    def _put_in_force(self, row: CorrectionRow) -> None:
        self._in_force = row
        self._on_row(row)

    def _eye_by_tracker(self, attempt: CalibrationAttempt) -> UsedEyes:
        is_binocular = any(point.samples.eyes == "binocular" for point in attempt.points)
        return choose_eye(self._eye, attempt.residuals) if is_binocular else "both"

    def _judge_again(self, before: ValidationReport | None, now_s: float) -> None:
        """Gaze at the targets is kept uncorrected, so another software calibration can be judged by it."""
        number = self._selected.number if self._selected else None
        if before is not None and self._is_software(number) and self._is_software(before.calibration):
            self.judge(before.points, start_s=before.start_s, now_s=now_s)

    def _is_software(self, number: int | None) -> bool:
        return any(a.number == number and a.correction is not None for a in self._attempts)
