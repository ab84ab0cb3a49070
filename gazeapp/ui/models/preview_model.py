"""A look at a tracker before the session: where its gaze falls, what was found in which channel, where the eyes are."""

from __future__ import annotations

import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from gazeapp.devices.lsl.stream_choice import forget, recall
from gazeapp.devices.tracker import PositionGuide, Tracker, TrackerNotice
from gazeapp.errors import GazeAppError, Unsupported
from gazeapp.gaze.clock import MonotonicClock
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.head_position import HeadPositionEstimator
from gazeapp.runtime.snapshot import HeadPosition
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.error_words import error_words
from gazeapp.ui.models.tracker_choice import TrackerChoice

if TYPE_CHECKING:
    from gazeapp.devices.lsl.inlet import StreamDescription
    from gazeapp.gaze.channels.layout import GazeLayout
    from gazeapp.gaze.channels.unit import Unit
    from gazeapp.ui.models.tracker_choice import TrackerChoice

_log = logging.getLogger(__name__)

REFRESH_MS = 50
TRAIL_S = 0.5
BACKENDS = ("lsl", "tobii", "webcam")
"""Those whose gaze can be read wrongly or that may not see the eyes; the others need no look before."""

Open = Callable[[TrackerChoice, Display, MonotonicClock], Tracker]


