"""Smooth pursuit among stretches without saccades, as a stream."""

from __future__ import annotations

import numpy as np

from gazeapp.gaze.detection.rows import NO_ROWS, Column, Rows
from gazeapp.gaze.display import Display
from gazeapp.gaze.filters import TIME_TOLERANCE_S, sight_lines
from gazeapp.gaze.samples import Bools, Floats

LONGEST_PIECE_S = 4.0
"""A longer stretch is judged in pieces, so that a resting eye does not wait for ever."""
LEAST_PART_S = 0.3
"""A stretch may be fixation first and pursuit then, or the other way round; both take at least this long ..."""
MOST_MISFIT = 0.3
"""... and two lines must leave at most this share of what one line leaves."""

_DEG = 180.0 / np.pi


class PursuitRule:
    """Takes smooth pursuit out of fixations: whole stretches between saccades in which gaze keeps going one way.

    A straight line over time is fitted to each stretch, or several where one fits badly. Over 200 ms, pursuit at a few
    degrees per second and the drift and noise of a fixation look alike; over a whole stretch the one has gone somewhere
    and the other has not.

    Args:
        display: Geometry.
        least_deg_s: Slope of the line above which gaze follows something ...
        least_deg: ... if the line is also at least this long.
    """

    def __init__(self, display: Display, least_deg_s: float, least_deg: float) -> None:
        self._display = display
        self._least_deg_s, self._least_deg = least_deg_s, least_deg

    def reset(self) -> None:
        """Nothing is kept but rows."""

    def decide(self, rows: Rows, *, at_end: bool) -> Rows:
        """Rows of stretches that are over, the `member` ones being fixation only.

        The rows of a stretch wait for its end, as the fixation that they may become does.
        """
        time_s, x, y, starts, member = (rows[name] for name in ("time_s", "x_px", "y_px", "starts", "member"))
        firsts, stops = _pieces(time_s, starts, member)
        n_ready = len(time_s)
        if not at_end and len(firsts) and stops[-1] == n_ready:
            n_ready = int(firsts[-1])  # the last stretch may go on
            firsts, stops = firsts[:-1], stops[:-1]
        follows = np.zeros(n_ready, dtype=bool)
        if len(firsts):
            lines = np.stack(sight_lines(x[:n_ready], y[:n_ready], self._display)) * _DEG
            pursuit = self._goes_somewhere(time_s, lines, firsts, stops)
            for first, stop, whole in zip(firsts.tolist(), stops.tolist(), pursuit.tolist(), strict=True):
                for begin, end, goes in self._parts(time_s, lines, first, stop, whole):
                    follows[begin:end] = goes
        if not n_ready:
            return NO_ROWS
        return rows.part(slice(n_ready)).with_columns({"member": member[:n_ready] & ~follows})

    def _goes_somewhere(self, time_s: Floats, lines_deg: Floats, firsts: Column, stops: Column) -> Bools:
        """(pieces,) whether the line fitted to each piece is steep and long enough."""
        sizes = stops - firsts
        # the pieces' rows one after the other, each piece in its own time and from its own place
        begins = np.cumsum(sizes) - sizes
        rows = np.repeat(firsts - begins, sizes) + np.arange(int(sizes.sum()))
        origin = np.repeat(firsts, sizes)
        since_s = time_s[rows] - time_s[origin]
        from_mean_s = since_s - np.repeat(np.add.reduceat(since_s, begins) / sizes, sizes)
        variance = np.add.reduceat(from_mean_s * from_mean_s, begins)
        squared_slope = np.zeros(len(firsts))
        for line in lines_deg:
            way = np.add.reduceat(from_mean_s * (line[rows] - line[origin]), begins)
            slope = way / np.where(variance > 0, variance, 1.0)
            squared_slope += slope * slope
        speed_deg_s = np.sqrt(squared_slope)
        duration_s = time_s[stops - 1] - time_s[firsts]
        somewhere: Bools = (
            (variance > 0) & (speed_deg_s > self._least_deg_s) & (speed_deg_s * duration_s > self._least_deg)
        )
        return somewhere

    def _parts(
        self, time_s: Floats, lines_deg: Floats, first: int, stop: int, whole: bool
    ) -> list[tuple[int, int, bool]]:
        """(first row, row after the last, whether it is pursuit) of the parts of one piece."""
        undivided = [(first, stop, whole)]
        if time_s[stop - 1] - time_s[first] < 2 * LEAST_PART_S:
            return undivided
        middle = _best_division(time_s[first:stop], lines_deg[:, first:stop])
        if not middle:
            return undivided
        edges = np.array([first, first + middle, stop])
        goes = self._goes_somewhere(time_s, lines_deg, edges[:-1], edges[1:]).tolist()
        parts = [
            part
            for begin, end, part_goes in zip(edges[:-1].tolist(), edges[1:].tolist(), goes, strict=True)
            for part in self._parts(time_s, lines_deg, begin, end, part_goes)
        ]
        return parts if len({part[2] for part in parts}) > 1 else undivided


def _best_division(time_s: Floats, lines_deg: Floats) -> int:
    """Row at which two lines fit best, 0 where they fit hardly better than one."""
    since_s = time_s - time_s[0]
    n = np.arange(1, len(time_s))
    squares_before = squares_after = np.zeros(len(n))
    all_squares = 0.0
    for line in lines_deg:
        way = line - line[0]
        terms = np.stack([since_s, since_s * since_s, way, way * way, since_s * way])
        sums = np.cumsum(terms, axis=1)
        before, total = sums[:, :-1], sums[:, -1:]
        squares_before = squares_before + _residual(n, before)
        squares_after = squares_after + _residual(len(time_s) - n, total - before)
        all_squares += float(_residual(np.array([len(time_s)]), total)[0])
    allowed = (since_s[:-1] >= LEAST_PART_S) & (since_s[-1] - since_s[1:] >= LEAST_PART_S)
    squares = np.where(allowed, squares_before + squares_after, np.inf)
    best = int(np.argmin(squares))
    return best + 1 if squares[best] < MOST_MISFIT * all_squares else 0


def _residual(n: Column, sums: Floats) -> Floats:
    """Sum of squares that a line leaves, from the sums of t, t², v, v², t·v."""
    t, tt, v, vv, tv = sums
    spread_t, spread_v, both = tt - t * t / n, vv - v * v / n, tv - t * v / n
    with np.errstate(invalid="ignore", divide="ignore"):
        explained = np.where(spread_t > 0, both * both / spread_t, 0.0)
    left: Floats = np.maximum(spread_v - explained, 0.0)
    return left


def _pieces(time_s: Floats, starts: Bools, member: Bools) -> tuple[Column, Column]:
    """First row and row after the last of each stretch of members, long ones cut into pieces."""
    before = np.concatenate([[False], member[:-1]])
    firsts = np.flatnonzero(member & (~before | starts))
    stops = np.flatnonzero(before & (~member | starts))
    if member[-1]:
        stops = np.append(stops, len(time_s))
    limit_s = LONGEST_PIECE_S + TIME_TOLERANCE_S
    long = time_s[stops - 1] - time_s[firsts] > limit_s
    if not long.any():
        return firsts, stops
    cut_firsts, cut_stops = firsts[~long].tolist(), stops[~long].tolist()
    for first, stop in zip(firsts[long].tolist(), stops[long].tolist(), strict=True):
        while first < stop:
            end = min(int(np.searchsorted(time_s, time_s[first] + limit_s, side="right")), stop)
            cut_firsts.append(first)
            cut_stops.append(end)
            first = end
    return np.sort(cut_firsts), np.sort(cut_stops)
