"""Labels samples of saccades and of their oscillations by two thresholds, as a stream."""

from __future__ import annotations

import numpy as np

from gazeapp.gaze.detection.windows import Column
from gazeapp.gaze.filters import TIME_TOLERANCE_S
from gazeapp.gaze.samples import Bools, Floats

LONGEST_PIECE_S = 0.2  # no saccade is longer; a longer stretch of fast gaze is judged in pieces


class SaccadeStage:
    """Marks the rows that may belong to a fixation.

    Args:
        min_saccade_s: Least time between the slow rows on both sides of a saccade.
        oscillation_gap_s: A fast stretch that begins at most this long after a saccade belongs to it.
        settle_s: Rows this soon after a saccade's last one belong to it as well.
    """

    def __init__(self, *, min_saccade_s: float, oscillation_gap_s: float, settle_s: float) -> None:
        self._min_s = min_saccade_s - TIME_TOLERANCE_S
        self._gap_s = oscillation_gap_s + TIME_TOLERANCE_S
        self._settle_s = settle_s + TIME_TOLERANCE_S
        self._start()

    def _start(self) -> None:
        self._waiting: list[Column] = []
        self._before_s = np.nan  # time of the row before those that wait
        self._saccade_end_s = -np.inf

    def push(self, rows: list[Column], *, at_end: bool) -> list[Column]:
        """Label rows.

        Args:
            rows: time, x, y, measured, starts, known (has a speed), fast (above the onset threshold), peak (above
                the peak threshold); empty for none.
            at_end: Whether the stream ends here.

        Returns:
            time, x, y, measured, starts, and whether the row may belong to a fixation; empty for none.
        """
        if rows and self._waiting:
            rows = [np.concatenate(pair) for pair in zip(self._waiting, rows, strict=True)]
        elif not rows:
            rows = self._waiting
        if not rows or not len(rows[0]):
            if at_end:
                self._start()
            return []
        time_s: Floats = rows[0]
        moving, n_ready = self._label(time_s, rows[4], rows[6], rows[7], at_end=at_end)
        ready = [*(column[:n_ready] for column in rows[:5]), rows[5][:n_ready] & ~moving[:n_ready]]
        if n_ready:
            self._before_s = float(time_s[n_ready - 1])
        self._waiting = [column[n_ready:] for column in rows]
        if at_end:
            self._start()
        return ready if n_ready else []

    def _label(self, time_s: Floats, starts: Bools, fast: Bools, peak: Bools, *, at_end: bool) -> tuple[Bools, int]:
        """(N,) rows that belong to saccades, and how many leading rows are decided."""
        n = len(time_s)
        moving: Bools = time_s <= self._saccade_end_s + self._settle_s
        before = np.concatenate([[False], fast[:-1]])
        firsts = np.flatnonzero(fast & (~before | starts)).tolist()
        stops = np.flatnonzero(before & (~fast | starts)).tolist()
        n_peaks = np.concatenate([[0], np.cumsum(peak)])
        if len(stops) < len(firsts):
            stops.append(n)
        n_ready = n
        for first, stop in zip(firsts, stops, strict=True):
            while first < stop:
                limit_s = time_s[first] + LONGEST_PIECE_S
                last_stop = min(int(np.searchsorted(time_s, limit_s, side="right")), stop)
                if last_stop == n and not at_end and time_s[n - 1] <= limit_s:
                    n_ready = first
                    break
                self._judge(time_s, first, last_stop, n_peaks, moving)
                first = last_stop
        if not at_end:
            # rows soon after a saccade wait: what follows may be its oscillation
            reach_s = self._saccade_end_s + max(self._gap_s, self._settle_s)
            if time_s[n_ready - 1] <= reach_s if n_ready else False:
                n_ready = min(n_ready, int(np.searchsorted(time_s, self._saccade_end_s, side="right")))
        return moving, n_ready

    def _judge(self, time_s: Floats, first: int, stop: int, n_peaks: Column, moving: Bools) -> None:
        previous_s = time_s[first - 1] if first else self._before_s
        next_s = time_s[stop] if stop < len(time_s) else time_s[-1]
        begin = first
        if time_s[first] - self._saccade_end_s <= self._gap_s:
            begin = int(np.searchsorted(time_s, self._saccade_end_s, side="right"))
        elif n_peaks[stop] == n_peaks[first] or not next_s - previous_s >= self._min_s:
            return
        self._saccade_end_s = float(time_s[stop - 1])
        settled = int(np.searchsorted(time_s, self._saccade_end_s + self._settle_s, side="right"))
        moving[begin:settled] = True
