"""Notices that a tracker fell silent, and that it is back: not every tracker says so itself."""

from __future__ import annotations

from gazeapp.devices.tracker import TrackerNotice
from gazeapp.devices.watchdog import LOST_S, SilenceTimer


class StreamWatchdog:
    """Compares what arrived with what had arrived.

    Args:
        name: Of the tracker, for what is told.
        now_s: Session time.
    """

    def __init__(self, name: str, now_s: float) -> None:
        self._name = name
        self._n_heard = 0
        self._is_silent = False
        self._silence = SilenceTimer()
        self._silence.reset(now_s)

    @property
    def is_silent(self) -> bool:
        """Whether the tracker counts as lost."""
        return self._is_silent

    def start(self, now_s: float) -> None:
        """The tracker was told to deliver."""
        self._silence.reset(now_s)

    def look(self, n_received: int, now_s: float) -> TrackerNotice | None:
        """What is news at `now_s`, after `n_received` samples in all."""
        heard = n_received != self._n_heard
        self._n_heard = n_received
        silent_s = self._silence.update(now_s, received=heard)
        if heard and self._is_silent:
            return TrackerNotice(time_s=now_s, kind="restored", message=f"{self._name} delivers again")
        if not self._is_silent and silent_s >= LOST_S:
            return TrackerNotice(
                time_s=now_s,
                kind="lost",
                message=f"{self._name} fell silent {silent_s:.1f} s ago",
                gap_s=silent_s,
            )
        return None

    def note(self, kind: str, n_received: int, now_s: float) -> None:
        """The tracker was found "lost" or "restored", by itself or by `look`."""
        self._is_silent = kind == "lost"
        # what arrived before the loss must not count as the tracker's return
        self._n_heard = n_received
        self._silence.reset(now_s)
