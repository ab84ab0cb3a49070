"""Events as JSON and back, for every event class."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any, get_type_hints

from gazeapp.gaze.display import StimulusFrame
from gazeapp.store import events
from gazeapp.store.events import Event


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
    values = json.loads(payload)
    if not isinstance(values, dict):
        raise ValueError(f"the payload of {kind} is no JSON object")
    hints = get_type_hints(cls, vars(events))
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
