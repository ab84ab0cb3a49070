"""Exporting in the background, with progress and cancel."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from gazeapp.errors import AlreadyExists, Cancelled, GazeAppError
from gazeapp.ui.bridge import QtBridge
from gazeapp.ui.error_words import error_words

if TYPE_CHECKING:
    from gazeapp.store.export.formats import ExportRequest


class ExportModel(QObject):
    """One export at a time; cancelling raises from the progress call, so exporters need no flags."""

    changed = Signal()

    def __init__(self, bridge: QtBridge) -> None:
        super().__init__()
        self._bridge = bridge
        self._cancel = threading.Event()
        self._begin_s = 0.0
        self._dest = Path()
        self.is_running = False
        self.share = 0.0
        """Part that is done, 0 to 1."""
        self.left_s = float("nan")
        self.files: tuple[Path, ...] = ()
        self.problem = ""
        self.is_taken = False
        """Whether the latest export was refused because its folder holds something already."""

    def forget(self) -> None:
        """Other people are to be exported: what was told of the export before is no news."""
        if not self.is_running:
            self.files, self.problem = (), ""
            self.changed.emit()

    def start(self, request: ExportRequest) -> None:
        """Export in the background."""
        if self.is_running:
            return
        self._cancel.clear()
        self._begin_s = time.monotonic()
        self.is_running, self.share, self.problem, self.files = True, 0.0, "", ()
        self.changed.emit()

        def work() -> list[Path]:
            from gazeapp.store.export.formats import export

            return export(request, each=self._each)

        self._dest = request.dest
        self._bridge.run(work, self._done)

    def cancel(self) -> None:
        """Stop as soon as the session at hand is written; nothing half written stays."""
        self._cancel.set()

    def _each(self, folders: list[Path]) -> Iterable[Path]:
        def walk() -> Iterator[Path]:
            for n, folder in enumerate(folders):
                if self._cancel.is_set():
                    raise Cancelled("the export was cancelled; nothing was written")
                self._bridge.call(partial(self._tell, n / len(folders)))
                yield folder

        return walk()

    def _tell(self, share: float) -> None:
        self.share = share
        elapsed_s = time.monotonic() - self._begin_s
        self.left_s = elapsed_s / share * (1 - share) if share > 0 else float("nan")
        self.changed.emit()

    def _done(self, result: list[Path] | Exception) -> None:
        self.is_running = False
        self.is_taken = isinstance(result, AlreadyExists) and self._dest.is_dir()
        if isinstance(result, GazeAppError):
            self.problem = error_words(result)
        elif isinstance(result, Exception):
            self.problem = f"{type(result).__name__}: {result}"
        else:
            self.files = tuple(result)
        self.changed.emit()
