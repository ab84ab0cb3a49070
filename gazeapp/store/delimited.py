"""Delimited text (CSV, TSV, also gzipped) as named columns, with errors that say which line is wrong."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import UnreadableTable

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MISSING = frozenset({"", "nan", "na", "n/a", "none", "null", "."})
_TRUE = frozenset({"1", "1.0", "true", "valid", "yes"})
_FALSE = frozenset({"0", "0.0", "false", "invalid", "no"})


class Delimited:
    """A table of text cells, read whole.

    Args:
        path: For messages.
        header: Column names as they stand in the file.
        rows: Cells, as many per row as there are names.
        line_numbers: Of each row in the file.
    """

    def __init__(self, path: Path, header: Sequence[str], rows: list[list[str]], line_numbers: list[int]) -> None:
        self.path = path
        self.header = list(header)
        self._columns = list(zip(*rows, strict=True)) if rows else [()] * len(self.header)
        self._lines = line_numbers
        self._index = {name: number for number, name in reversed(list(enumerate(self.header)))}

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, name: str) -> bool:
        return name in self._index

    def text(self, name: str) -> tuple[str, ...]:
        """The cells of a column, stripped."""
        return tuple(cell.strip() for cell in self._columns[self._index[name]])

    def numbers(self, name: str) -> Floats:
        """(N,) a column of numbers, NaN where a cell is empty or says that it is missing."""
        cells = self._columns[self._index[name]]
        try:
            return np.array(cells, dtype=np.float64)  # the common case: every cell is a number
        except ValueError:
            return np.array([self._number(name, row, cell) for row, cell in enumerate(cells)])

    def flags(self, name: str) -> Bools:
        """(N,) a column of truth values: 1/0, true/false, valid/invalid; a missing cell is False."""
        flags = np.zeros(len(self), dtype=bool)
        for row, cell in enumerate(self._columns[self._index[name]]):
            word = cell.strip().lower()
            if word in _TRUE:
                flags[row] = True
            elif word not in _FALSE and word not in MISSING:
                raise self.error(name, row, cell, "1 or 0, true or false")
        return flags

    def select(self, keep: Bools) -> Delimited:
        """The rows marked True."""
        rows = np.flatnonzero(keep).tolist()
        cells = [[column[row] for column in self._columns] for row in rows]
        return Delimited(self.path, self.header, cells, [self._lines[row] for row in rows])

    def _number(self, name: str, row: int, cell: str) -> float:
        word = cell.strip()
        if word.lower() in MISSING:
            return float("nan")
        try:
            return float(word)
        except ValueError:
            pass
        try:
            return float(word.replace(",", "."))  # exports of a system with decimal commas
        except ValueError:
            raise self.error(name, row, cell, "a number") from None

    def error(self, name: str, row: int, cell: str, wanted: str) -> UnreadableTable:
        """What to raise for a cell that is not what it should be."""
        return UnreadableTable(
            f"{self.path}, line {self._lines[row]}, column {name}: {cell.strip()!r} is not {wanted}",
            found=cell,
            needed=wanted,
        )


def read_delimited(path: Path, *, may_be_empty: bool = False) -> Delimited:
    """Read a table whose first line names its columns.

    Commas, semicolons or tabs may separate cells; UTF-8 and UTF-16 with a byte order mark and Windows-1252 are
    read; lines that begin with # before the header are skipped.

    Args:
        path: The file; gzip is recognised by its content.
        may_be_empty: Whether column names without a row below them are a table.

    Raises:
        UnreadableTable: No such file, not text, a file cut in the middle, or no rows.
    """
    lines = io.StringIO(_text(path), newline="")
    skipped = 0
    first = lines.readline()
    while first.startswith("#") or (first and not first.strip()):
        skipped += 1
        first = lines.readline()
    if not first:
        raise UnreadableTable(f"{path}: the file is empty; a line with column names is needed")
    delimiter = max("\t;,", key=first.count)
    header = [name.strip() for name in next(csv.reader([first], delimiter=delimiter))]
    reader = csv.reader(lines, delimiter=delimiter)
    rows: list[list[str]] = []
    numbers: list[int] = []
    try:
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                if len(row) > len(header) and not any(cell.strip() for cell in row[len(header) :]):
                    row = row[: len(header)]  # a trailing delimiter
                else:
                    raise UnreadableTable(
                        f"{path}, line {skipped + 1 + reader.line_num}: {len(row)} of {len(header)} columns; is the "
                        "file cut? remove the line or export it again",
                        found=len(row),
                        needed=len(header),
                    )
            rows.append(row)
            numbers.append(skipped + 1 + reader.line_num)
    except csv.Error as error:
        raise UnreadableTable(f"{path}, line {skipped + 1 + reader.line_num}: {error}") from error
    if not rows and not may_be_empty:
        raise UnreadableTable(f"{path}: there is no row below the column names")
    return Delimited(path, header, rows, numbers)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except FileNotFoundError:
        raise UnreadableTable(f"{path}: no such file") from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableTable(f"{path}: the compressed file is cut or damaged ({error}); copy it again") from error
    except OSError as error:
        raise UnreadableTable(f"{path}: cannot be read ({error.strerror or error})") from error
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ["utf-16"]
    elif b"\0" in data[:4096]:
        raise UnreadableTable(f"{path}: not a text table (CSV or TSV)")
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableTable(f"{path}: not a text table (CSV or TSV) in UTF-8 or UTF-16")
