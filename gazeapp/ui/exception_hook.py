"""Handles unexpected errors: they are logged and shown in one dialog at a time."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox, QWidget

from gazeapp.errors import GazeAppError
from gazeapp.ui.error_words import error_words

_log = logging.getLogger(__name__)


class FailureHook(QObject):
    """Installed as `sys.excepthook`. However often a timer fails, there is one dialog; the rest goes to the log."""

    def __init__(self, parent: QWidget | None, ask: Callable[[QMessageBox], None] | None = None) -> None:
        super().__init__()
        self._parent = parent
        self._ask = ask or (lambda box: box.open())
        self._open: QMessageBox | None = None
        self._previous = sys.excepthook
        self.n_failures = 0

    def install(self) -> None:
        """Take unexpected errors from now on."""
        sys.excepthook = self

    def remove(self) -> None:
        """Give the hook back."""
        sys.excepthook = self._previous

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Log the error, and show it unless another one is on the screen."""
        if issubclass(kind, KeyboardInterrupt):
            self._previous(kind, error, trace)
            return
        self.n_failures += 1
        _log.error("unexpected failure", exc_info=(kind, error, trace))
        if self._open is not None:
            return
        box = QMessageBox(self._parent)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("gazeapp")
        if isinstance(error, GazeAppError):
            box.setText(error_words(error))
        else:
            box.setText(self.tr("Unexpected error. What was recorded is kept."))
            box.setInformativeText(f"{kind.__name__}: {error}")
            box.setDetailedText("".join(traceback.format_exception(kind, error, trace)))
        self._open = box
        box.finished.connect(self._closed)
        self._ask(box)

    def _closed(self) -> None:
        self._open = None
