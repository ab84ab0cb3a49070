"""The last seconds of gaze, put together from snapshots that each carry about one second."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gazeapp.runtime.snapshot import Snapshot
from gazeapp.ui.widgets.gaze_trace import SPAN_S, TraceWindow


class TraceMemory:
    """Joins snapshots; a snapshot that was skipped costs nothing as long as their seconds overlap."""

    def __init__(self) -> None:
        self._time_s = np.empty(0)
        self._gaze_px = np.empty((0, 2))
        self._fixations_s: dict[float, float] = {}
        self._now_s = 0.0

    def add(self, snapshot: Snapshot) -> None:
        """Take what is new in a snapshot."""
        self._now_s = snapshot.time_s
        last_s = self._time_s[-1] if len(self._time_s) else -np.inf
        first = int(np.searchsorted(snapshot.trace_time_s, last_s, side="right"))
        time_s = np.concatenate([self._time_s, snapshot.trace_time_s[first:]])
        keep = int(np.searchsorted(time_s, self._now_s - SPAN_S))
        self._gaze_px = np.concatenate([self._gaze_px, snapshot.trace_px[first:]])[keep:]
        self._time_s = time_s[keep:]
        for fixation in snapshot.fixations:
            # the latest fixation grows until it is final: its onset identifies it
            self._fixations_s[fixation.onset_s] = fixation.end_s
        for onset_s in [o for o, end_s in self._fixations_s.items() if end_s < self._now_s - SPAN_S]:
            del self._fixations_s[onset_s]

    def window(self, size_px: tuple[float, float]) -> TraceWindow:
        """The last seconds on a screen of this size."""
        return TraceWindow(
            now_s=self._now_s,
            time_s=self._time_s,
            gaze_px=self._gaze_px,
            fixations_s=tuple(self._fixations_s.items()),
            size_px=size_px,
        )


def trail_of(snapshot: Snapshot, span_s: float = 1.0) -> NDArray[np.float64]:
    """(N, 2) gaze of the last second in image pixels; empty between trials."""
    if snapshot.frame is None or not len(snapshot.trace_time_s):
        return np.empty((0, 2))
    first = int(np.searchsorted(snapshot.trace_time_s, snapshot.time_s - span_s))
    return np.asarray(snapshot.frame.to_image(snapshot.trace_px[first:]))
