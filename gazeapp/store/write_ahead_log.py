"""The write-ahead log of a session: moved into the database, and gone without leaving its content on the disk."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from gazeapp.store.shredding import overwrite


def log_of(database: Path) -> Path:
    """The write-ahead log beside a database."""
    return database.with_name(database.name + "-wal")


def fold_log(connection: sqlite3.Connection, database: Path) -> None:
    """Move the log into the database, overwrite it and remove it.

    SQLite would only delete the log, and its pages of gaze would stay on the disk where no erasure finds them.

    Raises:
        sqlite3.OperationalError: "locked", while somebody reads; the log stays then, and the session stays readable.
        OSError: The log cannot be overwritten.
    """
    (is_busy, *_) = connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
    log = log_of(database)
    if not is_busy and log.exists():
        connection.execute("BEGIN IMMEDIATE")  # all of it is in the database, and nobody begins to write now
        try:
            overwrite(log)
        finally:
            connection.execute("ROLLBACK")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA journal_mode = DELETE")
