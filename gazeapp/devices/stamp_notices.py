"""What to tell of samples whose time cannot be true: never more than the news."""

from __future__ import annotations

import math

from gazeapp.devices.tracker import TrackerNotice
from gazeapp.gaze.samples import GazeSamples
from gazeapp.gaze.stamp_gate import Refused, StampGate

TELL_PERIOD_S = 5.0
"""A sender that stamps wrongly does so hundreds of times a second."""


class StampNotices:
    """Sifts samples and collects what was left out into a notice now and then. Used by one thread at a time.

    Args:
        name: Of the tracker.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._gate = StampGate()
        self._untold = Refused()
        self._due_s = -math.inf

    def sift(self, samples: GazeSamples, now_s: float) -> tuple[GazeSamples, list[TrackerNotice]]:
        """The samples that may be stored and shown, and what is news at `now_s`."""
        passed, refused = self._gate.sift(samples)
        self._untold = self._untold + refused
        return passed, self.due(now_s) if now_s >= self._due_s else []

    def due(self, now_s: float) -> list[TrackerNotice]:
        """What was left out and not told yet."""
        if not self._untold.n:
            return []
        words, self._untold = self._untold.sentence, Refused()
        self._due_s = now_s + TELL_PERIOD_S
        return [TrackerNotice(time_s=now_s, kind="stamps", message=f"{self._name}: {words}")]
