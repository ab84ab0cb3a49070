"""The write-ahead log of a session: moved into the database, and gone without leaving its content on the disk."""

from __future__ import annotations

import logging
import os
import sqlite3
from pathlib import Path

from gazeapp.store.file_system import copies_on_write
from gazeapp.store.shredding import overwrite

_log = logging.getLogger(__name__)

RESERVE_BYTES = 16 << 20
"""Most of a minute at 1200 Hz; the log's index, which cannot be reserved, needs no second part for as much."""
_ZEROS = bytes(1 << 20)
_HEAD_BYTES, _FRAME_BYTES = 32, 24
"""Of a log, and of each page in it, beside the page itself."""
_FLAGS = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def log_of(database: Path) -> Path:
    """The write-ahead log beside a database."""
    return database.with_name(database.name + "-wal")


def reserve_log(database: Path) -> None:
    """Make the log as long as `RESERVE_BYTES`: SQLite writes over what it does not use, also on a full disk.

    SQLite knows the end of a log by its checksums, not by its length. No space for it is no fault yet, and what there
    is stays free for others. A file system that copies on write (btrfs, ZFS) keeps no promise of this kind.
    """
    if kind := copies_on_write(database.parent):
        _log.info("no room can be reserved for a full disk on %s", kind)
        return
    try:
        file = os.open(log_of(database), _FLAGS)
        try:
            used = os.lseek(file, 0, os.SEEK_END)
            left = RESERVE_BYTES - used
            try:
                while left > 0:  # written, not only asked for: a file system may give a hole
                    left -= os.write(file, _ZEROS[:left])
            except OSError:
                os.ftruncate(file, used)
                raise
        finally:
            os.close(file)
    except OSError as error:
        _log.info("no room was reserved for a full disk: %s", error)


def sync_log(database: Path) -> None:
    """Wait until the disk holds the log; OSError where it fails."""
    file = os.open(log_of(database), _FLAGS)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def fold_log(connection: sqlite3.Connection, database: Path) -> None:
    """Move the log into the database, overwrite it and remove it.

    SQLite would only delete the log, and its pages of gaze would stay on the disk where no erasure finds them.

    Raises:
        sqlite3.OperationalError: "locked", while somebody reads; the log stays then, no longer than what is in it, and
            the session stays readable.
        OSError: The log cannot be overwritten.
    """
    (is_busy, n_frames, _) = connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
    log = log_of(database)
    if is_busy:
        _trim_log(connection, log, n_frames)
        raise sqlite3.OperationalError(f"database is locked: {log.name} is being read")
    if log.exists():
        connection.execute("BEGIN IMMEDIATE")  # all of it is in the database, and nobody begins to write now
        try:
            overwrite(log)
        finally:
            connection.execute("ROLLBACK")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA journal_mode = DELETE")


def _trim_log(connection: sqlite3.Connection, log: Path, n_frames: int) -> None:
    """Cut off what lies behind a log's last transaction, where no reader looks: old pages, and what is reserved.

    The caller holds the folder, so that nobody else writes.
    """
    if n_frames < 0:  # somebody else is folding it, and its end is not known
        return
    (page_size,) = connection.execute("PRAGMA page_size").fetchone()
    used = _HEAD_BYTES + n_frames * (_FRAME_BYTES + page_size)
    connection.execute("BEGIN IMMEDIATE")  # nobody adds to it meanwhile
    try:
        file = os.open(log, _FLAGS)
        try:
            os.lseek(file, used, os.SEEK_SET)
            left = os.fstat(file).st_size - used
            while left > 0:
                left -= os.write(file, _ZEROS[:left])
            os.fsync(file)
            os.ftruncate(file, used)
        finally:
            os.close(file)
    finally:
        connection.execute("ROLLBACK")
