"""From samples to what is shown and stored: ring → fixations → trials, one step at a time."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from gazeapp.devices.watchdog import SILENCE_S
from gazeapp.gaze.correction_timeline import CorrectionTimeline, GazeCorrection, GazeCursor
from gazeapp.gaze.display import StimulusFrame
from gazeapp.runtime.display_trace import DURATION_S, Trace
from gazeapp.runtime.head_position import HeadPositionEstimator
from gazeapp.runtime.recorder import RecorderHealth
from gazeapp.runtime.sample_history import SampleHistory
from gazeapp.runtime.snapshot import Place, Snapshot, TrialRecord
from gazeapp.runtime.stream_statistics import StreamStatistics
from gazeapp.runtime.trial_analysis import DetectorFactory, RunningTrial
from gazeapp.store.events import Event, StimulusHidden, StimulusShown

HISTORY_S = 10.0
"""How late a stimulus' onset may be told and still give the exact result."""


class SampleCursor(GazeCursor, Protocol):
    """The pipeline's place in the sample ring."""

    @property
    def n_missed(self) -> int:
        """Samples overwritten before they were read."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    trial: int
    frame: StimulusFrame
    time_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hidden:
    time_s: float


class Pipeline:
    """The analysis of a running session; reads no clock, starts no thread, touches no file.

    `advance` is called from one thread. All other methods may be called from any thread at any time: they leave a note
    that the next `advance` reads, so nobody ever waits for a step.

    A trial's definitive result depends only on the samples in [shown, hidden) and on the correction in force at its
    onset: not on chunks, not on when `advance` ran, not on how late (up to 10 s) onset and end were told. Stored
    samples run through `detect_trial` therefore give the same numbers to the bit.

    Args:
        cursor: Where samples come from, corrected where somebody did so before.
        make_detector: Makes a fresh fixation detector for the definitive result.
        make_live_detector: The same for what is shown meanwhile, where the other needs the whole trial; None uses
            the one detector for both.
        rate_hz: The tracker's nominal rate; NaN for irregular sources.
        corrections: What is in force when; shared with whoever corrects samples as they arrive.
        recording: Tells how the recorder is doing, for the snapshots; None when nothing is recorded.
    """

    def __init__(
        self,
        cursor: SampleCursor,
        make_detector: DetectorFactory,
        *,
        make_live_detector: DetectorFactory | None = None,
        rate_hz: float = math.nan,
        corrections: CorrectionTimeline | None = None,
        recording: Callable[[], RecorderHealth] | None = None,
    ) -> None:
        self._cursor = cursor
        self._make_detector = make_detector
        self._make_live_detector = make_live_detector
        self._rate_hz = rate_hz
        self._recording = recording
        self._notes: deque[_Shown | _Hidden] = deque()
        self._finished: deque[TrialRecord] = deque()
        self._corrections = corrections or CorrectionTimeline()
        self._looked_s: deque[tuple[float, float]] = deque()
        self._history = SampleHistory()
        self._trace = Trace(rate_hz)
        self._meter = StreamStatistics(rate_hz)
        self._head = HeadPositionEstimator()
        self._open: list[RunningTrial] = []
        self._heard_s = -math.inf
        self._number = 0
        self._n_missed = 0

    def show_stimulus(self, trial: int, frame: StimulusFrame, shown_s: float) -> None:
        """A stimulus appeared at `shown_s`; one that is still on the screen is hidden by it."""
        self._notes.append(_Shown(trial=trial, frame=frame, time_s=shown_s))

    def hide_stimulus(self, hidden_s: float) -> None:
        """The stimulus went away at `hidden_s`."""
        self._notes.append(_Hidden(time_s=hidden_s))

    def on_event(self, event: Event) -> None:
        """Take from a session's event what concerns the pipeline: stimuli that appear and go."""
        if isinstance(event, StimulusShown):
            self.show_stimulus(event.trial, event.frame, event.time_s)
        elif isinstance(event, StimulusHidden):
            self.hide_stimulus(event.time_s)

    def set_correction(self, correction: GazeCorrection | None, from_s: float) -> None:
        """Correct gaze differently from `from_s` on; a trial keeps the correction of its onset."""
        self._corrections.put(correction, from_s)

    def note_problem(self, problem: str) -> None:
        """Show trouble with the tracker in the snapshots' health; "" when it is over."""
        self._meter.note(problem)

    def note_position(self, time_s: float, left: Place | None, right: Place | None) -> None:
        """Show where the tracker's own guide sees the eyes; None for one that it does not see."""
        self._head.take_guide(time_s, left, right)

    def next_trial(self) -> TrialRecord | None:
        """The oldest trial that closed and was not taken yet."""
        return self._finished.popleft() if self._finished else None

    def take_trials(self) -> list[TrialRecord]:
        """All of them, in order."""
        return list(iter(self.next_trial, None))

    def advance(self, now_s: float) -> Snapshot:
        """Take in what arrived and say how things stand at `now_s`."""
        gaze = self._cursor.read()
        if len(gaze):
            self._heard_s = now_s
            self._history.add(gaze)
            self._meter.add(gaze.raw)
            self._head.add(gaze.raw)
        while self._notes:
            self._read_note(self._notes.popleft())
        self._note_missed(self._cursor.n_missed)
        if len(gaze):
            self._trace.add(gaze.by(self._corrections.newest))
        for trial in self._open:
            self._feed(trial)
        self._close_finished(now_s)
        self._history.drop_before(self._needed_s())
        return self._snapshot(now_s)

    def finish(self, now_s: float) -> Snapshot:
        """The session ends: close every trial with the samples there are; one still shown ends at `now_s`.

        Called when nobody calls `advance` any more.
        """
        self.hide_stimulus(now_s)
        self.advance(now_s)
        for trial in self._open:
            self._close(trial)
        self._open = []
        return self._snapshot(now_s)

    def _note_missed(self, n_missed: int) -> None:
        if n_missed > self._n_missed:
            self._n_missed = n_missed
            self._meter.note_missed(n_missed)
            for trial in self._open:
                trial.is_whole = False

    def _read_note(self, note: _Shown | _Hidden) -> None:
        if self._open and self._open[-1].hidden_s is None:
            self._open[-1].hidden_s = note.time_s
        if isinstance(note, _Shown):
            self._open.append(
                RunningTrial(
                    note.trial,
                    note.frame,
                    note.time_s,
                    make_detector=self._make_detector,
                    make_live_detector=self._make_live_detector,
                    rate_hz=self._rate_hz,
                    next_index=self._history.index_at(note.time_s),
                )
            )

    def _feed(self, trial: RunningTrial) -> None:
        new = self._history.since(trial.next_index)
        trial.next_index = self._history.n_seen
        stop_s = math.inf if trial.hidden_s is None else trial.hidden_s
        if len(new) and not (trial.shown_s <= new.raw.time_s[0] and new.raw.time_s[-1] < stop_s):
            new = new.between(trial.shown_s, stop_s)
        found = trial.feed(new, self._corrections.at(trial.shown_s))
        self._looked_s.extend((fixation.onset_s, fixation.end_s) for fixation in found)

    def _close_finished(self, now_s: float) -> None:
        while self._open:
            hidden_s = self._open[0].hidden_s
            if hidden_s is None:
                return
            is_reached = self._meter.last_sample_s >= hidden_s
            is_silent = now_s - max(self._heard_s, hidden_s) >= SILENCE_S
            if not (is_reached or is_silent):
                return
            self._close(self._open.pop(0))

    def _close(self, trial: RunningTrial) -> None:
        hidden_s = trial.hidden_s
        assert hidden_s is not None  # only trials whose end was told are closed
        gaze = self._history.between(trial.shown_s, hidden_s)
        is_reached = self._meter.last_sample_s >= hidden_s
        record = trial.close(gaze, self._corrections.at(trial.shown_s), complete=is_reached)
        self._looked_s.extend((f.onset_s, f.end_s) for f in record.fixations[len(trial.fixations) :])
        self._finished.append(record)

    def _needed_s(self) -> float:
        newest_s = self._meter.last_sample_s
        oldest_s = newest_s - HISTORY_S if math.isfinite(newest_s) else -math.inf
        return min([oldest_s, *(trial.shown_s for trial in self._open)])

    def _snapshot(self, now_s: float) -> Snapshot:
        self._number += 1
        shown = self._open[-1] if self._open and self._open[-1].hidden_s is None else None
        time_s, gaze_px, left_px, right_px = self._trace.copy()
        while self._looked_s and self._looked_s[0][1] < now_s - DURATION_S:
            self._looked_s.popleft()
        return Snapshot(
            number=self._number,
            time_s=now_s,
            trial=shown.trial if shown else None,
            frame=shown.frame if shown else None,
            trace_time_s=time_s,
            trace_px=gaze_px,
            trace_left_px=left_px,
            trace_right_px=right_px,
            fixations=shown.fixations if shown else (),
            looked_s=tuple(self._looked_s),
            health=self._meter.health(now_s, self._recording() if self._recording else None),
            head=self._head.position(now_s),
        )
