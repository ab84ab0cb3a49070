"""How long the disk will last, told before it is full: then a session pauses instead of losing anything."""

from __future__ import annotations

import math
import shutil
from collections import deque
from collections.abc import Callable
from enum import Enum
from pathlib import Path

from gazeapp.store.file_system import copies_on_write

LOOK_PERIOD_S = 2.0
WARN_MIN = 30.0
"""Minutes left at the present rate from which on it is said."""
RESERVE_BYTES = 64 << 20
"""Below this a session pauses: what waits in memory, the end of the session and its log must still find a place."""
_RESERVE_S = 60.0
"""Or below what this long takes."""
_RATE_WINDOW_S = 60.0


class DiskNews(Enum):
    """What is new about the disk."""

    LOW = "low"
    """Less than `WARN_MIN` minutes are left."""
    NEARLY_FULL = "nearly full"
    """A session should pause now."""
    SPACE_AGAIN = "space again"
    """It can go on."""


class DiskWatch:
    """Watches the disk of a session.

    Args:
        folder: The session's.
        free_bytes: Tells the free space of a folder's disk.
    """

    def __init__(self, folder: Path, free_bytes: Callable[[Path], int] | None = None) -> None:
        self._folder = folder
        self._free_bytes = free_bytes or (lambda path: shutil.disk_usage(path).free)
        self._sizes: deque[tuple[float, int]] = deque()
        self._due_s = -math.inf
        self._is_low = self._is_full = False
        self._copying = copies_on_write(folder)
        self.free = -1
        """Bytes, at the last look; -1 before the first."""
        self.minutes_left = math.inf
        """At the present rate."""

    @property
    def is_full(self) -> bool:
        """Whether a session had better stand still."""
        return self._is_full

    def look(self, now_s: float) -> DiskNews | None:
        """What is news at `now_s`; looks now and then only. A disk that cannot be asked is no news."""
        if now_s < self._due_s:
            return None
        self._due_s = now_s + LOOK_PERIOD_S
        try:
            self.free = self._free_bytes(self._folder)
            size = sum(path.stat().st_size for path in self._folder.glob("session.sqlite*"))
        except OSError:
            return None
        self._sizes.append((now_s, size))
        while len(self._sizes) > 2 and self._sizes[0][0] < now_s - _RATE_WINDOW_S:
            self._sizes.popleft()
        (first_s, first), (last_s, last) = self._sizes[0], self._sizes[-1]
        per_s = max(last - first, 0) / (last_s - first_s) if last_s > first_s else 0.0
        reserve = max(RESERVE_BYTES, per_s * _RESERVE_S)
        self.minutes_left = max(self.free - reserve, 0) / per_s / 60 if per_s else math.inf
        if self._is_full:
            if self.free < 2 * reserve:
                return None
            self._is_full = False
            return DiskNews.SPACE_AGAIN
        if self.free < reserve:
            self._is_full = self._is_low = True
            return DiskNews.NEARLY_FULL
        was_low, self._is_low = self._is_low, self.minutes_left < WARN_MIN or self.free < 4 * RESERVE_BYTES
        return DiskNews.LOW if self._is_low and not was_low else None

    @property
    def words(self) -> str:
        """The state in a sentence."""
        left = f"{self.free / 1e6:.0f} MB are left on the disk"
        if math.isfinite(self.minutes_left):
            left += f", about {self.minutes_left:.0f} minutes at the present rate"
        if self._copying:
            left += f"; {self._copying} keeps no room for what comes once it is full"
        return left
