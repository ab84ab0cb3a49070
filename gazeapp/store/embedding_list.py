"""The embeddings of a study's participants, encrypted one by one where the study is."""

from __future__ import annotations

import base64
import math
import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

from gazeapp.errors import DamagedSession
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.events import dump_json
from gazeapp.store.provenance import now_utc
from gazeapp.store.study_database import StudyDatabase
from gazeapp.store.study_key import StudyKey, is_encrypted, key_of
from gazeapp.store.untrusted.files import parse_json

_COLUMNS = "vector, n_pairs, spread, model_name, model_sha256, sigma_deg, pseudonym, created_utc"
_NEWEST = "number IN (SELECT max(number) FROM embeddings GROUP BY pseudonym)"
_SEALED, _SALT = "sealed:", 32


class EmbeddingFigures(NamedTuple):
    """What is told of an embedding without its vector: needs no key."""

    n_pairs: int
    spread: float
    created_utc: str
    session_id: str
    """In which it was made; empty for one that was made from all of them."""
    model_sha256: str
    """Of the weights that made it."""


class EmbeddingList:
    """Keeps every embedding; the newest of a participant is the one in use."""

    def __init__(self, database: StudyDatabase) -> None:
        self._db = database

    def add(self, pseudonym: str, embedding: UserEmbedding, session_id: str | None) -> None:
        """Keep an embedding."""
        created = now_utc()
        vector = dump_json([float(v) for v in embedding.vector])
        self._db.write(
            "INSERT INTO embeddings VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            pseudonym,
            created,
            session_id,
            self.sealed(vector, pseudonym, created, embedding.model_sha256),
            embedding.n_pairs,
            embedding.spread if math.isfinite(embedding.spread) else None,
            embedding.model_name,
            embedding.model_sha256,
            embedding.sigma_deg,
        )

    def of(self, pseudonym: str) -> list[UserEmbedding]:
        """All of a participant, oldest first."""
        rows = self._db.read(f"SELECT {_COLUMNS} FROM embeddings WHERE pseudonym = ? ORDER BY number", pseudonym)
        return [self._embedding(row) for row in rows]

    def newest(self) -> dict[str, UserEmbedding]:
        """Pseudonym → the newest, of everyone who has one."""
        rows = self._db.read(f"SELECT {_COLUMNS} FROM embeddings WHERE {_NEWEST}")
        return {str(row[6]): self._embedding(row) for row in rows}

    def figures(self) -> dict[str, EmbeddingFigures]:
        """Pseudonym → figures of the newest."""
        columns = "n_pairs, spread, created_utc, session_id, model_sha256"
        rows = self._db.read(f"SELECT pseudonym, {columns} FROM embeddings WHERE {_NEWEST}")
        return {
            str(name): EmbeddingFigures(
                n_pairs=int(n_pairs),
                spread=math.nan if spread is None else float(spread),
                created_utc=str(created),
                session_id=str(session_id or ""),
                model_sha256=str(sha256),
            )
            for name, n_pairs, spread, created, session_id, sha256 in rows
        }

    def rows(self) -> list[tuple[Any, ...]]:  # Any: what SQLite stores
        """All as they lie there, encrypted or not."""
        return self._db.read("SELECT * FROM embeddings ORDER BY number")

    def sealed(self, vector: str, pseudonym: str, created_utc: str, sha256: str) -> str:
        """A vector's text as this study keeps it, bound to whose it is."""
        study = self._db.folder
        return _seal(key_of(study), vector, pseudonym, created_utc, sha256) if is_encrypted(study) else vector

    def plain(self, vector: str, pseudonym: str, created_utc: str, sha256: str) -> str:
        """A vector's text as it was before.

        Raises:
            StudyLocked: Nobody gives the passphrase.
            DamagedSession: It was changed, or is another person's.
        """
        if not vector.startswith(_SEALED):
            return vector
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = key_of(self._db.folder)
        try:
            data = base64.b64decode(vector.removeprefix(_SEALED), validate=True)
            cipher = AESGCM(key.derive(data[:_SALT], "embedding"))
            return cipher.decrypt(bytes(12), data[_SALT:], _bound(pseudonym, created_utc, sha256)).decode()
        except (InvalidTag, ValueError) as error:
            raise DamagedSession(f"{self._db.file}: an embedding of {pseudonym} is damaged or not theirs") from error

    def rewrite(self, key: StudyKey | None) -> int:
        """Encrypt all that are plain, or with None make all of them plain; returns how many were changed."""
        with self._db.transaction() as execute:
            rows = execute("SELECT number, vector, pseudonym, created_utc, model_sha256 FROM embeddings").fetchall()
            changed = [row for row in rows if str(row[1]).startswith(_SEALED) == (key is None)]
            for number, vector, *owner in changed:
                text = self.plain(vector, *owner) if key is None else _seal(key, vector, *owner)
                execute("UPDATE embeddings SET vector = ? WHERE number = ?", (text, number))
        self._db.cleanse()
        return len(changed)

    def _embedding(self, row: Sequence[Any]) -> UserEmbedding:
        try:
            vector = self.plain(str(row[0]), str(row[6]), str(row[7]), str(row[4]))
            return UserEmbedding(
                vector=tuple(float(v) for v in parse_json(vector)),
                n_pairs=int(row[1]),
                spread=math.nan if row[2] is None else float(row[2]),
                model_name=str(row[3]),
                model_sha256=str(row[4]),
                sigma_deg=float(row[5]),
            )
        except (ValueError, TypeError) as error:
            raise DamagedSession(f"{self._db.file}: an embedding cannot be read ({error})") from error


def _seal(key: StudyKey, vector: str, pseudonym: str, created_utc: str, sha256: str) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt = secrets.token_bytes(_SALT)  # every embedding has a key of its own, so that the nonce never repeats
    content = AESGCM(key.derive(salt, "embedding")).encrypt(
        bytes(12), vector.encode(), _bound(pseudonym, created_utc, sha256)
    )
    return _SEALED + base64.b64encode(salt + content).decode()


def _bound(pseudonym: str, created_utc: str, sha256: str) -> bytes:
    return dump_json([pseudonym, created_utc, sha256]).encode()
