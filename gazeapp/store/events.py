"""Everything that happens in a session and is recorded or broadcast, one frozen dataclass each."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from typing import Any, Literal, get_type_hints

from gazeapp.gaze.display import StimulusFrame
from gazeapp.store.untrusted.files import parse_json

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


def _classes(root: type[Event]) -> dict[str, type[Event]]:
    found: dict[str, type[Event]] = {}
    for kind in root.__subclasses__():
        found[kind.__name__] = kind
        found |= _classes(kind)
    return found


def encode_event(event: Event) -> tuple[str, str]:
    """Kind (the class name) and payload (JSON object of all fields but the time)."""
    payload = dataclasses.asdict(event)
    del payload["time_s"]
    return type(event).__name__, dump_json(payload)


def decode_event(time_s: float, kind: str, payload: str) -> Event:
    """Rebuild an event; ValueError for an unknown kind or fields that do not fit."""
    cls = _classes(Event).get(kind)
    if cls is None:
        raise ValueError(f"unknown kind of event {kind!r}")
    values = parse_json(payload)
    if not isinstance(values, dict):
        raise ValueError(f"the payload of {kind} is no JSON object")
    hints = get_type_hints(cls, globals())
    for name, hint in hints.items():
        if name not in values:
            continue
        if hint is StimulusFrame:
            values[name] = StimulusFrame(**values[name])
        elif hint is float and values[name] is None:
            values[name] = math.nan
    try:
        return cls(time_s=time_s, **values)
    except TypeError as error:
        raise ValueError(f"the payload of {kind} does not fit ({error})") from error


def dump_json(value: Any) -> str:  # Any: JSON values
    """Compact JSON that any parser reads: NaN and infinities become null."""
    return json.dumps(_finite(value), separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:  # Any: JSON values
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