@runtime_checkable
class Explained(Protocol):
    """A tracker that says what it found in which channel."""

    @property
    def layout(self) -> GazeLayout:
        """What its columns hold."""
        ...

    @property
    def stream(self) -> StreamDescription:
        """Its channels."""
        ...

    @property
    def unit(self) -> Unit:
        """As stated, or as the values show it to be."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """The last half second."""

    trail_px: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
    """(N, 2) display pixels, NaN where gaze is missing."""
    rate_hz: float
    loss: float
    """Share of invalid samples, 0 to 1; NaN without any."""
    head: HeadPosition | None


class PreviewModel(QObject):
    """At most one tracker is open, and none once a session is built; opening and closing never wait here."""

    changed = Signal()
    """What was opened, or what is known of it."""
    moved = Signal()
    """There is newer gaze."""

    def __init__(self, bridge: QtBridge, open_tracker: Open | None = None) -> None:
        super().__init__()
        self._bridge, self._open = bridge, open_tracker or _open
        self._lock = threading.Lock()
        self._turn = 0
        self._tracker: Tracker | None = None
        self._explained: Explained | None = None
        self._unread: StreamDescription | None = None
        self._clock = MonotonicClock()
        self.choice: TrackerChoice | None = None
        self.display: Display | None = None
        self.is_opening = False
        self.problem = ""
        self.notes: tuple[str, ...] = ()
        self._closed = threading.Event()
        self._closed.set()
        self._reset()
        self._timer = QTimer(self)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.moved)

    @property
    def is_open(self) -> bool:
        """Whether gaze comes."""
        return self._tracker is not None

    @property
    def explained(self) -> Explained | None:
        """What was found in which channel, for trackers that say so."""
        return self._explained

    @property
    def stream(self) -> StreamDescription | None:
        """The channels of the tracker's stream, also of one that could not be read: they can be named by hand."""
        return self._explained.stream if self._explained is not None else self._unread

    @property
    def remembered(self) -> Mapping[str, str]:
        """What somebody said about this source; empty while it is read as it describes itself."""
        stream = self.stream
        return recall(stream.source_id) if stream is not None else {}

    def show(self, choice: TrackerChoice | None, display: Display | None) -> None:
        """Look at a tracker; None, or one that needs no look, ends what was open."""
        if choice == self.choice and display == self.display:
            return
        self.stop()
        self._explained = self._unread = None
        self.choice, self.display = choice, display
        if choice is not None and display is not None and choice.backend in BACKENDS:
            self._begin(choice, display)
        self.changed.emit()

    def read_as(self, overrides: Mapping[str, str]) -> None:
        """Read the channels otherwise, and remember it for this source; empty values leave it to the channels.

        What cannot be right is told, and the source is read as it describes itself again.
        """
        stream, choice, display = self.stream, self.choice, self.display
        said = {key: value for key, value in overrides.items() if value}
        if stream is None or choice is None or display is None or said == self.remembered:
            return
        forget(stream.source_id)
        self._end()
        options = {**choice.options, **said}
        self._begin(replace(choice, options=options), display, undo=bool(said))
        self.changed.emit()

    def stop(self) -> None:
        """Give the tracker back, in the background; `wait_closed` tells when that is done."""
        self._end()
        self.choice = self.display = None

    def wait_closed(self, timeout_s: float) -> None:
        """Wait, on another thread, until the tracker is free for the session."""
        self._closed.wait(timeout_s)

    def look(self) -> Look:
        """What came last."""
        with self._lock:
            chunks = list(self._chunks)
        if not chunks:
            return Look(trail_px=np.empty((0, 2)), rate_hz=math.nan, loss=math.nan, head=None)
        samples = GazeSamples.concatenate(chunks)
        span_s = float(samples.time_s[-1] - samples.time_s[0])
        gaze_px = np.where(samples.valid[:, None], samples.gaze_px, np.nan)
        return Look(
            trail_px=gaze_px,
            rate_hz=(len(samples) - 1) / span_s if span_s > 0 else math.nan,
            loss=1 - float(samples.valid.mean()),
            head=self._head.position(self._clock.now_s()),
        )

    def _begin(self, choice: TrackerChoice, display: Display, *, undo: bool = False) -> None:
        self._turn += 1
        turn, clock, opener = self._turn, self._clock, self._open
        self.is_opening, self.notes = True, ()
        self._reset()
        self._closed.clear()

        def opened(result: Tracker | Exception) -> None:
            if turn != self._turn:
                if not isinstance(result, Exception):
                    self._close(result)
                return
            self.is_opening = False
            if isinstance(result, Exception):
                self._closed.set()
                self.problem = error_words(result if isinstance(result, GazeAppError) else str(result))
                if isinstance(result, Unsupported):
                    self._unread = cast("StreamDescription | None", result.stream)
                if undo and self.stream is not None:
                    forget(self.stream.source_id)
                if undo and self._explained is not None and self.choice is not None:
                    self._begin(self.choice, display)
            else:
                self._start(result)
            self.changed.emit()

        self._bridge.run(lambda: opener(choice, display, clock), opened)

    def _start(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._explained = tracker if isinstance(tracker, Explained) else None
        if isinstance(tracker, PositionGuide):
            try:
                tracker.show_positions(lambda left, right: self._head.take_guide(self._clock.now_s(), left, right))
            except GazeAppError as error:
                _log.info("%s", error.message)  # distance and gaze are shown anyway
        tracker.start(self._take, self._note)
        self._timer.start()

    def _end(self) -> None:
        self._turn += 1
        self._timer.stop()
        self.is_opening, self.problem, self.notes = False, "", ()
        tracker, self._tracker = self._tracker, None
        if tracker is not None:
            self._close(tracker)
        self._reset()

    def _close(self, tracker: Tracker) -> None:
        self._closed.clear()

        def close() -> None:
            try:
                tracker.close()
            finally:
                self._closed.set()

        self._bridge.run(close, lambda _done: None)

    def _reset(self) -> None:
        self._chunks: deque[GazeSamples] = deque()
        self._head = HeadPositionEstimator()

    # From the tracker's threads.

    def _take(self, samples: GazeSamples) -> None:
        if not len(samples):
            return
        with self._lock:
            self._chunks.append(samples)
            while self._chunks[0].time_s[-1] < samples.time_s[-1] - TRAIL_S:
                self._chunks.popleft()
            self._head.add(samples)

    def _note(self, problem: TrackerNotice) -> None:
        def tell() -> None:
            self.notes = (*self.notes, error_words(problem.message))[-3:]
            self.changed.emit()

        self._bridge.call(tell)


def _open(choice: TrackerChoice, display: Display, clock: MonotonicClock) -> Tracker:
    from gazeapp.devices.discovery import open_tracker

    if choice.backend == "webcam":
        from gazeapp.runtime.open_tracker import open_webcam

        return open_webcam(choice.options, clock, display)
    return open_tracker(choice.backend, clock=clock, display=display, options=choice.options)
