"""What follows from gaze while a session runs, on the pipeline's thread: rows for the disk, questions for the networks.

The window has no part in it: a finished trial reaches recorder, networks and listeners however long the window is
busy.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from gazeapp.devices.stamp_notices import StampNotices
from gazeapp.devices.tracker import NEWS, ClockReporting, Tracker, TrackerNotice
from gazeapp.errors import GazeAppError
from gazeapp.experiment.stimulus_set import StimulusSet
from gazeapp.experiment.trial import Exposure
from gazeapp.gaze.clock import Clock
from gazeapp.gaze.correction_timeline import CorrectionTimeline
from gazeapp.gaze.ring import SampleRing
from gazeapp.gaze.samples import GazeSamples
from gazeapp.gaze.stamp_gate import RateWatch
from gazeapp.runtime.inference import Inference
from gazeapp.runtime.inference_requests import RequestMaker
from gazeapp.runtime.pipeline import Pipeline
from gazeapp.runtime.publisher import Publisher, fixations_on_display
from gazeapp.runtime.recorder import Recorder
from gazeapp.runtime.session_log import problem_row, trial_row
from gazeapp.runtime.snapshot import InferenceRequest, Snapshot, TrialRecord
from gazeapp.runtime.stream_watchdog import StreamWatchdog
from gazeapp.store.records import TrialRow

CLOCK_PERIOD_S = 30.0
"""How often the measurements of the tracker's clock are kept: what a crash may cost of them."""


