"""I-DT: fixations are stretches of at least 100 ms during which gaze stays within 1 degree; online = offline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gazeapp.gaze.detection.gap_filling import EyeChoice, GapFiller, SampleIntake
from gazeapp.gaze.detection.online import OnlineDetector
from gazeapp.gaze.detection.rows import NO_ROWS, Rows
from gazeapp.gaze.detection.velocity import LEAST_HOLE_S
from gazeapp.gaze.display import Display
from gazeapp.gaze.filters import TIME_TOLERANCE_S, continuous_runs, fick_angles
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import Bools, Floats
from gazeapp.types import Indices

_FIRST_BLOCK = 192  # rows looked at when a fixation is extended; the next block is twice as long


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
    """The fixation under way: its extent so far, and the running sums before and after it."""

    onset_s: float
    end_s: float
    low: tuple[float, float]
    high: tuple[float, float]
    before: Floats
    after: Floats


def online_idt(display: Display, parameters: IdtParameters | None = None) -> OnlineDetector:
    """I-DT over a stream, with the result of the classic algorithm over the whole recording.

    Args:
        display: Geometry.
        parameters: Dispersion and shortest duration.
    """
    parameters = parameters or IdtParameters()
    gap_s = parameters.max_gap_ms / 1e3
    filled_s = gap_s if parameters.fill_gaps else 0.0
    return OnlineDetector(
        parameters,
        delay_s=SampleIntake.HOLD_S + filled_s,
        filler=GapFiller(filled_s, parameters.eye),
        stages=[],
        fixations=_DispersionSearch(display, parameters),
    )


class _DispersionSearch:
    """Finds the stretches; rows wait until it is known whether a fixation begins at them."""

    def __init__(self, display: Display, parameters: IdtParameters) -> None:
        self._display = display
        self._dispersion_deg = parameters.dispersion_deg
        self._hole_s = max(parameters.max_gap_ms / 1e3, LEAST_HOLE_S)
        self._wait_s = parameters.min_duration_ms / 1e3 - TIME_TOLERANCE_S
        self._start()

    def _start(self) -> None:
        self._previous = (-np.inf, False)  # time and validity of the newest row
        self._rows = NO_ROWS
        self._totals = np.zeros((3, 1))
        self._open: _Open | None = None

    def push(self, rows: Rows, *, at_end: bool) -> list[Fixation]:
        """Take the next rows; return the fixations that became final."""
        fixations: list[Fixation] = []
        if len(rows):
            self._advance(self._rows.joined(self._geometry(rows)), fixations)
        if at_end:
            self._close(fixations)
            self._start()
        return fixations

    def _advance(self, rows: Rows, fixations: list[Fixation]) -> None:
        run_last = _last_of_run(rows["valid"], rows["starts"])
        at = 0
        if self._open is not None:
            at = self._extend(rows, 0)
            if at < len(rows):
                self._close(fixations)
        if self._open is None:
            at = self._search(rows, run_last, at, fixations)
        self._rows = rows.part(slice(at, None)) if self._open is None else NO_ROWS

    def _search(self, rows: Rows, run_last: Indices, at: int, fixations: list[Fixation]) -> int:
        """Find fixations from row `at` on; return the first row that may still begin one."""
        n = len(rows)
        window_last = np.searchsorted(rows["time_s"], rows["time_s"] + self._wait_s, side="left")
        undecided = rows["valid"] & (window_last >= n) & (run_last == n - 1)
        possible = rows["valid"] & (window_last < n) & (run_last >= window_last)
        index = np.flatnonzero(possible)
        index = index[index >= at]
        extent = _extent(rows["azimuth_deg"], index, window_last[index]) + _extent(
            rows["elevation_deg"], index, window_last[index]
        )
        onsets = index[extent <= self._dispersion_deg]
        while True:
            found = int(np.searchsorted(onsets, at))
            if found == len(onsets):
                break
            at = self._begin(rows, int(onsets[found]), int(window_last[onsets[found]]))
            at = self._extend(rows, at)
            if at == n:
                return n
            self._close(fixations)
        waiting = np.flatnonzero(undecided[at:])
        return at + int(waiting[0]) if len(waiting) else n

    def _begin(self, rows: Rows, first: int, last: int) -> int:
        azimuth = rows["azimuth_deg"][first : last + 1]
        elevation = rows["elevation_deg"][first : last + 1]
        self._open = _Open(
            float(rows["time_s"][first]),
            float(rows["time_s"][last]),
            (float(azimuth.min()), float(elevation.min())),
            (float(azimuth.max()), float(elevation.max())),
            rows["sums_before"][:, first],
            rows["sums_after"][:, last],
        )
        return last + 1

    def _extend(self, rows: Rows, at: int) -> int:
        """Let the open fixation grow from row `at`; return the first row that is not part of it."""
        fixation = self._open
        assert fixation is not None
        block = _FIRST_BLOCK
        while at < len(rows):
            part = slice(at, at + block)
            inside = rows["valid"][part] & ~rows["starts"][part]
            lows, highs = [], []
            for values, low, high in zip(
                (rows["azimuth_deg"][part], rows["elevation_deg"][part]),
                fixation.low,
                fixation.high,
                strict=True,
            ):
                lows.append(np.minimum(np.minimum.accumulate(values), low))
                highs.append(np.maximum(np.maximum.accumulate(values), high))
            spread = (highs[0] - lows[0]) + (highs[1] - lows[1])  # NaN compares as False
            inside &= spread <= self._dispersion_deg
            size = int(np.argmin(inside))
            if size == 0 and inside[0]:
                size = len(inside)
            if size:
                fixation.low = (float(lows[0][size - 1]), float(lows[1][size - 1]))
                fixation.high = (float(highs[0][size - 1]), float(highs[1][size - 1]))
                fixation.after = rows["sums_after"][:, at + size - 1]
                fixation.end_s = float(rows["time_s"][at + size - 1])
            at += size
            if size < len(inside):
                break
            block *= 2
        return at

    def _close(self, fixations: list[Fixation]) -> None:
        fixation, self._open = self._open, None
        if fixation is None:
            return
        x, y, n = (fixation.after - fixation.before).tolist()
        if n:
            fixations.append(
                Fixation(onset_s=fixation.onset_s, duration_s=fixation.end_s - fixation.onset_s, x_px=x / n, y_px=y / n)
            )

    def _geometry(self, rows: Rows) -> Rows:
        """Rows with `valid`, `starts`, azimuth, elevation, and (3, N) running sums before and after each row: of x, y
        and number of the stream's measured samples.
        """
        time_s, x_px, y_px = rows["time_s"], rows["x_px"], rows["y_px"]
        valid = np.isfinite(x_px)
        starts = continuous_runs(time_s, valid, self._hole_s)
        last_s, last_valid = self._previous
        if last_valid and time_s[0] - last_s <= self._hole_s + TIME_TOLERANCE_S:
            starts[0] = False
        self._previous = (float(time_s[-1]), bool(valid[-1]))
        azimuth_deg, elevation_deg = fick_angles(x_px, y_px, self._display)
        # cumsum adds strictly from first to last: the same sums to the last bit however the stream was cut
        terms = np.where(rows["measured"], np.stack([x_px, y_px, np.ones(len(rows))]), 0.0)
        sums = np.cumsum(np.concatenate([self._totals, terms], axis=1), axis=1)
        self._totals = sums[:, -1:]
        return Rows(
            {
                "time_s": time_s,
                "valid": valid,
                "starts": starts,
                "azimuth_deg": azimuth_deg,
                "elevation_deg": elevation_deg,
                "sums_before": sums[:, :-1],
                "sums_after": sums[:, 1:],
            }
        )


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
