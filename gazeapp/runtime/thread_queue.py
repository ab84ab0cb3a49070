"""Calls for the main thread, left by other threads; and a thread for calls of a device that may block."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class MainThreadQueue:
    """What other threads leave for the main thread, in order."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def put(self, call: Callable[[], None]) -> None:
        """Leave a call; from any thread, returns at once."""
        self._calls.put(call)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return self._calls.empty()

    def run(self) -> None:
        """Make the calls that wait; on the main thread."""
        while not self._calls.empty():
            self._calls.get()()


class DeviceExecutor:
    """Makes calls of a device that may block, one after another, outside the main thread.

    Args:
        answers: Where the answers are left for the main thread.
        inline: Make such calls at once, on the calling thread: virtual time.
    """

    def __init__(self, answers: MainThreadQueue, *, inline: bool) -> None:
        self._answers = answers
        self._pool = None if inline else ThreadPoolExecutor(1, thread_name_prefix="device-calls")

    def __call__(self, job: Callable[[], T], on_done: Callable[[T | Exception], None]) -> None:
        """Make a call; `on_done` gets its result, or what it raised, on the main thread (inline: before that)."""

        def work() -> None:
            try:
                result: T | Exception = job()
            except Exception as error:  # the outermost loop of the device's thread
                result = error
            self._answers.put(lambda: on_done(result))

        if self._pool is None:
            work()
            self._answers.run()
        else:
            self._pool.submit(work)

    def close(self) -> None:
        """End the thread; a call that hangs in a vendor's library is not waited for."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
