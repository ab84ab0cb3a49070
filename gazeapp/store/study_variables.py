"""The variables of a study: what is noted about every participant, each of a type."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from gazeapp.errors import SettingsError

VariableKind = Literal["number", "choice", "text"]
KINDS: tuple[VariableKind, ...] = get_args(VariableKind)
Value = str | float
"""Value of a variable of a participant."""
MAX_TEXT = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyVariable:
    """One variable."""

    name: str
    kind: VariableKind
    choices: tuple[str, ...] = ()
    """Values that a choice may have."""


OFFERED = (
    StudyVariable(name="group", kind="choice", choices=("A", "B")),
    StudyVariable(name="age", kind="number"),
    StudyVariable(name="hand", kind="choice", choices=("left", "right", "both")),
)
"""What a new study begins with; the study may change it."""


def require_variables(variables: Iterable[StudyVariable]) -> tuple[StudyVariable, ...]:
    """Variables of one study; SettingsError for names that are empty or double and for choices without choice."""
    found = tuple(variables)
    seen: set[str] = set()
    for variable in found:
        name = variable.name.strip()
        if not name or name != variable.name or len(name) > 40 or any(unicodedata.category(c)[0] == "C" for c in name):
            raise SettingsError(f"variable {variable.name!r}: a name has 1 to 40 visible characters", key="name")
        if name.casefold() in seen or name.casefold() in ("participant", "pseudonym", "note"):
            raise SettingsError(f"variable {name!r}: another one has this name; choose another", key="name")
        seen.add(name.casefold())
        if variable.kind not in KINDS:
            raise SettingsError(f"variable {name!r}: kind must be one of {', '.join(KINDS)}", key="kind")
        if variable.kind == "choice" and (
            not variable.choices or len(set(variable.choices)) < len(variable.choices) or "" in variable.choices
        ):
            raise SettingsError(f"variable {name!r}: a choice needs different choices, none of them empty", key=name)
    return found


def parse_value(variable: StudyVariable, text: str) -> Value | None:
    """A value as a person types it; None for an empty one.

    Raises:
        SettingsError: Not of the variable's type; names variable and value.
    """
    text = unicodedata.normalize("NFC", text.strip())
    if not text:
        return None
    if variable.kind == "number":
        try:
            number = float(text.replace(",", ".")) if text.count(",") + text.count(".") <= 1 else math.nan
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise SettingsError(f"{variable.name}: {text!r} is not a number", key=variable.name)
        return number
    if variable.kind == "choice":
        for choice in variable.choices:
            if choice.casefold() == text.casefold():
                return choice
        raise SettingsError(f"{variable.name}: {text!r} is not among {', '.join(variable.choices)}", key=variable.name)
    if len(text) > MAX_TEXT:
        raise SettingsError(f"{variable.name}: more than {MAX_TEXT} characters", key=variable.name)
    return text


def write_value(value: Value | None) -> str:
    """A value as `parse_value` reads it.

    >>> write_value(23.0), write_value("novice"), write_value(None)
    ('23', 'novice', '')
    """
    if value is None:
        return ""
    return f"{value:.15g}" if isinstance(value, float | int) else value


def known_values(values: Mapping[str, object], variables: Iterable[StudyVariable]) -> dict[str, Value]:
    """Those of stored values that fit the study's variables of today."""
    found: dict[str, Value] = {}
    for variable in variables:
        value = values.get(variable.name)
        if isinstance(value, bool) or value is None:
            continue
        fits = isinstance(value, float | int) if variable.kind == "number" else isinstance(value, str)
        if fits:
            found[variable.name] = float(value) if isinstance(value, float | int) else str(value)
    return found
