"""Fixations, and the protocol that every online detector follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gazeapp.gaze.samples import GazeSamples


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixation:
    """One fixation; coordinates are display or image pixels, as the producer states."""

    onset_s: float
    duration_s: float
    x_px: float
    y_px: float

    @property
    def end_s(self) -> float:
        """Time of the fixation's last moment."""
        return self.onset_s + self.duration_s


class FixationDetector(Protocol):
    """Finds fixations in a stream of samples; cutting the stream into chunks never changes the result."""

    @property
    def delay_s(self) -> float:
        """How long after its last sample a fixation is emitted at the latest (it waits until it can no longer
        change).
        """
        ...

    def push(self, samples: GazeSamples) -> list[Fixation]:
        """Take the next samples (time order) and return the fixations that became final, in display pixels."""
        ...

    def flush(self) -> list[Fixation]:
        """End of the stream: return what is left and start afresh."""
        ...
