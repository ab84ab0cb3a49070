"""When frames reached the participant's screen: one log per window, summed up per stimulus."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

KEPT_FRAMES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameTiming:
    """Frame intervals over some time."""

    n_frames: int
    median_s: float
    """NaN with fewer than two frames."""
    p99_s: float
    longest_s: float
    n_late: int
    """Intervals above 1.5 refresh periods."""


class FrameLog:
    """Appends frame times; old ones are forgotten."""

    def __init__(self, period_s: float = 1 / 60) -> None:
        self.period_s = period_s
        """The screen's refresh period."""
        self._times_s: deque[float] = deque(maxlen=KEPT_FRAMES)
        self._breaks: deque[float] = deque(maxlen=KEPT_FRAMES)

    def add(self, time_s: float, *, follows: bool) -> None:
        """A frame was presented; `follows` tells that it was drawn right after the one before, without a rest."""
        self._times_s.append(time_s)
        if not follows:
            self._breaks.append(time_s)

    def between(self, start_s: float, stop_s: float) -> FrameTiming:
        """Intervals of frames with start_s <= time < stop_s; intervals across a rest do not count."""
        times = np.array([t for t in self._times_s if start_s <= t < stop_s])
        intervals = np.diff(times)
        intervals = intervals[~np.isin(times[1:], list(self._breaks))] if len(times) > 1 else intervals
        if not len(intervals):
            return FrameTiming(n_frames=len(times), median_s=np.nan, p99_s=np.nan, longest_s=np.nan, n_late=0)
        return FrameTiming(
            n_frames=len(times),
            median_s=float(np.median(intervals)),
            p99_s=float(np.percentile(intervals, 99)),
            longest_s=float(intervals.max()),
            n_late=int((intervals > 1.5 * self.period_s).sum()),
        )
