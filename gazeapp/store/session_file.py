"""A session's own file: where it is, and opened so that nothing changes."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from gazeapp.errors import DamagedSession, StoreError
from gazeapp.store.identifier import require_own, require_own_database
from gazeapp.store.sealed_file import SEALED_NAME, sealed_beside
from gazeapp.store.storage_errors import database_error

DATABASE_NAME = "session.sqlite"


def find_session(path: Path) -> Path:
    """The database of a session given as its folder or as the database itself; it may lie there sealed.

    Raises:
        StoreError: There is none.
        UnsafeName: The folder or a file of the database is a link, or has a second name elsewhere.
    """
    require_own(path)
    if path.is_dir() or path.name == SEALED_NAME:
        path = (path if path.is_dir() else path.parent) / DATABASE_NAME
    database = require_own_database(path)
    if not database.is_file() and not sealed_beside(database).is_file():
        raise StoreError(f"{path}: no session here ({DATABASE_NAME} is missing)")
    return database


def open_read_only(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing; typed errors where there can be none."""
    uri = path.absolute().as_uri()
    try:
        connection = sqlite3.connect(f"{uri}?mode=ro", uri=True, timeout=5, check_same_thread=False)
        try:
            connection.execute("PRAGMA schema_version").fetchone()
            connection.execute("PRAGMA temp_store = MEMORY")  # nothing of a session spills into the system's folder
        except sqlite3.OperationalError:
            connection.close()
            if path.with_name(path.name + "-wal").exists():
                raise
            # a folder without write permission: nobody writes there, so no lock or log is needed
            connection = sqlite3.connect(f"{uri}?immutable=1", uri=True, check_same_thread=False)
        except (sqlite3.Error, UnicodeDecodeError):
            connection.close()
            raise
    except sqlite3.Error as error:
        raise database_error(error, path) from error
    except UnicodeDecodeError as error:  # a damaged name, seen by Python before SQLite
        raise DamagedSession(f"{path}: cannot be read ({error}); try gazeapp recover {path.parent}") from error
    return connection
