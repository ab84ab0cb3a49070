"""Reading TOML that a person wrote: every key is asked for by type, and what is left over is refused by name."""

from __future__ import annotations

import difflib
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from gazeapp.errors import PlanError, SettingsError
from gazeapp.experiment.toml_place import find_lines, line_of
from gazeapp.store.untrusted.files import TooLarge, read_text
from gazeapp.store.untrusted.limits import SETTINGS_BYTES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


T = TypeVar("T")
MAX_MISTAKES = 1000
_MOST_FOUND = 200
"""Characters of what was found, in a message."""
_DEEP_PARTS = 2000
_KEY_OR_WORDS = re.compile(r"[\w.\"' \t-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class TomlMistake:
    """One thing that is wrong with a key."""

    key: str
    """In full."""
    line: int
    """From 1; 0 where the file has no such place."""
    fault: str
    """In words."""
    expected: str
    found: object
    is_unknown: bool
    """Nobody asks for this key: a misspelt one, or one of a newer version."""


class TomlSource:
    """One file: what its errors are, and what was found wrong in it so far.

    Args:
        path: Named in messages.
        text: To find the lines of keys in.
        error: Raised, or collected.
        is_patient: Collect mistakes and go on with defaults, rather than raise the first.
    """

    def __init__(
        self, path: Path, text: str, error: type[PlanError | SettingsError], *, is_patient: bool = False
    ) -> None:
        self.path = path
        self._text = text
        self._error = error
        self._lines: Mapping[str, int] | None = None
        self._is_patient = is_patient
        self.mistakes: list[TomlMistake] = []
        """In the order in which they were met, one a key, `MAX_MISTAKES` of them."""
        self._told: set[str] = set()

    def mistake(
        self, key: str, fault: str, *, expected: str = "", found: object = None, is_unknown: bool = False
    ) -> TomlMistake:
        """What is wrong with a key, at its place."""
        if self._lines is None:
            self._lines = find_lines(self._text)
        line = line_of(self._lines, key)
        return TomlMistake(key=key, line=line, fault=fault, expected=expected, found=found, is_unknown=is_unknown)

    def tell(self, mistake: TomlMistake) -> None:
        """Raise it, or keep it for later."""
        if not self._is_patient:
            where = f"{self.path}, line {mistake.line}" if mistake.line else f"{self.path}"
            raise self._error(
                f"{where}: {mistake.fault}",
                file=str(self.path),
                key=mistake.key,
                expected=mistake.expected,
                found=mistake.found,
            )
        if mistake.key not in self._told and not self.has_enough:
            self._told.add(mistake.key)
            self.mistakes.append(mistake)

    @property
    def has_enough(self) -> bool:
        """Whether so much is wrong that nothing more is looked for."""
        return len(self.mistakes) >= MAX_MISTAKES


def _patient(get: Callable[..., T]) -> Callable[..., T]:
    """A value that is wrong becomes the default once the mistake is told."""

    @wraps(get)
    def patient(table: TomlTable, key: str, *args: Any, **kwargs: Any) -> T:  # Any: arguments of a getter
        try:
            return get(table, key, *args, **kwargs)
        except _Wrong as wrong:
            table.source.tell(wrong.mistake)
            return get(table.without(key), key, *args, **kwargs)

    return patient


class _Wrong(Exception):
    def __init__(self, mistake: TomlMistake) -> None:
        super().__init__(mistake.fault)
        self.mistake = mistake


class TomlTable:
    """One table of a file; knows its place, so that a refusal names file, key, expectation and what was found."""

    def __init__(self, source: TomlSource, name: str, values: Mapping[str, Any]) -> None:  # Any: TOML values
        self.source = source
        self._name = name
        self.values = values
        """As the file has them."""
        self._known: list[str] = []

    def refuse(self, key: str, expected: str, found: object) -> None:
        """Tell the file's error for a key: raises, unless mistakes are collected."""
        self.source.tell(self._mistake(key, expected, found))

    def _mistake(self, key: str, expected: str, found: object) -> TomlMistake:
        full = self.full(key)
        said = repr(found)
        fault = (
            f"key {full!r} must be {expected}, found {said if len(said) <= _MOST_FOUND else said[:_MOST_FOUND] + '…'}"
        )
        return self.source.mistake(full, fault, expected=expected, found=found)

    def _wrong(self, key: str, expected: str, found: object) -> NoReturn:
        raise _Wrong(self._mistake(key, expected, found))

    def full(self, key: str) -> str:
        """A key's name with its tables."""
        return f"{self._name}.{key}" if self._name else key

    def without(self, key: str) -> TomlTable:
        """The same table without a key; both know the same keys."""
        table = TomlTable(self.source, self._name, {k: v for k, v in self.values.items() if k != key})
        table._known = self._known
        return table

    def _take(self, key: str) -> Any:  # Any: TOML values
        if key not in self._known:
            self._known.append(key)
        return self.values.get(key)

    @_patient
    def table(self, key: str) -> TomlTable:
        """The table `[key]`; empty when absent."""
        value = self._take(key)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            self._wrong(key, f"a table [{key}]", value)
        return TomlTable(self.source, self.full(key), value)

    @_patient
    def tables(self, key: str) -> list[TomlTable]:
        """The tables of an array `[[key]]`; none when absent."""
        value = self._take(key)
        if value is None:
            value = []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._wrong(key, f"tables [[{key}]]", value)
        return [TomlTable(self.source, f"{self.full(key)}[{n}]", item) for n, item in enumerate(value)]

    def has(self, key: str) -> bool:
        """Whether the file says anything for a key."""
        return key in self.values

    @_patient
    def texts_by_name(self, key: str) -> tuple[tuple[str, str], ...]:
        """One string (its name is empty), or a table of them."""
        value = self._take(key)
        if value is None:
            return ()
        if isinstance(value, str):
            return (("", value),)
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            self._wrong(key, 'a string, or a table of strings by language (en = "…")', value)
        return tuple(value.items())

    def names(self) -> tuple[str, ...]:
        """The keys that are there."""
        return tuple(self.values)

    @_patient
    def text(self, key: str, default: str = "") -> str:
        """A string."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, str):
            self._wrong(key, "a string", value)
        return value

    @_patient
    def choice(self, key: str, default: str, choices: Sequence[str]) -> str:
        """One of several strings."""
        value = self.text(key, default)
        if value not in choices and value != default:
            self._wrong(key, _one_of(choices) + _suggestion(value, choices), value)
        return value

    @_patient
    def texts(self, key: str, default: tuple[str, ...], *, choices: Sequence[str] = ()) -> tuple[str, ...]:
        """A list of strings."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self._wrong(key, "a list of strings", value)
        for item in value:
            if choices and item not in choices:
                self._wrong(key, f"a list of {_one_of(choices)}" + _suggestion(item, choices), item)
        return tuple(value)

    @_patient
    def boolean(self, key: str, default: bool) -> bool:
        """`true` or `false`."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self._wrong(key, "true or false", value)
        return value

    @_patient
    def integer(self, key: str, default: int, *, at_least: int = -(2**62), at_most: int = 2**62) -> int:
        """A whole number within limits."""
        value = self._take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            self._wrong(key, "a whole number", value)
        if not at_least <= value <= at_most:
            self._wrong(key, f"a whole number {_limits(at_least, at_most)}", value)
        return value

    @_patient
    def number(self, key: str, default: float, *, at_least: float = -math.inf, at_most: float = math.inf) -> float:
        """A finite number within limits; whole numbers are numbers."""
        value = self._take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self._wrong(key, "a number", value)
        if not at_least <= value <= at_most:
            self._wrong(key, f"a number {_limits(at_least, at_most)}", value)
        return float(value)

    def finish(self) -> None:
        """Refuse what nobody asked for."""
        for key in self.values:
            if self.source.has_enough:
                return
            if key not in self._known:
                full = self.full(key)
                where = f"[{self._name}]" if self._name else "the file"
                fault = (
                    f"unknown key {full!r}{_suggestion(key, self._known)}; {where} may hold {', '.join(self._known)}"
                )
                known = ", ".join(self._known)
                self.source.tell(self.source.mistake(full, fault, expected=known, found=key, is_unknown=True))


def read_toml(path: Path, error: type[PlanError | SettingsError], *, is_patient: bool = False) -> TomlTable:
    """The root table of a TOML file; unreadable files and broken syntax raise `error`, naming the file.

    Args:
        path: The file.
        error: What is raised.
        is_patient: Collect the mistakes of keys in `source.mistakes` rather than raise the first.
    """
    try:
        text = read_text(path, SETTINGS_BYTES)
    except OSError as problem:
        raise error(f"{path}: cannot be read ({problem.strerror or problem})", file=str(path), key="") from problem
    except TooLarge as problem:
        raise error(f"{path}: {problem}; settings and plans are small", file=str(path), key="") from problem
    except UnicodeDecodeError as problem:
        raise error(f"{path}: is not UTF-8 text ({problem})", file=str(path), key="") from problem
    return parse_toml(path, text, error, is_patient=is_patient)


def parse_toml(path: Path, text: str, error: type[PlanError | SettingsError], *, is_patient: bool = False) -> TomlTable:
    """The root table of a TOML text that is, or will be, in a file."""
    if _has_deep_key(text):
        raise error(f"{path}: is nested too deeply", file=str(path), key="")
    try:
        values = tomllib.loads(text)
    except RecursionError as problem:
        raise error(f"{path}: is nested too deeply", file=str(path), key="") from problem
    except ValueError as problem:  # of the syntax, or a number of thousands of digits
        raise error(f"{path}: is not valid TOML ({problem})", file=str(path), key="") from problem
    if error is PlanError and ("\\u0000" in text or "\\U00000000" in text):  # plans name files
        raise error(f"{path}: holds a zero byte (\\u0000), which no name of a file has", file=str(path), key="")
    return TomlTable(TomlSource(path, text, error, is_patient=is_patient), "", values)


def _has_deep_key(text: str) -> bool:
    """Whether there is a key of thousands of parts, which takes the square of its length to read."""
    if text.count(".") < _DEEP_PARTS:
        return False
    return any(run[0].count(".") >= _DEEP_PARTS for run in _KEY_OR_WORDS.finditer(text))


def _one_of(choices: Sequence[str]) -> str:
    return "one of " + ", ".join(f'"{choice}"' for choice in choices)


def _suggestion(value: str, choices: Sequence[str]) -> str:
    close = difflib.get_close_matches(value, choices, n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""


def _limits(at_least: float, at_most: float) -> str:
    if at_most in (2**62, math.inf):
        return f"of at least {at_least:g}"
    return f"from {at_least:g} to {at_most:g}"
