"""A ring of the newest samples: one writer, any number of readers that never hold it up."""

from __future__ import annotations

import threading
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.samples import Eyes, GazeSamples

_COLUMNS = tuple(field.name for field in fields(GazeSamples) if field.name != "eyes")


class SampleRing:
    """Keeps the last `capacity` samples.

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

    def push(self, samples: GazeSamples) -> None:
        """Append samples; ValueError when they come from other eyes than those before."""
        n = len(samples)
        if n == 0:
            return
        kept = samples[max(0, n - self.capacity) :]
        with self._lock:
            if not self._columns:
                self._eyes = samples.eyes
                self._columns = {name: _rows(getattr(samples, name), 2 * self.capacity) for name in _COLUMNS}
            elif samples.eyes != self._eyes:
                raise ValueError(f"the ring holds {self._eyes} gaze, got {samples.eyes}")
            self._write(kept, self._n_written + n - len(kept))
            self._n_written += n

    def _write(self, samples: GazeSamples, number: int) -> None:
        capacity, n = self.capacity, len(samples)
        first = number % capacity
        before_end = min(n, capacity - first)
        for name, column in self._columns.items():
            values = getattr(samples, name)
            head, tail = values[:before_end], values[before_end:]
            column[first : first + before_end] = head
            column[first + capacity : first + capacity + before_end] = head
            column[: n - before_end] = tail
            column[capacity : capacity + n - before_end] = tail

    def latest(self, n: int) -> GazeSamples:
        """The newest samples, at most `n`, as a copy."""
        with self._lock:
            return self._read(self._n_written - min(n, self.capacity, self._n_written))

    def cursor(self, *, from_oldest: bool = False) -> RingCursor:
        """A reader of its own; it begins with the next sample, or with the oldest one still here."""
        start = max(0, self._n_written - self.capacity) if from_oldest else self._n_written
        return RingCursor(self, start)

    def read_from(self, number: int) -> tuple[GazeSamples, int]:
        """All samples from a running number on, as a copy, and how many of them were already overwritten."""
        with self._lock:
            n_missed = max(0, self._n_written - self.capacity - number)
            return self._read(number + n_missed), n_missed

    def _read(self, number: int) -> GazeSamples:
        n = self._n_written - number
        if n <= 0 or not self._columns:
            return GazeSamples.empty(self._eyes)
        first = number % self.capacity
        rows = slice(first, first + n)
        columns: dict[str, Any] = {  # Any: each column keeps the type it was made from
            name: column[rows].copy() for name, column in self._columns.items()
        }
        return GazeSamples(eyes=self._eyes, **columns)


class RingCursor:
    """One reader's place in a ring; use it from one thread."""

    def __init__(self, ring: SampleRing, number: int) -> None:
        self._ring = ring
        self._number = number
        self.n_missed = 0
        """Samples overwritten before this reader fetched them, since it was made."""

    def read(self) -> GazeSamples:
        """What was pushed since the last call, as far as it is still there."""
        samples, n_missed = self._ring.read_from(self._number)
        self.n_missed += n_missed
        self._number += n_missed + len(samples)
        return samples


def _rows(like: NDArray[np.generic], n: int) -> NDArray[np.generic]:
    return np.empty((n, *like.shape[1:]), dtype=like.dtype)
