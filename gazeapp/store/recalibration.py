"""Applying a correction to a session that is over, and taking it back: rows are added, nothing is overwritten."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from gazeapp import __version__
from gazeapp.errors import StoreError
from gazeapp.gaze.correction_late import LateCorrection
from gazeapp.store import schema
from gazeapp.store import session_rows as rows
from gazeapp.store.folder_lock import FolderLock
from gazeapp.store.provenance import now_utc
from gazeapp.store.records import RecalibrationRow
from gazeapp.store.sealed_file import header_of, seal, sealed_beside, unseal
from gazeapp.store.session_file import find_session
from gazeapp.store.storage_errors import database_error
from gazeapp.store.study_key import key_of
from gazeapp.store.study_place import study_of_session
from gazeapp.types import Json

_log = logging.getLogger(__name__)


def apply_recalibration(session: Path, late: LateCorrection, finding: Json) -> None:
    """Have every reader of a session move gaze by a correction from now on, in the place of one applied before.

    Args:
        session: The session's folder or file.
        late: What to apply.
        finding: What it was found by.

    Raises:
        FolderInUse: The session is being recorded.
        StudyLocked: It is encrypted, and nobody gives the passphrase.
        UnsupportedSchema: Written by another version.
        StoreError: No session there, or it cannot be written.
    """
    _add(
        session,
        RecalibrationRow(
            from_time_s=late.from_time_s,
            made_utc=now_utc(),
            correction=late.to_json(),
            finding=finding,
            software=__version__,
        ),
    )


def undo_recalibration(session: Path) -> None:
    """Have every reader use gaze as it was recorded again; errors as `apply_recalibration`."""
    _add(
        session,
        RecalibrationRow(from_time_s=0.0, made_utc=now_utc(), correction=None, finding={}, software=__version__),
    )


def describe_application(row: RecalibrationRow) -> str:
    """One sentence for reports and lists: when it was applied and what it does."""
    at = datetime.fromisoformat(row.made_utc).strftime("%Y-%m-%d %H:%M UTC")
    if row.correction is None:
        return f"A correction from the images was taken back on {at}."
    said = str(row.finding.get("finding", ""))
    return f"A correction from the images was applied after the recording, on {at}: {said}".rstrip(": ")


@contextlib.contextmanager
def _in_plain(database: Path) -> Iterator[None]:
    """A session of an encrypted study is opened to be written into, and encrypted again."""
    sealed = sealed_beside(database)
    if database.is_file() or not sealed.is_file():
        yield
        return
    facts, key = header_of(sealed), key_of(study_of_session(database.parent))
    unseal(database, key)
    try:
        yield
    except BaseException:
        try:
            seal(database, key, str(facts["session_id"]), str(facts["pseudonym"]))
        except StoreError as error:  # what went wrong first is what is told
            _log.warning("%s: not encrypted again; gazeapp study encrypt does it (%s)", database, error.message)
        raise
    seal(database, key, str(facts["session_id"]), str(facts["pseudonym"]))


def _add(session: Path, row: RecalibrationRow) -> None:
    path = find_session(session)
    with FolderLock(path.parent), _in_plain(path):
        try:
            connection = sqlite3.connect(path, isolation_level=None, timeout=5)
        except sqlite3.Error as error:
            raise database_error(error, path) from error
        try:
            schema.require_schema(
                connection,
                path,
                schema.SESSION_SCHEMA,
                schema.SESSION_APPLICATION_ID,
                oldest=schema.OLDEST_SESSION_SCHEMA,
            )
            schema.migrate(connection, schema.SESSION_MIGRATIONS, schema.SESSION_SCHEMA)
            connection.execute("PRAGMA synchronous = FULL")
            marks = ", ".join("?" * (len(schema.SESSION_TABLES["recalibrations"]) - 1))
            connection.execute(f"INSERT INTO recalibrations VALUES (NULL, {marks})", rows.encode_recalibration(row))
        except sqlite3.Error as error:
            raise database_error(error, path) from error
        finally:
            connection.close()
