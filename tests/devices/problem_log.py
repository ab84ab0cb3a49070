"""Collects what a tracker reports and lets a test wait for one kind of it."""

from __future__ import annotations

import threading

from gazeapp.devices.tracker import TrackerNotice


class ProblemLog:
    def __init__(self) -> None:
        self.all: list[TrackerNotice] = []
        self._changed = threading.Condition()

    def take(self, problem: TrackerNotice) -> None:
        with self._changed:
            self.all.append(problem)
            self._changed.notify_all()

    def wait_for(self, kind: str, timeout_s: float = 20.0, n: int = 1) -> TrackerNotice:
        """The n-th of this kind."""
        with self._changed:
            assert self._changed.wait_for(lambda: self.kinds.count(kind) >= n, timeout_s), self.kinds
            return [p for p in self.all if p.kind == kind][n - 1]

    @property
    def kinds(self) -> list[str]:
        return [p.kind for p in self.all]
