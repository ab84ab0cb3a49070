"""A study whose file is damaged: its participants and embeddings from what is left, its sessions from their folders."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gazeapp.errors import DamagedSession, GazeAppError, StoreError, StudyLocked
from gazeapp.store import study_schema
from gazeapp.store.identifier import fault_of_name, require_own, require_own_database
from gazeapp.store.participant import folded
from gazeapp.store.provenance import now_utc
from gazeapp.store.reader import SessionReader
from gazeapp.store.recovery.rebuild import rebuild
from gazeapp.store.study import Study
from gazeapp.store.study_content import begin_study
from gazeapp.store.study_migration import FIRST_TABLES, UNSEEN_SESSION
from gazeapp.store.study_place import STUDY_NAME
from gazeapp.store.untrusted.files import parse_json

_HEADER = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRecovery:
    """What was found and done."""

    study: str
    was: str
    """"sound" or "damaged"."""
    n_participants: int
    without_consent: tuple[str, ...]
    """Participants whose consent is not on record: nothing can be stored for them until it is."""
    n_sessions: int
    n_embeddings: int
    kept_as: str
    """File name under which the damaged original was kept; erasing a participant removes it."""


def recover_study(path: Path) -> StudyRecovery:
    """Make a study readable. One that is sound is only looked at.

    Raises:
        StoreError: No study there, or another program's database.
        DamagedSession: Nothing of a study can be found.
    """
    database = require_own_database(path / STUDY_NAME)
    if not database.is_file():
        raise StoreError(f"{path}: no study here ({STUDY_NAME} is missing)")
    kept_as = ""
    if not _is_sound(path):
        version = _version_of(database)
        kept_as = rebuild(
            database,
            FIRST_TABLES if version == 1 else study_schema.STUDY_TABLES,
            version,
            study_schema.STUDY_APPLICATION_ID,
            lambda connection: _add_from_folders(connection, path, version),
        ).kept_as
    with Study.open(path) as study:
        present = study.participants()
        return StudyRecovery(
            study=str(path),
            was="damaged" if kept_as else "sound",
            n_participants=len(present),
            without_consent=tuple(p.pseudonym for p in present if p.consented_utc is None),
            n_sessions=sum(len(p.sessions) for p in present),
            n_embeddings=sum(p.n_embeddings for p in present),
            kept_as=kept_as,
        )


def _is_sound(path: Path) -> bool:
    try:
        with Study.open(path) as study:
            return study.passes_check()
    except DamagedSession:
        return False


def _version_of(database: Path) -> int:
    """The schema of a damaged file, as its header says; the present one where that is lost."""
    with database.open("rb") as file:
        header = file.read(100)
    if header[:16] != _HEADER or len(header) < 64:
        return study_schema.STUDY_SCHEMA
    return 1 if int.from_bytes(header[60:64], "big") == 1 else study_schema.STUDY_SCHEMA


def _add_from_folders(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """Sessions know whose they are; one of an erased participant cannot exist. Ids that are no names are left out."""
    now = now_utc()
    _leave_out_unsafe(connection, FIRST_TABLES if version == 1 else study_schema.STUDY_TABLES)
    if version == study_schema.STUDY_SCHEMA and not connection.execute("SELECT 1 FROM facts").fetchone():
        begin_study(connection, with_texts=not connection.execute("SELECT 1 FROM consent_texts").fetchone())

    def add_person(pseudonym: str) -> None:
        if connection.execute("SELECT 1 FROM participants WHERE pseudonym = ?", (pseudonym,)).fetchone():
            return
        if version == 1:
            connection.execute("INSERT INTO participants VALUES (?, ?)", (pseudonym, now))
        else:
            name = folded(pseudonym)
            while connection.execute("SELECT 1 FROM participants WHERE folded = ?", (name,)).fetchone():
                name += "\0"  # two that differ only in case were allowed before
            connection.execute("INSERT INTO participants VALUES (?, ?, '', '{}', ?)", (pseudonym, now, name))

    if version == study_schema.STUDY_SCHEMA:
        for number, text in connection.execute("SELECT rowid, variables FROM participants").fetchall():
            if not _is_object(text):
                connection.execute("UPDATE participants SET variables = '{}' WHERE rowid = ?", (number,))
    for folder in sorted(require_own(path / "sessions").glob("*/")):
        try:
            with SessionReader(folder) as reader:
                meta, pseudonym = reader.meta, reader.pseudonym
        except StudyLocked:
            raise
        except GazeAppError:
            continue  # that session needs recovering itself
        if not pseudonym or fault_of_name(folder.name):
            continue
        add_person(pseudonym)
        listed = folder.name, pseudonym, str(meta.get("plan_name") or ""), str(meta.get("started_utc") or now)
        if version == 1:
            connection.execute("INSERT OR IGNORE INTO sessions VALUES (?, ?, ?, ?)", listed)
        else:
            connection.execute(f"INSERT OR IGNORE INTO sessions VALUES {UNSEEN_SESSION}", listed)
    # rows whose participant is lost would not be found by anybody: bring the participant back
    for table in ("consents", "sessions", "embeddings", *(() if version == 1 else ("copies", "exclusions"))):
        missing = f"SELECT DISTINCT pseudonym FROM {table} WHERE pseudonym NOT IN (SELECT pseudonym FROM participants)"
        if version == 1:
            missing += " AND pseudonym NOT IN (SELECT pseudonym FROM erasures)"
        for (pseudonym,) in connection.execute(missing).fetchall():
            add_person(pseudonym)


def _is_object(text: object) -> bool:
    try:
        return isinstance(parse_json(str(text)), dict)
    except (ValueError, RecursionError):
        return False


def _leave_out_unsafe(connection: sqlite3.Connection, tables: Mapping[str, tuple[str, ...]]) -> None:
    for table, columns in tables.items():
        names = {column.split()[0] for column in columns}
        for key in ("pseudonym", "session_id"):
            if key in names:
                rows = connection.execute(f"SELECT rowid, {key} FROM {table} WHERE {key} IS NOT NULL").fetchall()
                unsafe = [(number,) for number, text in rows if fault_of_name(text)]
                connection.executemany(f"DELETE FROM {table} WHERE rowid = ?", unsafe)
