"""Ctrl-C during long work."""

from __future__ import annotations

import signal
import threading
from types import FrameType


class Interruption:
    """Turns Ctrl-C into a flag that is read between steps, so that no state is saved half-updated."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> Interruption:
        self._in_main = threading.current_thread() is threading.main_thread()
        if self._in_main:  # elsewhere signals cannot be handled, nor arrive
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        if self._in_main:
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
