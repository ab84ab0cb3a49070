"""A study: participants by pseudonym, their consent, sessions and embeddings; erasure."""

from __future__ import annotations

import contextlib
import json
import math
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from gazeapp import __version__
from gazeapp.errors import AlreadyExists, ConsentMissing, DamagedSession, StoreError
from gazeapp.store import schema
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.events import dump_json
from gazeapp.store.participant import Erasure, Participant, require_pseudonym
from gazeapp.store.provenance import now_utc, software_versions
from gazeapp.store.session_folder import SessionFolder
from gazeapp.store.shredding import shred_file, shred_folder
from gazeapp.store.storage_errors import database_error, disk_error

STUDY_NAME = "study.sqlite"
__all__ = ["STUDY_NAME", "Erasure", "Participant", "SessionFolder", "Study", "require_pseudonym"]


class Study:
    """A study's folder. Short transactions, each durable; several programs may use it at once."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._db = connection

    @classmethod
    def create(cls, path: Path) -> Study:
        """Make a new study in a folder; AlreadyExists when there is one."""
        database = path / STUDY_NAME
        if database.exists():
            raise AlreadyExists(f"{path}: there is a study here already; open it, or choose another folder")
        try:
            (path / "sessions").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise disk_error(error, path) from error
        connection = _connect(database)
        try:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                schema.create_tables(
                    connection,
                    schema.STUDY_TABLES,
                    schema.STUDY_SCHEMA,
                    schema.STUDY_APPLICATION_ID,
                )
        except sqlite3.Error as error:
            connection.close()
            raise database_error(error, database) from error
        return cls(path, connection)

    @classmethod
    def open(cls, path: Path) -> Study:
        """Open the study in a folder.

        Raises:
            StoreError: No study there.
            UnsupportedSchema: Written by another version.
        """
        database = path / STUDY_NAME
        if not database.is_file():
            raise StoreError(f"{path}: no study here ({STUDY_NAME} is missing)")
        connection = _connect(database)
        try:
            # what is no database is named by require_schema
            with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
                schema.migrate(connection, schema.STUDY_MIGRATIONS, schema.STUDY_SCHEMA)
            schema.require_schema(connection, database, schema.STUDY_SCHEMA, schema.STUDY_APPLICATION_ID)
        except BaseException:
            connection.close()
            raise
        return cls(path, connection)

    @classmethod
    def open_or_create(cls, path: Path) -> Study:
        """Open the study in a folder, and make it where there is none."""
        return cls.open(path) if (path / STUDY_NAME).exists() else cls.create(path)

    @property
    def path(self) -> Path:
        """The study's folder."""
        return self._path

    def close(self) -> None:
        """Close the file; closing twice is allowed."""
        self._db.close()

    def __enter__(self) -> Study:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add_participant(self, pseudonym: str) -> Participant:
        """Add a participant; adding one that is there already changes nothing.

        Raises:
            ValueError: Not a pseudonym.
            StoreError: This participant was erased: the pseudonym must not come to mean someone else.
        """
        require_pseudonym(pseudonym)
        if any(erasure.pseudonym == pseudonym for erasure in self.erasures()):
            raise StoreError(f"{self._path}: {pseudonym} was erased from this study; choose another pseudonym")
        self._write("INSERT OR IGNORE INTO participants VALUES (?, ?)", (pseudonym, now_utc()))
        return self.participant(pseudonym)

    def record_consent(self, pseudonym: str, text: str, version: str) -> None:
        """Record that the participant consented, to this text, now."""
        self._require(pseudonym)
        self._write(
            "INSERT INTO consents VALUES (NULL, ?, ?, ?, ?, NULL)",
            (pseudonym, version, text, now_utc()),
        )

    def has_consent(self, pseudonym: str) -> bool:
        """Whether a consent holds."""
        return bool(self._consent(pseudonym))

    def _consent(self, pseudonym: str) -> tuple[Any, ...] | None:
        rows = self._read(
            "SELECT given_utc, version FROM consents WHERE pseudonym = ? AND withdrawn_utc IS NULL ORDER BY number "
            "DESC",
            pseudonym,
        )
        return rows[0] if rows else None

    def participant(self, pseudonym: str) -> Participant:
        """One participant; StoreError when the study has none of that pseudonym."""
        for participant in self.participants():
            if participant.pseudonym == pseudonym:
                return participant
        raise self._unknown(pseudonym)

    def participants(self) -> list[Participant]:
        """All participants by pseudonym, erased ones too."""
        found = []
        for pseudonym, created in self._read("SELECT pseudonym, created_utc FROM participants"):
            consent = self._consent(pseudonym)
            sessions = self._read("SELECT session_id FROM sessions WHERE pseudonym = ? ORDER BY session_id", pseudonym)
            found.append(
                Participant(
                    pseudonym=pseudonym,
                    created_utc=created,
                    consented_utc=consent[0] if consent else None,
                    consent_version=consent[1] if consent else None,
                    sessions=tuple(row[0] for row in sessions),
                    n_embeddings=len(self.embeddings(pseudonym)),
                    erased_utc=None,
                )
            )
        for erasure in self.erasures():
            found.append(
                Participant(
                    pseudonym=erasure.pseudonym,
                    created_utc="",
                    consented_utc=None,
                    consent_version=None,
                    sessions=(),
                    n_embeddings=0,
                    erased_utc=erasure.erased_utc,
                )
            )
        return sorted(found, key=lambda participant: participant.pseudonym)

    def new_session(self, pseudonym: str, plan_name: str) -> SessionFolder:
        """Make the folder and database of a new session.

        Raises:
            ConsentMissing: The participant has not consented: nothing of theirs may be stored.
            StoreError: No such participant, or the folder cannot be made.
        """
        self._require(pseudonym)
        if not self.has_consent(pseudonym):
            raise ConsentMissing(
                f"{pseudonym} has not consented to storing gaze data in {self._path}; record the consent first"
            )
        created = now_utc()
        folder = self._new_folder(pseudonym)
        session = SessionFolder(path=folder, session_id=folder.name, pseudonym=pseudonym)
        # listed before it holds anything, so that erasing never misses data after a crash
        self._write(
            "INSERT INTO sessions VALUES (?, ?, ?, ?)",
            (session.session_id, pseudonym, plan_name, created),
        )
        with session.writer() as writer:
            writer.set_meta(
                {
                    "session_id": session.session_id,
                    "pseudonym": pseudonym,
                    "plan_name": plan_name,
                    "started_utc": created,
                    "software": software_versions(),
                }
            )
        return session

    def _new_folder(self, pseudonym: str) -> Path:
        stamp = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        for n in range(1, 1000):  # two within one second are told apart by a number
            folder = self._path / "sessions" / (f"{stamp}-{pseudonym}" + (f"-{n:02d}" if n > 1 else ""))
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise disk_error(error, folder) from error
            return folder
        raise StoreError(f"{self._path}: no free name for a session of {pseudonym}")

    def sessions(self, pseudonym: str | None = None) -> list[SessionFolder]:
        """Sessions in order of time, of one participant or of all; those whose folder was removed by hand are left
        out.
        """
        rows = self._read("SELECT session_id, pseudonym FROM sessions ORDER BY session_id")
        return [
            SessionFolder(path=self._path / "sessions" / session_id, session_id=session_id, pseudonym=owner)
            for session_id, owner in rows
            if pseudonym in (None, owner) and (self._path / "sessions" / session_id).is_dir()
        ]

    def session(self, session_id: str) -> SessionFolder:
        """One session; StoreError when the study has none of that id."""
        for session in self.sessions():
            if session.session_id == session_id:
                return session
        raise StoreError(f"{self._path}: no session {session_id}")

    def save_embedding(
        self,
        pseudonym: str,
        embedding: UserEmbedding,
        *,
        session_id: str | None = None,
    ) -> None:
        """Keep an embedding; earlier ones stay, the newest is the one in use.

        Raises:
            ConsentMissing: The participant has not consented, or withdrew.
        """
        self._require(pseudonym)
        if not self.has_consent(pseudonym):
            raise ConsentMissing(f"{pseudonym} has not consented to storing an embedding in {self._path}")
        spread = embedding.spread if math.isfinite(embedding.spread) else None
        self._write(
            "INSERT INTO embeddings VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                pseudonym,
                now_utc(),
                session_id,
                dump_json([float(v) for v in embedding.vector]),
                embedding.n_pairs,
                spread,
                embedding.model_name,
                embedding.model_sha256,
                embedding.sigma_deg,
            ),
        )

    def load_embedding(self, pseudonym: str) -> UserEmbedding:
        """The newest embedding of a participant; StoreError when there is none."""
        self._require(pseudonym)
        found = self.embeddings(pseudonym)
        if not found:
            raise StoreError(f"{self._path}: {pseudonym} has no embedding yet; enrol first (gazeapp enrol)")
        return found[-1]

    def embeddings(self, pseudonym: str) -> list[UserEmbedding]:
        """All embeddings of a participant, oldest first."""
        rows = self._read(
            "SELECT vector, n_pairs, spread, model_name, model_sha256, sigma_deg FROM embeddings WHERE pseudonym = ? "
            "ORDER BY number",
            pseudonym,
        )
        try:
            return [
                UserEmbedding(
                    vector=tuple(float(v) for v in json.loads(row[0])),
                    n_pairs=int(row[1]),
                    spread=math.nan if row[2] is None else float(row[2]),
                    model_name=str(row[3]),
                    model_sha256=str(row[4]),
                    sigma_deg=float(row[5]),
                )
                for row in rows
            ]
        except (ValueError, TypeError) as error:
            raise DamagedSession(f"{self._path / STUDY_NAME}: an embedding cannot be read ({error})") from error

    def erase(self, pseudonym: str, *, reason: str = "asked for") -> Erasure:
        """Remove raw data, maps and embeddings of a participant; keep a dated record that it happened.

        Session folders are overwritten before they are deleted, and the study's database is rewritten without the
        rows. Copies made earlier (exports, backups, snapshots of the file system) are out of reach.
        Erasing can be repeated after a failure; what was already removed is not missed.
        """
        self._require(pseudonym)
        known = [row[0] for row in self._read("SELECT session_id FROM sessions WHERE pseudonym = ?", pseudonym)]
        n_embeddings = len(self._read("SELECT number FROM embeddings WHERE pseudonym = ?", pseudonym))
        try:
            for session_id in known:
                if (folder := self._path / "sessions" / session_id).is_dir():
                    shred_folder(folder)
            for kept in self._path.glob(f"{STUDY_NAME}.damaged*"):  # what a recovery set aside
                shred_file(kept)
        except OSError as error:
            raise disk_error(error, self._path) from error
        erasure = Erasure(
            pseudonym=pseudonym,
            erased_utc=now_utc(),
            reason=reason,
            n_sessions=len(known),
            n_embeddings=n_embeddings,
        )
        with self._transaction():
            for table in ("embeddings", "sessions", "consents", "participants"):
                self._db.execute(f"DELETE FROM {table} WHERE pseudonym = ?", (pseudonym,))
            self._db.execute(
                "INSERT INTO erasures VALUES (NULL, ?, ?, ?, ?, ?, ?)",
                (pseudonym, erasure.erased_utc, reason, len(known), n_embeddings, __version__),
            )
        try:
            self._db.execute("VACUUM")
        except sqlite3.Error as error:
            raise database_error(error, self._path / STUDY_NAME) from error
        return erasure

    def withdraw(self, pseudonym: str) -> Erasure:
        """The participant withdrew consent: nothing more is stored, and all that was is erased."""
        self._write(
            "UPDATE consents SET withdrawn_utc = ? WHERE pseudonym = ? AND withdrawn_utc IS NULL",
            (now_utc(), pseudonym),
        )
        return self.erase(pseudonym, reason="consent withdrawn")

    def passes_check(self) -> bool:
        """Whether SQLite finds every page of the file in order, and every row its participant."""
        return self._read("PRAGMA integrity_check(1)") == [("ok",)] and not self._read("PRAGMA foreign_key_check")

    def erasures(self) -> list[Erasure]:
        """Records of what was erased, oldest first."""
        return [
            Erasure(pseudonym=row[0], erased_utc=row[1], reason=row[2], n_sessions=row[3], n_embeddings=row[4])
            for row in self._read(
                "SELECT pseudonym, erased_utc, reason, n_sessions, n_embeddings FROM erasures ORDER BY number"
            )
        ]

    def _require(self, pseudonym: str) -> None:
        if not self._read("SELECT 1 FROM participants WHERE pseudonym = ?", pseudonym):
            raise self._unknown(pseudonym)

    def _unknown(self, pseudonym: str) -> StoreError:
        erased = [e for e in self.erasures() if e.pseudonym == pseudonym]
        if erased:
            return StoreError(f"{self._path}: {pseudonym} was erased on {erased[-1].erased_utc[:10]}")
        known = [str(row[0]) for row in self._read("SELECT pseudonym FROM participants ORDER BY pseudonym")]
        listed = ", ".join(known[:10]) + (", …" if len(known) > 10 else "") if known else "nobody yet"
        return StoreError(f"{self._path}: no participant {pseudonym!r}; the study has {listed}", known=known)

    def _read(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise database_error(error, self._path / STUDY_NAME) from error
        except UnicodeDecodeError as error:
            raise _damaged(self._path / STUDY_NAME, error) from error

    def _write(self, sql: str, values: tuple[object, ...]) -> None:
        with self._transaction():
            self._db.execute(sql, values)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._db.in_transaction:  # a full disk ends it by itself
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise database_error(error, self._path / STUDY_NAME) from error


def _connect(database: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(database, isolation_level=None, timeout=10, check_same_thread=False)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA secure_delete = ON")  # deleted rows are overwritten with zeros
            connection.execute("PRAGMA synchronous = FULL")
        except (sqlite3.Error, UnicodeDecodeError):
            connection.close()
            raise
    except sqlite3.Error as error:
        raise database_error(error, database) from error
    except UnicodeDecodeError as error:
        raise _damaged(database, error) from error
    return connection


def _damaged(database: Path, error: UnicodeDecodeError) -> DamagedSession:
    return DamagedSession(f"{database}: damaged ({error}); gazeapp recover {database.parent} saves what can be read")
