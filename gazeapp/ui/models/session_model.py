"""A running session as the pages see it: what is, what may be done, and what changed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from gazeapp.calibration.procedure import PointResult, PointState
from gazeapp.errors import GazeAppError
from gazeapp.gaze.clock import Clock
from gazeapp.gaze.display import Display, StimulusFrame
from gazeapp.live.snapshot import InferenceResult, Snapshot, StreamHealth, TrialRecord
from gazeapp.live.stability import EnoughRule
from gazeapp.session.stage import Scene
from gazeapp.session.state import Command, State, Step
from gazeapp.store.events import Event, StateChanged, StimulusHidden, StimulusShown
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.models.finished_trial import FinishedTrial, Scores, score
from gazeapp.ui.models.people import People
from gazeapp.ui.models.trace_memory import TraceMemory
from gazeapp.ui.widgets.gaze_trace import TraceWindow
from gazeapp.ui.widgets.map_layer import MapSet
from gazeapp.ui.widgets.validation_view import TargetMark

if TYPE_CHECKING:  # what these import takes a second to load, and the window should be there before
    from gazeapp.calibration.attempt import CalibrationAttempt
    from gazeapp.calibration.validation import ValidationReport
    from gazeapp.live.enrolment import EnrolmentProgress
    from gazeapp.session.autopilot import Autopilot
    from gazeapp.session.controller import SessionController

TICK_MS = 4
"""The controller is asked this often; the fastest screens show a frame in about that time."""
REPAINT_MS = 33
EXPOSURE_REPAINT_MS = 50
"""While the participant looks at an image, the experimenter's window repaints less often."""
QUIET_S = 0.05
"""No repaint of the experimenter's window this shortly before the participant's screen changes."""
SETTLE_S = 3.0
"""How long a session that is over waits for the last samples and answers before its files are closed."""
MAX_SPREAD = EnoughRule().max_spread
"""Spread at which a person counts as known."""


class Answers(Protocol):
    """What the window asks about the networks."""

    @property
    def failures(self) -> tuple[str, ...]:
        """What could not be answered at all, in words."""
        ...


