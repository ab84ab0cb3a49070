"""Everything that happens in a session and is recorded or broadcast, one frozen dataclass each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gazeapp.gaze.display import StimulusFrame

OnsetKind = Literal["swap", "raster", "virtual"]
"""How a stimulus onset was timed: at the buffer swap, at the raster paint, or by a session without a screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened at `time_s` on the session clock."""

    time_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChanged(Event):
    """The session went from one state to another."""

    old: str
    new: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseStarted(Event):
    """A phase of the plan (calibrate, validate, enrol, overlay) began."""

    phase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetShown(Event):
    """A calibration, validation or drift target is on the screen."""

    target_id: int
    x_px: float
    y_px: float
    purpose: str
    """"calibrate", "validate", "drift"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetHidden(Event):
    """The target is gone."""

    target_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossShown(Event):
    """The fixation cross is on the screen."""

    x_px: float
    y_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StimulusShown(Event):
    """A stimulus appeared; `time_s` is its onset."""

    trial: int
    frame: StimulusFrame
    onset_kind: OnsetKind


@dataclass(frozen=True, slots=True, kw_only=True)
class StimulusHidden(Event):
    """The stimulus is gone; `time_s` is its end."""

    trial: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialInterrupted(Event):
    """The stimulus was taken off before its time; its gaze is kept, the image will be shown again."""

    trial: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerEvent(Event):
    """A tracker was lost or restored, left a gap, or changed."""

    kind: str
    message: str
    gap_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Event):
    """Free text or a key press of the experimenter."""

    text: str
