"""What was made from participants' data and lies outside their sessions: exports, reports, maps, training data."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gazeapp.errors import StoreError
from gazeapp.store.events import dump_json
from gazeapp.store.provenance import now_utc
from gazeapp.store.study_database import StudyDatabase
from gazeapp.store.study_place import STUDY_NAME, study_of
from gazeapp.store.untrusted.files import parse_json

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Something that holds data of a participant and that erasing them cannot reach."""

    made_utc: str
    kind: str
    """"csv export", "report", "maps", "embedding", "training data"."""
    place: str
    """Relative to the study where it lies below it; "~" is the home folder."""
    holds: str
    """What of the person is in it, in words."""
    sha256: str = ""
    """Of training data, by which weights name it."""


class CopyList:
    """The copies that a study knows of; what was moved since is known at its old place."""

    def __init__(self, database: StudyDatabase) -> None:
        self._db = database

    def note(self, pseudonyms: Iterable[str], kind: str, place: Path, holds: str, sha256: str = "") -> None:
        """Remember that something was made from the data of these participants; unknown ones are left out."""
        where = _without_home(place.absolute(), self._db.folder.absolute())
        content = dump_json({"what": holds, "sha256": sha256})
        with self._db.transaction() as execute:
            for pseudonym in pseudonyms:
                execute("DELETE FROM copies WHERE pseudonym = ? AND name = ?", (pseudonym, where))
                execute(
                    "INSERT INTO copies SELECT NULL, pseudonym, ?, ?, ?, NULL, ? FROM participants WHERE pseudonym = ?",
                    (now_utc(), kind, where, content, pseudonym),
                )

    def of(self, pseudonym: str) -> list[Copy]:
        """Those of one participant, oldest first."""
        found = []
        for made, kind, name, holds in self._db.read(
            "SELECT made_utc, kind, name, holds FROM copies WHERE pseudonym = ? ORDER BY number", pseudonym
        ):
            facts: object = None
            with contextlib.suppress(ValueError, RecursionError):
                facts = parse_json(str(holds))
            facts = facts if isinstance(facts, dict) else {}
            found.append(
                Copy(
                    made_utc=str(made),
                    kind=str(kind),
                    place=str(name),
                    holds=str(facts.get("what", "")),
                    sha256=str(facts.get("sha256", "")),
                )
            )
        return found


def remember_copy(
    source: Path, pseudonyms: Iterable[str] | None, kind: str, place: Path, holds: str, sha256: str = ""
) -> None:
    """Note in a study that something was made from its data; of a session that lies in no study nothing is noted.

    Args:
        source: The study, or a session of it.
        pseudonyms: Whose data; None for the session's own.
        kind: As in `Copy`.
        place: Where it was put.
        holds: What of the person is in it, in words.
        sha256: Of training data.
    """
    study = study_of(source)
    if not (study / STUDY_NAME).is_file():
        return
    try:
        with contextlib.closing(StudyDatabase.open(study)) as database:
            if pseudonyms is None:
                name = source.absolute().name
                rows = database.read("SELECT pseudonym FROM sessions WHERE session_id = ?", name)
                pseudonyms = [str(row[0]) for row in rows]
            CopyList(database).note(pseudonyms, kind, place, holds, sha256)
    except StoreError as error:  # what was made is good; that it cannot be noted must be known
        _log.warning("%s: not noted, so that erasing a participant will not name it (%s)", place, error.message)


def place_in(study: Path, other: Path, name: str) -> str:
    """How a study names the place that another one names: what lies below the other is not below this one."""
    return name if name.startswith("~/") else _without_home((other / name).absolute(), study.absolute())


def _without_home(place: Path, study: Path) -> str:
    """A place as it may stand in a study, which is passed on: without the name of this machine's user."""
    for folder, mark in ((study, ""), (Path.home(), "~/")):
        with contextlib.suppress(ValueError):
            return mark + place.relative_to(folder).as_posix()
    return str(place)
