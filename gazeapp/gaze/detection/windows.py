"""Windows around rows of a stream: which rows have their whole window, and what must be kept for the next ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.display import Display
from gazeapp.gaze.filters import TIME_TOLERANCE_S, continuous_runs, windowed_velocities
from gazeapp.gaze.samples import Floats

Column = NDArray[Any]  # Any: columns of different types travel together

LEAST_HOLE_S = 0.075  # steps between the stamps of slow trackers are no holes


class RowWindow:
    """Keeps the rows that a centred window of `2 * half_s` needs on both sides.

    A row is ready once a row beyond its window is known: nothing that comes later can be inside.

    Args:
        half_s: Half the window's width.
    """

    def __init__(self, half_s: float) -> None:
        self._half_s = half_s + TIME_TOLERANCE_S
        self.reset()

    def reset(self) -> None:
        """Forget all rows."""
        self._columns: list[Column] = []
        self._n_done = 0

    def push(self, columns: list[Column], *, at_end: bool) -> tuple[list[Column], slice] | None:
        """Take the next rows; the first column is time, increasing.

        Returns:
            All rows kept, and which of them are newly ready; None when none is.
        """
        if not self._columns:
            self._columns = columns
        elif columns and len(columns[0]):
            self._columns = [np.concatenate(pair) for pair in zip(self._columns, columns, strict=True)]
        kept = self._columns
        if not kept:
            return None
        time_s: Floats = kept[0]
        n = len(time_s)
        if n == 0:
            return None
        n_ready = n if at_end else int(np.searchsorted(time_s + self._half_s, time_s[-1], side="left"))
        if n_ready <= self._n_done:
            return None
        new = slice(self._n_done, n_ready)
        if at_end:
            self.reset()
        else:
            # keep what the next windows reach back to, and one row more to see where a run begins
            reach = int(np.searchsorted(time_s, time_s[n_ready] - self._half_s, side="left"))
            first = max(0, min(reach, n_ready - 1) - 1)
            self._columns = [column[first:] for column in kept]
            self._n_done = n_ready - first
        return kept, new


class VelocityStage:
    """Speed of gaze over centred windows, as a stream.

    Args:
        display: Geometry.
        windows_s: Widths of the windows; each holds at least the neighbours on both sides.
        max_gap_s: A longer hole in the time stamps (of 75 ms at least) begins a new run, which no window leaves.
    """

    def __init__(self, display: Display, windows_s: Sequence[float], max_gap_s: float) -> None:
        self._display = display
        self._windows_s = windows_s
        self._max_gap_s = max(max_gap_s, LEAST_HOLE_S)
        self._window = RowWindow(max(windows_s) / 2)

    def push(self, rows: list[Column], *, at_end: bool) -> list[Column]:
        """Take rows (time, x, y, measured; x is NaN where missing) and return final ones.

        Three more columns are the drift (`DriftStage`) that does not count as speed.

        Returns:
            time, x, y, measured, whether a run starts at the row, and for each window deg/s (NaN where unknown);
            empty for no rows.
        """
        ready = self._window.push(rows, at_end=at_end)
        if ready is None:
            return []
        (time_s, x_px, y_px, measured, *drift), new = ready
        starts = continuous_runs(time_s, np.isfinite(x_px), self._max_gap_s)
        speeds = windowed_velocities(
            time_s,
            x_px,
            y_px,
            starts,
            self._display,
            self._windows_s,
            drift=np.stack(drift) if drift else None,
        )
        return [column[new] for column in (time_s, x_px, y_px, measured, starts, *speeds)]
