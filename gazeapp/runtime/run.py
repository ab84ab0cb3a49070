"""One run with all its services: moves the session on, and ends everything in the right order."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from gazeapp.devices.tracker import EyeStreams, PositionGuide, SteppedTracker, Tracker, TrackerNotice
from gazeapp.errors import DeviceError, DiskFull, GazeAppError, Unsupported
from gazeapp.experiment.controller import SessionController
from gazeapp.experiment.findings import describe_validation
from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.state import Command, State
from gazeapp.experiment.stimulus_set import StimulusSet
from gazeapp.experiment.unattended import UnattendedOperator
from gazeapp.gaze.clock import Clock, ManualClock
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.display import Display
from gazeapp.runtime.disk_watch import DiskWatch
from gazeapp.runtime.enrolment import EnrolmentProgress
from gazeapp.runtime.garbage import go_through_all_again, leave_alone
from gazeapp.runtime.inference import Inference
from gazeapp.runtime.map_gain import count_better
from gazeapp.runtime.pipeline import Pipeline
from gazeapp.runtime.pipeline_thread import PipelineThread
from gazeapp.runtime.publisher import Publisher
from gazeapp.runtime.recorder import Recorder
from gazeapp.runtime.run_summary import Progress, RunSummary
from gazeapp.runtime.session_analysis import SessionAnalysis
from gazeapp.runtime.session_log import embedding_row, prediction_row
from gazeapp.runtime.snapshot import InferenceResult, Snapshot
from gazeapp.runtime.thread_queue import DeviceExecutor, MainThreadQueue
from gazeapp.store.consent import NOBODY_TEXTS
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.events import CrossShown, Event, StimulusHidden, StimulusShown
from gazeapp.store.records import CalibrationRow, CorrectionRow, TrialRow, ValidationRow
from gazeapp.store.session_state import SessionFigures
from gazeapp.store.study import SessionFolder, Study

_log = logging.getLogger(__name__)

STEP_S = 0.02
"""Virtual time moves on by this much: the controller's resolution without a screen."""
STEPS_PER_ADVANCE = 3
"""Steps between two analyses in virtual time; the definitive result does not depend on it."""
SETTLE_S = 3.0
"""How long the end of a session waits for the last samples of its last image."""
HEALTH_PERIOD_S = 0.5

FrameTiming = Callable[[float, float], Mapping[str, float]]
"""(start, stop) of an exposure → JSON values about its frames."""


