"""The noise level of gaze, as speed at rest: the median speed of the last seconds, as a stream."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque

import numpy as np

from gazeapp.gaze.detection.windows import Column
from gazeapp.gaze.samples import Floats


class NoiseStage:
    """Adds to every row, for each of its speeds, the median over the last seconds of the medians of 100 ms blocks.

    A block's rows wait for its end, so that a row's own block counts. Two medians, so that neither saccades (less than
    half of a block) nor blinks (few blocks) matter.

    Args:
        memory_s: Stretch of time that counts.
        first_speed: Which column is the first speed.
        n_speeds: How many columns are speeds.
    """

    BLOCK_S = 0.1

    def __init__(self, memory_s: float, *, first_speed: int, n_speeds: int) -> None:
        self._n_blocks = max(1, round(memory_s / self.BLOCK_S))
        self._speeds = range(first_speed, first_speed + n_speeds)
        self._start()

    def _start(self) -> None:
        self._waiting: list[Column] = []
        self._origin_s = np.nan
        self._medians = [_RecentMedian(self._n_blocks) for _ in self._speeds]

    def push(self, rows: list[Column], *, at_end: bool) -> list[Column]:
        """Take rows (time first), return those with known noise as new last columns."""
        if rows and self._waiting:
            rows = [np.concatenate(pair) for pair in zip(self._waiting, rows, strict=True)]
        elif not rows:
            rows = self._waiting
        if not rows or not len(rows[0]):
            if at_end:
                self._start()
            return []
        time_s: Floats = rows[0]
        if np.isnan(self._origin_s):
            self._origin_s = float(time_s[0])
        block = np.floor((time_s - self._origin_s) / self.BLOCK_S)
        n_ready = len(time_s) if at_end else int(np.searchsorted(block, block[-1], side="left"))
        self._waiting = [column[n_ready:] for column in rows]
        ready = [column[:n_ready] for column in rows]
        if n_ready:
            starts = np.flatnonzero(np.diff(block[:n_ready], prepend=np.nan) != 0)
            sizes = np.diff(starts, append=n_ready)
            ready += [
                np.repeat(_levels(ready[speed], starts, sizes, median), sizes)
                for speed, median in zip(self._speeds, self._medians, strict=True)
            ]
        if at_end:
            self._start()
        return ready if n_ready else []


def _levels(speed: Floats, starts: Column, sizes: Column, median: _RecentMedian) -> Floats:
    """(blocks,) noise level of each block."""
    offset = np.arange(int(sizes.max()))
    rows = np.minimum(starts[:, None] + offset, len(speed) - 1)
    table = np.where(offset < sizes[:, None], speed[rows], np.nan)
    table.sort(axis=1)  # NaN goes to the end
    n_known = np.isfinite(table).sum(axis=1)
    block = np.arange(len(starts))
    low, high = (
        table[block, np.maximum(n_known - 1, 0) // 2],
        table[block, n_known // 2 % len(offset)],
    )
    usable = (n_known >= 2) & (2 * n_known >= sizes)
    levels = np.empty(len(starts))
    for number, value in enumerate(np.where(usable, (low + high) / 2, np.nan).tolist()):
        if value == value:  # not NaN
            median.add(value)
        levels[number] = median.value
    return levels


class _RecentMedian:
    """Median of the last n values."""

    UNKNOWN_DEG_S = 4.0  # before any block is known: a video-based tracker at rest

    def __init__(self, n: int) -> None:
        self._recent: deque[float] = deque(maxlen=n)
        self._sorted: list[float] = []

    def add(self, value: float) -> None:
        if len(self._recent) == self._recent.maxlen:
            del self._sorted[bisect_left(self._sorted, self._recent[0])]
        self._recent.append(value)
        insort(self._sorted, value)

    @property
    def value(self) -> float:
        n = len(self._sorted)
        return (self._sorted[(n - 1) // 2] + self._sorted[n // 2]) / 2 if n else self.UNKNOWN_DEG_S
