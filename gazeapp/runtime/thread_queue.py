"""What other threads leave for the controller's thread, and calls of a device that may block."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from gazeapp.devices.tracker import TrackerNotice
from gazeapp.runtime.snapshot import InferenceResult

T = TypeVar("T")


class MainThreadQueue:
    """What other threads leave for the controller's thread; also its worker for calls that may block.

    Args:
        inline: Run such calls at once instead of in a thread of their own.
    """

    def __init__(self, *, inline: bool) -> None:
        self._problems: deque[TrackerNotice] = deque()
        self._results: deque[InferenceResult] = deque()
        self._answers: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._pool = None if inline else ThreadPoolExecutor(1, thread_name_prefix="device-calls")

    def take_problem(self, problem: TrackerNotice) -> None:
        """From any thread."""
        self._problems.append(problem)

    def take_result(self, result: InferenceResult) -> None:
        """From any thread."""
        self._results.append(result)

    @property
    def has_results(self) -> bool:
        """Whether results wait."""
        return bool(self._results)

    def problems(self) -> list[TrackerNotice]:
        """Those that arrived since the last call."""
        return [self._problems.popleft() for _ in range(len(self._problems))]

    def results(self) -> list[InferenceResult]:
        """Those that arrived since the last call."""
        return [self._results.popleft() for _ in range(len(self._results))]

    def __call__(self, job: Callable[[], T], on_done: Callable[[T | Exception], None]) -> None:
        """Run a call that may block; `on_done` is called by `run_answers` (inline: before this returns)."""

        def work() -> None:
            try:
                result: T | Exception = job()
            except Exception as error:  # the outermost loop of the device's thread
                result = error
            self._answers.put(lambda: on_done(result))

        if self._pool is None:
            work()
            self.run_answers()
        else:
            self._pool.submit(work)

    def run_answers(self) -> None:
        """Hand on the answers that arrived."""
        while not self._answers.empty():
            self._answers.get()()

    def close(self) -> None:
        """End the thread; a call that hangs in a vendor's library is not waited for."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