class Run:
    """A run from its first sample to its closed files.

    `start`, `tick`, `close` serve a window or a loop in real time; `run_virtual` does everything on a manual clock as
    fast as the machine can. All of them, and every command of the controller, belong to one thread, which leads the
    participant's screen. Nothing that is recorded waits for it: samples and rows go to the recorder from the thread in
    which they come about.

    Args:
        controller: Leads the session.
        clock: The session clock.
        tracker: Delivers gaze; closed with the run.
        pipeline: Analyses it.
        analysis: What follows from gaze.
        recorder: Writes everything.
        inference: Answers about maps and embedding.
        library: Pixels.
        study: Where the embedding is kept; closed with the run.
        session: The session's folder.
        source: Whose gaze it is: `consent.GAZE` of a person, or "simulated" or "replay" for nobody's.
        calls: Left by other threads, made by `tick`.
        devices: Makes calls of the tracker that may block.
        frame_timing: What the participant's screen knows about the frames of an exposure.
        publisher: Where gaze, fixations and events are published.
    """

    def __init__(
        self,
        *,
        controller: SessionController,
        clock: Clock,
        tracker: Tracker,
        pipeline: Pipeline,
        analysis: SessionAnalysis,
        recorder: Recorder,
        inference: Inference,
        library: StimulusSet,
        study: Study,
        session: SessionFolder,
        source: str,
        calls: MainThreadQueue,
        devices: DeviceExecutor,
        frame_timing: FrameTiming | None = None,
        publisher: Publisher | None = None,
    ) -> None:
        self.controller = controller
        self.clock = clock
        self.tracker = tracker
        self.pipeline = pipeline
        self.analysis = analysis
        self.recorder = recorder
        self.inference = inference
        self.library = library
        self.study = study
        self.session = session
        self.source = source
        self._calls = calls
        self._results = MainThreadQueue()
        self._devices = devices
        self._frame_timing = frame_timing
        self._publisher = publisher
        self._pipeline_thread: PipelineThread | None = None
        self._n_shown = 0
        self._shown_s = math.nan
        self._embedding: UserEmbedding | None = None
        self._problems: list[str] = []
        self._health_due_s = 0.0
        self._disk = DiskWatch(session.path)
        self._is_attended = True
        self._has_weights = False
        self._shows_overlay = controller.status.plan.screens.show_overlay
        self._snapshot_observers: list[Callable[[Snapshot], None]] = []
        self._result_observers: list[Callable[[InferenceResult], None]] = []
        self.progress: EnrolmentProgress | None = None
        """What is known about the person; None before the networks are loaded."""
        self.snapshot: Snapshot | None = None
        """The newest one."""
        self._is_closed = False
        analysis.on_problem.append(self._on_problem)
        inference.on_result = self._take_result
        controller.events.add(self._on_event)
        controller.rows.add(self._on_row)

    @property
    def session_id(self) -> str:
        """Of the session it records."""
        return self.session.session_id

    @property
    def is_illustration(self) -> bool:
        """Whether the gaze is a model observer's: nobody's, so that no score is quoted for it."""
        info = self.tracker.info
        return info.backend == "simulated" and info.serial.startswith("model")

    # Who listens.

    def add_snapshot_observer(self, on_snapshot: Callable[[Snapshot], None]) -> None:
        """Have every snapshot told, in the pipeline's thread (in virtual time: this one); hand it on and return."""
        self._snapshot_observers.append(on_snapshot)

    def add_result_observer(self, on_result: Callable[[InferenceResult], None]) -> None:
        """Have every inference result told, by `tick`."""
        self._result_observers.append(on_result)

    def take_trials(self) -> list[TrialRow]:
        """Trials that were finished and handed to the recorder since the last call."""
        return self.analysis.take_trials()

    @property
    def display(self) -> Display:
        """The participant's screen."""
        return self.library.display

    def image_rgb(self, stimulus_id: str) -> NDArray[np.uint8]:
        """(H, W, 3) pixels of a stimulus."""
        return self.library.image_rgb(stimulus_id)

    @property
    def is_settled(self) -> bool:
        """Whether every exposure is analysed and every question answered."""
        is_analysed = self.analysis.n_closed == self._n_shown
        return is_analysed and self._results.is_empty and self.inference.n_waiting == 0

    # Real time.

    def start(self) -> None:
        """Let gaze flow: starts the tracker and the analysis thread, and connects the controller."""
        leave_alone()
        self.analysis.start(self.clock.now_s())
        self._record_eyes()
        self.tracker.start(self.analysis.take_samples, self.analysis.take_problem)
        self._show_positions()
        self._pipeline_thread = PipelineThread(self.analysis, self.clock, self._take_snapshot)
        self.controller.connect(self.clock.now_s())

    def _record_eyes(self) -> None:
        if isinstance(self.tracker, EyeStreams):
            self.tracker.deliver_eyes(self.recorder.take, self.recorder.take)

    def _show_positions(self) -> None:
        tracker = self.tracker
        if not isinstance(tracker, PositionGuide):
            return
        try:
            tracker.show_positions(lambda left, right: self.pipeline.note_position(self.clock.now_s(), left, right))
        except DeviceError as error:
            _log.info("no position guide: %s", error.message)

    def tick(self, now_s: float) -> None:
        """Let other threads' calls be made and the session move on; call every few milliseconds."""
        self._calls.run()
        self.controller.tick(now_s)
        self._results.run()
        if now_s >= self._health_due_s:
            self._health_due_s = now_s + HEALTH_PERIOD_S
            self._watch_disk(now_s)

    def _watch_disk(self, now_s: float) -> None:
        """Pause while there is no space: what is in memory stays there and is written when there is some again."""
        error = self.recorder.health().error
        if error is not None and (not isinstance(error, DiskFull) or not self._is_attended):
            self.controller.report_failure(error.message, now_s)
            return
        news = self._disk.look(now_s)
        if news is not None:
            self.analysis.take_problem(TrackerNotice(time_s=now_s, kind="disk", message=self._disk.words))
        if not self._is_attended or Command.PAUSE not in self.controller.status.allowed:
            return
        if error is not None:
            self.controller.pause(now_s, Notice(NoticeKind.PAUSED, error.message))
        elif self._disk.is_full:
            words = f"{self._disk.words}; free some space, then resume"
            self.controller.pause(now_s, Notice(NoticeKind.PAUSED, words))

    def run_realtime(self, progress: Progress | None = None) -> RunSummary:
        """Lead the session without an experimenter, in real time, to its end."""
        self._is_attended = False
        operator = UnattendedOperator(self.controller)
        try:
            self.start()
            while not self._is_over:
                now_s = self.clock.now_s()
                self.tick(now_s)
                operator.tick(now_s)
                self._report(progress)
                time.sleep(0.004)
            end_s = self.clock.now_s() + SETTLE_S
            while not self.is_settled and self.clock.now_s() < end_s:
                self.tick(self.clock.now_s())
                time.sleep(0.01)
        finally:
            self.close()
        return self._ended(operator)

    # Virtual time.

    def run_virtual(self, progress: Progress | None = None) -> RunSummary:
        """Lead the session without an experimenter, on the manual clock, to its end.

        Raises:
            Unsupported: The tracker's time cannot be driven.
            GazeAppError: The session failed; what was recorded is kept and closed.
        """
        self._is_attended = False
        clock, tracker = self.clock, self.tracker
        if not isinstance(clock, ManualClock) or not isinstance(tracker, SteppedTracker):
            raise Unsupported(f"{self.tracker.info.name} cannot be run faster than real time")
        operator = UnattendedOperator(self.controller)
        try:
            self._record_eyes()
            tracker.start_stepped(self.analysis.take_samples, self.analysis.take_problem)
            step = 0
            settle_s = math.inf
            while not self._is_over or clock.now_s() < settle_s:
                clock.advance(STEP_S)
                now_s = clock.now_s()
                tracker.advance(now_s)
                self.analysis.look_at_stream(now_s)
                if step % STEPS_PER_ADVANCE == 0:
                    self._take_snapshot(self.analysis.analyse(now_s))
                self.tick(now_s)
                operator.tick(now_s)
                self._report(progress)
                step += 1
                if self._is_over:
                    is_open = self.analysis.n_closed < self._n_shown
                    settle_s = min(settle_s, now_s + SETTLE_S) if is_open else 0.0
        finally:
            self.close()
        return self._ended(operator)

    # The end.

    @property
    def _is_over(self) -> bool:
        return self.controller.status.state.is_over

    def close(self) -> None:
        """End everything in the right order and close the files; idempotent.

        Gaze stops first; what it left is analysed, answered and written before the files close.
        """
        if self._is_closed:
            return
        self._is_closed = True
        now_s = self.clock.now_s()
        try:
            if not self._is_over:
                self.controller.abort(now_s, "closed before its end")
        finally:  # whatever became of the participant's screen: what was recorded is written, and no thread stays
            try:
                self._close_files(now_s)
            finally:
                go_through_all_again()

    def _close_files(self, now_s: float) -> None:
        self.tracker.stop()
        if self._pipeline_thread is not None:
            self._pipeline_thread.close()
        self.analysis.finish(now_s)
        self.inference.drain(60.0)
        self.inference.close()
        self._results.run()
        self._problems += self.inference.failures
        self._keep_embedding()
        health = self.recorder.close()
        if health.problem:
            self._problems.append(health.problem)
        self._note_state()
        self._devices.close()
        if self._publisher is not None:
            self._publisher.close()
        self.tracker.close()
        self.study.close()

    def _note_state(self) -> None:
        """Let the study list what became of the session; its own file says it already."""
        try:
            self.study.session_list.update(self.session.session_id)
            with self.session.reader() as reader:
                n_better, n_compared = (0, 0) if self.source in NOBODY_TEXTS else count_better(reader)
            figures = SessionFigures(source=self.source, n_better=n_better, n_compared=n_compared)
            self.study.session_list.keep_figures(self.session, figures)
        except GazeAppError as error:
            self._problems.append(error.message)

    def _keep_embedding(self) -> None:
        if self._embedding is None or "enrol" not in self.controller.status.plan.phases:
            return  # one that was known before is in the study already
        try:
            person = self.study.participant(self.session.pseudonym)
            if self.source in NOBODY_TEXTS and person.consented_in_person:
                return  # what nobody's gaze taught is not the person's
            self.study.save_embedding(self.session.pseudonym, self._embedding, session_id=self.session.session_id)
        except GazeAppError as error:  # the session itself is safe in its own file
            self._problems.append(error.message)

    @property
    def summary(self) -> RunSummary:
        """What the run left behind so far."""
        status, analysis = self.controller.status, self.analysis
        return RunSummary(
            session=self.session,
            state=status.state.value,
            n_samples=self.recorder.health().n_saved,
            n_trials=analysis.n_trials,
            n_interrupted=sum(exposure.is_interrupted for exposure in self.controller.exposures.values()),
            n_fixations=analysis.n_fixations,
            embedding=self._embedding,
            source=self.source,
            validation=describe_validation(status.validation) if status.validation else "",
            problems=tuple(dict.fromkeys(self._problems)),
        )

    def _ended(self, operator: UnattendedOperator) -> RunSummary:
        if operator.error is not None:
            raise operator.error
        status = self.controller.status
        if status.state is State.FAILED:
            raise self.recorder.health().error or GazeAppError(status.notice.detail if status.notice else "")
        return self.summary

    # From other threads.

    def _take_snapshot(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        for on_snapshot in self._snapshot_observers:
            on_snapshot(snapshot)

    def _on_problem(self, problem: TrackerNotice, now_s: float) -> None:
        self._calls.put(lambda: self.controller.report_problem(problem, now_s))

    def _take_result(self, result: InferenceResult) -> None:
        """Store what the networks answered, in their thread; the rest is the controller's."""
        if result.final:
            now_s, in_use = self.clock.now_s(), self.inference.in_use
            if in_use is not None and not self._has_weights:
                self._has_weights = True
                weights = {in_use.name: in_use.sha256, in_use.universal_name: in_use.universal_sha256}
                self.recorder.take({"weights": weights})
            self.recorder.take(prediction_row(result, now_s, in_use))
            learnt = embedding_row(result, now_s) if self.analysis.is_enrolment(result.trial) else None
            if learnt is not None:
                self.recorder.take(learnt)
        self._show_overlay(result)
        self._results.put(lambda: self._on_result(result))

    def _show_overlay(self, result: InferenceResult) -> None:
        if result.personal is None or not self._shows_overlay:
            return
        from gazeapp.saliency.colors import overlay_rgba

        self.library.set_overlay(result.stimulus_id, overlay_rgba(result.personal, vmax=float(result.personal.max())))

    # On the controller's thread.

    def _on_event(self, event: Event) -> None:
        if isinstance(event, StimulusShown | StimulusHidden):
            self._note_exposure(event)
        self.recorder.take(event)
        self.pipeline.on_event(event)
        if self._publisher is not None:
            self._publisher.push_event(event)
        if isinstance(event, CrossShown) and self._shows_overlay:
            coming = list(self.controller.exposures.values())[-1]
            if coming.planned.phase == "overlay":
                frame = self.library.frame(coming.planned.stimulus_id, coming.planned.step)
                self.inference.ask(self.analysis.requests.ahead(coming.number, frame))

    def _note_exposure(self, event: StimulusShown | StimulusHidden) -> None:
        frames: Mapping[str, float] = {}
        if isinstance(event, StimulusShown):
            self._n_shown += 1
            self._shown_s = event.time_s
        elif self._frame_timing is not None:
            frames = self._frame_timing(self._shown_s, event.time_s)
        self.analysis.note_exposure(self.controller.exposures[event.trial], frames)

    def _on_row(self, row: CalibrationRow | CorrectionRow | ValidationRow) -> None:
        if isinstance(row, CorrectionRow):
            correction = None if row.correction is None else Correction.from_json(row.correction)
            self.pipeline.set_correction(correction, row.from_time_s)
        self.recorder.take(row)

    def _on_result(self, result: InferenceResult) -> None:
        if result.error:
            self._problems.append(result.error)
        if result.embedding is not None:
            self._embedding = result.embedding
        self.progress = self.inference.progress
        if self.progress is not None:
            self.controller.report_enough(self.progress.is_enough)
        for on_result in self._result_observers:
            on_result(result)

    def _report(self, progress: Progress | None) -> None:
        if progress is not None:
            status = self.controller.status
            progress(status.n_done, status.n_trials, status.phase)
