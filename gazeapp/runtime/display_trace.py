"""The last seconds of gaze, thinned for display."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.samples import GazeSamples

DURATION_S = 5.0
MAX_POINTS = 1000
"""More than a plot has columns; at 1200 Hz every sixth sample is kept."""


class Trace:
    """Keeps every n-th sample of the last 5 s, and the newest; at most 1000 points.

    Which samples are kept depends on their place in the stream, not on how it was cut into chunks; the newest is shown
    until the next comes, so that the live dot is not behind. Fixations are never computed from the trace.
    """

    def __init__(self, rate_hz: float) -> None:
        n_in_window = rate_hz * DURATION_S if math.isfinite(rate_hz) else float(MAX_POINTS)
        self._stride = max(1, math.ceil(n_in_window / MAX_POINTS))
        # written at the end; when full, the newest points move to the front: one contiguous slice, rare moves
        self._rows = np.empty((2 * MAX_POINTS, 7))
        self._newest = np.empty((0, 7))
        self._n_rows = 0
        self._n_seen = 0

    def add(self, samples: GazeSamples) -> None:
        """Take the next corrected samples."""
        if len(samples) == 0:
            return
        first = -self._n_seen % self._stride
        self._n_seen += len(samples)
        kept = _rows(samples[first :: self._stride] if self._stride > 1 else samples)[-MAX_POINTS:]
        is_newest_kept = (self._n_seen - 1) % self._stride == 0
        self._newest = np.empty((0, 7)) if is_newest_kept else _rows(samples[-1:])
        if self._n_rows + len(kept) > len(self._rows):
            newest = self._rows[self._n_rows - MAX_POINTS : self._n_rows].copy()
            self._rows[:MAX_POINTS] = newest
            self._n_rows = MAX_POINTS
        self._rows[self._n_rows : self._n_rows + len(kept)] = kept
        self._n_rows += len(kept)

    def copy(self) -> tuple[NDArray[np.float64], ...]:
        """Time (N,), cyclopean (N, 2), left (N, 2), right (N, 2): read-only copies of the last 5 s."""
        rows = self._rows[max(0, self._n_rows - MAX_POINTS) : self._n_rows]
        rows = np.concatenate([rows, self._newest])[-MAX_POINTS:]
        if len(rows):
            rows = rows[np.searchsorted(rows[:, 0], rows[-1, 0] - DURATION_S, side="right") :]
        rows.setflags(write=False)
        return rows[:, 0], rows[:, 1:3], rows[:, 3:5], rows[:, 5:7]


def _rows(samples: GazeSamples) -> NDArray[np.float64]:
    """Time, cyclopean, left and right gaze, (N, 7)."""
    return np.column_stack([samples.time_s, samples.gaze_px, samples.left_px, samples.right_px])
