"""A running session as the pages see it: where it stands, what it shows, and when that changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from gazeapp.errors import GazeAppError
from gazeapp.experiment.calibration_procedure import PointResult
from gazeapp.experiment.plan import default_plan
from gazeapp.experiment.state import Command, SessionStep, State
from gazeapp.experiment.status import SessionStatus
from gazeapp.runtime.snapshot import InferenceResult, Snapshot
from gazeapp.store.events import Event, StateChanged, StimulusHidden, StimulusShown
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.live_session import LiveSession
from gazeapp.ui.models.map_model import MapModel
from gazeapp.ui.models.people import People
from gazeapp.ui.models.recalibration_model import LiveRecalibration
from gazeapp.ui.models.repaint_scheduler import RepaintScheduler
from gazeapp.ui.models.target_mark import TargetMark, mark_target
from gazeapp.ui.models.trace_window import TraceWindow

if TYPE_CHECKING:  # what these import takes a second to load, and the window should be there before
    from gazeapp.experiment.controller import SessionController
    from gazeapp.experiment.unattended import UnattendedOperator
    from gazeapp.runtime.enrolment import EnrolmentProgress

TICK_MS = 4
"""The controller is asked this often; the fastest screens show a frame in about that time."""
SETTLE_S = 3.0
"""How long a session that is over waits for the last samples and answers before its files are closed."""

NO_SESSION = SessionStatus.none(default_plan())


class SessionModel(QObject):
    """Ticks the session on the GUI thread and tells the pages what changed, at most as often as they can paint."""

    state_changed = Signal()
    """`status`, or what is known about the person, changed."""
    live_changed = Signal()
    """There is newer gaze to show."""
    maps_changed = Signal()
    """The maps of the image on the screen, or what is known about the person, changed."""
    trial_finished = Signal(int)
    """Index into `maps.trials`."""
    refused = Signal(str)
    """A command was refused, or something failed, in words."""
    event_told = Signal(Event)
    people_read = Signal()
    """`people` are there, and plots can be made."""
    saved = Signal()
    """Everything of a session that is over is on disk."""

    def __init__(self, bridge: QtBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self.run: LiveSession | None = None
        """The session, while there is one."""
        self.person = ""
        self.people = People()
        """The others of the study; see `take_people`."""
        self.snapshot: Snapshot | None = None
        """The newest gaze."""
        self.maps = MapModel(bridge)
        """Maps of the image on the screen, and of every image that was viewed."""
        self.maps.trial_finished.connect(self.trial_finished)
        self.recalibration = LiveRecalibration(bridge, self)
        """What the images say of gaze."""
        self.n_before = 0
        """Images that were viewed before the session was resumed; 0 for one that began here."""
        self.onset_delays_s: list[float] = []
        """From asking for each image to its being visible."""
        self.started_s = math.nan
        self._told: object = None
        self._is_saving = self._is_saved = False
        self._over_s = math.nan
        self.failures: tuple[str, ...] = ()
        """Why networks did not answer."""
        self.operator: UnattendedOperator | None = None
        """Gives the experimenter's commands in a demonstration."""
        self._tick = QTimer(self)
        self._tick.setTimerType(Qt.TimerType.PreciseTimer)
        self._tick.setInterval(TICK_MS)
        self._tick.timeout.connect(self._let_time_pass)
        self.repainting = RepaintScheduler(lambda: self.status.step, lambda: self.time_left_s)
        self.repainting.repaint_due.connect(self.live_changed)
        self.repainting.maps_due.connect(self.maps_changed)
        self.maps.changed.connect(self.repainting.note_maps)
        bridge.snapshot_arrived.connect(self._take_snapshot)

    # Life

    def attach(self, run: LiveSession, person: str) -> None:
        """Follow a run from now on."""
        self.detach()
        self.run, self.person = run, person
        self._is_saving = self._is_saved = False
        self._over_s, self.failures = math.nan, ()
        self.snapshot, self.onset_delays_s = None, []
        self.n_before = run.controller.status.n_done
        self.maps.begin(run)
        self.started_s = math.nan
        run.controller.events.add(self._hear)
        run.add_snapshot_observer(self._bridge.post_snapshot)
        run.add_result_observer(partial(self._hand_on, run))
        self._tick.start()
        self.repainting.start()
        self.state_changed.emit()

    def detach(self) -> None:
        """End the session and follow it no more; returns when everything recorded is on disk."""
        self._tick.stop()
        self.repainting.stop()
        run, self.run = self.run, None
        if run is None:
            return
        if not self._is_saving:
            self._end(run)
            run.close()
        self.state_changed.emit()

    def save(self) -> None:
        """End the session in the background; what it showed stays, and `saved` tells when all is on disk."""
        run = self.run
        if run is None or self._is_saving:
            return
        self._is_saving = True
        self._tick.stop()
        self._end(run)
        self._take_trials(run)
        self._bridge.run(run.close, partial(self._saved, run))
        self.state_changed.emit()

    @property
    def is_running(self) -> bool:
        """Whether there is a session that is not over: it is ended only by somebody who was asked."""
        return self.run is not None and not self._is_saving and not self.status.state.is_over

    @property
    def is_saving(self) -> bool:
        """Whether the session is being closed, or is closed already."""
        return self._is_saving

    @property
    def is_unsaved(self) -> bool:
        """Whether a session is recorded, or not wholly on disk yet."""
        return self.run is not None and not self._is_saved

    @property
    def is_saved(self) -> bool:
        """Whether everything is on disk and the files are closed."""
        return self._is_saved

    def end(self, reason: str) -> None:
        """End the session for a reason, and store it; it can be continued another time."""
        if self.run is not None and self.is_running:
            self.run.controller.abort(self.run.clock.now_s(), reason)
            self.save()

    def _end(self, run: LiveSession) -> None:
        if not run.controller.status.state.is_over:
            run.controller.abort(run.clock.now_s(), "closed before its end")

    def _saved(self, run: LiveSession, outcome: object) -> None:
        if run is not self.run:
            return
        if isinstance(outcome, Exception):
            self.refused.emit(error_words(outcome))
        self.repainting.stop()
        self._take_trials(run)
        self._is_saved = True
        self.saved.emit()
        self.state_changed.emit()

    # What is

    @property
    def is_attached(self) -> bool:
        """Whether there is a session."""
        return self.run is not None

    @property
    def status(self) -> SessionStatus:
        """Where it stands, as of the latest tick or command."""
        return self.run.controller.status if self.run else NO_SESSION

    @property
    def now_s(self) -> float:
        """Session time; NaN without a session."""
        return self.run.clock.now_s() if self.run else math.nan

    @property
    def time_left_s(self) -> float:
        """Until the present step ends; NaN where that is open."""
        return self.status.time_left_s(self.now_s)

    @property
    def waits_for_reader(self) -> bool:
        """Whether words are on the participant's screen until somebody goes on."""
        is_words = self.status.step in (SessionStep.INSTRUCTION, SessionStep.BREAK)
        return is_words and Command.CONTINUE in self.status.allowed and math.isnan(self.status.step_ends_s)

    @property
    def progress(self) -> EnrolmentProgress | None:
        """How well the person is known."""
        return self.run.progress if self.run else None

    def take_people(self, people: People) -> None:
        """The others of the study were read, and the library of plots is loaded."""
        self.people = people
        self.people_read.emit()

    def trace_window(self) -> TraceWindow | None:
        """The last seconds of gaze on the participant's screen."""
        snapshot, run = self.snapshot, self.run
        if snapshot is None or run is None:
            return None
        return TraceWindow(
            now_s=snapshot.time_s,
            time_s=snapshot.trace_time_s,
            gaze_px=snapshot.trace_px,
            fixations_s=snapshot.looked_s,
            size_px=(float(run.display.width_px), float(run.display.height_px)),
        )

    def target_marks(
        self, points: Iterable[PointResult] | None = None, errors_deg: Mapping[int, float] | None = None
    ) -> list[TargetMark]:
        """Targets with corrected gaze, as the target view draws them; by default those at hand.

        Args:
            points: Others than those at hand.
            errors_deg: By target, where a better figure is known than the distance of mean gaze.
        """
        if self.run is None:
            return []
        status, display, known = self.status, self.run.display, errors_deg or {}
        return [
            mark_target(point, status.correction, display, status.plan.quality, known.get(point.target.target_id))
            for point in (status.targets if points is None else points)
        ]

    # Commands

    def command(self, do: Callable[[SessionController, float], None]) -> bool:
        """Give the session a command; False, with `refused`, when it does not allow it."""
        if self.run is None:
            return False
        try:
            do(self.run.controller, self.run.clock.now_s())
        except GazeAppError as error:
            self.refused.emit(error_words(error))
            return False
        self._tell_state()
        return True

    def hold(self) -> None:
        """Pause where that is possible; nothing otherwise."""
        if Command.PAUSE in self.status.allowed:
            self.command(lambda controller, now_s: controller.pause(now_s))

    # Inside

    def _let_time_pass(self) -> None:
        run = self.run
        if run is None:
            return
        try:
            run.tick(run.clock.now_s())
        except GazeAppError as error:
            run.controller.report_failure(error.message, run.clock.now_s())
            self.refused.emit(error_words(error))
        self._take_trials(run)
        failures = run.inference.failures
        if failures != self.failures:
            self.failures = failures
            self.refused.emit(failures[-1])
        if self.operator is not None:
            self.operator.tick(run.clock.now_s())
        if not self.repainting.is_blocked:  # the participant's screen first, then the pages
            self._tell_state()
        if self.status.state.is_over and (run.is_settled or self._is_overdue(run)):
            self.save()

    def _is_overdue(self, run: LiveSession) -> bool:
        if math.isnan(self._over_s):
            self._over_s = run.clock.now_s()
        return run.clock.now_s() - self._over_s > SETTLE_S

    def _take_trials(self, run: LiveSession) -> None:
        for trial in run.take_trials():
            self.maps.finish(trial)

    def _tell_state(self) -> None:
        if self.run is None:
            return
        seen = (self.status, self.run.progress)
        if seen != self._told:
            self._told = seen
            self.state_changed.emit()

    def _take_snapshot(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.repainting.mark_dirty()

    def _hand_on(self, run: LiveSession, result: InferenceResult) -> None:
        """From the thread that ticks the run, or the one that closes it."""
        self._bridge.call(lambda: self.take_result(result) if run is self.run else None)

    def take_result(self, result: InferenceResult) -> None:
        """Take what the networks answered; called on the GUI thread."""
        if result.error:
            self.refused.emit(result.error)
        self.maps.note_progress(self.progress)
        self.maps.take_result(result, self.status.exposure, self.snapshot)

    def _hear(self, event: Event) -> None:
        if isinstance(event, StimulusShown):
            self.maps.note_progress(self.progress)
            self.maps.show_image(event.frame.stimulus_id)
        elif isinstance(event, StimulusHidden):
            self.repainting.mark_dirty()
        elif isinstance(event, StateChanged) and event.new == State.RUNNING.value and math.isnan(self.started_s):
            self.started_s = event.time_s
        self.event_told.emit(event)
