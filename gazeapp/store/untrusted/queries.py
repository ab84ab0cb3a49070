"""SQLite files of others: nothing in them computes, and no query works longer than the file's size is worth."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from gazeapp.store.untrusted.limits import QUERY_STEPS, QUERY_STEPS_PER_BYTE

_STEPS_AT_ONCE = 20_000
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_COMPUTES = re.compile(r"\b(AS|GENERATED|CHECK|DEFAULT|COLLATE|VIRTUAL)\b", re.IGNORECASE)


class QueryBudget:
    """Stops a query that takes more steps than any over a table of this file can.

    A file's pages may refer to each other so that a walk over a few of them never ends.

    Args:
        connection: To watch; its limits are set.
        path: The database.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path
        self._most = self._n = 0
        self.begin()
        connection.set_progress_handler(self._count, _STEPS_AT_ONCE)

    def begin(self) -> None:
        """A new query: what was spent counts no more, and the file may have grown."""
        size = _size_of(self._path) + _size_of(self._path.with_name(self._path.name + "-wal"))
        self._n, self._most = 0, (QUERY_STEPS + QUERY_STEPS_PER_BYTE * size) // _STEPS_AT_ONCE
        if hasattr(self._connection, "setlimit"):  # from Python 3.11 on
            # a value cannot be longer than its file, whatever its row says
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, min(max(size, 1 << 24), 1_000_000_000))

    def _count(self) -> bool:
        self._n += 1
        return self._n > self._most


def computes(definition: str) -> bool:
    """Whether a table's definition holds more than columns and keys."""
    return bool(_COMPUTES.search(_COMMENT.sub(" ", definition)))


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
