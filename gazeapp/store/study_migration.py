"""Brings studies of earlier versions up to date."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Mapping

from gazeapp.store import schema, study_schema
from gazeapp.store.consent import EYE_IMAGES, GAZE, NOBODY_TEXTS, text_version
from gazeapp.store.participant import KDF, fingerprint, folded
from gazeapp.store.study_content import begin_study

FIRST_TABLES: dict[str, tuple[str, ...]] = {
    "participants": ("pseudonym TEXT PRIMARY KEY", "created_utc TEXT NOT NULL"),
    "consents": (
        "number INTEGER PRIMARY KEY",
        "pseudonym TEXT NOT NULL REFERENCES participants",
        "version TEXT NOT NULL",
        "text TEXT NOT NULL",
        "given_utc TEXT NOT NULL",
        "withdrawn_utc TEXT",
    ),
    "sessions": (
        "session_id TEXT PRIMARY KEY",
        "pseudonym TEXT NOT NULL REFERENCES participants",
        "plan_name TEXT NOT NULL",
        "created_utc TEXT NOT NULL",
    ),
    "embeddings": study_schema.STUDY_TABLES["embeddings"],
    "erasures": (
        "number INTEGER PRIMARY KEY",
        "pseudonym TEXT NOT NULL",
        "erased_utc TEXT NOT NULL",
        "reason TEXT NOT NULL",
        "n_sessions INTEGER NOT NULL",
        "n_embeddings INTEGER NOT NULL",
        "software TEXT",
    ),
}
"""Schema 1: what a damaged file of that version is read by."""
UNSEEN_SESSION = "(?, ?, ?, ?, '', '', '', '', 0, 0, 0, NULL, NULL, NULL, '')"
"""Values of a session of which id, pseudonym, plan and date are known; the rest is looked up in its own file."""
_OLD_MARK = "+eye-images"  # end of a version of which pictures of the eyes were a part


def _people_and_states(connection: sqlite3.Connection) -> None:
    """Schema 1 → 2: consents by purpose and content, states of sessions, erasures without pseudonyms.

    Rows are written anew rather than given columns: a damaged file is read by their number of columns.
    """
    old = {name: connection.execute(f"SELECT * FROM {name} ORDER BY rowid").fetchall() for name in FIRST_TABLES}
    for name in ("embeddings", "sessions", "consents", "participants", "erasures"):
        connection.execute(f"DROP TABLE {name}")
    schema.add_tables(connection, study_schema.STUDY_TABLES)
    begin_study(connection, with_texts=not old["consents"] or all(row[2] in NOBODY_TEXTS for row in old["consents"]))
    insert(connection, old)


def insert(connection: sqlite3.Connection, old: Mapping[str, list[tuple[object, ...]]]) -> None:
    """Write rows of schema 1 into tables of schema 2."""
    taken: set[str] = set()
    for pseudonym, created in old["participants"]:
        name = folded(str(pseudonym))
        while name in taken:  # two that differ only in case were allowed
            name += "\0"
        taken.add(name)
        connection.execute("INSERT OR IGNORE INTO participants VALUES (?, ?, '', '{}', ?)", (pseudonym, created, name))
    for _, pseudonym, version, text, given, withdrawn in old["consents"]:
        _insert_consent(connection, str(pseudonym), str(version), str(text), given, withdrawn)
    connection.executemany(
        f"INSERT OR IGNORE INTO sessions VALUES {UNSEEN_SESSION}",
        old["sessions"],
    )
    connection.executemany(f"INSERT OR IGNORE INTO embeddings VALUES ({', '.join('?' * 10)})", old["embeddings"])
    salt = secrets.token_bytes(16)
    for number, pseudonym, erased, reason, n_sessions, n_embeddings, software in old["erasures"]:
        made = fingerprint(str(pseudonym), salt)
        row = (number, erased, reason, salt.hex(), made, KDF, n_sessions, n_embeddings, software)
        connection.execute(f"INSERT OR IGNORE INTO erasures VALUES ({', '.join('?' * len(row))})", row)


def _insert_consent(
    connection: sqlite3.Connection, pseudonym: str, version: str, text: str, given: object, withdrawn: object
) -> None:
    """A consent that held holds on: the study's own texts stay its texts until somebody changes them."""
    add = "INSERT INTO consents VALUES (NULL, ?, ?, ?, ?, ?, '', ?)"
    if version in NOBODY_TEXTS:
        connection.execute(add, (pseudonym, version, version, "en", given, withdrawn))
        return
    for purpose in (GAZE, EYE_IMAGES) if version.endswith(_OLD_MARK) else (GAZE,):
        made = text_version(purpose, "en", text)
        connection.execute(
            "INSERT OR IGNORE INTO consent_texts VALUES (?, ?, 'en', ?, ?, 1)", (made, purpose, text, given)
        )
        connection.execute(add, (pseudonym, purpose, made, "en", given, withdrawn))


def _add_missing(connection: sqlite3.Connection) -> None:
    """Schema 2 → 3, 3 → 4: tables that came since, such as those of exclusions and of sessions' figures."""
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    missing = {name: columns for name, columns in study_schema.STUDY_TABLES.items() if name not in there}
    schema.add_tables(connection, missing)


MIGRATIONS: Mapping[int, schema.Migration] = {1: _people_and_states, 2: _add_missing, 3: _add_missing}
"""Schema version found → what brings a study to the next one."""


def cleanse(connection: sqlite3.Connection) -> None:
    """Rewrite a migrated file, so that nothing stays in its freed pages (erased pseudonyms were plain before)."""
    connection.execute("VACUUM")
