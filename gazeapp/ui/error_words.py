"""Errors in the language of the windows. The core says them in English, for files, logs and the command line.

A message is made where something fails, with what was found in it; here it is recognised by the words around that.
`assets/translations/errors_LANGUAGE.json` holds them: English with {0}, {1} … → the same in the language. What is not
there is shown as it was said.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache

from PySide6.QtCore import QLocale

from gazeapp.errors import words_of
from gazeapp.locations import assets_dir

MAX_DEPTH = 3
"""An error may hold the words of another, which may hold those of a third."""
MAX_CHARACTERS = 600
_PLACE = re.compile(r"\{(\d+)\}")


def error_words(error: BaseException | str) -> str:
    """An error, or what one said, in the interface's language."""
    said = error if isinstance(error, str) else words_of(error)
    language = QLocale().name().partition("_")[0]
    return "\n".join(_translate(line, language, MAX_DEPTH) for line in said.split("\n"))


@lru_cache(maxsize=256)  # a page asks for the same notice again and again
def _translate(said: str, language: str, depth: int) -> str:
    if depth == 0 or len(said) > MAX_CHARACTERS:
        return said
    for pattern, words in _patterns(language):
        if found := pattern.fullmatch(said):
            parts = {name[1:]: _translate(part, language, depth - 1) for name, part in found.groupdict().items()}
            # not str.format: what was found may hold braces
            return "".join(parts[piece] if n % 2 else piece for n, piece in enumerate(_PLACE.split(words)))
    return said


@lru_cache(maxsize=4)
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """(what matches a message, its translation); those that say more come first."""
    path = assets_dir() / "translations" / f"errors_{language}.json"
    if not language.isalpha() or not path.is_file():
        return ()
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    by_words = sorted(known.items(), key=lambda entry: -len(_PLACE.sub("", entry[0])))
    return tuple((_pattern(english), words) for english, words in by_words)


def _pattern(english: str) -> re.Pattern[str]:
    pieces = _PLACE.split(english)
    parts = (f"(?P<p{piece}>.*?)" if n % 2 else re.escape(piece) for n, piece in enumerate(pieces))
    return re.compile("".join(parts))
