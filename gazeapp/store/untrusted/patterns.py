"""Regular expressions of people over messages of files: no pair of them takes for ever."""

from __future__ import annotations

import importlib
import re
import sys
import time
from typing import Any

from gazeapp.store.untrusted.limits import MESSAGE_CHARACTERS, PATTERN_SECONDS

# the standard library's own parser of patterns, under the name it has had since Python 3.11 and the one before
_parser: Any = importlib.import_module("re._parser" if sys.version_info >= (3, 11) else "sre_parse")
_codes: Any = importlib.import_module("re._constants" if sys.version_info >= (3, 11) else "sre_constants")
_MOST_REPEATS = 3
"""That may be as long as they like, in a row: each is one more power of the message's length."""
_MANY = 16
"""Times from which on a repeat counts as one without end."""


def compile_pattern(text: str) -> re.Pattern[str]:
    """A pattern, blind to case, that cannot take for ever.

    Raises:
        ValueError: No regular expression; or one with repeats in repeats, or many in a row.
    """
    try:
        found = re.compile(text, re.IGNORECASE)
        parsed = _parser.parse(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"not a regular expression ({error})") from error
    if _repeats(parsed) > _MOST_REPEATS:
        raise ValueError(f"has more than {_MOST_REPEATS} repeats (* or +) in a row, which takes too long")
    return found


def _repeats(parsed: Any) -> int:  # Any: parse trees of the standard library have no types
    total = 0
    for code, value in parsed:
        if code in (_codes.MAX_REPEAT, _codes.MIN_REPEAT) or str(code) == "POSSESSIVE_REPEAT":
            _, most, inner = value
            within = _repeats(inner)
            if within and most > 1:
                raise ValueError("has a repeat (* or +) within a repeat, which takes too long")
            total += within + (most > _MANY)
        elif code is _codes.BRANCH:
            total += max((_repeats(branch) for branch in value[1]), default=0)
        elif code is _codes.SUBPATTERN:
            total += _repeats(value[-1])
        elif code in (_codes.ASSERT, _codes.ASSERT_NOT):
            total += _repeats(value[1])
        elif str(code) == "ATOMIC_GROUP":
            total += _repeats(value)
        elif code is _codes.GROUPREF_EXISTS:
            total += sum(_repeats(branch) for branch in value[1:] if branch)
    return total


class Search:
    """Looks for patterns in the messages of one file, not in such as no program writes, and only so long in all."""

    def __init__(self) -> None:
        self._spent_s = 0.0

    def find(self, pattern: re.Pattern[str], message: str) -> re.Match[str] | None:
        """The first match; ValueError when all searches together have taken too long."""
        if len(message) > MESSAGE_CHARACTERS:
            return None
        begin_s = time.perf_counter()
        found = pattern.search(message)
        self._spent_s += time.perf_counter() - begin_s
        if self._spent_s > PATTERN_SECONDS:
            raise ValueError(f"looking for {pattern.pattern[:60]!r} takes too long; give a simpler pattern")
        return found
