"""I-DT: fixations are stretches of at least 100 ms during which gaze stays within 1 degree; online = offline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.display import Display
from gazeapp.gaze.filters import TIME_TOLERANCE_S, continuous_runs, fick_angles
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.gap_filling import EyeChoice, GapFiller, GazeSignal, SampleIntake
from gazeapp.gaze.row_window import LEAST_HOLE_S
from gazeapp.gaze.samples import Bools, Floats, GazeSamples

Indices = NDArray[np.intp]

_FIRST_BLOCK = 64  # rows looked at when a fixation is extended; the next block is twice as long


@dataclass(frozen=True, slots=True, kw_only=True)
class IdtParameters:
    """Parameters of I-DT.

    Source:
        Salvucci and Goldberg (2000), Identifying fixations and saccades in eye-tracking protocols.
    """

    dispersion_deg: float = 1.0
    """Largest (max - min) of azimuth plus (max - min) of elevation."""
    min_duration_ms: float = 100.0
    fill_gaps: bool = True
    max_gap_ms: float = 75.0
    """Longest loss of an eye that is bridged; a longer hole in the time stamps always ends a fixation."""
    eye: EyeChoice = "average"


@dataclass(slots=True)
class _Open:
    """The fixation under way: its extent so far and its sums, added sample by sample in time order."""

    onset_s: float
    end_s: float
    low: tuple[float, float]
    high: tuple[float, float]
    sums: tuple[float, float, float]  # x, y, number of measured samples


@dataclass(frozen=True, slots=True)
class _Rows:
    time_s: Floats
    x_px: Floats
    y_px: Floats
    measured: Bools
    azimuth_deg: Floats
    elevation_deg: Floats
    starts: Bools

    def __len__(self) -> int:
        return len(self.time_s)

    def __getitem__(self, rows: slice) -> _Rows:
        return _Rows(
            self.time_s[rows], self.x_px[rows], self.y_px[rows], self.measured[rows],
            self.azimuth_deg[rows], self.elevation_deg[rows], self.starts[rows],
        )  # fmt: skip

    def joined(self, new: _Rows) -> _Rows:
        return _Rows(
            *(np.concatenate([getattr(self, name), getattr(new, name)]) for name in self.__slots__)
        )


class OnlineIdt:
    """I-DT over a stream, with the result of the classic algorithm over the whole recording.

    Args:
        display: Geometry.
        parameters: Dispersion and shortest duration.
    """

    def __init__(self, display: Display, parameters: IdtParameters | None = None) -> None:
        self.parameters = parameters = parameters or IdtParameters()
        self._display = display
        gap_s = parameters.max_gap_ms / 1e3
        self._hole_s = max(gap_s, LEAST_HOLE_S)
        self._wait_s = parameters.min_duration_ms / 1e3 - TIME_TOLERANCE_S
        self._intake = SampleIntake()
        self._filler = GapFiller(gap_s if parameters.fill_gaps else 0.0, parameters.eye)
        self._start()

    def _start(self) -> None:
        none, nothing = np.empty(0), np.empty(0, bool)
        self._previous = (-np.inf, False)  # time and validity of the newest row
        self._rows = _Rows(none, none, none, nothing, none, none, nothing)
        self._open: _Open | None = None

    @property
    def delay_s(self) -> float:
        """A fixation is emitted by the push that holds a sample this much later than the fixation's end."""
        wait_s = self.parameters.max_gap_ms / 1e3 if self.parameters.fill_gaps else 0.0
        return SampleIntake.HOLD_S + wait_s

    def push(self, samples: GazeSamples) -> list[Fixation]:
        """Take the next samples and return the fixations that became final, in display pixels."""
        return self._intake.push(samples, self._take, self._end)

    def flush(self) -> list[Fixation]:
        """End of the stream: return what is left and start afresh."""
        return self._intake.flush(self._take, self._end)

    def _take(self, piece: GazeSamples) -> list[Fixation]:
        return self._advance(self._filler.push(piece))

    def _end(self) -> list[Fixation]:
        fixations = self._advance(self._filler.flush())
        self._close(fixations)
        self._start()
        return fixations

    def _advance(self, signal: GazeSignal) -> list[Fixation]:
        fixations: list[Fixation] = []
        if not len(signal):
            return fixations
        rows = self._rows.joined(self._geometry(signal))
        valid = np.isfinite(rows.x_px)
        run_last = _last_of_run(valid, rows.starts)
        at = 0
        if self._open is not None:
            at = self._extend(rows, valid, 0, len(rows))
            if at < len(rows):
                self._close(fixations)
        if self._open is None:
            at = self._search(rows, valid, run_last, at, fixations)
        self._rows = rows[at:] if self._open is None else rows[len(rows) :]
        return fixations

    def _search(
        self, rows: _Rows, valid: Bools, run_last: Indices, at: int, fixations: list[Fixation]
    ) -> int:
        """Find fixations from row `at` on; return the first row that may still begin one."""
        n = len(rows)
        window_last = np.searchsorted(rows.time_s, rows.time_s + self._wait_s, side="left")
        undecided = valid & (window_last >= n) & (run_last == n - 1)
        possible = valid & (window_last < n) & (run_last >= window_last)
        index = np.flatnonzero(possible)
        index = index[index >= at]
        extent = _extent(rows.azimuth_deg, index, window_last[index]) + _extent(
            rows.elevation_deg, index, window_last[index]
        )
        onsets = index[extent <= self.parameters.dispersion_deg]
        while True:
            found = int(np.searchsorted(onsets, at))
            if found == len(onsets):
                break
            at = self._begin(rows, int(onsets[found]), int(window_last[onsets[found]]))
            at = self._extend(rows, valid, at, n)
            if at == n:
                return n
            self._close(fixations)
        waiting = np.flatnonzero(undecided[at:])
        return at + int(waiting[0]) if len(waiting) else n

    def _begin(self, rows: _Rows, first: int, last: int) -> int:
        part = rows[first : last + 1]
        self._open = _Open(
            float(part.time_s[0]), float(part.time_s[-1]),
            (float(part.azimuth_deg.min()), float(part.elevation_deg.min())),
            (float(part.azimuth_deg.max()), float(part.elevation_deg.max())),
            _add((0.0, 0.0, 0.0), part),
        )  # fmt: skip
        return last + 1

    def _extend(self, rows: _Rows, valid: Bools, at: int, n: int) -> int:
        """Let the open fixation grow from row `at`; return the first row that is not part of it."""
        fixation = self._open
        assert fixation is not None
        block = _FIRST_BLOCK
        while at < n:
            part = rows[at : at + block]
            inside = valid[at : at + block] & ~rows.starts[at : at + block]
            lows, highs = [], []
            for values, low, high in zip(
                (part.azimuth_deg, part.elevation_deg), fixation.low, fixation.high, strict=True
            ):
                lows.append(np.minimum(np.minimum.accumulate(values), low))
                highs.append(np.maximum(np.maximum.accumulate(values), high))
            with np.errstate(invalid="ignore"):
                spread = (highs[0] - lows[0]) + (highs[1] - lows[1])
                inside &= spread <= self.parameters.dispersion_deg
            size = len(part) if inside.all() else int(np.argmin(inside))
            if size:
                fixation.low = (float(lows[0][size - 1]), float(lows[1][size - 1]))
                fixation.high = (float(highs[0][size - 1]), float(highs[1][size - 1]))
                fixation.sums = _add(fixation.sums, part[:size])
                fixation.end_s = float(part.time_s[size - 1])
            at += size
            if size < len(part):
                break
            block *= 2
        return at

    def _close(self, fixations: list[Fixation]) -> None:
        if self._open is not None:
            x, y, n = self._open.sums
            if n:
                onset_s = self._open.onset_s
                fixations.append(Fixation(onset_s=onset_s, duration_s=self._open.end_s - onset_s,
                                          x_px=x / n, y_px=y / n))  # fmt: skip
        self._open = None

    def _geometry(self, signal: GazeSignal) -> _Rows:
        valid = np.isfinite(signal.x_px)
        starts = continuous_runs(signal.time_s, valid, self._hole_s)
        last_s, last_valid = self._previous
        if last_valid and signal.time_s[0] - last_s <= self._hole_s + TIME_TOLERANCE_S:
            starts[0] = False
        self._previous = (float(signal.time_s[-1]), bool(valid[-1]))
        azimuth_deg, elevation_deg = fick_angles(signal.x_px, signal.y_px, self._display)
        return _Rows(signal.time_s, signal.x_px, signal.y_px, signal.measured,
                     azimuth_deg, elevation_deg, starts)  # fmt: skip


