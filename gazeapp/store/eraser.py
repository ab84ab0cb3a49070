"""Erasing a participant from a study, and the records that it happened."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from gazeapp import __version__
from gazeapp.store import study_schema
from gazeapp.store.copies import CopyList
from gazeapp.store.erasure import ErasurePlan, find_folders, size_of
from gazeapp.store.identifier import require_own
from gazeapp.store.participant import KDF, Erasure, fingerprint
from gazeapp.store.provenance import now_utc
from gazeapp.store.shredding import shred_file, shred_folder
from gazeapp.store.storage_errors import disk_error
from gazeapp.store.study_database import StudyDatabase
from gazeapp.store.study_place import STUDY_NAME

_MOST_SALTS = 8
"""Each costs half a second; this program makes one a study, and one more when the way to compute it changes."""


class Eraser:
    """Removes participants of one study.

    Session folders are overwritten before they are deleted, and the study's database is rewritten without the rows;
    the record holds a fingerprint of the pseudonym, not the pseudonym. Copies made earlier (exports, weights, backups,
    snapshots of the file system) are out of reach: a plan lists those that are known.

    Args:
        database: The study's.
        copies: What is known of copies.
    """

    def __init__(self, database: StudyDatabase, copies: CopyList) -> None:
        self._db = database
        self._path = database.folder
        self._copies = copies

    def plan(self, name: str, listed: Mapping[str, str]) -> ErasurePlan:
        """What of a participant would go; errors as `Study.plan_erasure`.

        Args:
            name: Pseudonym.
            listed: Session id → pseudonym, as the study lists them.
        """
        sessions = self._path / "sessions"
        folders, unknown = find_folders(self._path, listed, name)
        own = {session_id for session_id, owner in listed.items() if owner == name}
        in_place = {folder.name for folder in folders if folder.parent == sessions}
        leftovers = sorted({*self._path.glob(f"{STUDY_NAME}.damaged*"), *self._path.glob(f".{STUDY_NAME}-*.part*")})
        reports = (self._path / "reports" / f"{session_id}.html" for session_id in own)
        leftovers += sorted(path for path in reports if path.is_file())
        return ErasurePlan(
            pseudonym=name,
            folders=tuple(folders),
            unlisted=tuple(folder for folder in folders if folder.parent != sessions or folder.name not in own),
            leftovers=tuple(require_own(path) for path in leftovers),
            n_sessions=len(folders) + len(own - in_place),
            n_consents=len(self._db.read("SELECT number FROM consents WHERE pseudonym = ?", name)),
            n_embeddings=len(self._db.read("SELECT number FROM embeddings WHERE pseudonym = ?", name)),
            n_bytes=size_of(folders),
            copies=tuple(self._copies.of(name)),
            unknown=tuple(unknown),
        )

    def erase(self, plan: ErasurePlan, reason: str) -> Erasure:
        """Do what was planned, and record it; errors as `Study.erase`."""
        name = plan.pseudonym
        with self._db.transaction():  # in a study that cannot be written nothing is removed either
            pass
        try:
            for folder in plan.folders:
                shred_folder(folder)
            for kept in plan.leftovers:
                shred_file(kept)
        except OSError as error:
            raise disk_error(error, self._path) from error
        # one salt a study: checking a new pseudonym then costs one slow computation, however many were erased
        salts = self._db.read("SELECT fingerprint_salt FROM erasures WHERE kdf = ? ORDER BY number LIMIT 1", KDF)
        salt = str(salts[0][0]) if salts else secrets.token_hex(16)
        erasure = Erasure(
            erased_utc=now_utc(),
            reason=reason,
            n_sessions=plan.n_sessions,
            n_embeddings=plan.n_embeddings,
            salt=salt,
            fingerprint=fingerprint(name, bytes.fromhex(salt)),
            kdf=KDF,
        )
        with self._db.transaction() as execute:
            for table in _tables_of_people():
                execute(f"DELETE FROM {table} WHERE pseudonym = ?", (name,))
            execute(
                "INSERT INTO erasures VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    erasure.erased_utc,
                    reason,
                    erasure.salt,
                    erasure.fingerprint,
                    erasure.kdf,
                    erasure.n_sessions,
                    erasure.n_embeddings,
                    __version__,
                ),
            )
        self._db.cleanse()
        return erasure

    def records(self) -> list[Erasure]:
        """What was erased, oldest first."""
        rows = self._db.read(
            "SELECT erased_utc, reason, n_sessions, n_embeddings, fingerprint_salt, fingerprint, kdf FROM erasures "
            "ORDER BY number"
        )
        return [
            Erasure(
                erased_utc=str(row[0]),
                reason=str(row[1]),
                n_sessions=int(row[2]),
                n_embeddings=int(row[3]),
                salt=str(row[4]),
                fingerprint=str(row[5]),
                kdf=str(row[6]),
            )
            for row in rows
        ]

    def was_erased(self, name: str) -> str:
        """When somebody of this pseudonym was erased; empty for never."""
        made: dict[tuple[str, str], str] = {}
        for erasure in self.records():
            way = erasure.salt, erasure.kdf
            if way not in made and len(made) == _MOST_SALTS:
                continue
            try:
                if way not in made:
                    made[way] = fingerprint(name, bytes.fromhex(erasure.salt), erasure.kdf)
            except ValueError:  # a damaged row keeps nobody out
                continue
            if made[way] == erasure.fingerprint:
                return erasure.erased_utc[:10]
        return ""


def _tables_of_people() -> list[str]:
    """Tables with rows of participants; the participants, to whom the others refer, last."""
    found = [
        name
        for name, columns in study_schema.STUDY_TABLES.items()
        if any(column.split()[0] == "pseudonym" for column in columns)
    ]
    return sorted(found, key=lambda name: name == "participants")
