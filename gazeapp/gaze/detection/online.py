"""The one frame of every online detector: samples in time order, gaps filled, stage after stage, fixations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from gazeapp.gaze.detection.gap_filling import GapFiller, SampleIntake
from gazeapp.gaze.detection.rows import Rows
from gazeapp.gaze.detection.stages import Stage
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import GazeSamples


class FixationStage(Protocol):
    """The last stage: makes fixations of labelled rows."""

    def push(self, rows: Rows, *, at_end: bool) -> list[Fixation]:
        """Take the next rows, return the fixations that became final; at the end the last ones, and start afresh."""
        ...


class OnlineDetector:
    """A detector over a stream: online and offline are the same, whatever chunks the stream is cut into.

    Every stage waits only until its result is final. Where time goes back (a clock jump), the stream ends and a new
    one begins.

    Args:
        parameters: The algorithm's own, as a dataclass.
        delay_s: A fixation is emitted by the push that holds a sample this much later than the fixation's end.
        filler: Chooses the eye and fills its gaps.
        stages: What labels the rows, in this order.
        fixations: What makes fixations of them.
    """

    def __init__(
        self,
        parameters: Any,  # Any: each algorithm has a dataclass of its own
        *,
        delay_s: float,
        filler: GapFiller,
        stages: Sequence[Stage],
        fixations: FixationStage,
    ) -> None:
        self.parameters = parameters
        self._delay_s = delay_s
        self._intake = SampleIntake()
        self._filler = filler
        self._stages = tuple(stages)
        self._fixations = fixations

    @property
    def delay_s(self) -> float:
        """A fixation is emitted by the push that holds a sample this much later than the fixation's end."""
        return self._delay_s

    def push(self, samples: GazeSamples) -> list[Fixation]:
        """Take the next samples and return the fixations that became final, in display pixels."""
        fixations: list[Fixation] = []
        for goes_back, piece in self._intake.push(samples):
            fixations += self._advance(piece, goes_back=goes_back)
        return fixations

    def flush(self) -> list[Fixation]:
        """End of the stream: return what is left and start afresh."""
        fixations: list[Fixation] = []
        for goes_back, piece in self._intake.flush():
            fixations += self._advance(piece, goes_back=goes_back)
        return fixations + self._end()

    def _advance(self, piece: GazeSamples, *, goes_back: bool) -> list[Fixation]:
        before = self._end() if goes_back else []
        return before + self._label(self._filler.push(piece), at_end=False)

    def _end(self) -> list[Fixation]:
        return self._label(self._filler.flush(), at_end=True)

    def _label(self, rows: Rows, *, at_end: bool) -> list[Fixation]:
        for stage in self._stages:
            rows = stage.push(rows, at_end=at_end)
        return self._fixations.push(rows, at_end=at_end)
