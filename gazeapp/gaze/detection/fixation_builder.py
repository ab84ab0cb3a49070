"""From labelled samples to fixations: collecting runs, merging neighbours, discarding short ones; as a stream."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.detection.rows import Rows
from gazeapp.gaze.display import Display
from gazeapp.gaze.filters import TIME_TOLERANCE_S, sight_angle_deg
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import Bools, Floats

HEAD_S = 0.020  # a run is compared with the one before by the place of its first 20 ms


@dataclass(frozen=True, slots=True)
class FixationCandidate:
    """Consecutive samples that belong together."""

    onset_s: float
    end_s: float
    sum_x_px: float
    sum_y_px: float
    n: int
    """Measured samples, those in the sums; 0 for a run whose samples were all filled in."""
    n_all: int
    """The same with those that were filled in."""
    head_x_px: float
    """Mean of the run's first samples, measured or filled in."""
    head_y_px: float


Totals = tuple[float, float, float, float, float, float]
"""Running sums over the stream: x, y, number of measured samples; the same with filled ones."""


@dataclass(slots=True)
class _OpenRun:
    onset_s: float
    start: Totals
    """Before its first sample."""
    head: tuple[float, float] | None = None
    """None until a sample beyond the head is known."""


def _mean_place(start: Totals, stop: Totals) -> tuple[float, float]:
    n = stop[5] - start[5]
    return (stop[3] - start[3]) / n, (stop[4] - start[4]) / n


def _run(run: _OpenRun, end_s: float, stop: Totals) -> FixationCandidate:
    start = run.start
    head = run.head or _mean_place(start, stop)
    return FixationCandidate(
        run.onset_s,
        end_s,
        stop[0] - start[0],
        stop[1] - start[1],
        int(stop[2] - start[2]),
        int(stop[5] - start[5]),
        *head,
    )


