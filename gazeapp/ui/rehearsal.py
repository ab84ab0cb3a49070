"""Runs a plan with the mouse as gaze and stores nothing: what the participant will see, before anybody sits there."""

from __future__ import annotations

import logging
import math
import tempfile
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QScreen

from gazeapp.errors import GazeAppError
from gazeapp.experiment.participant_display import Message, Target
from gazeapp.experiment.plan import ExperimentPlan, PlanStep
from gazeapp.experiment.state import State
from gazeapp.experiment.step_order import IMAGES, TARGETS
from gazeapp.gaze.clock import MonotonicClock
from gazeapp.gaze.display import Display
from gazeapp.store.consent import GAZE
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.error_words import error_words
from gazeapp.ui.participant.window import StimulusWindow

if TYPE_CHECKING:  # loaded in the background
    from gazeapp.experiment.unattended import UnattendedOperator
    from gazeapp.runtime import Run

_log = logging.getLogger(__name__)

TICK_MS = 4
RATE_HZ = 250
THANKS_S = 2.0
NOBODY = "rehearsal"
_MEMORY = Path("/dev/shm")
"""Files here never reach a disk, where a system has it."""


def step_alone(plan: ExperimentPlan, number: int, image: Path | None = None) -> ExperimentPlan:
    """A plan of one step of a plan's line, with one image.

    Args:
        plan: The whole.
        number: The step.
        image: Which image; needed for a step of images.
    """
    step = replace(plan.line[number], n_max=0)
    if step.kind in IMAGES:
        assert image is not None, "a step of images shows one"
        kind = step.kind if step.kind != "practice" else "enrol"
        trials = replace(plan.trials_of(number), repeats=1, stop_when_enough=False)
        step = PlanStep(kind=kind, files=(str(image.absolute()),), trials=trials, look=plan.look_of(number))
    phases = (step.kind,) if step.kind in (*IMAGES, *TARGETS) else ()
    calibration = replace(plan.calibration, drift_every=0)
    return replace(plan, steps=(step,), phases=phases, calibration=calibration)


