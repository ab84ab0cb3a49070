"""Smooth pursuit inside stretches without saccades, as a stream."""

from __future__ import annotations

import numpy as np

from gazeapp.gaze.display import Display
from gazeapp.gaze.filters import TIME_TOLERANCE_S, window_rows
from gazeapp.gaze.row_window import Column, RowWindow, VelocityStage
from gazeapp.gaze.samples import Bools, Floats

WINDOW_S = 0.2  # over which pursuit is told from the drift and noise of a fixation
VOTE_S = 0.24  # a row is pursuit when most rows around it are


class PursuitStage:
    """Takes rows of smooth pursuit out of fixations.

    Args:
        display: Geometry.
        threshold_deg_s: Speed over 200 ms above which gaze follows something.
        max_gap_s: A longer hole in the time stamps ends a stretch.
    """

    def __init__(self, display: Display, threshold_deg_s: float, max_gap_s: float) -> None:
        self._threshold_deg_s = threshold_deg_s
        self._speed = VelocityStage(display, [WINDOW_S], max_gap_s)
        self._votes = RowWindow(VOTE_S / 2)

    @property
    def delay_s(self) -> float:
        """How long a row waits."""
        return (WINDOW_S + VOTE_S) / 2

    def push(self, rows: list[Column], *, at_end: bool) -> list[Column]:
        """Take rows (time, x, y, measured, starts, member), return final ones in which members are fixation only."""
        if rows:
            time_s, x, y, measured, _, member = rows
            # windows must not leave a stretch: rows between stretches are made to look missing
            rows = [time_s, np.where(member, x, np.nan), y, measured & member]
        moved = self._speed.push(rows, at_end=at_end)
        if moved:
            with np.errstate(invalid="ignore"):
                moved = [*moved[:5], np.isfinite(moved[1]), moved[5] > self._threshold_deg_s]
        ready = self._votes.push(moved, at_end=at_end)
        if ready is None:
            return []
        columns, new = ready
        pursuit = _majority(columns[0], columns[4], columns[5], columns[6])
        return [*(column[new] for column in columns[:5]), columns[5][new] & ~pursuit[new]]


def _majority(time_s: Floats, starts: Bools, member: Bools, follows: Bools) -> Bools:
    """(N,) whether most rows of the same stretch within VOTE_S around a row follow something."""
    n = len(time_s)
    index = np.arange(n)
    half_s = VOTE_S / 2 + TIME_TOLERANCE_S
    ends = ~member
    ends[:-1] |= starts[1:] | ~member[1:]
    ends[-1] = True
    run_first = np.maximum.accumulate(np.where(starts | ~member, index, 0))
    run_last = np.minimum.accumulate(np.where(ends, index, n - 1)[::-1])[::-1]
    first, last = window_rows(time_s, half_s)
    first, last = np.maximum(first, run_first), np.minimum(last, run_last)
    votes = np.concatenate([[0], np.cumsum(follows & member)])
    most: Bools = 2 * (votes[last + 1] - votes[first]) > last - first + 1
    return most & member
