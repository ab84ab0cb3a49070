"""Tables that pool several people or recordings: one of them is read, and which is never guessed."""

from __future__ import annotations

import re

import numpy as np

from gazeapp.errors import SettingsError
from gazeapp.store.cells import MISSING
from gazeapp.store.delimited import Delimited
from gazeapp.store.imports.recording import ImportSettings
from gazeapp.store.imports.table_gaze import simple_name

_WHOSE = re.compile(
    r"(recording|session|recordingsession)(name|id|number|label)?|(participant|subject|respondent|observer)(name|id|code|nr|number)?"
)
_EYE = re.compile(r"(which|recorded)?eye|side")
_MOST_TOLD = 12


def is_whose(name: str) -> bool:
    """Whether a column says of which recording or person a row is.

    >>> is_whose("Recording name"), is_whose("subject_id"), is_whose("Recording timestamp")
    (True, True, False)
    """
    return _WHOSE.fullmatch(simple_name(name)) is not None


def _is_of_eyes(table: Delimited, number: int) -> bool:
    """Whether a column says of which eye a row is, in a table that has a row for each."""
    if not _EYE.fullmatch(simple_name(table.header[number])):
        return False
    if any(re.search("left|right", simple_name(name)) for name in table.header):
        return False
    return {cell.lower()[:1] for cell in table.distinct(number) if cell.lower() not in MISSING} == {"l", "r"}


def one_recording(table: Delimited, settings: ImportSettings) -> Delimited:
    """The rows of one recording of one person; all rows of a table that holds no others.

    `--option recording=NAME` names it by what its columns for recording or participant say.

    Raises:
        SettingsError: There are several, and none of them, or more than one, is named.
    """
    wanted = settings.options.get("recording", "")
    columns = {
        number: seen
        for number, name in enumerate(table.header)
        if (is_whose(name) or _is_of_eyes(table, number))
        and len(seen := [cell for cell in table.distinct(number) if cell.lower() not in MISSING]) > bool(not wanted)
    }
    if not columns:
        if wanted:
            raise SettingsError(
                f"--option recording: {table.path} has no column that names recordings", key="recording"
            )
        return table
    keys = dict.fromkeys(zip(*map(table.each, columns), strict=True))
    found = {key: " / ".join(key) for key in keys if not any(cell.lower() in MISSING for cell in key)}
    fitting = [key for key, name in found.items() if wanted and (wanted == name or wanted in key)]
    if len(fitting) != 1 and not (not wanted and len(found) == 1):
        listed = ", ".join(list(found.values())[:_MOST_TOLD]) + (" …" if len(found) > _MOST_TOLD else "")
        names = ", ".join(table.header[number] for number in columns)
        which = f"{wanted!r} fits {len(fitting)} of them" if wanted else "choose one by --option recording=NAME"
        raise SettingsError(
            f"{table.path}: holds {len(found)} recordings by its columns {names} ({listed}); {which}", key="recording"
        )
    chosen = fitting[0] if fitting else next(iter(found))
    each = zip(*map(table.each, columns), strict=True)
    keep = np.fromiter((key == chosen for key in each), dtype=bool, count=len(table))
    return table if keep.all() else table.select(keep)
