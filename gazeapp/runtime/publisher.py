"""The interface through which a run publishes gaze, fixations and events for other programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.snapshot import TrialRecord
from gazeapp.store.events import Event


class Publisher(Protocol):
    """Where a run publishes; `devices.lsl_outlet.Outlets` is one."""

    def push_samples(self, samples: GazeSamples) -> None:
        """Publish gaze; called from the tracker's thread."""
        ...

    def push_fixations(self, fixations: Sequence[Fixation]) -> None:
        """Publish fixations in display pixels."""
        ...

    def push_event(self, event: Event) -> None:
        """Publish what happened."""
        ...

    def close(self) -> None:
        """End the streams."""
        ...


def fixations_on_display(record: TrialRecord) -> list[Fixation]:
    """A trial's own fixations in display pixels."""
    found = []
    for fixation in record.fixations:
        x_px, y_px = record.frame.to_display((fixation.x_px, fixation.y_px))
        found.append(replace(fixation, x_px=float(x_px), y_px=float(y_px)))
    return found