class LiveSession(Protocol):
    """What the window needs of an assembled run."""

    @property
    def controller(self) -> SessionController:
        """The state machine."""
        ...

    @property
    def clock(self) -> Clock:
        """The session clock."""
        ...

    @property
    def display(self) -> Display:
        """The participant's screen."""
        ...

    @property
    def inference(self) -> Answers:
        """The networks."""
        ...

    def tick(self, now_s: float) -> None:
        """Let the session go on: the controller, finished trials, inference requests."""
        ...

    def take_trials(self) -> list[TrialRecord]:
        """Trials that were finished and stored since the last call."""
        ...

    @property
    def is_settled(self) -> bool:
        """Whether everything recorded so far is analysed and answered."""
        ...

    @property
    def is_illustration(self) -> bool:
        """Whether the gaze is a model observer's: nobody's, so that no score is quoted for it."""
        ...

    def add_snapshot_observer(self, on_snapshot: Callable[[Snapshot], None]) -> None:
        """Have every snapshot told, on another thread."""
        ...

    def add_result_observer(self, on_result: Callable[[InferenceResult], None]) -> None:
        """Have every inference result told, by `tick`."""
        ...

    def image_rgb(self, stimulus_id: str) -> NDArray[np.uint8]:
        """(H, W, 3) pixels of a stimulus."""
        ...

    def close(self) -> None:
        """End everything and keep what was recorded."""
        ...


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
        self.sigma_deg = 1.0
        self.people = People()
        self.snapshot: Snapshot | None = None
        self.image_rgb: NDArray[np.uint8] | None = None
        self.maps = MapSet()
        self.live_scores: tuple[Scores | None, Scores | None] = (None, None)
        self.trials: list[FinishedTrial] = []
        self.onset_delays_s: list[float] = []
        """From asking for each image to its being visible."""
        self.started_s = math.nan
        self._trace = TraceMemory()
        self._has_news = False
        self._is_scoring = False
        self._results: dict[int, InferenceResult] = {}
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
        self._repaint = QTimer(self)
        self._repaint.setInterval(REPAINT_MS)
        self._repaint.timeout.connect(self._tell_news)
        bridge.snapshot_arrived.connect(self._take_snapshot)

    # Life

    def attach(self, run: LiveSession, person: str) -> None:
        """Follow a run from now on."""
        self.detach()
        self._run, self.person = run, person
        self._is_saving = self._is_saved = False
        self._over_s, self.failures = math.nan, ()
        self.snapshot, self.image_rgb, self.maps = None, None, MapSet()
        self.trials, self._results, self.onset_delays_s = [], {}, []
        self._trace = TraceMemory()
        self.started_s, self.live_scores = math.nan, (None, None)
        run.controller.add_observer(self._hear)
        run.add_snapshot_observer(self._bridge.post_snapshot)
        run.add_result_observer(self.take_result)
        self._tick.start()
        self._repaint.start()
        self.state_changed.emit()

    def detach(self) -> None:
        """End the session and follow it no more; returns when everything recorded is on disk."""
        self._tick.stop()
        self._repaint.stop()
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
        self._repaint.stop()
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
    def step(self) -> Step:
        """What the participant is doing."""
        return self._run.controller.step if self._run else Step.NONE

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
        return self._run.controller.embedding_progress if self._run else None

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

    def target_marks(self, points: Iterable[PointResult] | None = None) -> list[TargetMark]:
        """Targets with corrected gaze, as the target view draws them; by default those at hand."""
        if self._run is None:
            return []
        controller = self._run.controller
        chosen = controller.targets if points is None else points
        return [self._mark(point) for point in chosen]

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
        self._tell_state()
        if run.controller.state.is_over and (run.is_settled or self._is_overdue(run)):
            self.save()

    def _is_overdue(self, run: LiveSession) -> bool:
        if math.isnan(self._over_s):
            self._over_s = run.clock.now_s()
        return run.clock.now_s() - self._over_s > SETTLE_S

    def _take_trials(self, run: LiveSession) -> None:
        for record in run.take_trials():
            self._finish(record)

    def _tell_state(self) -> None:
        run = self._run
        if run is None:
            return
        controller = run.controller
        signature = (
            controller.state, controller.step, controller.phase, controller.message, controller.n_done,
            len(controller.attempts), id(controller.validation), id(controller.drift), id(controller.embedding_progress),
            tuple(point.state for point in controller.targets), controller.allowed_commands(),
        )  # fmt: skip
        if signature != self._signature:
            self._signature = signature
            self.state_changed.emit()

    def _take_snapshot(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self._trace.add(snapshot)
        self._has_news = True

    def _tell_news(self) -> None:
        is_exposed = self.step is Step.STIMULUS
        wanted_ms = EXPOSURE_REPAINT_MS if is_exposed else REPAINT_MS
        if self._repaint.interval() != wanted_ms:
            self._repaint.setInterval(wanted_ms)
        # a stimulus that should leave now must not wait for the experimenter's picture
        if not self._has_news or self.time_left_s < QUIET_S:
            return
        self._has_news = False
        self.live_changed.emit()

    def take_result(self, result: InferenceResult) -> None:
        """Take what the networks answered; called on the GUI thread."""
        if result.error:
            self.refused.emit(result.error)
        kept = self._results.get(result.trial)
        if kept is None or result.number >= kept.number:
            self._results[result.trial] = result
        shown = self._run.controller.exposure if self._run else None
        if shown is None or result.trial == shown:
            self._show_result(result)
        for n, trial in enumerate(self.trials):
            if trial.trial == result.trial and result.final:
                self._rescore(n, result)
        self._score_live()

    def _show_result(self, result: InferenceResult) -> None:
        self.maps = MapSet(
            image_rgb=self.image_rgb, universal=result.universal, personal=result.personal,
            discrepancy=result.discrepancy, certainty=self._certainty(),
        )  # fmt: skip
        self.maps_changed.emit()

    def _certainty(self) -> float:
        progress = self.progress
        spread = progress.history[-1].spread if progress and progress.history else math.nan
        return min(1.0, MAX_SPREAD / spread) if spread > 0 else 0.3

    def _hear(self, event: Event) -> None:
        if isinstance(event, StimulusShown) and self._run is not None:
            self.image_rgb = self._run.image_rgb(event.frame.stimulus_id)
            self.maps = MapSet(image_rgb=self.image_rgb, certainty=self._certainty())
            self.live_scores = (None, None)
            self.maps_changed.emit()
        elif isinstance(event, StimulusHidden):
            self.live_changed.emit()
        elif isinstance(event, StateChanged) and event.new == State.RUNNING.value and math.isnan(self.started_s):  # fmt: skip
            self.started_s = event.time_s
        self.event_told.emit(event)

    def _finish(self, record: TrialRecord) -> None:
        if self._run is None:
            return
        planned = self._run.controller.exposures.get(record.trial)
        result = self._results.get(record.trial)
        maps = MapSet(
            image_rgb=self._run.image_rgb(record.frame.stimulus_id),
            universal=result.universal if result else None, personal=result.personal if result else None,
            discrepancy=result.discrepancy if result else None, certainty=self._certainty(),
        )  # fmt: skip
        self.trials.append(FinishedTrial(
            trial=record.trial, phase=planned.phase if planned else "", maps=maps, fixations=record.fixations,
            universal=None, personal=None, data_loss=record.data_loss, frame=record.frame,
        ))  # fmt: skip
        if result is not None:
            self._rescore(len(self.trials) - 1, result)
        self.trial_finished.emit(len(self.trials) - 1)

    @property
    def is_illustration(self) -> bool:
        """Whether a model observer looked: its maps are shown, and no score."""
        return self._run is not None and self._run.is_illustration

    def _rescore(self, index: int, result: InferenceResult) -> None:
        trial = self.trials[index]
        maps = MapSet(
            image_rgb=trial.maps.image_rgb, universal=result.universal, personal=result.personal,
            discrepancy=result.discrepancy, certainty=self._certainty(),
        )  # fmt: skip
        px_per_deg = self._image_px_per_deg(trial.frame)
        fixations, sigma_deg = trial.fixations, self.sigma_deg
        if self.is_illustration:
            self.trials[index] = trial.with_maps(maps, None, None)
            self.trial_finished.emit(index)
            return

        def done(scores: tuple[Scores | None, Scores | None] | Exception) -> None:
            if isinstance(scores, Exception) or index >= len(self.trials):
                return
            self.trials[index] = trial.with_maps(maps, *scores)
            self.trial_finished.emit(index)

        self._bridge.run(lambda: score(maps, fixations, px_per_deg, sigma_deg), done)

    def _score_live(self) -> None:
        snapshot, maps = self.snapshot, self.maps
        if self._is_scoring or snapshot is None or snapshot.frame is None or not snapshot.fixations:
            return
        if self.is_illustration:
            return
        self._is_scoring = True
        px_per_deg, sigma_deg = self._image_px_per_deg(snapshot.frame), self.sigma_deg
        fixations = snapshot.fixations

        def done(scores: tuple[Scores | None, Scores | None] | Exception) -> None:
            self._is_scoring = False
            if not isinstance(scores, Exception):
                self.live_scores = scores
                self.maps_changed.emit()

        self._bridge.run(lambda: score(maps, fixations, px_per_deg, sigma_deg), done)

    def _image_px_per_deg(self, frame: StimulusFrame) -> float:
        return self._run.display.px_per_deg / frame.scale if self._run else math.nan

    def _mark(self, point: PointResult) -> TargetMark:
        assert self._run is not None, "marks are made only in a session"
        controller, display = self._run.controller, self._run.display
        target = point.target
        samples = (
            controller.correction.apply(point.samples) if len(point.samples) else point.samples
        )
        error_deg = math.nan
        if len(samples) and samples.valid.any():
            centre = np.nanmean(samples.gaze_px[samples.valid], axis=0)
            error_deg = float(display.angle_deg(centre, (target.x_px, target.y_px)))
        limits = controller.plan.quality
        if point.state is PointState.ON_SCREEN:
            tone = "accent"
        elif point.state is PointState.FAILED:
            tone = "bad"
        elif math.isnan(error_deg):
            tone = ""
        else:
            tone = "ok" if error_deg <= limits.warn_deg else "warn" if error_deg <= 1.5 * limits.warn_deg else "bad"  # fmt: skip
        return TargetMark(
            target_id=target.target_id, x_px=target.x_px, y_px=target.y_px,
            left_px=samples.left_px, right_px=samples.right_px, error_deg=error_deg, tone=tone,
        )  # fmt: skip
