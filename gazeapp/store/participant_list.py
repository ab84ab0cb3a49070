"""Many participants at once: from a list in a file, or with pseudonyms made up."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from gazeapp.errors import GazeAppError, SettingsError, UnreadableTable
from gazeapp.store.participant import folded, require_pseudonym
from gazeapp.store.small_table import read_rows
from gazeapp.store.study import Study
from gazeapp.store.study_variables import StudyVariable, Value, parse_value

_NAMES = ("participant", "pseudonym", "participant_id", "id", "proband", "vp")
_NOTES = ("note", "notes", "notiz")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPerson:
    """One row of a list."""

    pseudonym: str
    variables: dict[str, Value]
    note: str


def read_list(path: Path, variables: tuple[StudyVariable, ...]) -> list[ListedPerson]:
    """Read a participant list: a header, one column `participant`, others named as the study's variables, or `note`.

    UTF-8 (with or without a mark), UTF-16 with a mark, or Latin-1 as Excel writes it; comma, semicolon or tab.

    Raises:
        UnreadableTable: Not such a list; every row that is wrong is named, nothing is read from it.
    """
    rows = read_rows(path, "participant list")
    header = [cell.strip() for cell in rows[0]]
    by_name = {variable.name.casefold(): variable for variable in variables}
    columns = [name.casefold() for name in header]
    place = next((columns.index(name) for name in _NAMES if name in columns), None)
    if place is None and len(header) == 1 and header[0]:
        place, rows = 0, [[""], *rows]  # one column without a header: pseudonyms
        columns = [""]
    if place is None:
        raise UnreadableTable(
            f"{path}: no column named participant; found {', '.join(header)}", found=header, needed=("participant",)
        )
    unknown = [
        name for n, name in enumerate(header) if n != place and columns[n] not in by_name and columns[n] not in _NOTES
    ]
    if unknown and len(columns) > 1:
        names = ", ".join(variable.name for variable in variables)
        raise UnreadableTable(f"{path}: the study has no variable {unknown[0]!r}, only {names}; add it first")
    found: list[ListedPerson] = []
    wrong: list[str] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(rows[1:], start=2 if columns != [""] else 1):
        try:
            person = _person(row, columns, place, by_name)
            if (first := seen.setdefault(folded(person.pseudonym), number)) != number:
                raise SettingsError(f"{person.pseudonym} is in row {first} already", key="participant")
            found.append(person)
        except (SettingsError, ValueError) as error:
            wrong.append(f"{number}: {error.message if isinstance(error, SettingsError) else error}")
    if wrong:
        more = f" (and {len(wrong) - 3} more)" if len(wrong) > 3 else ""
        raise UnreadableTable(f"{path}: nothing was added; row {'; row '.join(wrong[:3])}{more}", found=wrong)
    return found


def import_list(study: Study, path: Path) -> list[str]:
    """Add everybody of a list who is not in the study; returns their pseudonyms. All are added or none.

    Raises:
        UnreadableTable: As `read_list`, and where somebody cannot be added.
    """
    people = read_list(path, study.variables())
    known = {person.pseudonym for person in study.participants()}
    new = [person for person in people if person.pseudonym not in known]
    wrong = []
    for person in new:
        try:
            study.require_free(person.pseudonym)
        except GazeAppError as error:
            wrong.append(error.message)
    if wrong:
        raise UnreadableTable(f"{path}: nothing was added; {wrong[0]}", found=wrong)
    study.add_participants({person.pseudonym: (person.note, person.variables) for person in new})
    return [person.pseudonym for person in new]


def add_generated(study: Study, n: int) -> list[str]:
    """Add n participants under pseudonyms that say nothing: the study's own row goes on, else P- and four letters."""
    if not 1 <= n <= 1000:
        raise SettingsError(f"{n} participants: must be 1 to 1000 at once", key="generate")
    return [study.add_participant(next_pseudonym(study)).pseudonym for _ in range(n)]


def next_pseudonym(study: Study) -> str:
    """A free pseudonym: the next number of the row that the study uses, else a random one."""
    names = [person.pseudonym for person in study.participants()]
    taken = {folded(name) for name in names}
    rows: dict[tuple[str, int], int] = {}
    for name in names:
        match = re.fullmatch(r"(.*?)([0-9]{1,6})", name)
        if match:
            key = match[1], len(match[2])
            rows[key] = max(rows.get(key, 0), int(match[2]))
    if rows or not names:
        (prefix, width), last = max(rows.items(), key=lambda item: item[1]) if rows else (("P-", 3), 0)
        # one that was erased is not given again: the study says so when it is asked
        for number in range(last + 1, last + 10_000):
            name = f"{prefix}{number:0{width}d}"
            if folded(name) not in taken and not study.was_erased(name):
                return name
    while True:
        name = "P-" + "".join(secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(5))
        if folded(name) not in taken and not study.was_erased(name):
            return name


def _person(row: list[str], columns: list[str], place: int, by_name: dict[str, StudyVariable]) -> ListedPerson:
    if len(row) > len(columns) and any(cell.strip() for cell in row[len(columns) :]):
        raise SettingsError(f"{len(row)} cells, but the header has {len(columns)}", key="row")
    values: dict[str, Value] = {}
    note = ""
    for name, cell in zip(columns, row, strict=False):
        if name in _NOTES:
            note = cell.strip()
        elif name in by_name:
            value = parse_value(by_name[name], cell)
            if value is not None:
                values[by_name[name].name] = value
    pseudonym = require_pseudonym(row[place].strip() if place < len(row) else "")
    return ListedPerson(pseudonym=pseudonym, variables=values, note=note)