class SessionAnalysis:
    """Takes gaze from the tracker's thread; everything else happens in `advance`, on the pipeline's thread.

    Args:
        tracker: Whose silence and clock are watched.
        clock: The session clock.
        ring: Where samples go for all who read them.
        corrections: What is in force when.
        pipeline: Analyses the samples.
        recorder: Takes the rows.
        inference: Is asked.
        library: Pixels of the images asked about.
        publisher: Where gaze and fixations are published.
        offsets: Measurements of the tracker's clock from earlier parts of the session, which are kept with the new
            ones.
    """

    def __init__(
        self,
        *,
        tracker: Tracker,
        clock: Clock,
        ring: SampleRing,
        corrections: CorrectionTimeline,
        pipeline: Pipeline,
        recorder: Recorder,
        inference: Inference,
        library: StimulusSet,
        publisher: Publisher | None,
        offsets: Sequence[Sequence[float]] = (),
    ) -> None:
        self._earlier_offsets = [list(row) for row in offsets]
        self._tracker = tracker
        self._clock = clock
        self._stamps = StampNotices(tracker.info.name)
        self._rate = RateWatch(tracker.info.rate_hz)
        self._ring = ring
        self._corrections = corrections
        self._pipeline = pipeline
        self._recorder = recorder
        self._inference = inference
        self._publisher = publisher
        self._lock = threading.Lock()
        self._exposures: dict[int, tuple[Exposure, Mapping[str, float]]] = {}
        self._problems: deque[TrackerNotice] = deque()
        self._finished: deque[TrialRow] = deque()
        self._watchdog = StreamWatchdog(tracker.info.name, clock.now_s())
        self._n_offsets = 0
        self._clock_due_s = CLOCK_PERIOD_S
        self.n_received = self.n_closed = self.n_trials = self.n_fixations = 0
        """Samples; exposures that are over, those among them that were not interrupted, and their fixations."""
        self.on_problem: list[Callable[[TrackerNotice, float], None]] = []
        """Told, on the pipeline's thread, of everything the tracker reports."""
        self.requests = RequestMaker(library.image_rgb, library.display, self.is_enrolment)

    # From the tracker's thread.

    def take_samples(self, samples: GazeSamples) -> None:
        """Hand samples to the recorder as they came, and corrected, once, to all others; but such as have no possible
        time to nobody.
        """
        now_s = self._clock.now_s()
        samples, news = self._stamps.sift(samples, now_s)
        self._problems.extend(news)
        if not len(samples):
            return
        change = self._rate.update(samples)
        if change is not None:
            words = f"{self._tracker.info.name} delivers {change[1]:.4g} Hz now instead of {change[0]:.4g} Hz"
            self._problems.append(TrackerNotice(time_s=now_s, kind="rate-changed", message=words))
        self._recorder.take_samples(samples)
        gaze = self._corrections.newest.apply(samples)
        self._ring.push(gaze)
        if self._publisher is not None:
            self._publisher.push_samples(gaze.corrected)
        self.n_received += len(samples)

    def take_problem(self, problem: TrackerNotice) -> None:
        """Trouble with the tracker; from any thread."""
        self._problems.append(problem)

    # From the controller's thread.

    def note_exposure(self, exposure: Exposure, frames: Mapping[str, float]) -> None:
        """What is known about an exposure that begins or ends; before the pipeline is told of it.

        Args:
            exposure: What the participant is shown.
            frames: What is known about the frames of the screen meanwhile.
        """
        with self._lock:
            self._exposures[exposure.number] = (exposure, frames)

    def take_trials(self) -> list[TrialRow]:
        """Trials that were finished and handed to the recorder since the last call."""
        return [self._finished.popleft() for _ in range(len(self._finished))]

    # On the pipeline's thread (in virtual time, and when that thread has ended: on the caller's).

    def start(self, now_s: float) -> None:
        """Gaze begins to flow."""
        self._watchdog.start(now_s)

    def advance(self, now_s: float) -> Snapshot:
        """Move everything on by what arrived."""
        self.look_at_stream(now_s)
        snapshot = self.analyse(now_s)
        if snapshot.trial is not None:  # somebody may be watching
            self._ask(snapshot.trial, lambda: self.requests.while_looking(snapshot))
        return snapshot

    def analyse(self, now_s: float) -> Snapshot:
        """Analyse what arrived, and see to the trials that are over."""
        snapshot = self._pipeline.advance(now_s)
        self._close_trials()
        return snapshot

    def look_at_stream(self, now_s: float) -> None:
        """Notice trouble with the tracker, and keep what is known about its clock."""
        while self._problems:
            self._keep_problem(self._problems.popleft(), now_s)
        news = self._watchdog.look(self.n_received, now_s)
        if news is not None:
            self._keep_problem(news, now_s)
        if now_s >= self._clock_due_s:
            self._clock_due_s = now_s + CLOCK_PERIOD_S
            self._keep_clock()

    def finish(self, now_s: float) -> None:
        """No gaze comes any more: close every trial with what there is."""
        self._problems.extend(self._stamps.due(now_s))
        while self._problems:
            self._keep_problem(self._problems.popleft(), now_s)
        self._keep_clock()
        self._pipeline.finish(now_s)
        self._close_trials()

    def _close_trials(self) -> None:
        while (record := self._pipeline.next_trial()) is not None:
            self._close_trial(record)

    def _close_trial(self, record: TrialRecord) -> None:
        with self._lock:
            exposure, frames = self._exposures[record.trial]
        row = trial_row(record, exposure, frames)
        self._recorder.take(row)
        self._finished.append(row)
        self.n_closed += 1
        self.n_trials += not exposure.is_interrupted
        self.n_fixations += len(record.fixations)
        if self._publisher is not None:
            self._publisher.push_fixations(fixations_on_display(record))
        if not exposure.is_interrupted:
            self._ask(record.trial, lambda: self.requests.at_the_end(record))

    def _ask(self, trial: int, make: Callable[[], InferenceRequest | None]) -> None:
        """A picture that cannot be read any more costs its maps and nothing else."""
        try:
            request = make()
        except GazeAppError as error:
            self._inference.note_failure(trial, error)
            return
        if request is not None:
            self._inference.ask(request)

    def _keep_problem(self, problem: TrackerNotice, now_s: float) -> None:
        if problem.kind in ("lost", "restored"):
            self._watchdog.note(problem.kind, self.n_received, now_s)
        if problem.kind not in NEWS:
            self._recorder.take(problem_row(problem))
            self._pipeline.note_problem("" if problem.kind == "restored" else problem.message)
        for on_problem in self.on_problem:
            on_problem(problem, now_s)

    def _keep_clock(self) -> None:
        """The measurements so far of a tracker's clock that is not this computer's."""
        if not isinstance(self._tracker, ClockReporting):
            return
        offsets = self._tracker.clock_offsets
        if len(offsets) != self._n_offsets:
            self._n_offsets = len(offsets)
            values = [[o.time_s, o.offset_s, o.uncertainty_s] for o in offsets]
            self._recorder.take({"clock_offsets": self._earlier_offsets + values})

    def is_enrolment(self, exposure: int) -> bool:
        """Whether its gaze is to be learnt; from any thread."""
        with self._lock:
            return self._exposures[exposure][0].planned.phase == "enrol"
