"""From labelled samples to fixations: collecting runs, merging neighbours, discarding short ones; as a stream."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.detection.rows import Rows
from gazeapp.gaze.display import Display
from gazeapp.gaze.filters import TIME_TOLERANCE_S, FloatsOrFloat, sight_angle_deg
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import Floats
from gazeapp.types import Indices

HEAD_S = 0.020  # a run is compared with the one before by the place of its first 20 ms

RUN = np.dtype(
    [
        ("onset_s", "f8"),
        ("end_s", "f8"),
        ("sum_x_px", "f8"),
        ("sum_y_px", "f8"),
        ("n", "f8"),  # measured samples, those in the sums; 0 where all were filled in
        ("n_all", "f8"),  # the same with those that were filled in
        ("head_x_px", "f8"),  # mean of the first samples, measured or filled in
        ("head_y_px", "f8"),
    ]
)
"""Consecutive samples that belong together."""
Runs = NDArray[np.void]
"""(R,) `RUN`s in time order."""
_NO_RUNS: Runs = np.empty(0, dtype=RUN)
_HEAD = ("head_x_px", "head_y_px")
_GROWS = ("end_s", "sum_x_px", "sum_y_px", "n", "n_all")
"""What changes of a run that another joins."""

_MEASURED, _FILLED, _N_FILLED, _N_ALL = slice(0, 2), slice(2, 4), 4, 5
"""Rows of totals: x and y of measured samples, of filled ones, and how many are filled, and are at all."""
_NO_ROWS = np.empty(0, dtype=np.intp)


class _RunningSums:
    """Totals of the stream before any row of a block.

    A run's sum is a difference of two of them: adding in one fixed order makes it equal to the last bit however the
    stream is cut.

    Args:
        rows: The block.
        totals: (6,) before it.
    """

    def __init__(self, rows: Rows, totals: Floats) -> None:
        measured, x_px, y_px = rows["measured"], rows["x_px"], rows["y_px"]
        self._totals, self._n = totals, len(rows)
        self._filled, self._filled_sums = _NO_ROWS, totals[_FILLED, None]
        self._sums = np.empty((2, len(rows) + 1))
        self._sums[:, 0] = totals[_MEASURED]
        if measured.all():
            self._sums[0, 1:], self._sums[1, 1:] = x_px, y_px
        else:
            self._sums[0, 1:], self._sums[1, 1:] = np.where(measured, x_px, 0.0), np.where(measured, y_px, 0.0)
            self._filled = np.flatnonzero(~measured & np.isfinite(x_px))
            filled = [x_px[self._filled], y_px[self._filled]]
            self._filled_sums = np.cumsum(np.concatenate([self._filled_sums, filled], axis=1), axis=1)
        np.cumsum(self._sums, axis=1, out=self._sums)

    def before(self, rows: Indices) -> Floats:
        """(6, R) totals before each of some rows."""
        n_filled = np.searchsorted(self._filled, rows) if len(self._filled) else np.zeros(len(rows), dtype=np.intp)
        found = np.empty((len(self._totals), len(rows)))
        found[_MEASURED], found[_FILLED] = self._sums[:, rows], self._filled_sums[:, n_filled]
        found[_N_FILLED], found[_N_ALL] = self._totals[_N_FILLED] + n_filled, self._totals[_N_ALL] + rows
        return found

    @property
    def after(self) -> Floats:
        """(6,) totals after the last row."""
        n_filled, n_all = self._totals[_N_FILLED] + len(self._filled), self._totals[_N_ALL] + self._n
        return np.concatenate([self._sums[:, -1], self._filled_sums[:, -1], [n_filled, n_all]])


def _mean_place(totals: Floats) -> Floats:
    """(2, R) mean over all samples, from (6, R) totals of just these."""
    mean: Floats = (totals[_MEASURED] + totals[_FILLED]) / totals[_N_ALL]
    return mean


def _runs(onset_s: Floats, end_s: Floats, totals: Floats, head_px: Floats) -> Runs:
    """Runs that begin and end so, with the (6, R) totals of their samples and the (2, R) places of their heads."""
    runs = np.empty(len(onset_s), dtype=RUN)
    runs["onset_s"], runs["end_s"] = onset_s, end_s
    runs["sum_x_px"], runs["sum_y_px"] = totals[_MEASURED]
    runs["n"], runs["n_all"] = totals[_N_ALL] - totals[_N_FILLED], totals[_N_ALL]
    runs["head_x_px"], runs["head_y_px"] = head_px
    return runs


@dataclass(frozen=True, slots=True)
class _OpenRun:
    onset_s: float
    start: Floats
    """(6,) totals before its first sample."""
    head_px: Floats | None
    """(2,) None until a sample beyond the head is known."""


class RunCollector:
    """Cuts a stream of labelled samples into runs.

    Args:
        head_s: Length of a run's head, by which it is compared with the run before. A head, unlike the whole run,
            is known soon, so that the decision to merge does not wait for the run's end.
    """

    def __init__(self, head_s: float = HEAD_S) -> None:
        self._head_s = head_s + TIME_TOLERANCE_S
        self._start()

    def _start(self) -> None:
        self._open: _OpenRun | None = None
        self._last_s = -np.inf
        self._totals = np.zeros(6)

    @property
    def settled_s(self) -> float:
        """No run that is still to come begins before this time."""
        return self._open.onset_s if self._open else self._last_s

    @property
    def open_head(self) -> tuple[float, Floats] | None:
        """Onset and head (x, y) of the run under way, once its head is complete."""
        if self._open is None or self._open.head_px is None:
            return None
        return self._open.onset_s, self._open.head_px

    def push(self, rows: Rows) -> Runs:
        """Take labelled rows and return the runs that ended.

        Args:
            rows: `measured` counts for a run's place; a `member` belongs to a run, and its gaze is never missing; where
                a row `starts`, a new run must begin even if the row before is a member.
        """
        if not len(rows):
            return _NO_RUNS
        member, starts = rows["member"], rows["starts"]
        before = np.concatenate([[self._open is not None], member[:-1]])
        begins = np.flatnonzero(member & (~before | starts))
        stops = np.flatnonzero(before & (~member | starts))  # rows after a run's last
        sums = _RunningSums(rows, self._totals)
        is_news = len(begins) or len(stops) or (self._open is not None and self._open.head_px is None)
        runs = self._cut(rows, sums, begins, stops) if is_news else _NO_RUNS
        self._last_s, self._totals = float(rows["time_s"][-1]), sums.after
        return runs

    def _cut(self, rows: Rows, sums: _RunningSums, begins: Indices, stops: Indices) -> Runs:
        """The runs that end; the last one, if it does not, is open from now on."""
        time_s, was_open, goes_on = rows["time_s"], self._open, bool(rows["member"][-1])
        if goes_on:
            stops = np.append(stops, len(rows))
        onset_s, start = time_s[begins], sums.before(begins)
        if was_open is not None:
            onset_s = np.concatenate([[was_open.onset_s], onset_s])
            start = np.concatenate([was_open.start[:, None], start], axis=1)
        head_stops = np.minimum(np.searchsorted(time_s, onset_s + self._head_s, side="right"), stops)
        head_px = _mean_place(sums.before(head_stops) - start)
        is_head_known = head_stops < len(rows)
        if was_open is not None and was_open.head_px is not None:
            head_px[:, 0], is_head_known[0] = was_open.head_px, True
        end_s = np.where(stops > 0, time_s[stops - 1], self._last_s)
        runs = _runs(onset_s, end_s, sums.before(stops) - start, head_px)
        self._open = None
        if goes_on:
            head = head_px[:, -1].copy() if is_head_known[-1] else None
            self._open = _OpenRun(float(onset_s[-1]), start[:, -1].copy(), head)
            runs = runs[:-1]
        return runs

    def flush(self) -> Runs:
        """End of the stream: the open run, if there is one; then start afresh."""
        runs = _NO_RUNS
        if self._open is not None:
            totals = (self._totals - self._open.start)[:, None]
            head_px = _mean_place(totals) if self._open.head_px is None else self._open.head_px[:, None]
            runs = _runs(np.array([self._open.onset_s]), np.array([self._last_s]), totals, head_px)
        self._start()
        return runs


class FixationBuilder:
    """From labelled rows to fixations: collects runs, joins those that are close in time and place, drops short ones.

    Args:
        display: Geometry.
        merge_gap_s: Longest time from one run's end to the next one's onset; negative merges nothing.
        merge_angle_deg: Largest angle between the runs' places.
        min_duration_s: Shorter fixations are dropped.
        min_measured: Fixations are dropped of which less than this share of the samples was measured.
    """

    def __init__(
        self,
        display: Display,
        *,
        merge_gap_s: float,
        merge_angle_deg: float,
        min_duration_s: float,
        min_measured: float = 0.0,
    ) -> None:
        self._collector = RunCollector()
        self._display = display
        self._merge_gap_s = merge_gap_s + (TIME_TOLERANCE_S if merge_gap_s >= 0 else 0.0)
        self._merge_angle_deg = merge_angle_deg
        self._min_duration_s = min_duration_s - TIME_TOLERANCE_S
        self._min_measured = min_measured
        self._waiting = _NO_RUNS  # the last one, which the next may join

    def push(self, rows: Rows, *, at_end: bool) -> list[Fixation]:
        """Take rows with `starts` and `member`; return the fixations that became final."""
        fixations: list[Fixation] = []
        if len(rows):
            fixations += self._take(self._collector.push(rows))
            fixations += self._let_go(self._collector.settled_s, self._collector.open_head)
        if at_end:
            fixations += self._take(self._collector.flush())
            fixations += self._let_go(np.inf, None)
        return fixations

    def _take(self, runs: Runs) -> list[Fixation]:
        """Fixations of all runs but the last, which waits."""
        if not len(runs):
            return []
        joined = self._joined(np.concatenate([self._waiting, runs]))
        self._waiting = joined[-1:].copy() if joined["n"][-1] else _NO_RUNS
        return self._fixations(joined[:-1])

    def _let_go(self, settled_s: float, open_head: tuple[float, Floats] | None) -> list[Fixation]:
        """The one that waits, where no run can join it any more."""
        if not len(self._waiting):
            return []
        _, end_s, sum_x_px, sum_y_px, n, *_ = self._waiting[0].item()
        is_over = settled_s - end_s > self._merge_gap_s
        if not is_over and open_head is not None:
            onset_s, head_px = open_head
            is_over = not self._are_close(end_s, sum_x_px / n, sum_y_px / n, onset_s, *head_px.tolist())
        if not is_over:
            return []
        waiting, self._waiting = self._waiting, _NO_RUNS
        return self._fixations(waiting)

    def _joined(self, runs: Runs) -> Runs:
        """The runs, those that are close to the one before made one with it.

        Whether a run is close to one that stands alone is asked for all at once, and one by one only where runs have
        been joined: then their common place counts.
        """
        with np.errstate(invalid="ignore", divide="ignore"):  # nothing joins a run without a measured sample
            x_px, y_px = runs["sum_x_px"] / runs["n"], runs["sum_y_px"] / runs["n"]
            alone = self._are_close(
                runs["end_s"][:-1], x_px[:-1], y_px[:-1], *(runs[name][1:] for name in ("onset_s", *_HEAD))
            )
        joins = (1 + np.flatnonzero(alone)).tolist()
        if not joins:
            return runs
        stays = np.ones(len(runs), dtype=bool)
        onset_s, head_x_px, head_y_px = (runs[name].tolist() for name in ("onset_s", *_HEAD))
        end_s, sum_x_px, sum_y_px, n, n_all = grown = [runs[name].tolist() for name in _GROWS]
        next_alone = 0
        for run in joins:
            if run <= next_alone:
                continue
            first, is_close = run - 1, True
            while is_close:
                for values in (sum_x_px, sum_y_px, n, n_all):
                    values[first] += values[run]
                end_s[first] = end_s[run]
                stays[run] = False
                run += 1
                is_close = run < len(runs) and self._are_close(
                    end_s[first],
                    sum_x_px[first] / n[first],
                    sum_y_px[first] / n[first],
                    onset_s[run],
                    head_x_px[run],
                    head_y_px[run],
                )
            next_alone = run
        for name, values in zip(_GROWS, grown, strict=True):
            runs[name] = values
        return runs[stays]

    def _are_close(
        self,
        end_s: FloatsOrFloat,
        x_px: FloatsOrFloat,
        y_px: FloatsOrFloat,
        onset_s: FloatsOrFloat,
        head_x_px: FloatsOrFloat,
        head_y_px: FloatsOrFloat,
    ) -> Any:  # Any: one truth value or an array of them
        """Whether runs with such ends and places, and runs with such onsets and heads after them, are one fixation."""
        angle_deg = sight_angle_deg(x_px, y_px, head_x_px, head_y_px, self._display)
        return (onset_s - end_s <= self._merge_gap_s) & (angle_deg <= self._merge_angle_deg)

    def _fixations(self, runs: Runs) -> list[Fixation]:
        """Fixations of the runs that are long enough, and measured enough."""
        duration_s = runs["end_s"] - runs["onset_s"]
        is_kept = (runs["n"] > 0) & (runs["n"] >= self._min_measured * runs["n_all"])
        is_kept &= duration_s >= self._min_duration_s
        runs, duration_s = runs[is_kept], duration_s[is_kept]
        x_px, y_px = runs["sum_x_px"] / runs["n"], runs["sum_y_px"] / runs["n"]
        return [
            Fixation(onset_s=onset, duration_s=duration, x_px=x, y_px=y)
            for onset, duration, x, y in zip(
                runs["onset_s"].tolist(), duration_s.tolist(), x_px.tolist(), y_px.tolist(), strict=True
            )
        ]
