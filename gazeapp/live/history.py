"""The samples that a trial may still need."""

from __future__ import annotations

from collections import deque

import numpy as np

from gazeapp.gaze.samples import GazeSamples


class SampleHistory:
    """Chunks in time order, counted from the stream's first sample; old ones are dropped on request."""

    def __init__(self) -> None:
        self._chunks: deque[tuple[int, GazeSamples]] = deque()
        self._n_seen = 0

    @property
    def n_seen(self) -> int:
        """Samples ever added: the index of the next one."""
        return self._n_seen

    def add(self, samples: GazeSamples) -> None:
        """Append samples."""
        if len(samples):
            self._chunks.append((self._n_seen, samples))
            self._n_seen += len(samples)

    def index_at(self, time_s: float) -> int:
        """Index of the first kept sample at or after `time_s`; `n_seen` when there is none yet."""
        found = self._n_seen
        for first, chunk in reversed(self._chunks):
            if chunk.time_s[-1] < time_s:
                break
            found = first + int(np.searchsorted(chunk.time_s, time_s, side="left"))
        return found

    def since(self, index: int) -> GazeSamples:
        """Every kept sample from this index on."""
        parts: list[GazeSamples] = []
        for first, chunk in reversed(self._chunks):
            if first + len(chunk) <= index:
                break
            parts.append(chunk if first >= index else chunk[index - first :])
        return GazeSamples.concatenate(reversed(parts))

    def between(self, start_s: float, stop_s: float) -> GazeSamples:
        """Every kept sample with start_s <= time_s < stop_s."""
        return self.since(self.index_at(start_s)).between(start_s, stop_s)

    def drop_before(self, time_s: float) -> None:
        """Forget chunks that end before `time_s`."""
        while self._chunks and self._chunks[0][1].time_s[-1] < time_s:
            self._chunks.popleft()
