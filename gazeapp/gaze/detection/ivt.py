"""I-VT: fixations are where gaze moves slower than a threshold, as Tobii Pro Lab computes them; online = offline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gazeapp.gaze.detection.fixation_builder import HEAD_S, CandidateCollector, CandidateMerger
from gazeapp.gaze.detection.gap_filling import EyeChoice, GapFiller, GazeSignal, SampleIntake
from gazeapp.gaze.detection.windows import VelocityStage
from gazeapp.gaze.display import Display
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import GazeSamples


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
        gap_s = parameters.max_gap_ms / 1e3
        self._intake = SampleIntake()
        self._filler = GapFiller(gap_s if parameters.fill_gaps else 0.0, parameters.eye)
        self._velocity = VelocityStage(display, [parameters.velocity_window_ms / 1e3], gap_s)
        self._runs = CandidateCollector()
        self._merger = CandidateMerger(
            display,
            merge_gap_s=parameters.merge_gap_ms / 1e3 if parameters.merge else -1.0,
            merge_angle_deg=parameters.merge_angle_deg,
            min_duration_s=parameters.min_duration_ms / 1e3,
        )

    @property
    def delay_s(self) -> float:
        """A fixation is emitted by the push that holds a sample this much later than the fixation's end."""
        parameters = self.parameters
        wait_ms = SampleIntake.HOLD_S * 1e3 + parameters.velocity_window_ms / 2
        if parameters.fill_gaps:
            wait_ms += parameters.max_gap_ms
        if parameters.merge:
            wait_ms += parameters.merge_gap_ms + HEAD_S * 1e3
        return wait_ms / 1e3

    def push(self, samples: GazeSamples) -> list[Fixation]:
        """Take the next samples and return the fixations that became final, in display pixels."""
        return self._intake.push(samples, self._take, self._end)

    def flush(self) -> list[Fixation]:
        """End of the stream: return what is left and start afresh."""
        return self._intake.flush(self._take, self._end)

    def _take(self, piece: GazeSamples) -> list[Fixation]:
        return self._advance(self._filler.push(piece), at_end=False)

    def _end(self) -> list[Fixation]:
        fixations = self._advance(self._filler.flush(), at_end=True)
        return [*fixations, *self._merger.push(self._runs.flush(), np.inf)]

    def _advance(self, signal: GazeSignal, *, at_end: bool) -> list[Fixation]:
        rows = self._velocity.push([signal.time_s, signal.x_px, signal.y_px, signal.measured], at_end=at_end)
        if not rows:
            return []
        time_s, x_px, y_px, measured, starts, velocity = rows
        with np.errstate(invalid="ignore"):
            slow = velocity <= self.parameters.threshold_deg_s
        runs = self._runs.push(time_s, x_px, y_px, measured, slow, starts)
        return self._merger.push(runs, self._runs.settled_s, self._runs.open_head)
