"""Reading TOML that a person wrote: every key is asked for by type, and what is left over is refused by name."""

from __future__ import annotations

import copy
import difflib
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from gazeapp.errors import PlanError, SettingsError
from gazeapp.store.untrusted.files import TooLarge, read_text
from gazeapp.store.untrusted.limits import SETTINGS_BYTES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class TomlTable:
    """One table of a file; knows its place, so that a refusal names file, key, expectation and what was found."""

    def __init__(
        self, path: Path, name: str, values: dict[str, Any], error: type[PlanError | SettingsError]
    ) -> None:  # Any: TOML values
        self._path = path
        self._name = name
        self._values = values
        self._error = error
        self._known: list[str] = []

    def refuse(self, key: str, expected: str, found: object) -> NoReturn:
        """Raise the file's error for a key."""
        full = f"{self._name}.{key}" if self._name else key
        raise self._error(
            f"{self._path}: key {full!r} must be {expected}, found {found!r}",
            file=str(self._path),
            key=full,
            expected=expected,
            found=found,
        )

    def _take(self, key: str) -> Any:  # Any: TOML values
        self._known.append(key)
        return self._values.get(key)

    def table(self, key: str) -> TomlTable:
        """The table `[key]`; empty when absent."""
        value = self._take(key)
        if value is None:
            value = {}
        if not isinstance(value, dict):
            self.refuse(key, f"a table [{key}]", value)
        return TomlTable(self._path, f"{self._name}.{key}" if self._name else key, value, self._error)

    def tables(self, key: str) -> list[TomlTable]:
        """The tables of an array `[[key]]`; none when absent."""
        value = self._take(key)
        if value is None:
            value = []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.refuse(key, f"tables [[{key}]]", value)
        full = f"{self._name}.{key}" if self._name else key
        return [TomlTable(self._path, f"{full}[{n}]", item, self._error) for n, item in enumerate(value)]

    def without(self, full: str) -> TomlTable | None:
        """The same table without a key, named in full from here ("trials.duration_s"); None where it is not there."""
        *path, last = full.split(".")
        values = copy.deepcopy(self._values)
        inner = values
        for part in path:
            found = inner.get(part)
            if not isinstance(found, dict):
                return None
            inner = found
        if last not in inner:
            return None
        del inner[last]
        return TomlTable(self._path, self._name, values, self._error)

    def names(self) -> tuple[str, ...]:
        """The keys that are there."""
        return tuple(self._values)

    def text(self, key: str, default: str = "") -> str:
        """A string."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, str):
            self.refuse(key, "a string", value)
        return value

    def choice(self, key: str, default: str, choices: Sequence[str]) -> str:
        """One of several strings."""
        value = self.text(key, default)
        if value not in choices:
            self.refuse(key, _one_of(choices) + _suggestion(value, choices), value)
        return value

    def texts(self, key: str, default: tuple[str, ...], *, choices: Sequence[str] = ()) -> tuple[str, ...]:
        """A list of strings."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(key, "a list of strings", value)
        for item in value:
            if choices and item not in choices:
                self.refuse(key, f"a list of {_one_of(choices)}" + _suggestion(item, choices), item)
        return tuple(value)

    def boolean(self, key: str, default: bool) -> bool:
        """`true` or `false`."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.refuse(key, "true or false", value)
        return value

    def integer(self, key: str, default: int, *, at_least: int = -(2**62), at_most: int = 2**62) -> int:
        """A whole number within limits."""
        value = self._take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(key, "a whole number", value)
        if not at_least <= value <= at_most:
            self.refuse(key, f"a whole number {_limits(at_least, at_most)}", value)
        return value

    def number(self, key: str, default: float, *, at_least: float = -math.inf, at_most: float = math.inf) -> float:
        """A finite number within limits; whole numbers are numbers."""
        value = self._take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.refuse(key, "a number", value)
        if not at_least <= value <= at_most:
            self.refuse(key, f"a number {_limits(at_least, at_most)}", value)
        return float(value)

    def finish(self) -> None:
        """Refuse what nobody asked for."""
        for key in self._values:
            if key not in self._known:
                full = f"{self._name}.{key}" if self._name else key
                where = f"[{self._name}]" if self._name else "the file"
                raise self._error(
                    f"{self._path}: unknown key {full!r}{_suggestion(key, self._known)}; "
                    f"{where} may hold {', '.join(self._known)}",
                    file=str(self._path),
                    key=full,
                    expected=", ".join(self._known),
                    found=key,
                )


def read_toml(path: Path, error: type[PlanError | SettingsError]) -> TomlTable:
    """The root table of a TOML file; unreadable files and broken syntax raise `error`, naming the file."""
    try:
        text = read_text(path, SETTINGS_BYTES)
    except OSError as problem:
        raise error(f"{path}: cannot be read ({problem.strerror or problem})", file=str(path), key="") from problem
    except TooLarge as problem:
        raise error(f"{path}: {problem}; settings and plans are small", file=str(path), key="") from problem
    except UnicodeDecodeError as problem:
        raise error(f"{path}: is not UTF-8 text ({problem})", file=str(path), key="") from problem
    try:
        values = tomllib.loads(text)
    except RecursionError as problem:
        raise error(f"{path}: is nested too deeply", file=str(path), key="") from problem
    except tomllib.TOMLDecodeError as problem:
        raise error(f"{path}: is not valid TOML ({problem})", file=str(path), key="") from problem
    return TomlTable(path, "", values, error)


def _one_of(choices: Sequence[str]) -> str:
    return "one of " + ", ".join(f'"{choice}"' for choice in choices)


def _suggestion(value: str, choices: Sequence[str]) -> str:
    close = difflib.get_close_matches(value, choices, n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""


def _limits(at_least: float, at_most: float) -> str:
    if at_most in (2**62, math.inf):
        return f"of at least {at_least:g}"
    return f"from {at_least:g} to {at_most:g}"
