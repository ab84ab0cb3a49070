"""Samples close to a loss of gaze, where lids cover the pupil and gaze is thrown about; as a stream."""

from __future__ import annotations

import numpy as np

from gazeapp.gaze.detection.rows import Rows
from gazeapp.gaze.filters import TIME_TOLERANCE_S
from gazeapp.gaze.samples import Bools, Floats


class LossMarginRule:
    """Adds `near_loss`, whether a row lies close before or after a longer stretch of lost rows.

    Args:
        min_loss_s: Shorter losses have no margin.
        before_s: Margin before a loss.
        after_s: Margin after it.
    """

    def __init__(self, *, min_loss_s: float, before_s: float, after_s: float) -> None:
        self._min_loss_s = min_loss_s - TIME_TOLERANCE_S
        self._before_s = before_s + TIME_TOLERANCE_S
        self._after_s = after_s + TIME_TOLERANCE_S
        # wide enough to see that a loss at the margin's end is long enough, whatever else is kept
        self.half_s = max(before_s, after_s) + min_loss_s

    def label(self, rows: Rows, new: slice) -> Rows:
        """Rows with whether they are near a loss."""
        close = self._close(rows["time_s"], np.isnan(rows["x_px"]))
        return rows.part(new).with_columns({"near_loss": close[new]})

    def reset(self) -> None:
        """Nothing is kept but rows."""

    def _close(self, time_s: Floats, lost: Bools) -> Bools:
        close = np.zeros(len(time_s), dtype=bool)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], lost, [False]]).astype(np.int8)))
        for first, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if time_s[stop - 1] - time_s[first] >= self._min_loss_s:
                begin = int(np.searchsorted(time_s, time_s[first] - self._before_s, side="left"))
                end = int(np.searchsorted(time_s, time_s[stop - 1] + self._after_s, side="right"))
                close[begin:end] = True
        return close