class CandidateCollector:
    """Cuts a stream of labelled samples into runs.

    Sums run on over the whole stream, and a run's sum is a difference of two of them: adding in one fixed order
    makes the result equal to the last bit however the stream is cut.

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
        self._totals: Totals = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

    @property
    def settled_s(self) -> float:
        """No run that is still to come begins before this time."""
        return self._open.onset_s if self._open else self._last_s

    @property
    def open_head(self) -> tuple[float, tuple[float, float]] | None:
        """Onset and head of the run under way, once its head is complete."""
        if self._open is None or self._open.head is None:
            return None
        return self._open.onset_s, self._open.head

    def push(self, rows: Rows) -> list[FixationCandidate]:
        """Take labelled rows and return the runs that ended.

        Args:
            rows: `measured` counts for a run's place; a `member` belongs to a run, and its gaze is never missing; where
                a row `starts`, a new run must begin even if the row before is a member.
        """
        time_s, x_px, y_px = rows["time_s"], rows["x_px"], rows["y_px"]
        measured, member, starts = rows["measured"], rows["member"], rows["starts"]
        n = len(time_s)
        if n == 0:
            return []
        sums = self._sums(x_px, y_px, measured)
        before = np.concatenate([[self._open is not None], member[:-1]])
        begins = np.flatnonzero(member & (~before | starts))
        stops = np.flatnonzero(before & (~member | starts))  # rows after a run's last
        if member[-1]:
            stops = np.append(stops, n)
        onsets_s = time_s[begins]
        starts_of = [_OpenRun(onset, total) for onset, total in zip(onsets_s.tolist(), _at(sums, begins), strict=True)]
        if self._open is not None:
            starts_of.insert(0, self._open)
            onsets_s = np.concatenate([[self._open.onset_s], onsets_s])
        head_stops = np.searchsorted(time_s, onsets_s + self._head_s, side="right")
        ends_s = np.where(stops > 0, time_s[stops - 1], self._last_s).tolist()
        runs: list[FixationCandidate] = []
        self._open = None
        columns = (
            starts_of,
            stops.tolist(),
            head_stops.tolist(),
            ends_s,
            _at(sums, stops),
            _at(sums, np.minimum(head_stops, stops)),
        )
        for run, stop, head_stop, end_s, total, head_total in zip(*columns, strict=True):
            is_open = stop == n and member[-1]
            if run.head is None and not (is_open and head_stop >= stop):
                run.head = _mean_place(run.start, head_total)
            if is_open:
                self._open = run
            else:
                runs.append(_run(run, end_s, total))
        self._last_s = float(time_s[-1])
        self._totals = _at(sums, np.array([n]))[0]
        return runs

    def _sums(self, x_px: Floats, y_px: Floats, measured: Bools) -> Floats:
        """(6, N + 1) running sums before each row and after the last."""
        usable = np.isfinite(x_px)
        terms = np.empty((6, len(x_px) + 1))
        terms[:, 0] = self._totals
        terms[2, 1:], terms[5, 1:] = measured, usable
        terms[3, 1:], terms[4, 1:] = np.where(usable, x_px, 0.0), np.where(usable, y_px, 0.0)
        terms[0, 1:], terms[1, 1:] = terms[3, 1:] * measured, terms[4, 1:] * measured
        sums: Floats = np.cumsum(terms, axis=1, out=terms)
        return sums

    def flush(self) -> list[FixationCandidate]:
        """End of the stream: the open run, if there is one; then start afresh."""
        runs = [_run(self._open, self._last_s, self._totals)] if self._open else []
        self._start()
        return runs


def _at(sums: Floats, rows: NDArray[np.intp]) -> list[Totals]:
    """The sums before each of the rows."""
    return [tuple(column) for column in sums[:, rows].T.tolist()]


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
        self._runs = CandidateCollector()
        self._merger = CandidateMerger(
            display,
            merge_gap_s=merge_gap_s,
            merge_angle_deg=merge_angle_deg,
            min_duration_s=min_duration_s,
            min_measured=min_measured,
        )

    def push(self, rows: Rows, *, at_end: bool) -> list[Fixation]:
        """Take rows with `starts` and `member`; return the fixations that became final."""
        fixations: list[Fixation] = []
        if len(rows):
            runs = self._runs.push(rows)
            fixations += self._merger.push(runs, self._runs.settled_s, self._runs.open_head)
        if at_end:
            fixations += self._merger.push(self._runs.flush(), np.inf)
        return fixations


class CandidateMerger:
    """Joins runs that are close in time and place, then drops the short ones.

    Args:
        display: Geometry.
        merge_gap_s: Longest time from one run's end to the next one's onset; negative merges nothing.
        merge_angle_deg: Largest angle between the runs' places.
        min_duration_s: Shorter runs are dropped.
        min_measured: Runs are dropped of which less than this share of the samples was measured.
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
        self._display = display
        self._merge_gap_s = merge_gap_s + (TIME_TOLERANCE_S if merge_gap_s >= 0 else 0.0)
        self._merge_angle_deg = merge_angle_deg
        self._min_duration_s = min_duration_s - TIME_TOLERANCE_S
        self._min_measured = min_measured
        self._waiting: FixationCandidate | None = None

    def push(
        self,
        runs: list[FixationCandidate],
        settled_s: float,
        open_head: tuple[float, tuple[float, float]] | None = None,
    ) -> list[Fixation]:
        """Take the next runs and return the fixations that became final.

        Args:
            runs: In time order.
            settled_s: No later run begins before this time; infinity ends the stream.
            open_head: Onset and head (x, y) of the run under way, if they are known.
        """
        done: list[Fixation] = []
        for run in runs:
            waiting = self._waiting
            if waiting is not None and self._close(waiting, run.onset_s, run.head_x_px, run.head_y_px):
                self._waiting = replace(
                    waiting,
                    end_s=run.end_s,
                    n=waiting.n + run.n,
                    n_all=waiting.n_all + run.n_all,
                    sum_x_px=waiting.sum_x_px + run.sum_x_px,
                    sum_y_px=waiting.sum_y_px + run.sum_y_px,
                )
            else:
                self._emit(done)
                self._waiting = run if run.n else None
        waiting = self._waiting
        if waiting is not None:
            too_late = settled_s - waiting.end_s > self._merge_gap_s
            if too_late or (open_head and not self._close(waiting, open_head[0], *open_head[1])):
                self._emit(done)
        return done

    def _close(self, earlier: FixationCandidate, onset_s: float, head_x_px: float, head_y_px: float) -> bool:
        if onset_s - earlier.end_s > self._merge_gap_s:
            return False
        angle_deg = sight_angle_deg(
            earlier.sum_x_px / earlier.n,
            earlier.sum_y_px / earlier.n,
            head_x_px,
            head_y_px,
            self._display,
        )
        return angle_deg <= self._merge_angle_deg

    def _emit(self, done: list[Fixation]) -> None:
        run, self._waiting = self._waiting, None
        if run is None or run.n < self._min_measured * run.n_all:
            return
        if run.end_s - run.onset_s >= self._min_duration_s:
            done.append(
                Fixation(
                    onset_s=run.onset_s,
                    duration_s=run.end_s - run.onset_s,
                    x_px=run.sum_x_px / run.n,
                    y_px=run.sum_y_px / run.n,
                )
            )
