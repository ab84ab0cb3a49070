"""After a crash: what a session holds, what is missing, and making it readable again."""

from __future__ import annotations

import contextlib
import json
import math
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gazeapp.errors import DamagedSession, DiskFull, FolderInUse
from gazeapp.store import schema
from gazeapp.store.events import StateChanged, dump_json
from gazeapp.store.folder_lock import FolderLock
from gazeapp.store.provenance import now_utc
from gazeapp.store.reader import SessionReader
from gazeapp.store.recovery.contents import LostTrial, leave_out_unreadable, lost_trials, unreadable_rows
from gazeapp.store.recovery.rebuild import rebuild
from gazeapp.store.sealed_file import unseal
from gazeapp.store.session_file import find_session, open_read_only
from gazeapp.store.session_folder import SessionFolder
from gazeapp.store.storage_errors import database_error
from gazeapp.store.study_key import key_of
from gazeapp.store.study_place import study_of_session
from gazeapp.store.write_ahead_log import fold_log, log_of

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
    """"finished", "interrupted", "damaged", "recovered": how the file was left."""
    ended_by: str
    """Why a session that was closed in order ended before its plan did, in words; empty when the plan came to its end,
    and where no end was recorded."""
    counts: dict[str, int]
    """Table → rows that can be read now."""
    n_lost: dict[str, int]
    """Table → rows that were written and are gone; from gaps in the row numbers, so what was last may be missing
    here."""
    n_expected_samples: int
    """From the sampling rate and the time covered; 0 where the rate is not known."""
    gaps: tuple[Gap, ...]
    first_s: float
    last_s: float
    lost_trials: tuple[LostTrial, ...]
    """Images that were shown and of which something is missing, as the events and the samples tell."""
    n_pages_found: int
    n_pages_expected: int
    kept_as: str
    """File name under which the damaged original was kept; empty when there was no need."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing that was written is known to be missing."""
        return not any(self.n_lost.values()) and not self.lost_trials and self.n_pages_found >= self.n_pages_expected


def recover(path: Path) -> Recovery:
    """Make a session readable and say what it holds. A finished session is only looked at.

    An interrupted recording is completed from its log. A damaged file is rebuilt from every row that can still be
    found in it; the original stays beside it.

    Raises:
        StoreError: No session there, or another program's database.
        FolderInUse: It is being recorded.
        DamagedSession: Nothing of a session can be found in the file.
        DiskFull: No space for the rebuilt file; the original is untouched.
    """
    database = find_session(path)
    rebuilt = None
    left_out: dict[str, int] = {}

    def finish(connection: sqlite3.Connection) -> None:
        left_out.update(leave_out_unreadable(connection))
        _mark_recovered(connection)

    with FolderLock(database.parent):  # removes what a killed process left of its own
        is_sealed = not database.is_file()
        if is_sealed and not _is_sound(database):
            unseal(database, key_of(study_of_session(database.parent)))
            is_sealed = False
        if not is_sealed:
            _bring_up_to_date(database)
        if is_sealed:
            with SessionReader(database) as reader:
                was = reader.state
        elif _is_sound(database):
            was = _complete(database)
        else:
            was = "damaged"
            rebuilt = rebuild(
                database, schema.SESSION_TABLES, schema.SESSION_SCHEMA, schema.SESSION_APPLICATION_ID, finish
            )
    lost = rebuilt.n_lost if rebuilt else {}
    with SessionReader(database) as reader:
        counts = reader.counts()
        times = reader.sample_times()
        tracker = reader.meta.get("tracker")
        rate_hz = tracker.get("rate_hz") if isinstance(tracker, dict) else None
        gaps, n_expected = find_gaps(times, rate_hz)
        found = Recovery(
            session_id=reader.session_id,
            was=was,
            ended_by=_ended_by(reader),
            counts=counts,
            n_lost={table: left_out.get(table, 0) + lost.get(table, 0) for table in counts},
            n_expected_samples=n_expected,
            gaps=tuple(gaps),
            first_s=float(times[0]) if len(times) else math.nan,
            last_s=float(times[-1]) if len(times) else math.nan,
            lost_trials=tuple(lost_trials(reader)),
            n_pages_found=rebuilt.n_pages_found if rebuilt else 0,
            n_pages_expected=rebuilt.n_pages_expected if rebuilt else 0,
            kept_as=rebuilt.kept_as if rebuilt else "",
        )
        session = SessionFolder(path=database.parent, session_id=found.session_id, pseudonym=reader.pseudonym)
    if session.pseudonym:
        with contextlib.suppress(FolderInUse), FolderLock(session.path, "encrypting"):
            session.seal()
    return found


