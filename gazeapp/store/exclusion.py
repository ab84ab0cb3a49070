"""What is left out of analysis, and why: people, sessions and trials of a study; nothing of them is deleted."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gazeapp import __version__
from gazeapp.errors import StoreError
from gazeapp.store.provenance import now_utc
from gazeapp.store.study_database import StudyDatabase
from gazeapp.store.study_place import study_around

_log = logging.getLogger(__name__)
MAX_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """One decision to leave something out, in force or taken back."""

    pseudonym: str
    session_id: str = ""
    """Empty: all sessions of the person."""
    trial: int | None = None
    """None: the whole session."""
    reason: str
    excluded_utc: str
    excluded_by: str = ""
    """Initials."""
    included_utc: str = ""
    """When it was taken back; empty while it is in force."""
    included_by: str = ""

    @property
    def is_in_force(self) -> bool:
        """Whether it still holds."""
        return not self.included_utc

    @property
    def what(self) -> str:
        """In words."""
        if not self.session_id:
            return self.pseudonym
        return self.session_id if self.trial is None else f"{self.session_id}, trial {self.trial}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionExclusions:
    """What of one session is left out."""

    whole: str = ""
    """Why all of it is; empty where not."""
    trials: Mapping[int, str] = field(default_factory=dict)
    """Trial → why."""

    def why(self, trial: int) -> str:
        """Why a trial is left out; empty for one that counts."""
        return self.whole or self.trials.get(trial, "")


class ExclusionList:
    """The exclusions of a study. Whatever is taken back stays in the history."""

    def __init__(self, database: StudyDatabase) -> None:
        self._db = database

    def exclude(
        self, pseudonym: str, session_id: str = "", trial: int | None = None, *, reason: str, initials: str = ""
    ) -> None:
        """Leave a person, a session or a trial out from now on; what is left out already gets the new reason.

        Raises:
            StoreError: No reason, or no such person or session.
        """
        text = " ".join(reason.split())
        if not text or len(text) > MAX_REASON:
            raise StoreError(f"an exclusion needs a reason of 1 to {MAX_REASON} characters")
        if trial is not None and not session_id:
            raise StoreError("a trial is left out of a session: name the session")
        self._require(pseudonym, session_id)
        row = (pseudonym, session_id, trial, text, now_utc(), initials, __version__)
        with self._db.transaction() as execute:
            self._take_back(execute, pseudonym, session_id, trial, initials)
            execute("INSERT INTO exclusions VALUES (NULL, ?, ?, ?, ?, ?, ?, NULL, '', '', ?)", row)

    def include(self, pseudonym: str, session_id: str = "", trial: int | None = None, *, initials: str = "") -> None:
        """Take an exclusion of exactly this back, if there is one."""
        with self._db.transaction() as execute:
            self._take_back(execute, pseudonym, session_id, trial, initials)

    def history(self) -> list[Exclusion]:
        """Every exclusion ever made, oldest first."""
        return [
            Exclusion(
                pseudonym=str(row[0]),
                session_id=str(row[1]),
                trial=row[2] if isinstance(row[2], int) else None,
                reason=str(row[3]),
                excluded_utc=str(row[4]),
                excluded_by=str(row[5]),
                included_utc=str(row[6] or ""),
                included_by=str(row[7]),
            )
            for row in self._db.read(
                "SELECT pseudonym, session_id, trial, reason, excluded_utc, excluded_by, included_utc, included_by "
                "FROM exclusions ORDER BY number"
            )
        ]

    def present(self) -> list[Exclusion]:
        """Those in force."""
        return [exclusion for exclusion in self.history() if exclusion.is_in_force]

    def of_session(self, pseudonym: str, session_id: str) -> SessionExclusions:
        """What of one session is left out."""
        return _of_session(self.present(), pseudonym, session_id)

    def _require(self, pseudonym: str, session_id: str) -> None:
        if not self._db.read("SELECT 1 FROM participants WHERE pseudonym = ?", pseudonym):
            raise StoreError(f"{self._db.folder}: no participant {pseudonym!r}")
        if session_id and not self._db.read(
            "SELECT 1 FROM sessions WHERE session_id = ? AND pseudonym = ?", session_id, pseudonym
        ):
            raise StoreError(f"{self._db.folder}: {pseudonym} has no session {session_id!r}")

    @staticmethod
    def _take_back(execute: object, pseudonym: str, session_id: str, trial: int | None, initials: str) -> None:
        assert callable(execute)
        execute(
            "UPDATE exclusions SET included_utc = ?, included_by = ? WHERE included_utc IS NULL AND pseudonym = ? "
            "AND session_id = ? AND trial IS ?",
            (now_utc(), initials, pseudonym, session_id, trial),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyExclusions:
    """What is left out of a whole study, read once for all of its sessions."""

    people: Mapping[str, str] = field(default_factory=dict)
    """Session → pseudonym."""
    in_force: tuple[Exclusion, ...] = ()

    @classmethod
    def read(cls, study: Path) -> StudyExclusions:
        """Read those of a study; none, and a warning, where it cannot be read."""
        try:
            with contextlib.closing(StudyDatabase.open(study)) as database:
                rows = database.read("SELECT session_id, pseudonym FROM sessions")
                return cls(
                    people={str(row[0]): str(row[1]) for row in rows},
                    in_force=tuple(ExclusionList(database).present()),
                )
        except StoreError as error:  # a session can be used where its study is damaged, but it must be known
            _log.warning("%s: whether anything is excluded is not known (%s)", study, error.message)
            return cls()

    def of(self, folder: Path) -> SessionExclusions:
        """What of a session is left out, by its folder."""
        session_id = folder.absolute().name
        pseudonym = self.people.get(session_id)
        return SessionExclusions() if pseudonym is None else _of_session(self.in_force, pseudonym, session_id)


def session_exclusions(folder: Path) -> SessionExclusions:
    """What of a session is left out, as the study says in which it lies; nothing for one that lies in none."""
    study = study_around(folder)
    return SessionExclusions() if study is None else StudyExclusions.read(study).of(folder)


def _of_session(in_force: Sequence[Exclusion], pseudonym: str, session_id: str) -> SessionExclusions:
    mine = [e for e in in_force if e.pseudonym == pseudonym and e.session_id in ("", session_id)]
    return SessionExclusions(
        whole=next((e.reason for e in mine if e.trial is None), ""),
        trials={e.trial: e.reason for e in mine if e.trial is not None},
    )
