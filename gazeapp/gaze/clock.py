"""Time as a value: the session clock."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Where a driver reads the present; stages below it are handed times and never ask."""

    def now_s(self) -> float:
        """Seconds on the session clock."""
        ...


class MonotonicClock:
    """The session clock of a real run: seconds since it was made, never set back."""

    def __init__(self) -> None:
        self._origin_s = time.monotonic()

    @property
    def origin_s(self) -> float:
        """`time.monotonic()` at the session clock's zero, to convert stamps of drivers that use that clock."""
        return self._origin_s

    def now_s(self) -> float:
        """Seconds since the clock was made."""
        return time.monotonic() - self._origin_s


class ManualClock:
    """A clock that moves only when told to: tests, and sessions run faster than real time."""

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s

    def now_s(self) -> float:
        """The time last set."""
        return self._now_s

    def set(self, now_s: float) -> None:
        """Move to `now_s`; going back is a ValueError."""
        if now_s < self._now_s:
            raise ValueError(f"a clock cannot go back from {self._now_s} to {now_s}")
        self._now_s = now_s

    def advance(self, by_s: float) -> None:
        """Move forward by `by_s` seconds."""
        self.set(self._now_s + by_s)
