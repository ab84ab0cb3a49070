"""The thread in which a tracker is read: one at a time, stopped in bounded time, its failure told."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)


class DeviceThread:
    """Calls a step over and over until it is stopped or the step fails.

    Every start has a stop signal of its own: a thread that was stopped from inside its own step ends even if another
    one is started meanwhile.

    Args:
        name: Of the thread.
        step: Reads what there is and delivers it.
        on_failure: Told, in the thread, of the error with which the step ended it; not once it is being stopped.
        period_s: Time between two steps; 0 where the step itself waits.
        join_s: How long `stop` waits at most.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], None],
        *,
        on_failure: Callable[[Exception], None],
        period_s: float = 0.0,
        join_s: float = 5.0,
    ) -> None:
        self._name = name
        self._step = step
        self._on_failure = on_failure
        self._period_s = period_s
        self._join_s = join_s
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    @property
    def is_started(self) -> bool:
        """Whether it was started and not stopped; it may have failed since."""
        return self._thread is not None

    @property
    def is_stopping(self) -> bool:
        """Whether nothing may be delivered any more."""
        return self._stopping.is_set()

    def start(self) -> None:
        """Begin to step."""
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(self._stopping,), name=self._name, daemon=True)
        self._thread.start()

    def revive(self) -> None:
        """Start again if a failure ended it."""
        if self._thread is not None and not self._thread.is_alive():
            self.start()

    def wait(self, duration_s: float) -> None:
        """For the step: pause, at most until it is to stop."""
        self._stopping.wait(duration_s)

    def stop(self) -> None:
        """End the stepping and wait for it, unless called from the step itself; stopping twice is allowed."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stopping.set()
        if thread is not threading.current_thread():
            thread.join(self._join_s)
            if thread.is_alive():
                _log.warning("the thread %s did not stop within %.0f s", self._name, self._join_s)

    def _work(self, stopping: threading.Event) -> None:
        while not stopping.wait(self._period_s):
            try:
                self._step()
            except Exception as error:  # a thread's outermost loop: told, never swallowed
                _log.exception("the thread %s ended", self._name)
                if not stopping.is_set():
                    self._on_failure(error)
                return
