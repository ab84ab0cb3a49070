"""The thread that moves the pipeline on and publishes what it sees."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from gazeapp.gaze.clock import Clock
from gazeapp.runtime.snapshot import Snapshot

_log = logging.getLogger(__name__)

RATE_HZ = 200.0
"""A snapshot that is painted is at most 5 ms old: with 100 a second the live dot was 2.5 ms later on average."""
_JOIN_TIMEOUT_S = 5.0
_LOG_PERIOD_S = 10.0


class Advancing(Protocol):
    """What the thread moves on."""

    def advance(self, now_s: float) -> Snapshot:
        """Take in what arrived and say how things stand."""
        ...


class PipelineThread:
    """Calls `advance` at a fixed rate in a thread of its own and hands each snapshot on.

    A late step is not made up for: the next one reads everything that arrived. A step that fails is logged and
    reported, and the next is tried: the display must not end because of one bad moment.

    Args:
        pipeline: Advanced only by this thread while it runs.
        clock: The session clock.
        on_snapshot: Takes each snapshot, in this thread; it only hands it on.
        on_error: Takes what a step raised; without it the failure is only logged (at most every 10 s).
        rate_hz: Steps per second.
    """

    def __init__(
        self,
        pipeline: Advancing,
        clock: Clock,
        on_snapshot: Callable[[Snapshot], None],
        *,
        on_error: Callable[[Exception], None] | None = None,
        rate_hz: float = RATE_HZ,
    ) -> None:
        if rate_hz <= 0:
            raise ValueError(f"rate_hz must be above 0, got {rate_hz}")
        self._pipeline = pipeline
        self._clock = clock
        self._on_snapshot = on_snapshot
        self._on_error = on_error
        self._period_s = 1.0 / rate_hz
        self._stop = threading.Event()
        self._n_steps = 0
        self._n_failures = 0
        self._slowest_step_s = 0.0
        self._logged_s = -_LOG_PERIOD_S
        self._thread = threading.Thread(target=self._work, name="pipeline", daemon=True)
        self._thread.start()

    @property
    def n_steps(self) -> int:
        """Steps made."""
        return self._n_steps

    @property
    def n_failures(self) -> int:
        """Steps that raised."""
        return self._n_failures

    @property
    def slowest_step_s(self) -> float:
        """Longest time one step took, handing on included."""
        return self._slowest_step_s

    def close(self) -> None:
        """End the thread; idempotent. No snapshot is handed on after it returns."""
        self._stop.set()
        if self._thread is threading.current_thread():
            return
        self._thread.join(_JOIN_TIMEOUT_S)
        if self._thread.is_alive():
            _log.warning("the pipeline did not end within %.0f s", _JOIN_TIMEOUT_S)

    def _work(self) -> None:
        due_s = time.monotonic()
        while not self._stop.is_set():
            begin_s = time.monotonic()
            try:
                self._on_snapshot(self._pipeline.advance(self._clock.now_s()))
            except Exception as error:  # the thread's outermost loop
                self._note(error)
            end_s = time.monotonic()
            self._n_steps += 1
            self._slowest_step_s = max(self._slowest_step_s, end_s - begin_s)
            due_s = max(due_s + self._period_s, end_s)  # late: go on from here, do not catch up
            # sleep, not Event.wait: on Windows a timed wait wakes every 15.6 ms at best
            time.sleep(due_s - end_s)

    def _note(self, error: Exception) -> None:
        self._n_failures += 1
        now_s = time.monotonic()
        if now_s - self._logged_s >= _LOG_PERIOD_S:
            self._logged_s = now_s
            _log.error("a step of the live view failed", exc_info=error)
        if self._on_error is not None:
            self._on_error(error)
