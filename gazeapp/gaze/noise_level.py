"""How fast gaze seems to move when it rests: the median speed of the last seconds, as a stream."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque

import numpy as np

from gazeapp.gaze.row_window import Column
from gazeapp.gaze.samples import Floats

_SPEED = 5  # column of the rows


class NoiseStage:
    """Adds to every row the median over the last seconds of the median speeds of blocks of 100 ms.

    A block's rows wait for its end, so that a row's own block counts. Two medians, so that neither saccades (less than
    half of a block) nor blinks (few blocks) matter.

    Args:
        memory_s: Stretch of time that counts.
    """

    BLOCK_S = 0.1
    UNKNOWN_DEG_S = 4.0  # before any block is known: a video-based tracker at rest

    def __init__(self, memory_s: float) -> None:
        self._n_blocks = max(1, round(memory_s / self.BLOCK_S))
        self._start()

    def _start(self) -> None:
        self._waiting: list[Column] = []
        self._origin_s = np.nan
        self._recent: deque[float] = deque()
        self._sorted: list[float] = []

    def push(self, rows: list[Column], *, at_end: bool) -> list[Column]:
        """Take rows (time first, speed sixth, NaN where unknown), return those with known noise as a new last column."""
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
            ready.append(self._levels(block[:n_ready], ready[_SPEED]))
        if at_end:
            self._start()
        return ready if n_ready else []

    def _levels(self, block: Floats, speed: Floats) -> Floats:
        first = np.flatnonzero(np.diff(block, prepend=np.nan) != 0)
        sizes = np.diff(first, append=len(block))
        levels = np.empty(len(first))
        for number, (start, size) in enumerate(zip(first.tolist(), sizes.tolist(), strict=True)):
            known = np.sort(speed[start : start + size])
            n = int(np.searchsorted(known, np.inf))  # NaN sorts to the end
            if n >= 2 and 2 * n >= size:
                self._remember(float(known[(n - 1) // 2] + known[n // 2]) / 2)
            levels[number] = self._median()
        return np.repeat(levels, sizes)

    def _remember(self, value: float) -> None:
        if len(self._recent) == self._n_blocks:
            del self._sorted[bisect_left(self._sorted, self._recent.popleft())]
        self._recent.append(value)
        insort(self._sorted, value)

    def _median(self) -> float:
        n = len(self._sorted)
        return (self._sorted[(n - 1) // 2] + self._sorted[n // 2]) / 2 if n else self.UNKNOWN_DEG_S
