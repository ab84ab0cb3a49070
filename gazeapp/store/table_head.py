"""How a text table begins: lines about the recording, the names of its columns, perhaps their units, and its mark."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from gazeapp.store.cells import MISSING

_UNIT = (
    r"s|sec|seconds|ms|msec|[uµμ]s|ns|hz|px|pix|pixels?|mm|cm|m|mm³|deg|degrees?|°|norm(ali[sz]ed)?|%|a\.?u\.?|arb|bool"
)
"""What a row of units says."""
_NUMBER = re.compile(r"[+-]?[\d.,]+(e[+-]?\d+)?", re.IGNORECASE)


def find_header(head: Sequence[str]) -> tuple[int, str]:
    """Number of the line with the column names among the first lines, and what separates cells."""
    first = 0
    forced = ""
    while first < len(head) and (
        head[first].startswith("#") or not head[first].strip() or re.match(r'"?sep=', head[first])
    ):
        said = re.match(r'"?sep=(.)', head[first])
        forced = said[1] if said else forced
        first += 1
    if first == len(head):
        return first, ","
    bare = [re.sub(r'"[^"]*"', '""', line) for line in head]  # what is quoted parts no cells
    tail = [line for line in bare[first:] if line.strip()][-60:]
    best: tuple[bool, int, int, str] | None = None
    for delimiter in [forced] if forced else ["\t", ";", ",", "|"]:
        # what most lines look like further down, where there are no more lines about the recording
        counts = Counter(line.count(delimiter) for line in tail)
        usual = counts.most_common(1)[0][0]
        if not usual:
            continue
        for number in range(first, len(head)):
            line = head[number]
            if bare[number].count(delimiter) >= usual and not line.startswith("#") and _names_columns(line, delimiter):
                found = _parts_well(tail, delimiter), bare[number].count(delimiter), -number, delimiter
                best = found if best is None or found[:3] > best[:3] else best
                break
    if best is None and not forced and (spaced := _spaced_header(head, first)) is not None:
        return spaced, " "
    if best is None:
        return first, forced or max("\t;,", key=bare[first].count)
    return -best[2], best[3]


def names_nothing(header: Sequence[str]) -> bool:
    """Whether what should be names is numbers: a table without them, whose first row would be lost."""
    filled = [name for name in header if name]
    return len(filled) > 1 and all(_NUMBER.fullmatch(name) for name in filled)


def _parts_well(lines: Sequence[str], delimiter: str) -> bool:
    """Whether most cells hold nothing that would part cells itself, but for the commas of numbers."""
    cells = [cell.strip() for line in lines for cell in line.split(delimiter)]
    good = [cell for cell in cells if not re.search(r"[\t;|]", cell) and ("," not in cell or _NUMBER.fullmatch(cell))]
    return len(good) > len(cells) / 2


def split_cells(line: str, delimiter: str) -> list[str]:
    """The cells of one line; the whole of it where it is no row of cells, which is said when the rows are read."""
    try:
        cells: list[str] = next(read_rows([line], delimiter), [])
    except csv.Error:
        return [line]
    return cells


def read_rows(lines: Iterable[str], delimiter: str) -> Any:  # Any: csv's reader has no public name
    """A reader of rows of cells, which raises `csv.Error` where a quotation mark is never closed."""
    # of spaces, several are one; what is not strict takes all that follows an open quotation mark for one cell
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter == " ", strict=True)


def _spaced_header(head: Sequence[str], first: int) -> int | None:
    """The line of column names of a table in which spaces separate cells: above rows of as many numbers."""
    rows = [number for number in range(first, len(head)) if head[number].strip()]
    for above, below in pairwise(rows):
        names, cells = head[above].split(), head[below].split()
        if len(names) != len(cells) or len(names) < 3 or '"' in head[above]:
            continue
        if all(map(_is_name, names)) and sum(not _is_name(cell) for cell in cells) >= 3:
            return above
    return None


def _is_name(cell: str) -> bool:
    return not re.fullmatch(r"[+-]?[\d.,:]+(e[+-]?\d+)?", cell.strip(), re.IGNORECASE) and cell.lower() not in MISSING


def units_below(header: Sequence[str], cells: Sequence[str]) -> list[str]:
    """Column names with the units that stand in a row of their own below them; empty where that row is none."""
    units = [re.sub(r"^[\[(]|[\])]$", "", cell.strip()) for cell in cells]
    filled = [unit for unit in units if unit.lower() not in MISSING]
    if len(units) != len(header) or len(filled) < 2 or not all(re.fullmatch(_UNIT, unit.lower()) for unit in filled):
        return []
    return [
        f"{name} [{unit}]" if unit in filled and not name.lower().endswith(f"_{unit.lower()}") else name
        for name, unit in zip(header, units, strict=True)
    ]


def _names_columns(line: str, delimiter: str) -> bool:
    cells = split_cells(line, delimiter)
    named = [cell for cell in cells if re.search(r"[^\W\d_]", cell) and not _NUMBER.fullmatch(cell.strip())]
    return len(cells) > 1 and len(named) > len(cells) / 2
