"""The people of one study taken into another, with their sessions and everything the study's own file says of them."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from gazeapp.errors import AlreadyExists, StoreError
from gazeapp.store.copies import place_in
from gazeapp.store.events import dump_json
from gazeapp.store.participant import Participant, folded, require_pseudonym
from gazeapp.store.private import make_private_folder
from gazeapp.store.provenance import now_utc
from gazeapp.store.sealed_file import sealed_beside, unseal
from gazeapp.store.session_file import DATABASE_NAME
from gazeapp.store.session_folder import SessionFolder
from gazeapp.store.storage_errors import database_error
from gazeapp.store.study import Study
from gazeapp.store.study_key import is_encrypted, key_of
from gazeapp.store.study_transfer import copy_files
from gazeapp.store.study_variables import StudyVariable, require_variables

Execute = Callable[..., Any]  # Any: sqlite3.Connection.execute


class PeopleMerge:
    """What comes under which name is decided when it is made; then `stage` copies, and `take_in` is all or nothing.

    Args:
        study: The one that grows.
        other: The one that is taken in; it stays as it is.
        same: Pseudonyms in both that mean the same person.
        renamed: Pseudonyms of `other` → what they are to be called here.

    Raises:
        AlreadyExists: A pseudonym is in both, and it is not said whether that is one person; names them all.
        StoreError: Somebody was erased here, sessions are there already, or variables do not fit.
    """

    def __init__(self, study: Study, other: Study, *, same: Collection[str], renamed: Mapping[str, str]) -> None:
        self._study, self._other = study, other
        self._people = {person.pseudonym: person for person in other.participants()}
        self._known = {person.pseudonym: person for person in study.participants()}
        self.names = self._names(same, {old: require_pseudonym(new) for old, new in renamed.items()})
        """Their pseudonyms there → here."""
        self._variables = require_variables(_join_variables(study.variables(), other.variables()))
        self._sessions = other.sessions()
        self.homes = {s.session_id: _new_id(s.session_id, s.pseudonym, self.names[s.pseudonym]) for s in self._sessions}
        """Session ids there → here."""
        taken = [new for new in self.homes.values() if (study.path / "sessions" / new).exists()]
        if taken:
            raise AlreadyExists(f"{study.path}: has session {taken[0]} already; were these studies merged before?")
        for one in (study, other):
            if is_encrypted(one.path):
                key_of(one.path)  # asked for before anything is copied
        self.notes = (*self._value_notes(), *self._text_notes())
        """Where the two studies disagree, and what is kept."""

    def _names(self, same: Collection[str], renamed: Mapping[str, str]) -> dict[str, str]:
        ours = {folded(name): name for name in self._known}
        names = {old: renamed.get(old, old) for old in self._people}
        asked = [old for old, new in names.items() if folded(new) in ours and old not in same]
        if asked:
            raise AlreadyExists(
                f"{', '.join(asked)}: in both studies; say for each whether it is the same person (--same) or another "
                "(--rename OLD=NEW)",
                clashes=tuple(asked),
            )
        if len({folded(new) for new in names.values()}) < len(names):
            raise AlreadyExists("two participants would get the same pseudonym; choose another for one of them")
        for old, new in names.items():
            names[old] = ours.get(folded(new), new)
            if folded(new) not in ours:
                self._study.require_free(new)
        return names

    def _value_notes(self) -> list[str]:
        return [
            f"{mine.pseudonym}: {name} is {_figure(ours)} here and {_figure(theirs)} there; {_figure(ours)} is kept"
            for old, new in self.names.items()
            if (mine := self._known.get(new)) is not None
            for name, theirs in self._people[old].variables.items()
            if (ours := mine.variables.get(name, theirs)) != theirs
        ]

    def _own_texts(self) -> dict[tuple[str, str], str]:
        """(purpose, language) → version of this study's text, where the other study asks another one."""
        ours, theirs = (
            {(t.purpose, t.language): t.version for t in one.consents.texts() if t.is_current}
            for one in (self._study, self._other)
        )
        return {key: version for key, version in ours.items() if theirs.get(key, version) != version}

    def _text_notes(self) -> list[str]:
        theirs = {(t.purpose, t.language): t.version for t in self._other.consents.texts() if t.is_current}
        retired = {t.version for t in self._study.consents.texts() if not t.is_current}
        return [
            f"consent to {purpose} ({language}): the text of this study is asked from now on; who agreed to the other "
            "study's is asked again, for this study gave that text up"
            if theirs[purpose, language] in retired
            else f"consent to {purpose} ({language}): the text of this study is asked from now on; who agreed to the "
            "other study's is not asked again"
            for purpose, language in self._own_texts()
        ]

    def stage(self, part: Path, plans: Mapping[str, str]) -> None:
        """Copy the sessions into a folder on the study's disk.

        Args:
            part: The folder.
            plans: Names of plans there → here, of those that change theirs.
        """
        part.mkdir()
        make_private_folder(self._study.path / "sessions", exist_ok=True)
        for session in self._sessions:
            target = part / self.homes[session.session_id]
            copy_files(session.path, target, lambda _done, _all: None)
            database = target / DATABASE_NAME
            if sealed_beside(database).is_file() and not database.is_file():
                unseal(database, key_of(self._other.path))
            said = {"pseudonym": (session.pseudonym, self.names[session.pseudonym])}
            said["session_id"] = session.session_id, target.name
            changed = {key: new for key, (old, new) in said.items() if new != old}
            if (changed or plans) and database.is_file():
                _say(database, changed, plans)

    def take_in(self, part: Path, plans: Mapping[str, str]) -> None:
        """Write the rows of the other study, all or none, and move the sessions from `part` to their places."""
        own_texts = self._own_texts()
        with self._study._db.transaction() as execute:
            execute("DELETE FROM variables")
            for variable in self._variables:
                _insert(execute, "variables", (None, variable.name, variable.kind, dump_json(list(variable.choices))))
            for row in self._other._db.read("SELECT * FROM consent_texts"):
                execute("INSERT OR IGNORE INTO consent_texts VALUES (?, ?, ?, ?, ?, ?)", row)
            for version in own_texts.values():  # both hold for who agreed; the newest is asked, which stays our own
                execute("UPDATE consent_texts SET since_utc = ? WHERE version = ?", (now_utc(), version))
            for old, new in self.names.items():
                _take_person(execute, self._people[old], new, self._known.get(new))
            self._take_rows(execute, plans)
        for session in self._sessions:
            new = self.homes[session.session_id]
            place = self._study.path / "sessions" / new
            (part / new).rename(place)

    def seal(self) -> list[str]:
        """Encrypt what came into an encrypted study, once all is in its place; what could not be, in sentences."""
        notes = []
        for session in self._sessions:
            new = self.homes[session.session_id]
            place = self._study.path / "sessions" / new
            try:
                SessionFolder(path=place, session_id=new, pseudonym=self.names[session.pseudonym]).seal()
            except StoreError as error:  # it is taken in; that it is plain must be known
                notes.append(f"session {new}: not encrypted; gazeapp study encrypt does it ({error.message})")
        return notes

    def _take_rows(self, execute: Execute, plans: Mapping[str, str]) -> None:
        theirs, names, homes = self._other._db, self.names, self.homes
        for _, old, *rest in theirs.read("SELECT * FROM consents ORDER BY number"):
            _insert(execute, "consents", (None, names[old], *rest))
        for _, old, made, kind, name, *rest in theirs.read("SELECT * FROM copies ORDER BY number"):
            place = place_in(self._study.path, self._other.path, name)
            _insert(execute, "copies", (None, names[old], made, kind, place, *rest))
        for session_id, old, plan, *rest in theirs.read("SELECT * FROM sessions"):
            if session_id in homes:
                _insert(execute, "sessions", (homes[session_id], names[old], plans.get(plan, plan), *rest))
        for session_id, old, figures in theirs.read("SELECT * FROM figures"):
            if session_id in homes:
                _insert(execute, "figures", (homes[session_id], names[old], figures))
        for row in theirs.read("SELECT * FROM embeddings ORDER BY created_utc"):
            _, old, created, session_id, vector, *rest, sha256, sigma_deg = row
            text = self._other.embedding_list.plain(vector, old, created, sha256)
            text = self._study.embedding_list.sealed(text, names[old], created, sha256)
            home = homes.get(session_id, session_id)
            _insert(execute, "embeddings", (None, names[old], created, home, text, *rest, sha256, sigma_deg))
        for _, old, session_id, *rest in theirs.read("SELECT * FROM exclusions ORDER BY number"):
            if not session_id or session_id in homes:
                _insert(execute, "exclusions", (None, names[old], homes.get(session_id, ""), *rest))
        for _, *rest in theirs.read("SELECT * FROM erasures ORDER BY number"):
            _insert(execute, "erasures", (None, *rest))


