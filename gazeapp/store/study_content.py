"""What a new study holds before anybody is in it: its id, its consent texts, the variables offered."""

from __future__ import annotations

import secrets
import sqlite3

from gazeapp.store.consent import DEFAULT_TEXTS, text_version
from gazeapp.store.events import dump_json
from gazeapp.store.provenance import now_utc
from gazeapp.store.study_variables import OFFERED


def begin_study(connection: sqlite3.Connection, *, with_texts: bool = True) -> None:
    """Fill the tables of a new study, within the transaction that made them.

    Args:
        connection: Of the study.
        with_texts: Ask with the usual texts; False where the study has texts of its own for storing gaze.
    """
    now = now_utc()
    connection.execute("INSERT INTO facts VALUES ('study_id', ?)", (dump_json(secrets.token_hex(8)),))
    for variable in OFFERED:
        connection.execute(
            "INSERT INTO variables VALUES (NULL, ?, ?, ?)", (variable.name, variable.kind, dump_json(variable.choices))
        )
    for purpose, texts in DEFAULT_TEXTS.items():
        for language, text in texts.items():
            if with_texts or purpose != "gaze":
                connection.execute(
                    "INSERT OR IGNORE INTO consent_texts VALUES (?, ?, ?, ?, ?, 1)",
                    (text_version(purpose, language, text), purpose, language, text, now),
                )
