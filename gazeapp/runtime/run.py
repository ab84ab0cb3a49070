"""One run with all its services: feeds them, moves them on, and ends them in the right order."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from gazeapp.devices.tracker import (
    NEWS,
    EyeStreams,
    PositionGuide,
    SteppedTracker,
    Tracker,
    TrackerNotice,
)
from gazeapp.errors import DeviceError, GazeAppError, Unsupported
from gazeapp.experiment.controller import SessionController
from gazeapp.experiment.state import State
from gazeapp.experiment.stimulus_set import StimulusLibrary
from gazeapp.experiment.unattended import Autopilot
from gazeapp.gaze.clock import Clock, ManualClock
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.display import Display
from gazeapp.gaze.ring import SampleRing
from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.enrolment import EnrolmentProgress
from gazeapp.runtime.inference import Inference
from gazeapp.runtime.inference_requests import RequestMaker
from gazeapp.runtime.pipeline import Pipeline
from gazeapp.runtime.pipeline_thread import PipelineThread
from gazeapp.runtime.publisher import Publisher, fixations_on_display
from gazeapp.runtime.recorder import Recorder
from gazeapp.runtime.run_summary import Progress, RunSummary
from gazeapp.runtime.session_log import SessionLog
from gazeapp.runtime.snapshot import InferenceResult, Snapshot, TrialRecord
from gazeapp.runtime.stream_watchdog import StreamWatchdog
from gazeapp.runtime.thread_queue import MainThreadQueue
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.events import CrossShown, Event, OnsetKind, StimulusShown
from gazeapp.store.records import (
    CalibrationRow,
    CorrectionRow,
    ValidationRow,
)
from gazeapp.store.study import SessionFolder, Study
from gazeapp.store.writer import SessionWriter

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
    fast as the machine can. All of them, and every command of the controller, belong to one thread.

    Args:
        controller: Leads the session.
        clock: The session clock.
        tracker: Delivers gaze; closed with the run.
        ring: Where samples go for the pipeline and the controller.
        pipeline: Analyses them.
        recorder: Writes them.
        inference: Answers about maps and embedding.
        library: Pixels.
        study: Where the embedding is kept; closed with the run.
        session: The session's folder.
        inbox: Filled by other threads, emptied by `tick`.
        frame_timing: What the participant's screen knows about the frames of an exposure.
        outlets: Where gaze, fixations and events are published.
    """

    def __init__(
        self,
        *,
        controller: SessionController,
        clock: Clock,
        tracker: Tracker,
        ring: SampleRing,
        pipeline: Pipeline,
        recorder: Recorder[SessionWriter],
        inference: Inference,
        library: StimulusLibrary,
        study: Study,
        session: SessionFolder,
        inbox: MainThreadQueue,
        frame_timing: FrameTiming | None = None,
        outlets: Publisher | None = None,
    ) -> None:
        self.controller = controller
        self.clock = clock
        self.tracker = tracker
        self.pipeline = pipeline
        self.recorder = recorder
        self.inference = inference
        self.library = library
        self.study = study
        self.session = session
        self._ring = ring
        self._inbox = inbox
        self._frame_timing = frame_timing
        self._outlets = outlets
        self._driver: PipelineThread | None = None
        self._onset_kinds: dict[int, OnsetKind] = {}
        self._n_open = 0
        self._n_fixations = 0
        self._n_trials = 0
        self._embedding: UserEmbedding | None = None
        self._problems: list[str] = []
        self._health_due_s = 0.0
        self._snapshot: Snapshot | None = None
        self._snapshot_observers: list[Callable[[Snapshot], None]] = []
        self._result_observers: list[Callable[[InferenceResult], None]] = []
        self.progress: EnrolmentProgress | None = None
        """What is known about the person; None before the networks are loaded."""
        self._finished: deque[TrialRecord] = deque()
        self._is_closed = False
        self._archive = SessionLog(recorder)
        self._n_received = 0
        self._watch = StreamWatchdog(tracker.info.name, clock.now_s())
        self._requests = RequestMaker(library.image_rgb, library.display, self._is_enrolment)
        controller.add_observer(self._on_event)
        controller.add_row_observer(self._on_row)

    @property
    def is_illustration(self) -> bool:
        """Whether the gaze is a model observer's: nobody's, so that no score is quoted for it."""
        info = self.tracker.info
        return info.backend == "simulated" and info.serial.startswith("model")

    # Who listens.

    def add_snapshot_observer(self, on_snapshot: Callable[[Snapshot], None]) -> None:
        """Have every snapshot told, in the driver's thread (in virtual time: this one); hand it on and return."""
        self._snapshot_observers.append(on_snapshot)

    def add_result_observer(self, on_result: Callable[[InferenceResult], None]) -> None:
        """Have every inference result told, by `tick`."""
        self._result_observers.append(on_result)

    def take_trials(self) -> list[TrialRecord]:
        """Trials that were finished and handed to the recorder since the last call."""
        return [self._finished.popleft() for _ in range(len(self._finished))]

    @property
    def display(self) -> Display:
        """The participant's screen."""
        return self.library.display

    def image_rgb(self, stimulus_id: str) -> NDArray[np.uint8]:
        """(H, W, 3) pixels of a stimulus."""
        return self.library.image_rgb(stimulus_id)

    @property
    def snapshot(self) -> Snapshot | None:
        """The newest one."""
        return self._snapshot

    @property
    def embedding(self) -> UserEmbedding | None:
        """The newest one."""
        return self._embedding

    @property
    def is_settled(self) -> bool:
        """Whether every exposure is analysed and every question answered."""
        return self._n_open == 0 and not self._inbox.has_results and self.inference.n_waiting == 0

    # Real time.

    def start(self) -> None:
        """Let gaze flow: starts the tracker and the analysis thread, and connects the controller."""
        self._watch.start(self.clock.now_s())
        if isinstance(self.tracker, EyeStreams):
            self.tracker.deliver_eyes(self._archive.keep_openness, self._archive.keep_eye_image)
        self.tracker.start(self._take_samples, self._inbox.take_problem)
        self._show_positions()
        self._driver = PipelineThread(self.pipeline, self.clock, self._take_snapshot)
        self.controller.connect(self.clock.now_s())

    def _show_positions(self) -> None:
        tracker = self.tracker
        if not isinstance(tracker, PositionGuide):
            return
        try:
            tracker.show_positions(lambda left, right: self.pipeline.note_position(self.clock.now_s(), left, right))
        except DeviceError as error:
            _log.info("no position guide: %s", error.message)

    def tick(self, now_s: float) -> None:
        """Take in what other threads left and move the session on; call every few milliseconds."""
        self._inbox.run_answers()
        for problem in self._inbox.problems():
            self._on_problem(problem, now_s)
        news = self._watch.look(self._n_received, now_s)
        if news is not None:
            self._on_problem(news, now_s)
        self.controller.tick(now_s)
        self._take_trials()
        if self._driver is not None and self._snapshot is not None:  # somebody may be watching
            request = self._requests.while_looking(self._snapshot)
            if request is not None:
                self.inference.ask(request)
        for result in self._inbox.results():
            self._on_result(result)
        if now_s >= self._health_due_s:
            self._health_due_s = now_s + HEALTH_PERIOD_S
            self._archive.keep_clock(self.tracker, now_s)
            error = self.recorder.health().error
            if error is not None:
                self.controller.report_failure(error.message, now_s)

    def run_realtime(self, progress: Progress | None = None) -> RunSummary:
        """Lead the session without an experimenter, in real time, to its end."""
        pilot = Autopilot(self.controller)
        try:
            self.start()
            while not self.controller.state.is_over:
                now_s = self.clock.now_s()
                self.tick(now_s)
                pilot.tick(now_s)
                self._report(progress)
                time.sleep(0.004)
            end_s = self.clock.now_s() + SETTLE_S
            while not self.is_settled and self.clock.now_s() < end_s:
                self.tick(self.clock.now_s())
                time.sleep(0.01)
        finally:
            self.close()
        return self._ended(pilot)

    # Virtual time.

    def run_virtual(self, progress: Progress | None = None) -> RunSummary:
        """Lead the session without an experimenter, on the manual clock, to its end.

        Raises:
            Unsupported: The tracker's time cannot be driven.
            GazeAppError: The session failed; what was recorded is kept and closed.
        """
        clock, tracker = self.clock, self.tracker
        if not isinstance(clock, ManualClock) or not isinstance(tracker, SteppedTracker):
            raise Unsupported(f"{self.tracker.info.name} cannot be run faster than real time")
        pilot = Autopilot(self.controller)
        try:
            tracker.start_stepped(self._take_samples, self._inbox.take_problem)
            step = 0
            settle_s = math.inf
            while not self.controller.state.is_over or clock.now_s() < settle_s:
                clock.advance(STEP_S)
                tracker.advance(clock.now_s())
                if step % STEPS_PER_ADVANCE == 0:
                    self._take_snapshot(self.pipeline.advance(clock.now_s()))
                self.tick(clock.now_s())
                pilot.tick(clock.now_s())
                self._report(progress)
                step += 1
                if self.controller.state.is_over:
                    settle_s = min(settle_s, clock.now_s() + SETTLE_S) if self._n_open else 0.0
        finally:
            self.close()
        return self._ended(pilot)

    # The end.

    def close(self) -> None:
        """End everything in the right order and close the files; idempotent.

        Gaze stops first; what it left is analysed, answered and written before the files close.
        """
        if self._is_closed:
            return
        self._is_closed = True
        now_s = self.clock.now_s()
        if not self.controller.state.is_over:
            self.controller.abort(now_s, "closed before its end")
        self.tracker.stop()
        self._archive.keep_clock(self.tracker, now_s, at_end=True)
        if self._driver is not None:
            self._driver.close()
        self.pipeline.finish(now_s)
        self._take_trials()
        self.inference.drain(60.0)
        self.inference.close()
        for result in self._inbox.results():
            self._on_result(result)
        self._problems += self.inference.failures
        self._keep_embedding()
        health = self.recorder.close()
        if health.problem:
            self._problems.append(health.problem)
        self._inbox.close()
        if self._outlets is not None:
            self._outlets.close()
        self.tracker.close()
        self.study.close()

    def _keep_embedding(self) -> None:
        if self._embedding is None or "enrol" not in self.controller.plan.phases:
            return  # one that was known before is in the study already
        try:
            self.study.save_embedding(self.session.pseudonym, self._embedding, session_id=self.session.session_id)
        except GazeAppError as error:  # the session itself is safe in its own file
            self._problems.append(error.message)

    @property
    def summary(self) -> RunSummary:
        """What the run left behind so far."""
        validation = self.controller.validation
        return RunSummary(
            session=self.session,
            state=self.controller.state.value,
            n_samples=self.recorder.health().n_saved,
            n_trials=self._n_trials,
            n_interrupted=len(self.controller.interrupted),
            n_fixations=self._n_fixations,
            embedding=self._embedding,
            validation=validation.sentence if validation else "",
            problems=tuple(dict.fromkeys(self._problems)),
        )

    def _ended(self, pilot: Autopilot) -> RunSummary:
        if pilot.error is not None:
            raise pilot.error
        if self.controller.state is State.FAILED:
            raise self.recorder.health().error or GazeAppError(self.controller.message)
        return self.summary

    # From the tracker's thread.

    def _take_samples(self, samples: GazeSamples) -> None:
        self.recorder.take_samples(samples)
        self._ring.push(samples)
        if self._outlets is not None:
            self._outlets.push_samples(self.controller.correction.apply(samples))
        self._n_received += len(samples)

    # From the driver's thread.

    def _take_snapshot(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        for on_snapshot in self._snapshot_observers:
            on_snapshot(snapshot)

    # On the controller's thread.

    def _on_event(self, event: Event) -> None:
        self._archive.keep_event(event)
        self.pipeline.on_event(event)
        if self._outlets is not None:
            self._outlets.push_event(event)
        if isinstance(event, StimulusShown):
            self._onset_kinds[event.trial] = event.onset_kind
            self._n_open += 1
        elif isinstance(event, CrossShown):
            planned = self.controller.current_trial
            if planned is not None and self._participant_sees_overlay(planned.phase):
                frame = self.library.frame(planned.stimulus_id)
                self.inference.ask(self._requests.ahead(len(self.controller.exposures) - 1, frame))

    def _is_enrolment(self, exposure: int) -> bool:
        return self.controller.exposures[exposure].phase == "enrol"

    def _participant_sees_overlay(self, phase: str) -> bool:
        return phase == "overlay" and self.controller.plan.screens.show_overlay

    def _on_row(self, row: CalibrationRow | CorrectionRow | ValidationRow) -> None:
        if isinstance(row, CorrectionRow):
            correction = None if row.correction is None else Correction.from_json(row.correction)
            self.pipeline.set_correction(correction, row.from_time_s)
        self._archive.keep_quality(row)

    def _on_problem(self, problem: TrackerNotice, now_s: float) -> None:
        if problem.kind in ("lost", "restored"):
            self._watch.note(problem.kind, self._n_received, now_s)
        if problem.kind not in NEWS:
            self._archive.keep_problem(problem)
            self.pipeline.note_problem("" if problem.kind == "restored" else problem.message)
        self.controller.report_problem(problem, now_s)

    def _take_trials(self) -> None:
        for record in self.pipeline.take_trials():
            self._on_trial(record)

    def _on_trial(self, record: TrialRecord) -> None:
        self._n_open -= 1
        planned = self.controller.exposures[record.trial]
        is_interrupted = record.trial in self.controller.interrupted
        frames = self.controller.delays_s(record.trial)
        if self._frame_timing is not None:
            frames |= self._frame_timing(record.shown_s, record.hidden_s)
        self._archive.keep_trial(
            record,
            planned,
            onset_kind=self._onset_kinds.get(record.trial, "virtual"),
            is_interrupted=is_interrupted,
            frames=frames,
        )
        self._n_trials += not is_interrupted
        self._n_fixations += len(record.fixations)
        self._finished.append(record)
        if self._outlets is not None:
            self._outlets.push_fixations(fixations_on_display(record))
        if not is_interrupted:
            self.inference.ask(self._requests.at_the_end(record))

    def _on_result(self, result: InferenceResult) -> None:
        if result.error:
            self._problems.append(result.error)
        if result.embedding is not None:
            self._embedding = result.embedding
        self._show_overlay(result)
        if result.final:
            self._archive.keep_result(
                result,
                self.clock.now_s(),
                self.inference.networks.in_use,
                is_enrolment=self._is_enrolment(result.trial),
            )
        self.progress = self.inference.networks.progress
        if self.progress is not None:
            self.controller.report_enough(self.progress.is_enough)
        for on_result in self._result_observers:
            on_result(result)

    def _show_overlay(self, result: InferenceResult) -> None:
        if result.personal is None or not self.controller.plan.screens.show_overlay:
            return
        from gazeapp.saliency.colors import overlay_rgba

        self.library.set_overlay(result.stimulus_id, overlay_rgba(result.personal, vmax=float(result.personal.max())))

    def _report(self, progress: Progress | None) -> None:
        if progress is not None:
            controller = self.controller
            progress(controller.n_done, controller.n_trials, controller.phase)
