"""One session on disk."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gazeapp.errors import StoreError
from gazeapp.store.identifier import require_own
from gazeapp.store.reader import DATABASE_NAME, SessionReader
from gazeapp.store.stimuli import StimulusStore
from gazeapp.store.writer import SessionWriter


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
        """Open for recording; UnsafeName when the folder or its database is a link."""
        require_own(self.path)
        return SessionWriter(self.database)

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
