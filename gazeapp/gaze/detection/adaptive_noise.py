"""The noise level of gaze, as speed at rest: the median speed of the last seconds, as a stream."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque

import numpy as np

from gazeapp.gaze.detection.rows import NO_ROWS, Column, Rows
from gazeapp.gaze.samples import Floats


class NoiseRule:
    """Adds `noise_deg_s`, for each of a row's speeds the median over the last seconds of the medians of 100 ms blocks.

    A block's rows wait for its end, so that a row's own block counts. Two medians, so that neither saccades (less than
    half of a block) nor blinks (few blocks) matter.

    Args:
        memory_s: Stretch of time that counts.
        n_speeds: How many speeds a row has.
    """

    BLOCK_S = 0.1

    def __init__(self, memory_s: float, *, n_speeds: int) -> None:
        self._n_blocks = max(1, round(memory_s / self.BLOCK_S))
        self._n_speeds = n_speeds
        self.reset()

    def reset(self) -> None:
        """Forget all blocks."""
        self._origin_s = np.nan
        self._medians = [_RecentMedian(self._n_blocks) for _ in range(self._n_speeds)]

    def decide(self, rows: Rows, *, at_end: bool) -> Rows:
        """Rows of blocks that are over, with their noise."""
        time_s = rows["time_s"]
        if np.isnan(self._origin_s):
            self._origin_s = float(time_s[0])
        block = np.floor((time_s - self._origin_s) / self.BLOCK_S)
        n_ready = len(rows) if at_end else int(np.searchsorted(block, block[-1], side="left"))
        if not n_ready:
            return NO_ROWS
        ready = rows.part(slice(n_ready))
        starts = np.flatnonzero(np.diff(block[:n_ready], prepend=np.nan) != 0)
        sizes = np.diff(starts, append=n_ready)
        levels = [
            _levels(speed, starts, sizes, median)
            for speed, median in zip(ready["speed_deg_s"], self._medians, strict=True)
        ]
        return ready.with_columns({"noise_deg_s": np.repeat(levels, sizes, axis=1)})


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
