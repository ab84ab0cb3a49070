"""The sessions of a study with their states: kept beside the participants, so that many are listed at once."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

from gazeapp.errors import ReadOnlyStudy, StoreError, StudyLocked
from gazeapp.store.consent import GAZE, NOBODY_TEXTS
from gazeapp.store.events import dump_json
from gazeapp.store.folder_lock import is_locked
from gazeapp.store.identifier import require_name, require_own
from gazeapp.store.provenance import now_utc
from gazeapp.store.session_folder import SessionFolder
from gazeapp.store.session_state import SessionFigures, SessionRecord, SessionState, SessionSummary, summarize
from gazeapp.store.shredding import shred_folder
from gazeapp.store.storage_errors import disk_error
from gazeapp.store.study_database import StudyDatabase
from gazeapp.store.untrusted.files import parse_json

_COLUMNS = (
    "session_id, pseudonym, plan_name, created_utc, experimenter, note, state, why, is_left, n_done, n_images, "
    "accuracy_deg, data_loss, last_s, last_utc"
)


class SessionList:
    """Reads states from the study, and from a session's own file where the study may not know the latest."""

    def __init__(self, database: StudyDatabase) -> None:
        self._db = database
        self.recovered: list[SessionRecord] = []
        """Sessions found by `records` that nobody had closed: what a crash left."""

    def add(self, session: SessionFolder, plan_name: str, created_utc: str, experimenter: str) -> None:
        """List a session that begins."""
        self._db.write(
            f"INSERT INTO sessions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, '', ?, '', 0, 0, 0, NULL, NULL, NULL, ?)",
            session.session_id,
            session.pseudonym,
            plan_name,
            created_utc,
            experimenter,
            SessionState.RUNNING.value,
            created_utc,
        )

    def records(self, pseudonym: str | None = None) -> list[SessionRecord]:
        """All sessions, or those of one participant, in order of time."""
        where, values = ("", ()) if pseudonym is None else ("WHERE pseudonym = ?", (pseudonym,))
        found = []
        figures = self._figures(where, *values)
        for row in self._db.read(f"SELECT {_COLUMNS} FROM sessions {where} ORDER BY session_id", *values):
            folder = self.folder(str(row[0]))
            if not folder.is_dir():
                continue  # removed by hand
            record = _record(row)
            is_unsure = row[6] not in _STATES or row[6] == SessionState.RUNNING.value
            if is_unsure and not (row[6] in _STATES and is_locked(folder)):
                record = self._look(record, folder, was_running=row[6] == SessionState.RUNNING.value)
            known = figures.get(record.session_id)
            found.append(record if known is None else dataclasses.replace(record, figures=known))
        return found

    def folder(self, session_id: str) -> Path:
        """Where a session lies; UnsafeName when its id is no plain name, or a link lies there."""
        hint = f"gazeapp recover {self._db.folder} leaves that row out"
        name = require_name(session_id, "session id", self._db.file, hint)
        return require_own(self._db.folder / "sessions" / name, self._db.folder)

    def _look(self, record: SessionRecord, folder: Path, *, was_running: bool) -> SessionRecord:
        try:
            looked = self.update(record.session_id)
        except ReadOnlyStudy:
            looked = dataclasses.replace(record, summary=summarize(folder))
        except StudyLocked:  # it is closed, and how it ended is known to whoever has the passphrase
            return record
        if was_running and looked.state is SessionState.INTERRUPTED:
            self.recovered.append(looked)
        return looked

    def update(self, session_id: str) -> SessionRecord:
        """Look into the session's file and note what became of it."""
        summary = summarize(self.folder(session_id))
        self.keep(session_id, summary)
        return self.record(session_id)

    def keep(self, session_id: str, summary: SessionSummary) -> None:
        """Note what became of a session."""
        finite = (None if math.isnan(v) else v for v in (summary.accuracy_deg, summary.data_loss, summary.last_s))
        self._db.write(
            "UPDATE sessions SET state = ?, why = ?, n_done = ?, n_images = ?, accuracy_deg = ?, data_loss = ?, "
            "last_s = ? WHERE session_id = ?",
            summary.state.value,
            summary.why,
            summary.n_done,
            summary.n_images,
            *finite,
            session_id,
        )

    def keep_figures(self, session: SessionFolder, figures: SessionFigures) -> None:
        """Note whose gaze a session holds, and how well it was predicted."""
        content = dump_json(dataclasses.asdict(figures))
        row = session.session_id, session.pseudonym, content
        self._db.write("INSERT OR REPLACE INTO figures VALUES (?, ?, ?)", *row)

    def _figures(self, where: str, *values: object) -> dict[str, SessionFigures]:
        rows = self._db.read(f"SELECT session_id, figures FROM figures {where}", *values)
        return {str(session_id): _read_figures(content) for session_id, content in rows}

    def begin_part(self, session_id: str) -> None:
        """The session is recorded into again."""
        self._db.write(
            "UPDATE sessions SET state = ?, why = '', is_left = 0, last_utc = ? WHERE session_id = ?",
            SessionState.RUNNING.value,
            now_utc(),
            session_id,
        )

    def leave(self, session_id: str) -> None:
        """An interrupted session is to stay as it is: nobody is asked about it any more."""
        self._db.write("UPDATE sessions SET is_left = 1 WHERE session_id = ?", session_id)

    def remove(self, session_id: str) -> None:
        """Take a session away that never became whole, its folder first."""
        folder = self.folder(session_id)
        try:
            if folder.is_dir():
                shred_folder(folder)
        except OSError as error:
            raise disk_error(error, folder) from error
        self._db.write("DELETE FROM sessions WHERE session_id = ?", session_id)

    def describe(self, session_id: str, note: str) -> None:
        """Change the note of a session."""
        self._db.write("UPDATE sessions SET note = ? WHERE session_id = ?", note, session_id)

    def record(self, session_id: str) -> SessionRecord:
        """One session as it is noted; StoreError when the study has none of that id."""
        known = self._figures("WHERE session_id = ?", session_id).get(session_id, SessionFigures())
        for row in self._db.read(f"SELECT {_COLUMNS} FROM sessions WHERE session_id = ?", session_id):
            return dataclasses.replace(_record(row), figures=known)
        raise StoreError(f"{self._db.folder}: no session {session_id}")