def _ended_by(reader: SessionReader) -> str:
    """The reason of the last change of state, where that was an end."""
    try:
        changes = [event for event in reader.events() if isinstance(event, StateChanged)]
    except DamagedSession:  # what is left of the events tells nothing
        return ""
    if not changes or changes[-1].new not in ("finished", "failed"):
        return ""
    return changes[-1].reason


def find_gaps(time_s: np.ndarray[tuple[int], np.dtype[np.float64]], rate_hz: float | None) -> tuple[list[Gap], int]:
    """Stretches without samples, and the number of samples that the covered time should hold.

    Args:
        time_s: (N,) in the order recorded.
        rate_hz: Nominal rate; where it is not known, the median interval stands in.
    """
    if len(time_s) < 2:
        return [], len(time_s)
    with np.errstate(over="ignore"):  # times of a damaged file
        intervals = np.diff(time_s)
    known = isinstance(rate_hz, int | float) and rate_hz > 0 and math.isfinite(rate_hz)
    period_s = 1 / rate_hz if rate_hz and known else float(np.median(intervals))
    if not period_s > 0:
        return [], 0
    gaps = [
        Gap(start_s=float(time_s[i]), stop_s=float(time_s[i + 1]), n_missing=round(float(intervals[i]) / period_s) - 1)
        for i in np.flatnonzero(intervals > GAP_PERIODS * period_s)
    ]
    n_expected = float(time_s[-1] - time_s[0]) / period_s + 1
    return gaps, round(n_expected) if 0 <= n_expected < 1e12 else 0


def _bring_up_to_date(database: Path) -> None:
    """Migrate a session of an older version; leaves everything else alone."""
    # what cannot be read is looked at by `_is_sound`
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
        connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)
        try:
            found_id = connection.execute("PRAGMA application_id").fetchone()[0]
            found = connection.execute("PRAGMA user_version").fetchone()[0]
        finally:
            connection.close()
        if found_id == schema.SESSION_APPLICATION_ID and found in schema.SESSION_MIGRATIONS:
            connection = sqlite3.connect(database, isolation_level=None)
            try:
                schema.migrate(connection, schema.SESSION_MIGRATIONS, schema.SESSION_SCHEMA)
            finally:
                connection.close()


def _is_sound(database: Path) -> bool:
    """Whether SQLite can read every page; looks without touching, so that what is damaged stays as it is."""
    if database.is_file() and database.stat().st_size == 0 and not log_of(database).exists():
        raise DamagedSession(f"{database}: the file is empty; there is nothing to recover")
    try:
        with SessionReader(database) as reader:
            if not reader.passes_check():
                return False
            reader.counts()
            with contextlib.closing(open_read_only(reader.file)) as connection:
                return next(unreadable_rows(connection), None) is None
    except DamagedSession:
        return False
    except sqlite3.Error as error:
        if isinstance(database_error(error, database), DamagedSession):
            return False
        raise database_error(error, database) from error


def _complete(database: Path) -> str:
    """Move what is in the log into the file; returns the state the session was left in."""
    connection = sqlite3.connect(database, isolation_level=None, timeout=5)
    try:
        row = connection.execute("SELECT value FROM meta WHERE key = 'state'").fetchone()
        state = str(json.loads(row[0])) if row else "recording"
        if state == "recording":
            try:
                _mark_recovered(connection)
            except sqlite3.OperationalError as error:
                if not isinstance(database_error(error, database), DiskFull):
                    raise
                # everything can be read from the log as it is; the mark waits for space
        with contextlib.suppress(sqlite3.OperationalError):  # somebody reads it: the log stays
            fold_log(connection, database)
    except sqlite3.Error as error:
        raise database_error(error, database) from error
    finally:
        connection.close()
    return "interrupted" if state == "recording" else state


def _mark_recovered(connection: sqlite3.Connection) -> None:
    connection.executemany(
        "INSERT OR REPLACE INTO meta VALUES (?, ?)",
        [("state", dump_json("recovered")), ("recovered_utc", dump_json(now_utc()))],
    )
