"""A ring of the newest samples: one writer, any number of readers that never hold it up."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.correction_timeline import CorrectedGaze
from gazeapp.gaze.samples import Eyes, GazeSamples


class SampleRing:
    """Keeps the last `capacity` samples, as they came and corrected.

    Every sample is stored twice, `capacity` rows apart, so that any stretch of the ring is one contiguous slice.
    Writer and readers may be on different threads; a lock is held only while rows are copied.

    Args:
        capacity: Samples kept; what a reader did not fetch in time is overwritten.
    """

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"a ring holds at least one sample, got capacity {capacity}")
        self.capacity = capacity
        self._lock = threading.Lock()
        self._columns: dict[str, NDArray[np.generic]] = {}
        self._eyes: Eyes = "binocular"
        self._n_written = 0

    @property
    def n_written(self) -> int:
        """Samples pushed since the ring was made."""
        return self._n_written

    def push(self, gaze: CorrectedGaze | GazeSamples) -> None:
        """Append samples; those that come without a correction are taken as uncorrected.

        Raises:
            ValueError: They come from other eyes than those before.
        """
        if isinstance(gaze, GazeSamples):
            gaze = CorrectedGaze.uncorrected(gaze)
        n, eyes = len(gaze), gaze.raw.eyes
        if n == 0:
            return
        kept = gaze[max(0, n - self.capacity) :]
        with self._lock:
            if not self._columns:
                self._eyes = eyes
                self._columns = {name: _rows(values, 2 * self.capacity) for name, values in kept.columns.items()}
            elif eyes != self._eyes:
                raise ValueError(f"the ring holds {self._eyes} gaze, got {eyes}")
            self._write(kept, self._n_written + n - len(kept))
            self._n_written += n

    def _write(self, gaze: CorrectedGaze, number: int) -> None:
        capacity, n = self.capacity, len(gaze)
        first = number % capacity
        before_end = min(n, capacity - first)
        for name, values in gaze.columns.items():
            column = self._columns[name]
            head, tail = values[:before_end], values[before_end:]
            column[first : first + before_end] = head
            column[first + capacity : first + capacity + before_end] = head
            column[: n - before_end] = tail
            column[capacity : capacity + n - before_end] = tail

    def latest(self, n: int) -> CorrectedGaze:
        """The newest samples, at most `n`, as a copy."""
        with self._lock:
            return self._read(self._n_written - min(n, self.capacity, self._n_written))

    def cursor(self, *, from_oldest: bool = False) -> RingCursor:
        """A reader of its own; it begins with the next sample, or with the oldest one still here."""
        start = max(0, self._n_written - self.capacity) if from_oldest else self._n_written
        return RingCursor(self, start)

    def read_from(self, number: int) -> tuple[CorrectedGaze, int]:
        """All samples from a running number on, as a copy, and how many of them were already overwritten."""
        with self._lock:
            n_missed = max(0, self._n_written - self.capacity - number)
            return self._read(number + n_missed), n_missed

    def _read(self, number: int) -> CorrectedGaze:
        n = self._n_written - number
        if n <= 0 or not self._columns:
            return CorrectedGaze.uncorrected(GazeSamples.empty(self._eyes))
        first = number % self.capacity
        rows = slice(first, first + n)
        return CorrectedGaze.of_columns(self._eyes, {name: c[rows].copy() for name, c in self._columns.items()})


class RingCursor:
    """One reader's place in a ring; use it from one thread."""

    def __init__(self, ring: SampleRing, number: int) -> None:
        self._ring = ring
        self._number = number
        self.n_missed = 0
        """Samples overwritten before this reader fetched them, since it was made."""

    def read(self) -> CorrectedGaze:
        """What was pushed since the last call, as far as it is still there."""
        gaze, n_missed = self._ring.read_from(self._number)
        self.n_missed += n_missed
        self._number += n_missed + len(gaze)
        return gaze


def _rows(like: NDArray[np.generic], n: int) -> NDArray[np.generic]:
    return np.empty((n, *like.shape[1:]), dtype=like.dtype)