_MOST_IMAGES = 1_000_000
_STATES = frozenset(state.value for state in SessionState)


def _read_figures(content: object) -> SessionFigures:
    """What is no such content, such as that of a damaged file, says nothing."""
    try:
        found = parse_json(str(content))
    except (ValueError, RecursionError):
        return SessionFigures()
    if not isinstance(found, dict):
        return SessionFigures()
    source, counts = found.get("source"), [found.get(name) for name in ("n_better", "n_compared")]
    better, compared = (n if isinstance(n, int) and 0 <= n < _MOST_IMAGES else 0 for n in counts)
    known = source if isinstance(source, str) and source in (GAZE, *NOBODY_TEXTS) else ""
    return SessionFigures(source=known, n_better=min(better, compared), n_compared=compared)


def _record(row: tuple[object, ...]) -> SessionRecord:
    state = str(row[6])
    accuracy_deg, data_loss, last_s = (float(v) if isinstance(v, float | int) else math.nan for v in row[11:14])
    return SessionRecord(
        session_id=str(row[0]),
        pseudonym=str(row[1]),
        plan_name=str(row[2]),
        created_utc=str(row[3]),
        experimenter=str(row[4]),
        note=str(row[5]),
        is_left=bool(row[8]),
        last_utc=str(row[14]) or str(row[3]),
        summary=SessionSummary(
            state=SessionState(state) if state in _STATES else SessionState.INTERRUPTED,
            why=str(row[7]),
            n_done=int(row[9]) if isinstance(row[9], int) else 0,
            n_images=int(row[10]) if isinstance(row[10], int) else 0,
            accuracy_deg=accuracy_deg,
            data_loss=data_loss,
            last_s=last_s,
        ),
    )