class Rehearsal(QObject):
    """One at a time. Space, Return and Right go on at once, Escape ends.

    Args:
        bridge: Runs what takes time.
        use_gl: As `StimulusWindow` takes it.
    """

    changed = Signal()
    ended = Signal(str)
    """Why it could not be; empty when it went to its end or somebody ended it."""

    def __init__(self, bridge: QtBridge, *, use_gl: bool | None = None) -> None:
        super().__init__()
        self._bridge, self._use_gl = bridge, use_gl
        self.stage: StimulusWindow | None = None
        self.run: Run | None = None
        self._operator: UnattendedOperator | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._turn = 0
        self._made: Run | None = None
        """Built in the background, and not begun yet."""
        self._lock = threading.Lock()
        self._clock = MonotonicClock()
        self._is_reading = self._looks_at_targets = False
        self._over_s = math.nan
        self.n_done = self.n_images = 0
        """Images so far, and of the plan."""
        self.took_s = math.nan
        """How long the latest one took."""
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def is_on(self) -> bool:
        """Whether the participant's screen is taken."""
        return self.stage is not None

    def start(self, plan: ExperimentPlan, screen: QScreen, display: Display, language: str, *, words: str = "") -> None:
        """Take the screen and run a plan.

        Args:
            plan: What happens.
            screen: The participant's.
            display: Its geometry.
            language: What the participant reads.
            words: Shown until somebody goes on; without any it begins at once.
        """
        stage = self._open(screen, plan.stimuli.background)
        self._is_reading = bool(words)
        if words:
            stage.show(Message(background=plan.stimuli.background, text=words), lambda _at, _kind: None)
        turn, clock = self._turn, self._clock
        self._folder = folder = tempfile.TemporaryDirectory(
            prefix="gazeapp-rehearsal-", dir=_MEMORY if _MEMORY.is_dir() else None, ignore_cleanup_errors=True
        )
        study = Path(folder.name) / "study"

        def build() -> Run:
            from gazeapp.devices.discovery import TrackerContext, open_tracker
            from gazeapp.runtime import RunOptions, build_run
            from gazeapp.store.study import Study

            with Study.open_or_create(study) as opened:
                opened.add_participant(NOBODY)
                opened.record_consent(NOBODY, GAZE)  # whose mouse it is, is asked nothing: all of it is gone at the end
            tracker = open_tracker(
                "simulated",
                clock=clock,
                display=display,
                options={"observer": "mouse", "rate_hz": str(RATE_HZ)},
                context=TrackerContext(pointer=self._pointer),
            )
            options = RunOptions(
                plan=plan,
                study=study,
                participant=NOBODY,
                display=display,
                language=language,
                has_networks=False,
            )
            return build_run(options, screen=stage, clock=clock, tracker=tracker)

        is_left = True

        def make() -> None:
            nonlocal is_left
            try:
                run = build()
            except BaseException:
                folder.cleanup()
                raise
            with self._lock:
                is_left = not (is_wanted := turn == self._turn)
                self._made = run if is_wanted else self._made
            if not is_wanted:  # it was ended meanwhile: whoever ended it left this to us
                _end(run, folder)

        def made(outcome: Exception | None) -> None:
            if turn != self._turn:
                if is_left:  # else whoever ended it closes the run, which has the stage until then
                    stage.deleteLater()
                return
            if isinstance(outcome, Exception):
                self.stop(error_words(outcome))
                stage.deleteLater()
                return
            from gazeapp.experiment.unattended import UnattendedOperator

            run, self._made = self._made, None
            assert run is not None, "made just now"
            self.run, self._operator = run, UnattendedOperator(run.controller)
            self._timer.start()

        self._bridge.run(make, made)
        self.changed.emit()

    def show_words(self, scene: Message, screen: QScreen) -> None:
        """Show words as the participant reads them, until somebody goes on."""
        self._open(screen, scene.background).show(scene, lambda _at, _kind: None)
        self.changed.emit()

    def stop(self, problem: str = "") -> None:
        """Give the screen back; nothing is left of the gaze."""
        if self.stage is None:
            return
        with self._lock:
            self._turn += 1
            run, self.run, self._operator = self.run or self._made, None, None
            self._made = None
        self._timer.stop()
        stage, self.stage = self.stage, None
        folder, self._folder = self._folder, None
        stage.close()
        if folder is None:
            stage.deleteLater()
        elif run is not None:
            status = run.controller.status
            self.n_done, self.n_images = status.n_done, status.n_trials
            self.took_s = run.clock.now_s()
            self._bridge.run(partial(_end, run, folder), lambda _done: stage.deleteLater())
        self.changed.emit()
        self.ended.emit(problem)

    # Inside

    def _open(self, screen: QScreen, background: str) -> StimulusWindow:
        assert self.stage is None, "one at a time"
        self._clock = MonotonicClock()
        self._over_s, self._looks_at_targets, self._is_reading = math.nan, False, False
        self.n_done = self.n_images = 0
        self.took_s = math.nan
        self.stage = stage = StimulusWindow(self._clock, background, use_gl=self._use_gl)
        stage.shows_pointer = True
        stage.key_pressed.connect(self.press)
        stage.closed.connect(lambda: QTimer.singleShot(0, self, self.stop))
        stage.screen_lost.connect(lambda _name: self.stop())
        stage.open_on(screen)
        return stage

    def press(self, key: str) -> None:
        """A key on the participant's screen."""
        if key == "Escape":
            QTimer.singleShot(0, self, self.stop)  # the window is in the middle of its event
        elif key in ("Space", "Return", "Right"):
            if self.run is None and not self._is_reading and self._folder is None:
                QTimer.singleShot(0, self, self.stop)  # words alone
            elif self._is_reading:
                self._is_reading = False
            elif self.run is not None:
                self._hurry(self.run)

    def _hurry(self, run: Run) -> None:
        if math.isfinite(self._over_s):
            self._over_s = -math.inf
        elif isinstance(run.controller.status.scene, Target):
            self._looks_at_targets = True  # nobody has to follow each of them by hand
        else:
            run.controller.hurry(run.clock.now_s())
            if self._operator is not None:
                self._operator.hurry()

    def _pointer(self) -> tuple[float, float]:
        """Where the mouse is; on the target, for whoever would rather go on. Called by the tracker's thread."""
        stage, run = self.stage, self.run
        if stage is None:
            return math.nan, math.nan
        scene = run.controller.status.scene if run is not None else None
        at = stage.pointer_px
        if isinstance(scene, Target) and (self._looks_at_targets or math.isnan(at[0])):
            return scene.x_px, scene.y_px
        return at

    def _tick(self) -> None:
        run, operator = self.run, self._operator
        if run is None or operator is None or self._is_reading:
            return
        now_s = run.clock.now_s()
        try:
            if run.controller.status.state is State.IDLE:
                run.start()
            run.tick(now_s)
            operator.tick(now_s)
        except GazeAppError as error:
            self.stop(error_words(error))
            return
        status = run.controller.status
        if status.attempts and not status.attempts[-1].ok:
            self._looks_at_targets = True  # a mouse that nobody moved
        if (status.n_done, status.n_trials) != (self.n_done, self.n_images):
            self.n_done, self.n_images = status.n_done, status.n_trials
            self.changed.emit()
        if status.state.is_over:
            if math.isnan(self._over_s):
                self._over_s = now_s
            elif now_s - self._over_s > THANKS_S:
                self.stop(operator.error.message if operator.error is not None else "")


def _end(run: Run, folder: tempfile.TemporaryDirectory[str]) -> None:
    """Close a run, and remove everything that it wrote; in the background."""
    try:
        run.close()
    finally:
        folder.cleanup()
