"""The slow movement under fast ones: smooth pursuit and the drift of a fixation, as a stream."""

from __future__ import annotations

import numpy as np

from gazeapp.gaze.detection.rows import Column, Rows
from gazeapp.gaze.display import Display
from gazeapp.gaze.filters import sight_lines
from gazeapp.gaze.samples import Floats

BLOCK_S = 0.02
REACH = 5
"""Blocks on each side that count: 220 ms in all, so that a saccade is less than half of them."""

_DEG = 180.0 / np.pi


class LowpassRule:
    """Adds `drift`, how the line of sight moves on the whole: the median velocity of the blocks around a row.

    It is (3, N), velocity as 1/s along x, y, z.

    A block's velocity is the way from the mean of the block before it to the mean of the block after it. Nothing is
    said (zero) where a block is lost or without samples, as with slow trackers.

    Args:
        display: Geometry.
        least_deg_s: Slower movement counts as none, and faster movement as this much slower.
        most_deg_s: No pursuit is faster; what is, counts as none.
    """

    def __init__(self, display: Display, least_deg_s: float, most_deg_s: float) -> None:
        self._display = display
        self._least_deg_s, self._most_deg_s = least_deg_s, most_deg_s
        # a block more on each side for the velocity, and one because a row may lie at its block's edge
        self.half_s = (REACH + 2) * BLOCK_S
        self._origin_s = np.nan

    def label(self, rows: Rows, new: slice) -> Rows:
        """Rows with their drift."""
        time_s = rows["time_s"]
        if np.isnan(self._origin_s):
            self._origin_s = float(time_s[0])
        block = np.floor((time_s - self._origin_s) / BLOCK_S)
        # a long hole is as many empty blocks as a window is wide, and not a million
        steps = np.minimum(np.diff(block, prepend=block[0]), 2.0 * REACH + 3)
        place = np.cumsum(steps).astype(np.intp)
        velocity = self._velocity(time_s, rows["x_px"], rows["y_px"], place)
        return rows.part(new).with_columns({"drift": velocity[:, place[new]]})

    def reset(self) -> None:
        """The next stream has its own blocks."""
        self._origin_s = np.nan

    def _velocity(self, time_s: Floats, x_px: Floats, y_px: Floats, place: Column) -> Floats:
        """(3, blocks) velocity of each block, shrunk; zero where nothing can be said."""
        n = int(place[-1]) + 1
        starts = np.flatnonzero(np.diff(place, prepend=-1))
        sizes = np.diff(starts, append=len(place))
        means = np.full((4, n + 2), np.nan)
        values = (time_s, *sight_lines(x_px, y_px, self._display))
        for row, value in zip(means, values, strict=True):
            row[place[starts] + 1] = np.add.reduceat(value, starts) / sizes
        speed = (means[1:, 2:] - means[1:, :-2]) / (means[0, 2:] - means[0, :-2])
        padded = np.full((3, n + 2 * REACH), np.nan)
        padded[:, REACH : n + REACH] = speed
        around = np.lib.stride_tricks.sliding_window_view(padded, 2 * REACH + 1, axis=1)
        median = np.sort(around, axis=2)[:, :, REACH]
        length = np.sqrt(median[0] * median[0] + median[1] * median[1] + median[2] * median[2]) * _DEG
        known = np.isfinite(around).all(axis=(0, 2))
        with np.errstate(invalid="ignore", divide="ignore"):  # a lost or a perfectly still eye
            moves = known & (length > self._least_deg_s) & (length <= self._most_deg_s)
            share = np.where(moves, (length - self._least_deg_s) / length, 0.0)
        drift: Floats = np.where(moves, median * share, 0.0)
        return drift
