"""Where the keys of a TOML file stand: the line of each, so that a mistake can be shown at its place."""

from __future__ import annotations

import re
from collections.abc import Mapping

_BARE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_TRIPLE = ('"""', "'''")
_PLAIN = re.compile(r"""[^\[\]{}"'#\n]+""")
_STRING = re.compile(r'"[^"\\\n]*"|\'[^\'\n]*\'')
"""A string on one line without escapes; not the opening of one of several lines, which the caller looks for first."""


def find_lines(text: str) -> dict[str, int]:
    r"""The line, from 1, of every table and key of a valid TOML text, by its full name.

    >>> find_lines('[plan]\nname = "x"\n[[steps]]\nkind = "enrol"')
    {'plan': 1, 'plan.name': 2, 'steps[0]': 3, 'steps[0].kind': 4}
    """
    return _Scan(text).lines


def find_headers(text: str) -> list[tuple[str, int]]:
    """Full name and start, in characters, of every `[table]` and `[[table]]` line of a valid TOML text."""
    return _Scan(text).headers


def find_values(text: str) -> dict[str, tuple[int, int]]:
    r"""Start and end, in characters, of the value of every key of a valid TOML text, by the key's full name.

    >>> find_values('[a]\nb = [1, 2]  # two')
    {'a.b': (8, 14)}
    """
    return _Scan(text).values


def line_of(lines: Mapping[str, int], key: str) -> int:
    """The line of a key, or of the nearest table around one that is not written; 0 where there is none."""
    while key and key not in lines:
        end = max(key.rfind("."), key.rfind("["))
        key = key[: max(end, 0)]
    return lines.get(key, 0)


class _Scan:
    """Goes through the text once. The text is known to be valid: whatever is odd only ends the scan."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self.lines: dict[str, int] = {}
        self.headers: list[tuple[str, int]] = []
        self.values: dict[str, tuple[int, int]] = {}
        self._arrays: dict[str, int] = {}
        table = ""
        line = past = 0
        while self._skip_blank():
            line += text.count("\n", past, self._at) + (not line)
            past = self._at
            if text[self._at] == "[":
                start = self._at
                table = self._header()
                self.headers.append((table, start))
                self.lines.setdefault(table, line)
            else:
                name = table
                for part in self._key():
                    name = _join(name, part)
                    self.lines.setdefault(name, line)
                self.values[name] = self._skip_value()

    def _skip_blank(self) -> bool:
        text = self._text
        while self._at < len(text):
            if text[self._at] == "#":
                self._skip_line()
            elif text[self._at].isspace() or text[self._at] == "\ufeff":
                self._at += 1
            else:
                return True
        return False

    def _skip_line(self) -> None:
        end = self._text.find("\n", self._at)
        self._at = len(self._text) if end < 0 else end + 1

    def _header(self) -> str:
        is_array = self._text.startswith("[[", self._at)
        self._at += 2 if is_array else 1
        *outer, last = self._key() or [""]
        name = ""
        for part in outer:
            name = _join(name, part)
            if name in self._arrays:
                name += f"[{self._arrays[name]}]"
        name = _join(name, last)
        if is_array:
            self._arrays[name] = self._arrays.get(name, -1) + 1
            name += f"[{self._arrays[name]}]"
        self._skip_line()
        return name

    def _key(self) -> list[str]:
        """The parts of a dotted key; leaves the place behind it."""
        parts, text = [], self._text
        while self._at < len(text):
            char = text[self._at]
            if char in "\"'":
                first = self._at + 1
                self._skip_string()
                parts.append(text[first : self._at - 1])
            elif char in _BARE:
                first = self._at
                while self._at < len(text) and text[self._at] in _BARE:
                    self._at += 1
                parts.append(text[first : self._at])
            elif char in ". \t":
                self._at += 1
            else:
                break
        return parts

    def _skip_string(self) -> None:
        text = self._text
        quote = text[self._at : self._at + 3] if text[self._at : self._at + 3] in _TRIPLE else text[self._at]
        self._at += len(quote)
        while self._at < len(text) and not text.startswith(quote, self._at):
            self._at += 2 if quote[0] == '"' and text[self._at] == "\\" else 1
        self._at += len(quote)
        while len(quote) == 3 and text.startswith(quote[0], self._at):  # a string may end in its own quotes
            self._at += 1

    def _skip_value(self) -> tuple[int, int]:
        """Go behind the value and its comment; where it began and ended."""
        depth, text = 0, self._text
        self._at = text.index("=", self._at) + 1
        while self._at < len(text) and text[self._at] in " \t":
            self._at += 1
        start = end = self._at
        while self._at < len(text):
            char = text[self._at]
            if char in "\"'":
                plain = None if text.startswith(_TRIPLE, self._at) else _STRING.match(text, self._at)
                if plain:
                    self._at = plain.end()
                else:
                    self._skip_string()
                end = self._at
                continue
            if char == "#":
                self._skip_line()
                if not depth:
                    break
                continue
            if char == "\n":
                self._at += 1
                if depth <= 0:
                    break
                continue
            plain = _PLAIN.match(text, self._at)
            if plain:
                self._at = plain.end()
                end = self._at if plain.group().strip() else end
                continue
            depth += (char in "[{") - (char in "]}")
            self._at += 1
            end = self._at
        return start, start + len(text[start:end].rstrip())


def _join(outer: str, key: str) -> str:
    return f"{outer}.{key}" if outer else key
