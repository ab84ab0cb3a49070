"""A running session as the pages see it: what is, what may be done, and what changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from gazeapp.errors import GazeAppError
from gazeapp.experiment.calibration_procedure import PointResult
from gazeapp.experiment.participant_display import Scene
from gazeapp.experiment.state import Command, SessionStep, State
from gazeapp.experiment.tracker_connection import Connection, Reconnection
from gazeapp.gaze.display import Display
from gazeapp.runtime.snapshot import InferenceResult, Snapshot, StreamHealth
from gazeapp.store.events import Event, StateChanged, StimulusHidden, StimulusShown
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.models.finished_trial import FinishedTrial
from gazeapp.ui.models.live_session import LiveSession
from gazeapp.ui.models.map_model import MapModel, Pair
from gazeapp.ui.models.people import People
from gazeapp.ui.models.repaint_scheduler import RepaintScheduler
from gazeapp.ui.models.target_mark import mark_target
from gazeapp.ui.models.trace_memory import TraceMemory
from gazeapp.ui.widgets.gaze_trace import TraceWindow
from gazeapp.ui.widgets.map_layer import MapSet
from gazeapp.ui.widgets.validation_view import TargetMark

if TYPE_CHECKING:  # what these import takes a second to load, and the window should be there before
    from gazeapp.experiment.calibration_fit import CalibrationAttempt
    from gazeapp.experiment.controller import SessionController
    from gazeapp.experiment.unattended import Autopilot
    from gazeapp.experiment.validation import ValidationReport
    from gazeapp.runtime.enrolment import EnrolmentProgress

TICK_MS = 4
"""The controller is asked this often; the fastest screens show a frame in about that time."""
SETTLE_S = 3.0
"""How long a session that is over waits for the last samples and answers before its files are closed."""


class SessionModel(QObject):
    """Ticks the session on the GUI thread and tells the pages what changed, at most as often as they can paint."""

    state_changed = Signal()
    """State, step, targets, attempts, counts or permissions changed."""
    live_changed = Signal()
    """There is newer gaze to show."""
    maps_changed = Signal()
    """The maps of the image on the screen, or what is known about the person, changed."""
    trial_finished = Signal(int)
    """Index into `trials`."""
    refused = Signal(str)
    """A command was refused, or something failed, in words."""
    event_told = Signal(Event)
    saved = Signal()
    """Everything of a session that is over is on disk."""

    def __init__(self, bridge: QtBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._run: LiveSession | None = None
        self.person = ""
        self.people = People()
        self.snapshot: Snapshot | None = None
        self._maps = MapModel(bridge)
        self._maps.trial_finished.connect(self.trial_finished)
        self.onset_delays_s: list[float] = []
        """From asking for each image to its being visible."""
        self.started_s = math.nan
        self._trace = TraceMemory()
        self._signature: object = None
        self._is_saving = self._is_saved = False
        self._over_s = math.nan
        self.failures: tuple[str, ...] = ()
        """Why networks did not answer."""
        self.pilot: Autopilot | None = None
        """Gives the experimenter's commands in a demonstration."""
        self._tick = QTimer(self)
        self._tick.setTimerType(Qt.TimerType.PreciseTimer)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._let_time_pass)
        self.pace = RepaintScheduler(lambda: self.step, lambda: self.time_left_s)
        self.pace.due.connect(self.live_changed)
        self.pace.maps_due.connect(self.maps_changed)
        self._maps.changed.connect(self.pace.note_maps)
        bridge.snapshot_arrived.connect(self._take_snapshot)

    # Life

    def attach(self, run: LiveSession, person: str) -> None:
        """Follow a run from now on."""
        self.detach()
        self._run, self.person = run, person
        self._is_saving = self._is_saved = False
        self._over_s, self.failures = math.nan, ()
        self.snapshot, self.onset_delays_s = None, []
        self._maps.begin(run)
        self._trace = TraceMemory()
        self.started_s = math.nan
        run.controller.add_observer(self._hear)
        run.add_snapshot_observer(self._bridge.post_snapshot)
        run.add_result_observer(self.take_result)
        self._tick.start()
        self.pace.start()
        self.state_changed.emit()

    def detach(self) -> None:
        """End the session and follow it no more; returns when everything recorded is on disk."""
        self._tick.stop()
        self.pace.stop()
        run, self._run = self._run, None
        if run is None:
            return
        if not self._is_saving:
            self._end(run)
            run.close()
        self.state_changed.emit()

    def save(self) -> None:
        """End the session in the background; what it showed stays, and `saved` tells when all is on disk."""
        run = self._run
        if run is None or self._is_saving:
            return
        self._is_saving = True
        self._tick.stop()
        self._end(run)
        self._take_trials(run)
        self._bridge.run(run.close, partial(self._saved, run))
        self.state_changed.emit()

    @property
    def is_saving(self) -> bool:
        """Whether the session is being closed, or is closed already."""
        return self._is_saving

    @property
    def is_saved(self) -> bool:
        """Whether everything is on disk and the files are closed."""
        return self._is_saved

    def _end(self, run: LiveSession) -> None:
        if not run.controller.state.is_over:
            run.controller.abort(run.clock.now_s(), "closed before its end")

    def _saved(self, run: LiveSession, outcome: object) -> None:
        if run is not self._run:
            return
        if isinstance(outcome, Exception):
            self.refused.emit(str(outcome))
        self.pace.stop()
        self._take_trials(run)
        self._is_saved = True
        self.saved.emit()
        self.state_changed.emit()

    @property
    def is_attached(self) -> bool:
        """Whether there is a session."""
        return self._run is not None

    @property
    def run(self) -> LiveSession | None:
        """The session, while there is one."""
        return self._run

    # What is

    @property
    def controller(self) -> SessionController | None:
        """The state machine, while there is a session."""
        return self._run.controller if self._run else None

    @property
    def now_s(self) -> float:
        """Session time; NaN without a session."""
        return self._run.clock.now_s() if self._run else math.nan

    @property
    def state(self) -> State:
        """Where the session stands."""
        return self._run.controller.state if self._run else State.IDLE

    @property
    def step(self) -> SessionStep:
        """What the participant is doing."""
        return self._run.controller.step if self._run else SessionStep.NONE

    @property
    def phase(self) -> str:
        """calibrate, validate, enrol, overlay, or nothing."""
        return self._run.controller.phase if self._run else ""

    @property
    def message(self) -> str:
        """What the experimenter should know right now."""
        return self._run.controller.message if self._run else ""

    @property
    def scene(self) -> Scene | None:
        """What the participant sees."""
        return self._run.controller.scene if self._run else None

    @property
    def allowed(self) -> frozenset[Command]:
        """Commands that would not be refused now."""
        return self._run.controller.allowed_commands() if self._run else frozenset()

    @property
    def link(self) -> Connection:
        """Whether the tracker can be reached."""
        return self._run.controller.link if self._run else Connection.CONNECTED

    @property
    def reconnection(self) -> Reconnection | None:
        """What came of the latest attempt to connect it again."""
        return self._run.controller.reconnection if self._run else None

    @property
    def attempts(self) -> tuple[CalibrationAttempt, ...]:
        """Calibrations of this session."""
        return self._run.controller.attempts if self._run else ()

    @property
    def selected_attempt(self) -> CalibrationAttempt | None:
        """The calibration in use."""
        return self._run.controller.selected_attempt if self._run else None

    @property
    def validation(self) -> ValidationReport | None:
        """Of the calibration in use."""
        return self._run.controller.validation if self._run else None

    @property
    def progress(self) -> EnrolmentProgress | None:
        """How well the person is known."""
        return self._run.progress if self._run else None

    @property
    def health(self) -> StreamHealth | None:
        """How stream and recording do."""
        return self.snapshot.health if self.snapshot else None

    @property
    def time_left_s(self) -> float:
        """Until the present step ends; NaN where that is open."""
        return self._run.controller.time_left_s(self.now_s) if self._run else math.nan

    @property
    def display(self) -> Display | None:
        """The participant's screen."""
        return self._run.display if self._run else None

    @property
    def image_rgb(self) -> NDArray[np.uint8] | None:
        """(H, W, 3) the image on the screen, or the latest one."""
        return self._maps.image_rgb

    @property
    def maps(self) -> MapSet:
        """Of that image, as far as they are known."""
        return self._maps.shown

    @property
    def live_scores(self) -> Pair:
        """How well its universal and personal map foretell the gaze so far."""
        return self._maps.live_scores

    @property
    def trials(self) -> list[FinishedTrial]:
        """Every image that was looked at."""
        return self._maps.trials

    def maps_of(self, trial: FinishedTrial) -> MapSet:
        """What is painted of a trial that is over."""
        return self._maps.maps_of(trial)

    @property
    def is_illustration(self) -> bool:
        """Whether a model observer looked: its maps are shown, and no score."""
        return self._maps.is_illustration

    def counts(self) -> tuple[int, int]:
        """(images done, images planned) of the phase at hand; (0, 0) without a session."""
        if self._run is None:
            return 0, 0
        controller = self._run.controller
        return controller.n_done, controller.n_trials

    def trace_window(self) -> TraceWindow | None:
        """The last seconds of gaze on the participant's screen."""
        if self.snapshot is None or self._run is None:
            return None
        display = self._run.display
        return self._trace.window((float(display.width_px), float(display.height_px)))

    def target_marks(
        self, points: Iterable[PointResult] | None = None, errors_deg: Mapping[int, float] | None = None
    ) -> list[TargetMark]:
        """Targets with corrected gaze, as the target view draws them; by default those at hand.

        Args:
            points: Others than those at hand.
            errors_deg: By target, where a better figure is known than the distance of mean gaze.
        """
        if self._run is None:
            return []
        controller, display = self._run.controller, self._run.display
        chosen = controller.targets if points is None else points
        limits = controller.plan.quality
        known = errors_deg or {}
        return [
            mark_target(point, controller.correction, display, limits, known.get(point.target.target_id))
            for point in chosen
        ]

    # Commands

    def command(self, do: Callable[[SessionController, float], None]) -> bool:
        """Give the session a command; False, with `refused`, when it does not allow it."""
        if self._run is None:
            return False
        try:
            do(self._run.controller, self._run.clock.now_s())
        except GazeAppError as error:
            self.refused.emit(error.message)
            return False
        self._tell_state()
        return True

    # Inside

    def _let_time_pass(self) -> None:
        run = self._run
        if run is None:
            return
        try:
            run.tick(run.clock.now_s())
        except GazeAppError as error:
            run.controller.report_failure(error.message, run.clock.now_s())
            self.refused.emit(error.message)
        self._take_trials(run)
        failures = run.inference.failures
        if failures != self.failures:
            self.failures = failures
            self.refused.emit(failures[-1])
        if self.pilot is not None:
            self.pilot.tick(run.clock.now_s())
        if not self.pace.is_blocked:  # the participant's screen first, then the pages
            self._tell_state()
        if run.controller.state.is_over and (run.is_settled or self._is_overdue(run)):
            self.save()

    def _is_overdue(self, run: LiveSession) -> bool:
        if math.isnan(self._over_s):
            self._over_s = run.clock.now_s()
        return run.clock.now_s() - self._over_s > SETTLE_S

    def _take_trials(self, run: LiveSession) -> None:
        for record in run.take_trials():
            planned = run.controller.exposures.get(record.trial)
            self._maps.finish(record, planned.phase if planned else "")

    def _tell_state(self) -> None:
        run = self._run
        if run is None:
            return
        controller = run.controller
        signature = (
            controller.state,
            controller.step,
            controller.phase,
            controller.message,
            controller.n_done,
            len(controller.attempts),
            id(controller.validation),
            id(controller.drift),
            id(run.progress),
            tuple(point.state for point in controller.targets),
            controller.allowed_commands(),
            controller.link,
            controller.reconnection,
        )
        if signature != self._signature:
            self._signature = signature
            self.state_changed.emit()

    def _take_snapshot(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._trace.add(snapshot)
        self.pace.mark_dirty()

    def take_result(self, result: InferenceResult) -> None:
        """Take what the networks answered; called on the GUI thread."""
        if result.error:
            self.refused.emit(result.error)
        shown = self._run.controller.exposure if self._run else None
        self._maps.note_progress(self.progress)
        self._maps.take_result(result, shown, self.snapshot)

    def _hear(self, event: Event) -> None:
        if isinstance(event, StimulusShown):
            self._maps.note_progress(self.progress)
            self._maps.show_image(event.frame.stimulus_id)
        elif isinstance(event, StimulusHidden):
            self.pace.mark_dirty()
        elif isinstance(event, StateChanged) and event.new == State.RUNNING.value and math.isnan(self.started_s):
            self.started_s = event.time_s
        self.event_told.emit(event)
