"""A study whose file is damaged: its participants and embeddings from what is left, its sessions from their folders."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from gazeapp.errors import DamagedSession, GazeAppError, StoreError
from gazeapp.store import schema
from gazeapp.store.provenance import now_utc
from gazeapp.store.reader import SessionReader
from gazeapp.store.recovery.rebuild import rebuild
from gazeapp.store.study import STUDY_NAME, Study


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
    database = path / STUDY_NAME
    if not database.is_file():
        raise StoreError(f"{path}: no study here ({STUDY_NAME} is missing)")
    kept_as = ""
    if not _is_sound(path):
        kept_as = rebuild(
            database,
            schema.STUDY_TABLES,
            schema.STUDY_SCHEMA,
            schema.STUDY_APPLICATION_ID,
            lambda connection: _add_from_folders(connection, path),
        ).kept_as
    with Study.open(path) as study:
        present = [p for p in study.participants() if p.erased_utc is None]
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
            study.participants()
            return study.passes_check()
    except DamagedSession:
        return False


def _add_from_folders(connection: sqlite3.Connection, path: Path) -> None:
    """Sessions know whose they are; a session of an erased participant cannot exist."""
    now = now_utc()
    for folder in sorted((path / "sessions").glob("*/")):
        try:
            with SessionReader(folder) as reader:
                meta = reader.meta
        except GazeAppError:
            continue  # that session needs recovering itself
        pseudonym = str(meta.get("pseudonym") or "")
        if not pseudonym:
            continue
        connection.execute("INSERT OR IGNORE INTO participants VALUES (?, ?)", (pseudonym, now))
        connection.execute(
            "INSERT OR IGNORE INTO sessions VALUES (?, ?, ?, ?)",
            (
                folder.name,
                pseudonym,
                str(meta.get("plan_name") or ""),
                str(meta.get("started_utc") or now),
            ),
        )
    # rows whose participant is lost would not be found by anybody: bring the participant back
    for table in ("consents", "sessions", "embeddings"):
        connection.execute(
            f"INSERT OR IGNORE INTO participants SELECT DISTINCT pseudonym, ? FROM {table} "
            "WHERE pseudonym NOT IN (SELECT pseudonym FROM erasures)",
            (now,),
        )
