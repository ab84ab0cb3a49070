"""Labels samples of saccades and of their oscillations by two thresholds, as a stream."""

from __future__ import annotations

import numpy as np

from gazeapp.gaze.detection.rows import NO_ROWS, Column, Rows
from gazeapp.gaze.display import Display
from gazeapp.gaze.filters import TIME_TOLERANCE_S, sight_angle_deg
from gazeapp.gaze.samples import Bools, Floats

LONGEST_PIECE_S = 0.2  # no saccade is longer; a longer stretch of fast gaze is judged in pieces


class SaccadeRule:
    """Adds `member`, whether a row may belong to a fixation.

    Args:
        min_saccade_s: Least time between the slow rows on both sides of a saccade.
        oscillation_gap_s: A fast stretch that begins at most this long after a saccade belongs to it.
        settle_s: Rows this soon after a saccade's last one belong to it as well.
        display: Geometry.
        jump_deg: A shorter fast stretch is a saccade all the same where gaze is this far away after it: a mouse, a
            replay or a synthetic eye gets there within one sample, while a spike comes back. 0 knows no jumps.
    """

    def __init__(
        self, *, min_saccade_s: float, oscillation_gap_s: float, settle_s: float, display: Display, jump_deg: float
    ) -> None:
        self._display, self._jump_deg = display, jump_deg
        self._min_s = min_saccade_s - TIME_TOLERANCE_S
        self._gap_s = oscillation_gap_s + TIME_TOLERANCE_S
        self._settle_s = settle_s + TIME_TOLERANCE_S
        self.reset()

    def reset(self) -> None:
        """Forget the last saccade."""
        self._before_s = np.nan  # time of the row before those that wait ...
        self._before_px = (np.nan, np.nan)  # ... and its place
        self._saccade_end_s = -np.inf

    def decide(self, rows: Rows, *, at_end: bool) -> Rows:
        """Rows that are decided.

        Args:
            rows: With `known` (has a speed), `fast` (above the onset threshold) and `peak` (above the peak
                threshold), which are not handed on.
            at_end: Whether the stream ends here.
        """
        time_s: Floats = rows["time_s"]
        moving, n_ready = self._label(rows, at_end=at_end)
        if not n_ready:
            return NO_ROWS
        self._before_s = float(time_s[n_ready - 1])
        self._before_px = (float(rows["x_px"][n_ready - 1]), float(rows["y_px"][n_ready - 1]))
        member = rows["known"][:n_ready] & ~moving[:n_ready]
        return rows.without("known", "fast", "peak").part(slice(n_ready)).with_columns({"member": member})

    def _label(self, rows: Rows, *, at_end: bool) -> tuple[Bools, int]:
        """(N,) rows that belong to saccades, and how many leading rows are decided."""
        time_s, starts, fast, peak = rows["time_s"], rows["starts"], rows["fast"], rows["peak"]
        n = len(rows)
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
                self._judge(rows, first, last_stop, n_peaks, moving)
                first = last_stop
        if not at_end:
            # rows soon after a saccade wait: what follows may be its oscillation
            reach_s = self._saccade_end_s + max(self._gap_s, self._settle_s)
            if time_s[n_ready - 1] <= reach_s if n_ready else False:
                n_ready = min(n_ready, int(np.searchsorted(time_s, self._saccade_end_s, side="right")))
        return moving, n_ready

    def _judge(self, rows: Rows, first: int, stop: int, n_peaks: Column, moving: Bools) -> None:
        time_s: Floats = rows["time_s"]
        previous_s = time_s[first - 1] if first else self._before_s
        next_s = time_s[stop] if stop < len(time_s) else time_s[-1]
        begin = first
        if time_s[first] - self._saccade_end_s <= self._gap_s:
            begin = int(np.searchsorted(time_s, self._saccade_end_s, side="right"))
        elif n_peaks[stop] == n_peaks[first] or not (
            next_s - previous_s >= self._min_s or self._jumped(rows, first, stop)
        ):
            return
        self._saccade_end_s = float(time_s[stop - 1])
        settled = int(np.searchsorted(time_s, self._saccade_end_s + self._settle_s, side="right"))
        moving[begin:settled] = True

    def _jumped(self, rows: Rows, first: int, stop: int) -> bool:
        """Whether gaze rests elsewhere after a fast stretch than before it."""
        if not self._jump_deg or stop >= len(rows):
            return False
        x_px, y_px = rows["x_px"], rows["y_px"]
        before_x_px, before_y_px = (x_px[first - 1], y_px[first - 1]) if first else self._before_px
        away_deg = sight_angle_deg(before_x_px, before_y_px, x_px[stop], y_px[stop], self._display)
        return bool(away_deg >= self._jump_deg)
