"""Failures of the disk as the errors an experimenter can act on."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path

from gazeapp.errors import DamagedSession, DiskFull, StoreError

_NO_SPACE = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_NEARLY_NOTHING_BYTES = 1 << 20
MOST_PATH_BYTES = 511
"""Of a database and what SQLite keeps beside it, as it is usually built."""
_ENDING = len("-journal")


def disk_error(error: OSError, path: Path) -> StoreError:
    """The typed error for a failed write: DiskFull when space or quota ran out."""
    if error.errno in _NO_SPACE:
        return _full(path)
    return StoreError(f"{path}: cannot be written ({error.strerror or error})")


def database_error(error: sqlite3.Error, path: Path) -> StoreError:
    """The typed error for a failed SQLite call."""
    text = str(error)
    # SQLite tells a used-up quota, and some failed writes of its shared-memory file, as plain failures
    if "is full" in text or (("disk I/O" in text or "unable to open" in text) and _has_no_room(path.parent)):
        return _full(path)
    if isinstance(error, sqlite3.DatabaseError) and any(
        sign in text for sign in ("malformed", "not a database", "corrupt", "UTF-8")
    ):
        return DamagedSession(f"{path}: damaged ({text}); gazeapp recover {path.parent} saves what can be read")
    if "interrupted" in text or "too big" in text:
        return DamagedSession(
            f"{path}: asks for more work or memory than a file of its size can need; another program changed it, "
            f"gazeapp recover {path.parent} takes the data out of it"
        )
    if "locked" in text:
        return StoreError(f"{path}: in use by another program; close it there and try again")
    if "unable to open" in text and len(os.fsencode(path.absolute())) + _ENDING > MOST_PATH_BYTES:
        return too_long(path)
    if "readonly" in text or "unable to open" in text:
        return StoreError(f"{path}: cannot be opened or written ({text}); check folder and permissions")
    return StoreError(f"{path}: {text}")


def too_long(path: Path) -> StoreError:
    """The typed error for a path that SQLite does not bear."""
    return StoreError(
        f"{path}: the path is longer than a database may have ({MOST_PATH_BYTES} bytes); move the study to a folder "
        "with a shorter path",
    )


def _full(path: Path) -> DiskFull:
    return DiskFull(
        f"{path}: no space left on this disk; what was written is kept, free some space and go on",
        path=path,
    )


def _has_no_room(folder: Path) -> bool:
    """Whether a little cannot be written for want of space; a quota does not show in the free bytes of the disk."""
    try:
        if shutil.disk_usage(folder).free < _NEARLY_NOTHING_BYTES:
            return True
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_NEARLY_NOTHING_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.errno in _NO_SPACE
    return False
