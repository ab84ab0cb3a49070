"""Which tracker a session is to use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerChoice:
    """The tracker to use."""

    key: str
    backend: str
    name: str
    options: Mapping[str, str] = field(default_factory=dict)
