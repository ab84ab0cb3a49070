"""Speed of gaze over windows around each sample, as a rule of a stream."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gazeapp.gaze.detection.rows import Rows
from gazeapp.gaze.display import Display
from gazeapp.gaze.filters import continuous_runs, windowed_velocities

LEAST_HOLE_S = 0.075  # steps between the stamps of slow trackers are no holes


class VelocityRule:
    """Adds `starts`, whether a run begins at the row, and `speed_deg_s`, (W, N), NaN where unknown.

    A `drift` (`LowpassRule`) does not count as speed, and is not handed on.

    Args:
        display: Geometry.
        windows_s: Widths of the W windows; each holds at least the neighbours on both sides.
        max_gap_s: A longer hole in the time stamps (of 75 ms at least) begins a new run, which no window leaves.
        less_drift: Whether the rows have a drift.
    """

    def __init__(
        self, display: Display, windows_s: Sequence[float], max_gap_s: float, *, less_drift: bool = False
    ) -> None:
        self._display = display
        self._windows_s = windows_s
        self._max_gap_s = max(max_gap_s, LEAST_HOLE_S)
        self._less_drift = less_drift
        self.half_s = max(windows_s) / 2

    def label(self, rows: Rows, new: slice) -> Rows:
        """Rows with their speed."""
        time_s, x_px = rows["time_s"], rows["x_px"]
        starts = continuous_runs(time_s, np.isfinite(x_px), self._max_gap_s)
        speeds = windowed_velocities(
            time_s,
            x_px,
            rows["y_px"],
            starts,
            self._display,
            self._windows_s,
            drift=rows["drift"] if self._less_drift else None,
        )
        speed = np.array([column[new] for column in speeds])
        kept = rows.without("drift") if self._less_drift else rows
        return kept.part(new).with_columns({"starts": starts[new], "speed_deg_s": speed})

    def reset(self) -> None:
        """Nothing is kept but rows."""
