"""The only object that brings what other threads say to the GUI thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from gazeapp.runtime.snapshot import Snapshot

_log = logging.getLogger(__name__)

T = TypeVar("T")


class QtBridge(QObject):
    """Takes snapshots and finished jobs on any thread and hands them on, queued, on the GUI thread.

    At most one snapshot waits: while the GUI is busy, newer ones replace it and nothing piles up in Qt's event queue.
    """

    snapshot_arrived = Signal(Snapshot)

    _snapshot_waits = Signal()
    _called = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._n_replaced = 0
        self._is_open = True
        queued = Qt.ConnectionType.QueuedConnection
        self._snapshot_waits.connect(self._deliver_snapshot, queued)
        self._called.connect(self._run_call, queued)
        self._executor = ThreadPoolExecutor(max_workers=2, thread_name_prefix="background")

    @property
    def n_replaced(self) -> int:
        """Snapshots that were replaced by newer ones before the GUI had time for them."""
        return self._n_replaced

    @property
    def is_open(self) -> bool:
        """Whether anything is handed on still; long work ends when it is not."""
        return self._is_open

    def post_snapshot(self, snapshot: Snapshot) -> None:
        """Hand on a snapshot; any thread, returns at once."""
        with self._lock:
            is_first = self._snapshot is None
            self._n_replaced += not is_first
            self._snapshot = snapshot
        if is_first and self._is_open:
            self._snapshot_waits.emit()

    def call(self, function: Callable[[], None]) -> None:
        """Run a function on the GUI thread, soon; any thread, returns at once."""
        if self._is_open:
            self._called.emit(function)

    def run(self, job: Callable[[], T], on_done: Callable[[T | Exception], None]) -> None:
        """Run `job` in the background; `on_done` gets its result, or what it raised, on the GUI thread."""

        def work() -> None:
            try:
                result: T | Exception = job()
            except Exception as error:  # a job's outermost frame: whoever asked gets it
                _log.debug("a background job failed", exc_info=True)
                result = error
            self.call(lambda: on_done(result))

        self._executor.submit(work)

    def close(self) -> None:
        """Hand nothing on any more, and end the background threads; may be called twice."""
        self._is_open = False
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _deliver_snapshot(self) -> None:
        with self._lock:
            snapshot, self._snapshot = self._snapshot, None
        if snapshot is not None and self._is_open:
            self.snapshot_arrived.emit(snapshot)

    def _run_call(self, function: Callable[[], None]) -> None:
        if self._is_open:
            function()
