"""The samples that a trial may still need."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.correction_timeline import CorrectedGaze
from gazeapp.gaze.samples import Eyes, GazeSamples

_FIRST_CAPACITY = 4096


class SampleHistory:
    """Samples in time order, counted from the stream's first one; old ones are dropped on request.

    Columns grow at their end, so that any stretch is a slice without a copy. Rows once written are never written
    again: a full buffer is left to those who still hold slices of it, and a new one is begun.
    """

    def __init__(self) -> None:
        self._eyes: Eyes = "binocular"
        self._columns: dict[str, NDArray[Any]] = {}  # Any: each column keeps its type
        self._capacity = 0
        self._first_index = 0  # stream index of row 0
        self._start = 0  # first row kept
        self._stop = 0

    @property
    def n_seen(self) -> int:
        """Samples ever added: the index of the next one."""
        return self._first_index + self._stop

    def add(self, gaze: CorrectedGaze) -> None:
        """Append samples; ValueError when they come from other eyes than those before."""
        n, eyes = len(gaze), gaze.raw.eyes
        if n == 0:
            return
        if self._columns and eyes != self._eyes:
            raise ValueError(f"the history holds {self._eyes} gaze, got {eyes}")
        self._eyes = eyes
        columns = gaze.columns
        if self._stop + n > self._capacity:
            self._begin_buffer(columns, n)
        rows = slice(self._stop, self._stop + n)
        for name, values in columns.items():
            self._columns[name][rows] = values
        self._stop += n

    def index_at(self, time_s: float) -> int:
        """Index of the first kept sample at or after `time_s`; `n_seen` when there is none yet."""
        if not self._columns:
            return 0
        kept_s = self._columns["time_s"][self._start : self._stop]
        return self._first_index + self._start + int(np.searchsorted(kept_s, time_s, side="left"))

    def since(self, index: int) -> CorrectedGaze:
        """Every kept sample from this index on."""
        return self._rows(max(index - self._first_index, self._start), self._stop)

    def between(self, start_s: float, stop_s: float) -> CorrectedGaze:
        """Every kept sample with start_s <= time_s < stop_s."""
        first, last = self.index_at(start_s), self.index_at(stop_s)
        return self._rows(first - self._first_index, last - self._first_index)

    def drop_before(self, time_s: float) -> None:
        """Forget samples before `time_s`; their memory is freed when the next buffer begins."""
        self._start = self.index_at(time_s) - self._first_index

    def _rows(self, first: int, last: int) -> CorrectedGaze:
        if not self._columns or last <= first:
            return CorrectedGaze.uncorrected(GazeSamples.empty(self._eyes))
        return CorrectedGaze.of_columns(self._eyes, {name: c[first:last] for name, c in self._columns.items()})

    def _begin_buffer(self, like: dict[str, NDArray[Any]], n_more: int) -> None:
        n_kept = self._stop - self._start
        self._capacity = max(_FIRST_CAPACITY, 2 * (n_kept + n_more))
        old, rows = self._columns, slice(self._start, self._stop)
        self._columns = {}
        for name, values in like.items():
            column = np.empty((self._capacity, *values.shape[1:]), dtype=values.dtype)
            if old:
                column[:n_kept] = old[name][rows]
            self._columns[name] = column
        self._first_index += self._start
        self._start, self._stop = 0, n_kept
