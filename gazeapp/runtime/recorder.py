"""Gaze and events to disk, on a path on which nothing waits."""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from gazeapp.errors import StoreError
from gazeapp.gaze.clock import Clock
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.records import CalibrationRow, CorrectionRow, TrialRow, ValidationRow
from gazeapp.store.writer import Kept

_log = logging.getLogger(__name__)

COMMIT_PERIOD_S = 0.1
"""What waits for it, and a turn of a busy machine's processor, is what a crash costs: well below 250 ms."""
INLINE_PERIOD_S = 0.25
"""In virtual time, where commits cost more than a crash does."""
RETRY_PERIOD_S = 1.0
"""Between attempts while the disk refuses."""
SETTLE_PERIOD_S = 10.0
"""What a power cut costs at most; a trial's end, a calibration and the like are settled at once."""
_AT_ONCE = (CalibrationRow, CorrectionRow, TrialRow, ValidationRow)
_JOIN_TIMEOUT_S = 30.0


class Writer(Protocol):
    """What the recorder needs of a session writer; it is called from one thread at a time."""

    @property
    def n_samples(self) -> int:
        """Samples in committed transactions."""
        ...

    def write(self, item: Kept) -> None:
        """Add samples, an event, a row or facts to the open transaction."""
        ...

    def commit(self) -> None:
        """Make the open transaction last."""
        ...

    def go_live(self) -> None:
        """Never wait for the disk in `commit` any more: `settle` is called beside it."""
        ...

    def settle(self) -> None:
        """Have what was committed survive a power cut, however long the disk takes; `commit` may go on meanwhile."""
        ...

    def rollback(self) -> None:
        """Forget the open transaction."""
        ...

    def close(self) -> None:
        """Give the file back."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderHealth:
    """What has reached the disk and what has not."""

    n_saved: int
    """Samples in committed transactions."""
    n_waiting: int
    """Samples in memory that wait for the disk."""
    queue_length: int
    """Chunks and records that wait for the disk."""
    saved_s: float
    """Session time of the last commit; NaN before the first."""
    problem: str
    """The latest trouble in words; empty when all that was tried was written."""
    error: StoreError | None
    """The same as an error that a session can stop with."""
    n_rejected: int
    """Records that could not be written for a reason other than the disk; each was logged."""


class Recorder:
    """Takes samples, events and rows from any thread and writes them in order in its own.

    What was committed survives the end of the program, however it comes. That it survives a power cut too is seen to
    by a second thread: waiting for the disk takes long on a busy machine, and a commit does not.

    Taking never blocks and never fails: the queue is unbounded and its length is reported. When the disk is full or
    fails, everything since the last commit stays in memory, in order, and is tried again every second; the trouble
    is reported in `health`, never raised into the thread that delivers gaze.

    Args:
        writer: Writes the session; from here on it belongs to the recorder, which closes it.
        clock: The session clock, read for "saved … ago" only.
        inline: Write on the calling thread instead of an own one, every `INLINE_PERIOD_S` of the clock: for virtual
            time, where a thread's pace would mean nothing.
    """

    def __init__(self, writer: Writer, clock: Clock, *, inline: bool = False) -> None:
        self._writer = writer
        self._clock = clock
        self._inline = inline
        self._queue: deque[Kept] = deque()
        self._batch: list[Kept] = []
        self._write_lock = threading.Lock()
        self._n_taken = 0
        self._count_lock = threading.Lock()
        self._n_saved = 0
        self._n_rejected = 0
        self._saved_s = float("nan")
        self._problem = ""
        self._error: StoreError | None = None
        self._doubt: StoreError | None = None
        self._due_s = clock.now_s() + INLINE_PERIOD_S
        self._is_closed = False
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None
        self._unsettled = threading.Event()
        self._settler: threading.Thread | None = None
        if not inline:
            writer.go_live()
            self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
            self._settler = threading.Thread(target=self._settle, name="recorder-disk", daemon=True)
            self._thread.start()
            self._settler.start()

    def take_samples(self, samples: GazeSamples) -> None:
        """Record samples: a `GazeSink`."""
        if len(samples) == 0:
            return
        with self._count_lock:
            self._n_taken += len(samples)
            self._queue.append(samples)
        self._taken()

    def take(self, item: Kept) -> None:
        """Record anything else that a session keeps: an event, a row, facts about the session."""
        self._queue.append(item)
        self._taken()
        if isinstance(item, _AT_ONCE):
            self._wake.set()

    def health(self) -> RecorderHealth:
        """Numbers for the display; cheap, from any thread."""
        return RecorderHealth(
            n_saved=self._n_saved,
            n_waiting=self._n_taken - self._n_saved,
            queue_length=len(self._queue) + len(self._batch),
            saved_s=self._saved_s,
            problem=self._problem,
            error=self._error,
            n_rejected=self._n_rejected,
        )

    def flush(self) -> bool:
        """Write everything taken so far before returning; False when the disk refused. Waits for the disk."""
        with self._write_lock:
            return self._write_waiting()

    def close(self) -> RecorderHealth:
        """Write what waits, close the writer, end the thread; idempotent.

        Returns:
            The last health: with `problem` set and `n_waiting` above 0 when the disk refused to the end.
        """
        if self._is_closed:
            return self.health()
        self._is_closed = True
        for signal, thread in ((self._wake, self._thread), (self._unsettled, self._settler)):
            signal.set()
            if thread is not None:
                thread.join(_JOIN_TIMEOUT_S)
                if thread.is_alive():
                    _log.warning("the thread %s did not end within %.0f s", thread.name, _JOIN_TIMEOUT_S)
                    return self.health()
        with self._write_lock:
            if not self._write_waiting():
                _log.warning("%d samples could not be written: %s", self.health().n_waiting, self._problem)
            try:
                self._writer.close()
            except StoreError as error:
                self._note(error)
        return self.health()

    def _taken(self) -> None:
        if not self._inline:
            return
        now_s = self._clock.now_s()
        if now_s >= self._due_s:
            self._due_s = now_s + (INLINE_PERIOD_S if self.flush() else RETRY_PERIOD_S)

    def _work(self) -> None:
        period_s = COMMIT_PERIOD_S
        while not self._is_closed:
            self._wake.wait(period_s)
            self._wake.clear()
            with self._write_lock:
                period_s = COMMIT_PERIOD_S if self._write_waiting() else RETRY_PERIOD_S

    def _settle(self) -> None:
        while not self._is_closed:
            self._unsettled.wait(SETTLE_PERIOD_S)
            self._unsettled.clear()
            try:
                self._writer.settle()
            except StoreError as error:  # what was written may not outlive a power cut
                self._doubt = error
                self._note(error)

    def _write_waiting(self) -> bool:
        """One transaction with all that waits; on failure it all stays in `_batch`."""
        while self._queue:
            self._batch.append(self._queue.popleft())
        self._batch = _join_samples(self._batch)
        if not self._batch:
            return True
        try:
            self._write(self._batch)
        except StoreError as error:
            self._note(error)
            return False
        except Exception as error:  # the thread's outermost loop: one bad record must not cost the others
            _log.debug("writing %d records failed (%s); each is tried alone", len(self._batch), error)
            return self._write_one_by_one()
        self._batch = []
        self._tell_doubts()
        return True

    def _tell_doubts(self) -> None:
        """All that waited is written; what remains to be told are doubts about it."""
        self._problem, self._error = "", self._doubt
        if self._doubt is not None:
            self._problem = self._doubt.message
        elif self._n_rejected:
            plural = "s" if self._n_rejected > 1 else ""
            self._problem = f"{self._n_rejected} record{plural} could not be written; the log says why"

    def _write_one_by_one(self) -> bool:
        while self._batch:
            try:
                self._write(self._batch[:1])
            except StoreError as error:
                self._note(error)
                return False
            except Exception:  # see _write_waiting
                _log.exception("a record cannot be written and is left out")
                self._n_rejected += 1
            del self._batch[0]
        self._tell_doubts()
        return True

    def _write(self, items: list[Kept]) -> None:
        n_before = self._writer.n_samples
        try:
            for item in items:
                self._writer.write(item)
            self._writer.commit()
        except Exception as error:
            if self._writer.n_samples == n_before:
                self._writer.rollback()
                raise
            # committed, and something went wrong after it: writing again would store everything twice
            self._doubt = error if isinstance(error, StoreError) else StoreError(str(error))
            _log.exception("the data was written, but the writer reports trouble")
        self._n_saved += self._writer.n_samples - n_before
        self._saved_s = self._clock.now_s()
        if any(isinstance(item, _AT_ONCE) for item in items):
            self._unsettled.set()

    def _note(self, error: StoreError) -> None:
        if self._problem != error.message:  # repeated every second while it lasts: logged once
            _log.warning("recording: %s", error.message)
        self._problem, self._error = error.message, error


def _join_samples(items: list[Kept]) -> list[Kept]:
    """Neighbouring chunks become one: a tracker that delivers single samples costs no more than one with blocks."""
    joined: list[Kept] = []
    run: list[GazeSamples] = []

    def end_run() -> None:
        if run:
            joined.append(GazeSamples.concatenate(run))
            run.clear()

    for item in items:
        if isinstance(item, GazeSamples):
            if run and run[0].eyes != item.eyes:
                end_run()
            run.append(item)
        else:
            end_run()
            joined.append(item)
    end_run()
    return joined