def _insert(execute: Execute, table: str, row: tuple[Any, ...]) -> None:  # Any: as SQLite has them
    execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", row)


def _take_person(execute: Execute, person: Participant, name: str, mine: Participant | None) -> None:
    if mine is None:
        row = (name, person.created_utc, person.note, dump_json(dict(person.variables)), folded(name))
        _insert(execute, "participants", row)
        return
    # what is known here stays; what is known only there is added
    note = "\n".join(dict.fromkeys(text for text in (mine.note, person.note) if text))
    values = dump_json({**person.variables, **mine.variables})
    execute("UPDATE participants SET note = ?, variables = ? WHERE pseudonym = ?", (note, values, name))


def _join_variables(ours: tuple[StudyVariable, ...], theirs: tuple[StudyVariable, ...]) -> list[StudyVariable]:
    found = {variable.name.casefold(): variable for variable in ours}
    for variable in theirs:
        mine = found.setdefault(variable.name.casefold(), variable)
        if mine.kind != variable.kind or mine.name != variable.name:
            raise StoreError(
                f"variable {variable.name}: {variable.kind} in one study and {mine.kind} in the other; make them alike"
            )
        choices = tuple(dict.fromkeys((*mine.choices, *variable.choices)))
        found[variable.name.casefold()] = StudyVariable(name=mine.name, kind=mine.kind, choices=choices)
    return list(found.values())


def _new_id(session_id: str, old: str, new: str) -> str:
    """Folders of earlier versions end in the pseudonym: where that changes, so does the folder."""
    stamp, dash, rest = session_id.partition("-")
    has_name = rest == old or rest.startswith(f"{old}-")
    return f"{stamp}{dash}{new}{rest[len(old) :]}" if old != new and has_name else session_id


def _say(database: Path, changed: Mapping[str, str], plans: Mapping[str, str]) -> None:
    """Have a session's own file say what it is called now, and which plan it followed."""
    try:
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            now = {key: dump_json(text) for key, text in changed.items()}
            renamed = {dump_json(old): dump_json(new) for old, new in plans.items()}
            for (value,) in connection.execute("SELECT value FROM meta WHERE key = 'plan_name'").fetchall():
                now["plan_name"] = renamed.get(value, value)
            connection.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", now.items())
    except sqlite3.Error as error:
        raise database_error(error, database) from error


def _figure(value: str | float) -> str:
    return f"{value:g}" if isinstance(value, float) else value
