"""What the cells of text tables say: numbers with points, commas or both, nothing, yes and no."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Flag, auto
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from gazeapp.types import Floats

MISSING = frozenset({"", "nan", "na", "n/a", "#n/a", "none", "null", ".", "-", "--", "1.#qnan", "-1.#ind", "-nan(ind)"})
TRUE = frozenset({"1", "true", "valid", "yes"})
FALSE = frozenset({"0", "false", "invalid", "no"})
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_NAME_OF_DIGITS = re.compile(r"[+-]?0[0-9]")
_INFINITE = frozenset({"inf", "infinity"})
_ALIKE = str.maketrans("12345678", "9" * 8)
_NUMBER = re.compile(r"[+-]?([z9.,]+)(?:e[+-]?[09]+)?")


class Marks(Flag):
    """What the points and commas of numbers can only mean, or may mean."""

    NONE = 0
    WORD = auto()
    """Not a number at all."""
    COMMA_DECIMAL = auto()
    COMMA_THOUSANDS = auto()
    COMMA_UNCLEAR = auto()
    POINT_DECIMAL = auto()
    POINT_THOUSANDS = auto()
    POINT_UNCLEAR = auto()
    SMALL = auto()
    """A whole number up to 999."""
    LARGE = auto()
    """A whole number above 999 without a mark."""

    @property
    def has_comma(self) -> bool:
        """Whether there is any."""
        return bool(self & (Marks.COMMA_DECIMAL | Marks.COMMA_THOUSANDS | Marks.COMMA_UNCLEAR))

    @property
    def is_unclear(self) -> bool:
        """Whether there is one that can mean either."""
        return bool(self & (Marks.COMMA_UNCLEAR | Marks.POINT_UNCLEAR))

    @property
    def says_comma(self) -> bool:
        """Whether a comma parts units from tenths somewhere."""
        return bool(self & (Marks.COMMA_DECIMAL | Marks.POINT_THOUSANDS))

    @property
    def says_point(self) -> bool:
        """Whether a point parts units from tenths somewhere."""
        return bool(self & (Marks.POINT_DECIMAL | Marks.COMMA_THOUSANDS))


class Notation(NamedTuple):
    """How numbers are written."""

    decimal: str = "."
    thousands: str = ""


POINT, COMMA = Notation(".", ","), Notation(",", ".")


def whole_number(cell: str) -> int | None:
    """A cell as the whole number that it writes out; None for anything else, also for what only Python calls digits."""
    return int(cell) if _WHOLE.fullmatch(cell) else None


def is_name_of_digits(cell: str) -> bool:
    """Whether a cell of digits names something, such as 007: a number would lose its zeros.

    >>> is_name_of_digits("01"), is_name_of_digits("0"), is_name_of_digits("0.5"), is_name_of_digits("10")
    (True, False, False, False)
    """
    return bool(_NAME_OF_DIGITS.match(cell))


def plain_numbers(cells: Sequence[str]) -> Floats | None:
    """(N,) cells as numbers, NaN where missing; None where one is no number as programs write it."""
    text = "".join(cells)
    if "_" in text or "," in text:  # Python's own way to write a number, and people's
        return None
    try:
        values = np.array(cells, dtype=np.float64)
    except ValueError:
        try:
            values = np.array(["nan" if cell.strip().lower() in MISSING else cell for cell in cells], dtype=np.float64)
        except ValueError:
            return None
    infinite = np.flatnonzero(np.isinf(values))
    if any(cells[n].strip().lower().lstrip("+-") not in _INFINITE for n in infinite.tolist()):
        return None  # 1e400 is more than a number can hold
    return values


def number_of(cell: str, notation: Notation) -> float | None:
    """One cell as a number, NaN where missing; None where it is none in this notation."""
    word = cell.strip()
    if word.lower() in MISSING:
        return float("nan")
    if not _fits(_marks_of(_shape(word)), notation):
        return None
    if notation.thousands:
        word = word.replace(notation.thousands, "")
    values = plain_numbers([word.replace(notation.decimal, ".")])
    return None if values is None else float(values[0])


def numbers_in(cells: Sequence[str], notation: Notation) -> Floats | None:
    """(N,) cells as numbers in a notation, NaN where missing; None where one is none."""
    text = "\0".join(cells)
    if notation.decimal == "," and "." not in text and "\0,\0" not in f"\0{''.join(text.split())}\0":
        # the usual case, whatever the shapes of the numbers: with two commas none is a number any more
        found = plain_numbers(text.replace(",", ".").split("\0") if cells else [])
        if found is not None:
            return found
    if not _fits(marks_in(cells), notation):
        return None
    found = plain_numbers(_as_programs_write(cells, notation))
    if found is None:  # words for what is missing have points, too
        words = ["nan" if cell.strip().lower() in MISSING else cell for cell in cells]
        found = plain_numbers(_as_programs_write(words, notation))
    return found


def _as_programs_write(cells: Sequence[str], notation: Notation) -> list[str]:
    text = "\0".join(cells)
    if notation.thousands:
        text = text.replace(notation.thousands, "")
    return text.replace(notation.decimal, ".").split("\0") if cells else []


def marks_in(cells: Iterable[str]) -> Marks:
    """What the points and commas of all cells tell."""
    found = Marks.NONE
    for shape in _shapes(cells):
        found |= _marks_of(shape)
    return found


def _fits(marks: Marks, notation: Notation) -> bool:
    if marks & Marks.WORD:
        return False
    if notation.decimal == ",":
        return not marks.says_point
    return not marks.says_comma and (bool(notation.thousands) or not marks.has_comma)


def _shapes(cells: Iterable[str]) -> set[str]:
    """The different ways in which cells are written: 9 for every digit, z for a zero before the mark."""
    return set(_shape("\0".join(cells)).split("\0"))


def _shape(text: str) -> str:
    text = "\0" + (re.sub(r"\s*\0\s*", "\0", text.strip()) if " " in text or "\t" in text else text).lower()
    for sign in ("", "-", "+"):
        for mark in (",", "."):
            text = text.replace(f"\0{sign}0{mark}", f"\0{sign}z{mark}")
    return text[1:].translate(_ALIKE).replace("0", "9")


@lru_cache(maxsize=10_000)
def _marks_of(shape: str) -> Marks:
    if shape in _SHAPES_OF_NOTHING:
        return Marks.NONE
    number = _NUMBER.fullmatch(shape)
    if number is None or not re.search("[z9]", number[1]):
        return Marks.WORD
    body = number[1]
    commas, points = body.count(","), body.count(".")
    if commas and points:
        if re.fullmatch(r"9{1,3}(,999)+\.9*", body):
            return Marks.COMMA_THOUSANDS | Marks.POINT_DECIMAL
        if re.fullmatch(r"9{1,3}(\.999)+,9*", body):
            return Marks.POINT_THOUSANDS | Marks.COMMA_DECIMAL
        return Marks.WORD
    if not commas and not points:
        return Marks.LARGE if len(body) > 3 else Marks.SMALL
    decimal, thousands, unclear = (
        (Marks.COMMA_DECIMAL, Marks.COMMA_THOUSANDS, Marks.COMMA_UNCLEAR)
        if commas
        else (Marks.POINT_DECIMAL, Marks.POINT_THOUSANDS, Marks.POINT_UNCLEAR)
    )
    if commas + points > 1:
        return thousands if re.fullmatch(r"9{1,3}([,.]999)+", body) else Marks.WORD
    return unclear if re.fullmatch(r"9{1,3}[,.]999", body) else decimal


_SHAPES_OF_NOTHING = {
    _shape(word) for word in (*MISSING, *(f"{sign}{word}" for sign in ("", "+", "-") for word in ("nan", *_INFINITE)))
}
