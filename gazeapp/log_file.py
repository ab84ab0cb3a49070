"""A log of what the windows and long sessions did, in a file that is turned over before it is large.

It holds what a person did with the program and what went wrong, never gaze or images, and stays on this machine.
"""

from __future__ import annotations

import contextlib
import io
import logging
import logging.handlers
import os
from collections.abc import Iterator
from io import TextIOWrapper
from pathlib import Path

MAX_BYTES = 1_000_000
N_KEPT = 3


def log_path() -> Path:
    """Where the log lies on this machine."""
    import platformdirs

    return Path(platformdirs.user_log_dir("gazeapp", appauthor=False)) / "gazeapp.log"


@contextlib.contextmanager
def logging_to_file(path: Path | None = None) -> Iterator[None]:
    """Write what is logged from `info` on to the file, too; where it cannot be written, the work goes on without."""
    root = logging.getLogger()
    try:
        path = path or log_path()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = _QuietFile(path, maxBytes=MAX_BYTES, backupCount=N_KEPT, encoding="utf-8")
    except OSError as error:
        logging.getLogger(__name__).warning("no log file: %s cannot be written (%s)", path, error.strerror or error)
        yield
        return
    handler.setLevel(logging.INFO)
    handler.setFormatter(logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"))
    before = root.level
    root.addHandler(handler)
    root.setLevel(min(before, logging.INFO))
    try:
        yield
    finally:
        root.setLevel(before)
        root.removeHandler(handler)
        handler.close()


class _QuietFile(logging.handlers.RotatingFileHandler):
    """A full disk, or a second program that has the file open while it is turned over, must not disturb a session."""

    def _open(self) -> TextIOWrapper:
        # nobody else's to read, those that are turned over included
        file = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return TextIOWrapper(io.FileIO(file, "a"), encoding=self.encoding, line_buffering=True)

    def handleError(self, record: logging.LogRecord) -> None:
        """Lose the line."""
