"""A damaged database made anew from every row that is left in it; the original stays beside it."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gazeapp.errors import DamagedSession
from gazeapp.store import schema
from gazeapp.store.identifier import require_own_database
from gazeapp.store.new_file import replacing
from gazeapp.store.recovery.salvage import Salvage
from gazeapp.store.storage_errors import database_error, disk_error
from gazeapp.store.write_ahead_log import log_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What came of it."""

    n_lost: dict[str, int]
    """Table → rows missing between those found, by their numbers; what was last may be missing here."""
    n_pages_found: int
    n_pages_expected: int
    kept_as: str
    """File name of the original."""


def rebuild(
    database: Path,
    tables: Mapping[str, tuple[str, ...]],
    version: int,
    application_id: int,
    finish: Callable[[sqlite3.Connection], None],
) -> Rebuilt:
    """Write a new file with all rows that can be found and put it in the place of the damaged one.

    Args:
        database: The damaged file; its log beside it is used too.
        tables: Of the schema.
        version: Of the schema.
        application_id: Of the schema.
        finish: Adds to the new file, within its transaction.

    Raises:
        DamagedSession: Nothing can be found in it.
        DiskFull: No space for the new file; the original is untouched.
    """
    require_own_database(database)
    kept = _free_name(database)
    try:
        with replacing(database, is_private=True) as part:
            with Salvage(database, tables) as found:
                n_rows, n_lost = _write(part, found, tables, version, application_id, finish)
                n_found, n_expected = found.n_pages_found, found.n_pages_expected
            if not n_rows:
                raise DamagedSession(f"{database}: nothing of a session or study can be found in this file")
            if log_of(database).exists():
                log_of(database).replace(log_of(kept))
            database.with_name(database.name + "-shm").unlink(missing_ok=True)
            database.replace(kept)
    except OSError as error:
        raise disk_error(error, database) from error
    return Rebuilt(n_lost=n_lost, n_pages_found=n_found, n_pages_expected=n_expected, kept_as=kept.name)


def _write(
    path: Path,
    found: Salvage,
    tables: Mapping[str, tuple[str, ...]],
    version: int,
    application_id: int,
    finish: Callable[[sqlite3.Connection], None],
) -> tuple[int, dict[str, int]]:
    try:
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("BEGIN")
            schema.create_tables(connection, tables, version, application_id)
            inserts = {table: _insert(table, columns) for table, columns in tables.items()}
            before = connection.total_changes
            for table, rows in itertools.groupby(found.rows(), key=lambda row: row[0]):
                connection.executemany(inserts[table], ((number, *values) for _, number, values in rows))
            n_rows = connection.total_changes - before
            n_lost = {table: _n_lost(connection, table) for table in tables}
            finish(connection)
            connection.execute("COMMIT")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise database_error(error, path) from error
    return n_rows, n_lost


def _insert(table: str, columns: tuple[str, ...]) -> str:
    names = [column.split()[0] for column in columns]
    return f"INSERT OR IGNORE INTO {table} (rowid, {', '.join(names)}) VALUES (?, {', '.join('?' * len(names))})"


def _n_lost(connection: sqlite3.Connection, table: str) -> int:
    # rows are numbered without gaps, trials from 0; meta and fixations replace rows, which moves their numbers
    if table in ("meta", "fixations"):
        return 0
    last, n = connection.execute(f"SELECT max(rowid), count(*) FROM {table}").fetchone()
    return 0 if last is None else int(last) + (table == "trials") - int(n)


def _free_name(database: Path) -> Path:
    candidates = (database.with_name(f"{database.name}.damaged{n or ''}") for n in itertools.count())
    return next(path for path in candidates if not path.exists())
