"""One session on disk."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gazeapp.errors import DamagedSession, StoreError
from gazeapp.store.folder_lock import FolderLock
from gazeapp.store.identifier import require_own
from gazeapp.store.reader import SessionReader
from gazeapp.store.sealed_file import seal, sealed_beside, unseal
from gazeapp.store.session_file import DATABASE_NAME
from gazeapp.store.stimuli import StimulusStore
from gazeapp.store.study_key import StudyKey, is_encrypted, key_of
from gazeapp.store.study_place import study_of_session
from gazeapp.store.writer import SessionWriter

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFolder:
    """One session on disk: `session.sqlite` beside the stimuli used."""

    path: Path
    session_id: str
    pseudonym: str

    @property
    def database(self) -> Path:
        """The session's database."""
        return self.path / DATABASE_NAME

    @property
    def stimuli(self) -> StimulusStore:
        """The images used."""
        return StimulusStore(self.path / "stimuli")

    def writer(self) -> SessionWriter:
        """Open for recording, in plain; closing it encrypts it where the study is encrypted.

        Raises:
            UnsafeName: The folder or its database is a link.
            FolderInUse: Somebody else records into it, or reads or encrypts it as a whole.
            StudyLocked: The study is encrypted, and nobody gives the passphrase: nothing is recorded then.
        """
        require_own(self.path)
        study = study_of_session(self.path)
        if not is_encrypted(study):
            return SessionWriter(self.database)
        key = key_of(study)
        with FolderLock(self.path, "decrypting"):
            if sealed_beside(self.database).is_file() and not self.database.is_file():
                unseal(self.database, key)
        return SessionWriter(self.database, on_closed=partial(self._seal_if_possible, key))

    @property
    def is_closed(self) -> bool:
        """Whether it ended in order or was recovered, so that nothing is written any more."""
        try:
            with self.reader() as reader:
                return reader.state in ("finished", "recovered")
        except DamagedSession:
            return False

    def seal(self, key: StudyKey | None = None) -> bool:
        """Encrypt a closed session whose study is encrypted; whether there was anything to encrypt.

        Args:
            key: The study's, where it is at hand: the study may have been locked since.

        Raises:
            StudyLocked: Nobody gives the passphrase.
            DiskFull: No space; it stays plain.
        """
        study = study_of_session(self.path)
        if not (is_encrypted(study) and self.database.is_file() and self.is_closed):
            return False
        seal(self.database, key or key_of(study), self.session_id, self.pseudonym)
        return True

    def _seal_if_possible(self, key: StudyKey) -> None:
        try:
            self.seal(key)
        except StoreError as error:  # what was recorded is safe; that it is plain must be known
            _log.warning("%s: not encrypted; gazeapp study encrypt does it (%s)", self.session_id, error.message)

    def reader(self) -> SessionReader:
        """Open for reading.

        Raises:
            StoreError: The session's own file says that it is another person's than the study does: what is read of
                it would count for the wrong one.
        """
        reader = SessionReader(self.path)
        try:
            if reader.pseudonym not in ("", self.pseudonym):
                raise StoreError(
                    f"{self.path}: the study lists this session as one of {self.pseudonym}, its own file says "
                    f"{reader.pseudonym}; find out whose it is, and use it by its own folder until then"
                )
        except BaseException:
            reader.close()
            raise
        return reader