def _add(sums: tuple[float, float, float], part: _Rows) -> tuple[float, float, float]:
    # cumsum adds strictly from left to right: the same sum to the last bit however the stream was cut
    x = np.cumsum(np.concatenate([[sums[0]], np.where(part.measured, part.x_px, 0.0)]))[-1]
    y = np.cumsum(np.concatenate([[sums[1]], np.where(part.measured, part.y_px, 0.0)]))[-1]
    return float(x), float(y), sums[2] + int(part.measured.sum())


def _last_of_run(valid: Bools, starts: Bools) -> Indices:
    """(N,) index of the last row of each row's run of valid samples."""
    n = len(valid)
    ends = ~valid
    ends[:-1] |= starts[1:] | ~valid[1:]
    ends[-1] = True
    last: Indices = np.minimum.accumulate(np.where(ends, np.arange(n), n - 1)[::-1])[::-1]
    return last


def _extent(values: Floats, first: Indices, last: Indices) -> Floats:
    """(M,) max - min over values[first..last] of each window, by a table of power-of-two blocks."""
    if not len(first):
        return np.empty(0)
    length = last - first + 1
    level = np.frexp(length.astype(np.float64))[1] - 1  # floor(log2(length))
    extent = np.empty(len(first))
    low = high = values
    for depth in range(int(level.max()) + 1):
        if depth:
            shift = 1 << (depth - 1)
            low = np.minimum(low[:-shift], low[shift:])
            high = np.maximum(high[:-shift], high[shift:])
        here = level == depth
        if here.any():
            begin, end = first[here], last[here] - (1 << depth) + 1
            extent[here] = np.maximum(high[begin], high[end]) - np.minimum(low[begin], low[end])
    return extent
