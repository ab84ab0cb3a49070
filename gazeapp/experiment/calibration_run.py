"""Carries calibrations, validations and drift checks through, from the first target to the finding."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from gazeapp.devices.tracker import MeasuredTargets, OnDeviceCalibration
from gazeapp.errors import ConnectionLost
from gazeapp.experiment.calibration_history import CalibrationHistory
from gazeapp.experiment.calibration_procedure import PointResult, PointState, ProcedureSettings, TargetProcedure
from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.participant_display import ParticipantDisplay
from gazeapp.experiment.plan import ExperimentPlan
from gazeapp.experiment.state import SessionStep
from gazeapp.experiment.target_presenter import TargetPresenter, Worker
from gazeapp.experiment.targets import TargetPoint, build_targets, centre_target
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import Event

T = TypeVar("T")


class CalibrationRun:
    """Runs one target phase at a time and hands its gaze to the calibration book.

    Args:
        plan: Layouts, looks, seed.
        book: Keeps calibrations and judges gaze.
        display: Geometry of the participant's screen.
        screen: Shows the targets on it.
        emit: Takes the events.
        device: The tracker's own calibration; None for calibration in software.
        worker: Runs the device's calls, which may block.
    """

    def __init__(
        self,
        plan: ExperimentPlan,
        book: CalibrationHistory,
        *,
        display: Display,
        screen: ParticipantDisplay,
        emit: Callable[[Event], None],
        device: OnDeviceCalibration | None,
        worker: Worker,
    ) -> None:
        self._plan = plan
        self._book = book
        self._display = display
        self._screen = screen
        self._emit = emit
        self._device = device
        self._worker = worker
        self._settings = ProcedureSettings(pacing=plan.calibration.pacing)
        self._purpose = ""
        self._phase: TargetPresenter | None = None
        self._procedure: TargetProcedure | None = None
        self._start_s = math.nan
        self._is_fitting = False
        self._has_outcome = False
        self._in_device_mode = False
        self._collected: set[int] = set()
        self._notice: Notice | None = None
        self._seed = plan.seed

    @property
    def is_busy(self) -> bool:
        """Whether targets are shown, or the tracker computes, or a finding waits for the next tick."""
        return self._phase is not None or self._is_fitting or self._has_outcome

    @property
    def is_fitting(self) -> bool:
        """Whether the tracker is busy with its calibration mode."""
        return self._is_fitting

    @property
    def shows_targets(self) -> bool:
        """Whether targets are on the screen, or about to be."""
        return self._phase is not None

    @property
    def purpose(self) -> str:
        """Purpose of the targets at hand or the latest ones: "calibrate", "validate", "drift"; "" before the first."""
        return self._purpose

    @property
    def step(self) -> SessionStep:
        """What the participant is doing."""
        if self._is_fitting:
            return SessionStep.FIT
        return SessionStep.DRIFT if self._purpose == "drift" else SessionStep.TARGET

    @property
    def points(self) -> tuple[PointResult, ...]:
        """Every target at hand, or of the latest procedure."""
        return self._procedure.results if self._procedure else ()

    @property
    def current(self) -> TargetPoint | None:
        """The target that is on screen or about to be."""
        return self._procedure.current if self._procedure and self._phase else None

    def use_plan(self, plan: ExperimentPlan) -> None:
        """Take layouts, looks and pacing from another plan, from the next targets on."""
        assert self._phase is None, "targets are on the screen"
        self._plan = plan
        self._settings = replace(self._settings, pacing=plan.calibration.pacing)

    def start(self, purpose: str, now_s: float) -> None:
        """Begin with new targets."""
        n_of = {
            "calibrate": self._plan.calibration.points,
            "validate": self._plan.calibration.validation_points,
        }
        if purpose == "drift":
            targets: tuple[TargetPoint, ...] = (centre_target(self._display),)
        else:
            # another order each time, so that nobody learns it; still fixed by the seed
            self._seed += 1
            targets = build_targets(n_of[purpose], self._display, purpose=purpose, seed=self._seed)
        self._procedure = TargetProcedure(targets, self._display, self._settings)
        self.leave_device()
        self._collected = set()
        self._begin(purpose, now_s)

    def accept(self) -> None:
        """Take the gaze at the target on screen now."""
        if self._procedure is not None:
            self._procedure.accept()

    def redo(self, target_ids: Iterable[int], now_s: float) -> None:
        """Collect these targets again."""
        assert self._procedure is not None, "redo is allowed only after targets were shown"
        ids = tuple(target_ids)
        if self._phase is not None:
            self._phase.redo(ids, now_s)
            return
        if self._collector is not None and not self._in_device_mode:
            ids = self._undropped(ids)  # the tracker forgot what it had collected
        self._procedure.redo(ids)
        self._begin(self._purpose, now_s)

    def drop(self, target_ids: Iterable[int], now_s: float) -> None:
        """Go on, or fit and judge again, without these targets."""
        assert self._procedure is not None, "drop is allowed only after targets were shown"
        if self._phase is not None:
            self._phase.drop(tuple(target_ids), now_s)
            return
        ids = tuple(target_ids)
        self._procedure.drop(ids)
        if self._collector is None:
            self._conclude(now_s)
        elif self._in_device_mode:
            self._discard_on_device(self._collector, ids, now_s)
        else:
            self.redo((), now_s)

    def restart_current(self, now_s: float) -> None:
        """The screen was taken away (a pause): the target at hand will be shown anew."""
        if self._phase is not None:
            self._phase.restart_current(now_s)

    def stop(self, now_s: float) -> None:
        """End at once."""
        if self._phase is not None:
            self._phase.stop(now_s)
            self._phase = None
        self.leave_device()

    def leave_device(self) -> None:
        """The calibration is accepted as it is: the tracker goes back to normal operation."""
        if self._in_device_mode and self._device is not None:
            self._in_device_mode = False
            self._worker(self._device.leave_calibration, lambda _: None)

    def restore_on_device(self, now_s: float) -> None:
        """Give the tracker back the calibration in use, where the tracker made it."""
        attempt = self._book.selected
        device = self._device
        if device is None or attempt is None or not attempt.device_blob:
            return
        self.leave_device()
        blob = attempt.device_blob
        self._ask(lambda: device.apply_calibration(blob), lambda _: None, now_s)

    def restorer(self) -> Callable[[], None] | None:
        """What gives the tracker back the calibration in use; None where it has none of its own. It may block."""
        attempt, device = self._book.selected, self._device
        if device is None or attempt is None or not attempt.device_blob:
            return None
        blob = attempt.device_blob

        def restore() -> None:
            device.leave_calibration()
            device.apply_calibration(blob)

        return restore

    def lose_device(self, now_s: float) -> None:
        """The connection is a new one: the tracker left its calibration mode, and what was collected is gone."""
        if not self._in_device_mode:
            return
        self._in_device_mode = False
        self._collected.clear()
        if self._phase is not None and not self._is_fitting:
            self._phase.stop(now_s)
            self._phase = None
            self._fail(ConnectionLost("the tracker was lost meanwhile"), now_s)

    @property
    def notice(self) -> Notice | None:
        """What the experimenter should know of the procedure that just ended; None when all is well."""
        return self._notice

    def tick(self, now_s: float, samples: GazeSamples) -> bool:
        """Let time pass; True once, when the finding is there."""
        phase = self._phase
        if phase is not None and not self._is_fitting:
            is_done = phase.tick(now_s, samples)
            if phase.failure is not None:
                self.stop(now_s)
                self._fail(phase.failure, now_s)
            elif is_done:
                self._phase = None
                if self._collector is not None:
                    self._compute_on_device(self._collector, (), now_s)
                else:
                    self._conclude(now_s)
        is_ready = self._has_outcome
        self._has_outcome = False
        return is_ready

    @property
    def _collector(self) -> OnDeviceCalibration | None:
        """The device, while it is what collects: calibrations alone."""
        return self._device if self._purpose == "calibrate" else None

    def _undropped(self, wanted: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(
            point.target.target_id
            for point in self.points
            if point.state is not PointState.DROPPED or point.target.target_id in wanted
        )

    def _begin(self, purpose: str, now_s: float) -> None:
        assert self._procedure is not None
        self._purpose = purpose
        self._start_s = now_s
        self._notice = None
        self._has_outcome = False
        device = self._collector
        self._phase = TargetPresenter(
            self._procedure,
            self._settings,
            purpose=purpose,
            background=self._plan.stimuli.background,
            look=self._plan.calibration.target,
            image_file=self._image_file(),
            size_px=self._plan.calibration.target_size_deg * self._display.px_per_deg,
            color=self._plan.calibration.target_color,
            screen=self._screen,
            emit=self._emit,
            device=device,
            worker=self._worker,
            collected=self._collected,
        )
        if device is not None and not self._in_device_mode:
            self._in_device_mode = True
            self._ask(lambda: device.enter_calibration(self._display), lambda _: None, now_s)

    def _image_file(self) -> str:
        name = self._plan.calibration.target_image
        return str(self._plan.folder / name) if name else ""

    def _ask(self, job: Callable[[], T], on_result: Callable[[T], None], now_s: float) -> None:
        """Have the device do something; no target moves until it answered. What it raises ends the procedure."""
        self._is_fitting = True

        def on_done(result: T | Exception) -> None:
            self._is_fitting = False
            if isinstance(result, Exception):
                self.stop(now_s)
                self._fail(result, now_s)
            else:
                on_result(result)

        self._worker(job, on_done)

    def _conclude(self, now_s: float) -> None:
        self._has_outcome = True
        match self._purpose:
            case "calibrate":
                attempt = self._book.fit(self.points, start_s=self._start_s, now_s=now_s)
                self._notice = None if attempt.ok else Notice(NoticeKind.CALIBRATION_FAILED)
            case "validate":
                report = self._book.judge(self.points, start_s=self._start_s, now_s=now_s)
                self._notice = None if report.verdict == "pass" else Notice(NoticeKind.VALIDATION_POOR)
            case _:
                drift = self._book.judge_drift(self.points, start_s=self._start_s, now_s=now_s)
                self._notice = None if drift.ok else Notice(NoticeKind.DRIFTED)

    def _fail(self, failure: Exception, now_s: float) -> None:
        self._has_outcome = True
        self._book.fail(self.points, failure, start_s=self._start_s, now_s=now_s)
        self._notice = Notice(NoticeKind.CALIBRATION_FAILED)

    def _discard_on_device(self, device: OnDeviceCalibration, target_ids: tuple[int, ...], now_s: float) -> None:
        targets = {point.target.target_id: point.target for point in self.points}
        known = [targets[i] for i in target_ids if i in self._collected]
        self._collected -= set(target_ids)
        self._compute_on_device(device, tuple(known), now_s)

    def _compute_on_device(self, device: OnDeviceCalibration, without: tuple[TargetPoint, ...], now_s: float) -> None:
        def compute() -> bytes:
            for target in without:
                device.discard_point(target.x_norm, target.y_norm)
            return device.retrieve_calibration() if device.compute_and_apply() else b""

        def on_result(blob: bytes) -> None:
            self._has_outcome = True
            attempt = self._book.add_device(
                self.points,
                blob,
                start_s=self._start_s,
                now_s=now_s,
                measured=device.measured_targets if isinstance(device, MeasuredTargets) else None,
            )
            self._notice = None if attempt.ok else Notice(NoticeKind.CALIBRATION_FAILED)

        self._ask(compute, on_result, now_s)
