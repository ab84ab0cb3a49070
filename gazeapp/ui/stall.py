"""Finds out how long the GUI thread was busy, and where: a meter for figures and a watchdog for development."""

from __future__ import annotations

import faulthandler
import logging
import tempfile
import threading
import time

from PySide6.QtCore import QObject, Qt, QTimer

_log = logging.getLogger(__name__)

LIMIT_S = 0.1
"""A block of the GUI thread that a person notices."""


class StallMeter(QObject):
    """Measures on the GUI thread how late a short timer gets."""

    def __init__(self, interval_ms: int = 5) -> None:
        super().__init__()
        self._interval_s = interval_ms / 1000
        self._last_s = time.monotonic()
        self.blocks_s: list[float] = []
        """Every block above 16 ms."""
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(interval_ms)

    @property
    def last_beat_s(self) -> float:
        """`time.monotonic()` of the latest beat."""
        return self._last_s

    @property
    def longest_s(self) -> float:
        """Longest block since the start or the last `restart`."""
        return max(self.blocks_s, default=0.0)

    def restart(self) -> None:
        """Forget what was measured."""
        self.blocks_s.clear()
        self._last_s = time.monotonic()

    def stop(self) -> None:
        """Measure no more."""
        self._timer.stop()

    def _beat(self) -> None:
        now_s = time.monotonic()
        late_s = now_s - self._last_s - self._interval_s
        self._last_s = now_s
        if late_s > 0.016:
            self.blocks_s.append(late_s)


class StallWatchdog:
    """A thread that writes to the log what the GUI thread is doing whenever it is blocked for too long."""

    def __init__(self, meter: StallMeter, limit_s: float = LIMIT_S) -> None:
        self._meter, self._limit_s = meter, limit_s
        self._gui_thread = threading.get_ident()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="stall-watchdog", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread; may be called twice."""
        self._stop.set()
        self._thread.join(1.0)

    def _watch(self) -> None:
        told_s = 0.0
        while not self._stop.wait(self._limit_s / 4):
            beat_s = self._meter.last_beat_s
            if time.monotonic() - beat_s > self._limit_s and beat_s != told_s:
                told_s = beat_s
                _log.warning("the GUI thread is blocked for more than %.0f ms:\n%s", 1e3 * self._limit_s, self._where())

    def _where(self) -> str:
        # frames must not be held here: a painter that lives on in one, past its paint event, crashes Qt
        with tempfile.TemporaryFile() as file:
            faulthandler.dump_traceback(file, all_threads=True)
            file.seek(0)
            text = file.read().decode(errors="replace")
        for part in text.split("\n\n"):
            if f"0x{self._gui_thread:016x}" in part:
                return "\n".join(part.splitlines()[1:7])
        return ""
