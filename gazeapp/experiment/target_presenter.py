"""Targets on the participant's screen: leads a `TargetProcedure` through a calibration, a validation or a drift
check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from gazeapp.devices.tracker import OnDeviceCalibration
from gazeapp.experiment.calibration_procedure import PointState, ProcedureSettings, TargetProcedure
from gazeapp.experiment.participant_display import ParticipantDisplay, Target
from gazeapp.experiment.targets import TargetPoint
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import Event, OnsetKind, TargetHidden, TargetShown

T = TypeVar("T")


class Worker(Protocol):
    """Runs calls of a device that may block, outside the controller's thread."""

    def __call__(self, job: Callable[[], T], on_done: Callable[[T | Exception], None]) -> None:
        """Run `job`; `on_done` gets its result, or what it raised, on the controller's thread."""
        ...


def run_at_once(job: Callable[[], T], on_done: Callable[[T | Exception], None]) -> None:
    """A worker for devices that do not block: simulated ones, and tests."""
    try:
        result: T | Exception = job()
    except Exception as error:  # the counterpart of a worker thread's outermost loop
        result = error
    on_done(result)


class TargetPresenter:
    """Shows target after target until the procedure has what it needs.

    Args:
        procedure: Decides what is shown and what counts.
        settings: The same as the procedure's.
        purpose: "calibrate", "validate" or "drift".
        background: Of the screen.
        look: Of the targets.
        image_file: Of targets that look like "image".
        size_px: Diameter of a target when it appears.
        color: Of the target; empty for black or white.
        screen: The participant's.
        emit: Takes the events.
        device: Collects at each point itself, where the tracker calibrates itself; else None.
        worker: Runs the device's calls.
        collected: Targets for which the device holds gaze; kept up to date here.
    """

    def __init__(
        self,
        procedure: TargetProcedure,
        settings: ProcedureSettings,
        *,
        purpose: str,
        background: str,
        look: str,
        image_file: str,
        size_px: float,
        color: str,
        screen: ParticipantDisplay,
        emit: Callable[[Event], None],
        device: OnDeviceCalibration | None,
        worker: Worker,
        collected: set[int],
    ) -> None:
        self.procedure = procedure
        self.purpose = purpose
        self._settings = settings
        self._background = background
        self._look = look
        self._image_file = image_file
        self._size_px = size_px
        self._color = color
        self._screen = screen
        self._emit = emit
        self._device = device
        self._worker = worker
        self._collected = collected
        self._asked: TargetPoint | None = None
        self._visible: TargetPoint | None = None
        self._is_collecting = False
        self._is_stopped = False
        self.failure: Exception | None = None
        """What the device raised."""

    def tick(self, now_s: float, samples: GazeSamples) -> bool:
        """Let time pass; True when no target is left."""
        procedure = self.procedure
        if self._device is None:
            procedure.push(samples)
            procedure.tick(now_s)
        elif self._visible is not None and procedure.settled(now_s) and not self._is_collecting:
            self._collect_on_device(self._device, self._visible)
        current = procedure.current
        if self._visible is not None and self._is_over(self._visible):
            self._hide(now_s)
        if current is None:
            return True
        if self._asked is None:
            self._show(current)
        return False

    def restart_current(self, now_s: float) -> None:
        """The target was taken off the screen (a pause): it will be shown anew."""
        self._hide(now_s)
        self._asked = None
        self.procedure.restart_current()

    def redo(self, target_ids: Iterable[int], now_s: float) -> None:
        """Collect these targets again, the one on screen too."""
        ids = tuple(target_ids)
        self.procedure.redo(ids)
        if self._visible is not None and self._visible.target_id in ids:
            self._hide(now_s)

    def drop(self, target_ids: Iterable[int], now_s: float) -> None:
        """Go on without these targets."""
        ids = tuple(target_ids)
        self.procedure.drop(ids)
        if self._visible is not None and self._visible.target_id in ids:
            self._hide(now_s)

    def stop(self, now_s: float) -> None:
        """End here; answers of the device that are still under way are ignored."""
        self._is_stopped = True
        self._hide(now_s)

    def _is_over(self, target: TargetPoint) -> bool:
        state = next(r.state for r in self.procedure.results if r.target is target)
        return state is not PointState.ON_SCREEN

    def _hide(self, now_s: float) -> None:
        if self._visible is not None:
            self._emit(TargetHidden(time_s=now_s, target_id=self._visible.target_id))
        self._visible = None
        self._asked = None

    def _show(self, target: TargetPoint) -> None:
        self._asked = target

        def on_shown(at_s: float, _kind: OnsetKind) -> None:
            if self._is_stopped or self.procedure.current is not target:
                self._asked = None
                return
            self._visible = target
            self.procedure.target_shown(at_s)
            self._emit(
                TargetShown(
                    time_s=at_s, target_id=target.target_id, x_px=target.x_px, y_px=target.y_px, purpose=self.purpose
                )
            )

        self._screen.show(
            Target(
                background=self._background,
                target_id=target.target_id,
                x_px=target.x_px,
                y_px=target.y_px,
                purpose=self.purpose,
                look=self._look,
                image_file=self._image_file,
                size_px=self._size_px,
                color=self._color,
                expected_s=self._settings.settle_s + self._settings.collect_s,
            ),
            on_shown,
        )

    def _collect_on_device(self, device: OnDeviceCalibration, target: TargetPoint) -> None:
        self._is_collecting = True

        x_norm, y_norm = target.x_norm, target.y_norm
        has_old = target.target_id in self._collected

        def collect() -> bool:
            if has_old:
                device.discard_point(x_norm, y_norm)
            # trackers ask for one more try before a point is called lost
            return device.collect_point(x_norm, y_norm) or device.collect_point(x_norm, y_norm)

        def on_done(result: bool | Exception) -> None:
            self._is_collecting = False
            if isinstance(result, Exception):
                self.failure = result
                return
            if result:
                self._collected.add(target.target_id)
            if not self._is_stopped and self.procedure.current is target:
                self.procedure.take_from_device(result)

        self._worker(collect, on_done)
