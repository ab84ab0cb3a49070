"""I-VT: fixations are where gaze moves slower than a threshold, as Tobii Pro Lab computes them; online = offline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gazeapp.gaze.display import Display
from gazeapp.gaze.filters import TIME_TOLERANCE_S, continuous_runs, windowed_velocity
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.gap_filling import EyeChoice, GapFiller, GazeSignal, ordered_pieces
from gazeapp.gaze.runs import RunCollector, RunMerger
from gazeapp.gaze.samples import GazeSamples

_HEAD_S = 0.020  # a fixation is compared with the one before by the place of its first 20 ms


@dataclass(frozen=True, slots=True, kw_only=True)
class IvtParameters:
    """Parameters of I-VT under the names of Tobii Pro Lab's fixation filter; its defaults.

    Source:
        Olsen (2012), The Tobii I-VT fixation filter: algorithm description.
    """

    threshold_deg_s: float = 30.0
    """Slower samples belong to a fixation."""
    velocity_window_ms: float = 20.0
    fill_gaps: bool = True
    max_gap_ms: float = 75.0
    """Longest loss of an eye that is bridged; a longer hole in the time stamps always ends a fixation."""
    merge: bool = True
    merge_gap_ms: float = 75.0
    merge_angle_deg: float = 0.5
    """Two fixations are one when both the time and the angle between them are at most these."""
    min_duration_ms: float = 60.0
    """Shorter fixations are discarded, after merging."""
    eye: EyeChoice = "average"


class OnlineIvt:
    """I-VT over a stream.

    Every sample passes three stages, each of which waits only until its result is final: gap filling, the velocity
    of the sample's window, merging. A fixation's onset is its first sample, its end the last, its place the mean of
    the measured samples. Where time goes back (a clock jump), the stream ends and a new one begins.

    Args:
        display: Geometry.
        parameters: Defaults are those of Tobii Pro Lab.
    """

    def __init__(self, display: Display, parameters: IvtParameters | None = None) -> None:
        self.parameters = parameters = parameters or IvtParameters()
        self._display = display
        self._fill_s = parameters.max_gap_ms / 1e3
        self._window_s = parameters.velocity_window_ms / 1e3
        self._filler = GapFiller(self._fill_s if parameters.fill_gaps else 0.0, parameters.eye)
        self._runs = RunCollector(_HEAD_S)
        self._merger = RunMerger(
            display,
            merge_gap_s=parameters.merge_gap_ms / 1e3 if parameters.merge else -1.0,
            merge_angle_deg=parameters.merge_angle_deg,
            min_duration_s=parameters.min_duration_ms / 1e3,
        )
        self._start()

    def _start(self) -> None:
        self._last_time_s = -np.inf
        self._time, self._x, self._y = np.empty(0), np.empty(0), np.empty(0)
        self._measured = np.empty(0, bool)
        self._n_labelled = 0  # leading rows whose velocity is known; they stay as context

    @property
    def delay_s(self) -> float:
        """A fixation is emitted by the push that holds a sample this much later than the fixation's end."""
        parameters = self.parameters
        wait_s = self._window_s / 2
        if parameters.fill_gaps:
            wait_s += self._fill_s
        if parameters.merge:
            wait_s += parameters.merge_gap_ms / 1e3 + _HEAD_S
        return wait_s

    def push(self, samples: GazeSamples) -> list[Fixation]:
        """Take the next samples and return the fixations that became final, in display pixels."""
        fixations: list[Fixation] = []
        for goes_back, piece in ordered_pieces(samples, self._last_time_s):
            if goes_back:
                fixations += self.flush()
            self._last_time_s = float(piece.time_s[-1])
            fixations += self._advance(self._filler.push(piece), at_end=False)
        return fixations

    def flush(self) -> list[Fixation]:
        """End of the stream: return what is left and start afresh."""
        fixations = self._advance(self._filler.flush(), at_end=True)
        fixations += self._merger.push(self._runs.flush(), np.inf)
        self._start()
        return fixations

    def _advance(self, signal: GazeSignal, *, at_end: bool) -> list[Fixation]:
        if not len(signal) and not at_end:
            return []
        self._time = np.concatenate([self._time, signal.time_s])
        self._x = np.concatenate([self._x, signal.x_px])
        self._y = np.concatenate([self._y, signal.y_px])
        self._measured = np.concatenate([self._measured, signal.measured])
        time = self._time
        n = len(time)
        if n == 0:
            return []
        half_s = self._window_s / 2 + TIME_TOLERANCE_S
        # a sample's window is complete once a sample beyond it is known
        n_ready = n if at_end else int(np.searchsorted(time + half_s, time[-1], side="left"))
        if n_ready <= self._n_labelled:
            return []
        starts = continuous_runs(time, np.isfinite(self._x), self._fill_s)
        velocity = windowed_velocity(time, self._x, self._y, starts, self._display, self._window_s)
        new = slice(self._n_labelled, n_ready)
        with np.errstate(invalid="ignore"):
            slow = velocity[new] <= self.parameters.threshold_deg_s
        runs = self._runs.push(
            time[new], self._x[new], self._y[new], self._measured[new], slow, starts[new]
        )
        fixations = self._merger.push(runs, self._runs.settled_s, self._runs.open_head)
        if at_end:
            return fixations
        # keep what the next windows reach back to, and one row more to see where a run begins
        reach = int(np.searchsorted(time, time[n_ready] - half_s, side="left"))
        keep = max(0, min(reach, n_ready - 1) - 1)
        self._time, self._x, self._y = time[keep:], self._x[keep:], self._y[keep:]
        self._measured = self._measured[keep:]
        self._n_labelled = n_ready - keep
        return fixations
