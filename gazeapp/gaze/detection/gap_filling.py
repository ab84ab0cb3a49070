"""From raw samples to one continuous gaze signal: time order, gap filling per eye, eye selection; as a stream."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Literal

import numpy as np

from gazeapp.gaze.detection.rows import NO_ROWS, Rows
from gazeapp.gaze.filters import TIME_TOLERANCE_S, fill_column_gaps
from gazeapp.gaze.samples import Floats, GazeSamples

EyeChoice = Literal["average", "strict", "left", "right"]
"""Which eye a detector looks at: the mean of the eyes there are, of both or nothing, or one alone."""

EYE_CHOICES: tuple[EyeChoice, ...] = ("average", "strict", "left", "right")


def ordered_pieces(samples: GazeSamples, last_time_s: float) -> Iterator[tuple[bool, GazeSamples]]:
    """Cut samples where time goes back, and leave out repeated and unusable time stamps.

    Args:
        samples: The next samples of a stream.
        last_time_s: Time of the stream's last sample; -inf at its start.

    Yields:
        (time went back before this piece, samples with strictly increasing time).
    """
    time = samples.time_s
    if not len(time):
        return
    if time[0] > last_time_s and np.all(np.diff(time) > 0) and np.isfinite(time[-1]):
        yield False, samples  # the usual case costs nothing
        return
    usable = np.isfinite(time)
    if not usable.all():
        samples = samples[usable]
        time = samples.time_s
        if not len(time):
            return
    step = np.diff(time, prepend=last_time_s)
    starts = np.flatnonzero(step < 0)
    bounds = [0, *starts.tolist(), len(time)]
    for first, stop in pairwise(bounds):
        piece = slice(first, stop)
        new = samples[piece][step[piece] != 0]
        if len(new):
            yield bool(step[first] < 0), new


class SampleIntake:
    """Where samples enter a detector: puts tiny chunks together, keeps time in order, and notices clock jumps.

    Samples are held for 10 ms at the most: a detector fed one sample at a time then works on a dozen at once.
    """

    HOLD_S = 0.010
    BLOCK_ROWS = 65_536
    """A whole recording is worked on in blocks that stay in the processor's cache; the result is the same to the
    bit."""

    def __init__(self) -> None:
        self._held: list[GazeSamples] = []
        self._last_time_s = -np.inf

    def push(self, samples: GazeSamples) -> Iterator[tuple[bool, GazeSamples]]:
        """Take the next samples, a chunk of any size.

        Yields:
            (whether time went back: the stream before ended, samples with strictly increasing time).
        """
        if not len(samples):
            return
        self._held.append(samples)
        held_s = samples.time_s[-1] - self._held[0].time_s[0]
        if not 0 <= held_s < self.HOLD_S:
            yield from self._release()

    def flush(self) -> Iterator[tuple[bool, GazeSamples]]:
        """End of the stream: hand on what is held, as `push` does, and start afresh."""
        if self._held:
            yield from self._release()
        self._last_time_s = -np.inf

    def _release(self) -> Iterator[tuple[bool, GazeSamples]]:
        samples = self._held[0] if len(self._held) == 1 else GazeSamples.concatenate(self._held)
        self._held = []
        for goes_back, piece in ordered_pieces(samples, self._last_time_s):
            self._last_time_s = float(piece.time_s[-1])
            for first in range(0, len(piece), self.BLOCK_ROWS):
                block = piece if len(piece) <= self.BLOCK_ROWS else piece[first : first + self.BLOCK_ROWS]
                yield goes_back and first == 0, block


class GapFiller:
    """Fills short gaps of each eye linearly, then chooses or averages the eyes.

    An eye is filled before eyes are averaged: otherwise the mean would jump by half the eyes' disparity whenever
    one of them is lost for a moment, and the jump would look like a saccade. Samples inside a gap wait until the
    gap is closed or known to be too long, that is `max_gap_s` at the most.

    Args:
        max_gap_s: Longest time between two valid samples that is bridged; 0 fills nothing.
        eye: Which eye to follow. A source with one eye or a cyclopean point is followed as it is.
    """

    def __init__(self, max_gap_s: float, eye: EyeChoice = "average") -> None:
        self._max_gap_s = max_gap_s
        self._eye = eye
        self._time = np.empty(0)
        self._columns: list[Floats] = []  # x, y of each followed eye, alternating
        self._n_given = 0  # leading rows that were handed out and stay as context

    def push(self, samples: GazeSamples) -> Rows:
        """Take the next samples, strictly increasing in time, and return those that became final."""
        columns = [column for points in self._followed(samples) for column in points.T]
        if not self._columns:
            self._columns = [np.empty(0) for _ in columns]
        elif len(columns) != len(self._columns):
            raise ValueError("the stream changed between one and two eyes; flush it first")
        self._time = np.concatenate([self._time, samples.time_s])
        self._columns = [np.concatenate([old, new]) for old, new in zip(self._columns, columns, strict=True)]
        n_settled, keep_from = self._settled()
        signal = self._signal(n_settled)
        self._time = self._time[keep_from:]
        self._columns = [column[keep_from:] for column in self._columns]
        self._n_given = n_settled - keep_from
        return signal

    def flush(self) -> Rows:
        """End of the stream: return what waited inside a gap and start afresh."""
        signal = self._signal(len(self._time))
        self._time, self._columns, self._n_given = np.empty(0), [], 0
        return signal

    def _followed(self, samples: GazeSamples) -> list[Floats]:
        if samples.eyes in ("left", "cyclopean"):
            return [samples.left_px]
        if samples.eyes == "right":
            return [samples.right_px]
        if self._eye == "left":
            return [samples.left_px]
        if self._eye == "right":
            return [samples.right_px]
        return [samples.left_px, samples.right_px]

    def _settled(self) -> tuple[int, int]:
        """Number of final rows, and the first row that must be kept as context for later gaps."""
        n = len(self._time)
        if n == 0:
            return 0, 0
        last_valid = []
        for x in self._columns[::2]:
            # only the tail matters: look for the last valid row from the end
            found = n - 1 - int(np.argmax(np.isfinite(x[::-1])))
            known_long = not np.isfinite(x[found]) or (
                self._time[-1] - self._time[found] > self._max_gap_s + TIME_TOLERANCE_S
            )
            last_valid.append(n if known_long else found)
        n_settled = min(n, min(found + 1 for found in last_valid))
        return n_settled, min(n_settled, *last_valid)

    def _signal(self, n_settled: int) -> Rows:
        new = slice(self._n_given, n_settled)
        measured_eyes = [np.isfinite(x[new]) for x in self._columns[::2]]
        filled = [
            fill_column_gaps(self._time, x, y, self._max_gap_s)
            for x, y in zip(self._columns[::2], self._columns[1::2], strict=True)
        ]
        if not filled:
            return NO_ROWS
        if len(filled) == 1:
            x, y, measured = filled[0][0][new], filled[0][1][new], measured_eyes[0]
        else:
            (lx, ly), (rx, ry) = filled
            x, y = 0.5 * (lx[new] + rx[new]), 0.5 * (ly[new] + ry[new])
            measured = measured_eyes[0] | measured_eyes[1]
            if self._eye == "strict":
                measured = measured_eyes[0] & measured_eyes[1]
            else:
                alone = np.isnan(x)
                if alone.any():
                    for one_x, one_y in ((lx[new], ly[new]), (rx[new], ry[new])):
                        here = alone & np.isfinite(one_x)
                        x[here], y[here] = one_x[here], one_y[here]
        return Rows(
            {
                "time_s": self._time[new],
                "x_px": np.ascontiguousarray(x),
                "y_px": np.ascontiguousarray(y),
                "measured": measured & np.isfinite(x),
            }
        )
