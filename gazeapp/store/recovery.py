"""After a crash: what a session holds, what is missing, and making it readable again."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gazeapp.errors import DamagedSession
from gazeapp.store import schema
from gazeapp.store.disk import database_error, disk_error
from gazeapp.store.event_json import dump_json
from gazeapp.store.provenance import now_utc
from gazeapp.store.reader import SessionReader, find_session
from gazeapp.store.salvage import Salvage, salvage

GAP_PERIODS = 4.0
"""Samples further apart than this many sampling periods leave a gap; a single late sample does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch without samples."""

    start_s: float
    stop_s: float
    n_missing: int
    """As the sampling rate says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What was found and done."""

    session_id: str
    was: str
    """"finished", "interrupted", "damaged", "recovered"."""
    counts: dict[str, int]
    """Table → rows that can be read now."""
    n_lost: dict[str, int]
    """Table → rows that were written and are gone; from gaps in the row numbers, so what was last may be missing here."""
    n_expected_samples: int
    """From the sampling rate and the time covered; 0 where the rate is not known."""
    gaps: tuple[Gap, ...]
    first_s: float
    last_s: float
    n_pages_found: int
    n_pages_expected: int
    kept_as: str
    """File name under which the damaged original was kept; empty when there was no need."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing that was written is known to be missing."""
        return not any(self.n_lost.values()) and self.n_pages_found >= self.n_pages_expected


def recover(path: Path) -> Recovery:
    """Make a session readable and say what it holds. A finished session is only looked at.

    An interrupted recording is completed from its log. A damaged file is rebuilt from every row that can still be
    found in it; the original stays beside it.

    Raises:
        StoreError: No session there, or another program's database.
        DamagedSession: Nothing of a session can be found in the file.
        DiskFull: No space for the rebuilt file; the original is untouched.
    """
    database = find_session(path)
    found, kept_as = None, ""
    if _is_sound(database):
        was = _complete(database)
    else:
        was = "damaged"
        found, kept_as = _rebuild(database)
    with SessionReader(database) as reader:
        counts = reader.counts()
        times = reader.samples().time_s
        tracker = reader.meta.get("tracker")
        rate_hz = tracker.get("rate_hz") if isinstance(tracker, dict) else None
        gaps, n_expected = find_gaps(times, rate_hz)
        return Recovery(
            session_id=reader.session_id, was=was, counts=counts, n_lost=_lost(found), n_expected_samples=n_expected,
            gaps=tuple(gaps), first_s=float(times[0]) if len(times) else math.nan,
            last_s=float(times[-1]) if len(times) else math.nan,
            n_pages_found=found.n_pages_found if found else 0,
            n_pages_expected=found.n_pages_expected if found else 0, kept_as=kept_as,
        )  # fmt: skip


def find_gaps(
    time_s: np.ndarray[tuple[int], np.dtype[np.float64]], rate_hz: float | None
) -> tuple[list[Gap], int]:
    """Stretches without samples, and the number of samples that the covered time should hold.

    Args:
        time_s: (N,) in the order recorded.
        rate_hz: Nominal rate; where it is not known, the median interval stands in.
    """
    if len(time_s) < 2:
        return [], len(time_s)
    intervals = np.diff(time_s)
    period_s = 1 / rate_hz if rate_hz and math.isfinite(rate_hz) else float(np.median(intervals))
    if not period_s > 0:
        return [], 0
    gaps = [
        Gap(
            start_s=float(time_s[i]), stop_s=float(time_s[i + 1]), n_missing=round(float(intervals[i]) / period_s) - 1
        )
        for i in np.flatnonzero(intervals > GAP_PERIODS * period_s)
    ]  # fmt: skip
    return gaps, round(float(time_s[-1] - time_s[0]) / period_s) + 1


def _is_sound(database: Path) -> bool:
    """Whether SQLite can read every page; looks without touching, so that what is damaged stays as it is."""
    if database.stat().st_size == 0 and not _log(database).exists():
        raise DamagedSession(f"{database}: the file is empty; there is nothing to recover")
    try:
        with SessionReader(database) as reader:
            reader.counts()
            return reader.passes_check()
    except DamagedSession:
        return False


def _complete(database: Path) -> str:
    """Move what is in the log into the file; returns the state the session was left in."""
    connection = sqlite3.connect(database, isolation_level=None, timeout=5)
    try:
        row = connection.execute("SELECT value FROM meta WHERE key = 'state'").fetchone()
        state = str(json.loads(row[0])) if row else "recording"
        if state == "recording":
            connection.executemany(
                "INSERT OR REPLACE INTO meta VALUES (?, ?)",
                [("state", dump_json("recovered")), ("recovered_utc", dump_json(now_utc()))],
            )
        with contextlib.suppress(sqlite3.OperationalError):  # somebody reads it: the log stays
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        raise database_error(error, database) from error
    finally:
        connection.close()
    return "interrupted" if state == "recording" else state


def _rebuild(database: Path) -> tuple[Salvage, str]:
    """Make a new file of all rows that can be found, and keep the damaged one beside it."""
    found = salvage(database, schema.SESSION_TABLES)
    if not any(found.rows.values()):
        raise DamagedSession(f"{database}: nothing of a session can be found in this file")
    part = database.with_name(database.name + ".part")
    kept = _free_name(database)
    try:
        part.unlink(missing_ok=True)
        _write_rows(part, found)
        if _log(database).exists():
            _log(database).replace(_log(kept))
        database.with_name(database.name + "-shm").unlink(missing_ok=True)
        database.replace(kept)
        part.replace(database)
    except OSError as error:
        raise disk_error(error, database) from error
    return found, kept.name


def _write_rows(path: Path, found: Salvage) -> None:
    try:
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("BEGIN")
            schema.create_tables(
                connection,
                schema.SESSION_TABLES,
                schema.SESSION_SCHEMA,
                schema.SESSION_APPLICATION_ID,
            )
            for table, rows in found.rows.items():
                names = ", ".join(column.split()[0] for column in schema.SESSION_TABLES[table])
                marks = ", ".join("?" * len(schema.SESSION_TABLES[table]))
                connection.executemany(
                    f"INSERT OR REPLACE INTO {table} (rowid, {names}) VALUES (?, {marks})",
                    ((number, *values) for number, values in rows.items()),
                )
            connection.executemany(
                "INSERT OR REPLACE INTO meta VALUES (?, ?)",
                [("state", dump_json("recovered")), ("recovered_utc", dump_json(now_utc()))],
            )
            connection.execute("COMMIT")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise database_error(error, path) from error


def _lost(found: Salvage | None) -> dict[str, int]:
    if found is None:
        return dict.fromkeys(schema.SESSION_TABLES, 0)
    # rows are numbered without gaps, trials from 0; meta and fixations replace rows, which moves their numbers
    return {
        table: max(rows) + (table == "trials") - len(rows)
        if rows and table not in ("meta", "fixations")
        else 0
        for table, rows in found.rows.items()
    }


def _log(database: Path) -> Path:
    return database.with_name(database.name + "-wal")


def _free_name(database: Path) -> Path:
    candidates = (
        database.with_name(f"{database.name}.damaged{n or ''}") for n in itertools.count()
    )
    return next(path for path in candidates if not path.exists())
