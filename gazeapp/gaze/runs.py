"""From labelled samples to fixations: collecting runs, merging neighbours, discarding short ones; as a stream."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gazeapp.gaze.display import Display
from gazeapp.gaze.filters import TIME_TOLERANCE_S, sight_angle_deg
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import Bools, Floats

HEAD_S = 0.020  # a run is compared with the one before by the place of its first 20 ms


@dataclass(frozen=True, slots=True)
class Run:
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


@dataclass(frozen=True, slots=True)
class _Totals:
    """Running sums over the stream up to a row."""

    x_px: float = 0.0
    y_px: float = 0.0
    n: int = 0
    x_all_px: float = 0.0
    y_all_px: float = 0.0
    n_all: int = 0


class _Sums:
    """Running sums before each row of a chunk, and after its last."""

    def __init__(self, totals: _Totals, x_px: Floats, y_px: Floats, measured: Bools) -> None:
        usable = np.isfinite(x_px)
        self._columns = [
            np.cumsum(np.concatenate([[start], values]))
            for start, values in (
                (totals.x_px, np.where(measured, x_px, 0.0)),
                (totals.y_px, np.where(measured, y_px, 0.0)),
                (totals.n, measured),
                (totals.x_all_px, np.where(usable, x_px, 0.0)),
                (totals.y_all_px, np.where(usable, y_px, 0.0)),
                (totals.n_all, usable),
            )
        ]

    def before(self, row: int) -> _Totals:
        x, y, n, x_all, y_all, n_all = (column[row] for column in self._columns)
        return _Totals(float(x), float(y), int(n), float(x_all), float(y_all), int(n_all))


@dataclass(slots=True)
class _OpenRun:
    onset_s: float
    start: _Totals
    head: tuple[float, float] | None = None
    """None until a sample beyond the head is known."""

    def fix_head(self, stop: _Totals) -> None:
        n = stop.n_all - self.start.n_all
        self.head = (
            (stop.x_all_px - self.start.x_all_px) / n,
            (stop.y_all_px - self.start.y_all_px) / n,
        )

    def closed(self, end_s: float, stop: _Totals) -> Run:
        if self.head is None:
            self.fix_head(stop)
        assert self.head is not None
        return Run(
            self.onset_s, end_s, stop.x_px - self.start.x_px, stop.y_px - self.start.y_px,
            stop.n - self.start.n, stop.n_all - self.start.n_all, *self.head,
        )  # fmt: skip


class RunCollector:
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
        self._totals = _Totals()

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

    def push(
        self,
        time_s: Floats,
        x_px: Floats,
        y_px: Floats,
        measured: Bools,
        member: Bools,
        starts: Bools,
    ) -> list[Run]:
        """Take labelled samples and return the runs that ended.

        Args:
            time_s: (N,) increasing.
            x_px: (N,) NaN where missing; a member is never missing.
            y_px: (N,)
            measured: (N,) whether the sample counts for the run's place.
            member: (N,) whether the sample belongs to a run.
            starts: (N,) whether a new run must begin here even if the sample before is a member.
        """
        n = len(time_s)
        if n == 0:
            return []
        sums = _Sums(self._totals, x_px, y_px, measured)
        before = np.concatenate([[self._open is not None], member[:-1]])
        begins = np.flatnonzero(member & (~before | starts)).tolist()
        stops = np.flatnonzero(before & (~member | starts)).tolist()  # rows after a run's last
        runs: list[Run] = []
        turn = iter(begins)
        run = self._open
        for stop in [*stops, n]:
            if run is None:
                begin = next(turn, None)
                if begin is None:
                    break
                run = _OpenRun(float(time_s[begin]), sums.before(begin))
            if run.head is None:
                head_stop = int(np.searchsorted(time_s, run.onset_s + self._head_s, side="right"))
                if head_stop < stop or (stop < n and head_stop >= stop):
                    run.fix_head(sums.before(min(head_stop, stop)))
            if stop == n and member[-1]:
                break
            runs.append(
                run.closed(float(time_s[stop - 1]) if stop else self._last_s, sums.before(stop))
            )
            run = None
        self._open = run
        self._last_s = float(time_s[-1])
        self._totals = sums.before(n)
        return runs

    def flush(self) -> list[Run]:
        """End of the stream: the open run, if there is one; then start afresh."""
        runs = [self._open.closed(self._last_s, self._totals)] if self._open else []
        self._start()
        return runs


class RunMerger:
    """Joins runs that are close in time and place, then drops the short ones.

    Args:
        display: Geometry.
        merge_gap_s: Longest time from one run's end to the next one's onset; negative merges nothing.
        merge_angle_deg: Largest angle between the runs' places.
        min_duration_s: Shorter runs are dropped.
        min_measured: Runs are dropped of which less than this share of the samples was measured.
    """

    def __init__(
        self, display: Display, *, merge_gap_s: float, merge_angle_deg: float, min_duration_s: float,
        min_measured: float = 0.0,
    ) -> None:  # fmt: skip
        self._display = display
        self._merge_gap_s = merge_gap_s + (TIME_TOLERANCE_S if merge_gap_s >= 0 else 0.0)
        self._merge_angle_deg = merge_angle_deg
        self._min_duration_s = min_duration_s - TIME_TOLERANCE_S
        self._min_measured = min_measured
        self._waiting: Run | None = None

    def push(
        self,
        runs: list[Run],
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
            if waiting is not None and self._close(
                waiting, run.onset_s, run.head_x_px, run.head_y_px
            ):
                self._waiting = replace(
                    waiting, end_s=run.end_s, n=waiting.n + run.n, n_all=waiting.n_all + run.n_all,
                    sum_x_px=waiting.sum_x_px + run.sum_x_px, sum_y_px=waiting.sum_y_px + run.sum_y_px,
                )  # fmt: skip
            else:
                self._emit(done)
                self._waiting = run if run.n else None
        waiting = self._waiting
        if waiting is not None:
            too_late = settled_s - waiting.end_s > self._merge_gap_s
            if too_late or (open_head and not self._close(waiting, open_head[0], *open_head[1])):
                self._emit(done)
        return done

    def _close(self, earlier: Run, onset_s: float, head_x_px: float, head_y_px: float) -> bool:
        if onset_s - earlier.end_s > self._merge_gap_s:
            return False
        angle_deg = sight_angle_deg(
            earlier.sum_x_px / earlier.n, earlier.sum_y_px / earlier.n,
            head_x_px, head_y_px, self._display,
        )  # fmt: skip
        return angle_deg <= self._merge_angle_deg

    def _emit(self, done: list[Fixation]) -> None:
        run, self._waiting = self._waiting, None
        if run is None or run.n < self._min_measured * run.n_all:
            return
        if run.end_s - run.onset_s >= self._min_duration_s:
            done.append(Fixation(onset_s=run.onset_s, duration_s=run.end_s - run.onset_s,
                                 x_px=run.sum_x_px / run.n, y_px=run.sum_y_px / run.n))  # fmt: skip
