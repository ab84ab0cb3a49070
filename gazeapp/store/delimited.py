"""Delimited text (CSV, TSV, also gzipped) as named columns, with errors that say which line is wrong."""

from __future__ import annotations

import csv
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import UnreadableTable
from gazeapp.store.cells import COMMA, FALSE, MISSING, POINT, TRUE, Marks, Notation, marks_in, number_of, numbers_in
from gazeapp.store.spool import Spool
from gazeapp.store.table_column import Column
from gazeapp.store.table_head import find_header, names_nothing, read_rows, split_cells, units_below
from gazeapp.store.text_lines import Progress, open_text
from gazeapp.store.untrusted.files import open_plain
from gazeapp.store.untrusted.limits import COLUMNS
from gazeapp.types import Bools, Floats

_ALL = slice(None)
_BLOCK_ROWS = 20_000
_HEAD_LINES = 400
"""Among these the line with the column names is looked for, below lines about the recording."""
_LARGE_BYTES = 64 << 20
"""From this size on, columns lie in a spool, so that memory stays bounded."""
_PACKED = 6
"""How much larger a packed table of gaze is than its file, about."""


class Delimited:
    """A table of named columns.

    Args:
        path: For messages.
        header: Column names as they stand in the file.
        columns: Their cells, of equal length.
        line_numbers: Of each row in the file.
        preamble: Lines above the column names that are about the recording.
        short_rows: Rows of fewer cells that were accepted, with their line numbers.
        decimal: What parts units from tenths, where a person said it.
    """

    def __init__(
        self,
        path: Path,
        header: Sequence[str],
        columns: Sequence[Column],
        line_numbers: Sequence[int] | NDArray[np.integer],
        *,
        preamble: Sequence[str] = (),
        short_rows: Sequence[tuple[int, list[str]]] = (),
        decimal: str = "",
    ) -> None:
        self.path = path
        self.header = list(header)
        self.preamble = list(preamble)
        self.short_rows = list(short_rows)
        self.decimal = decimal
        self._columns = list(columns)
        self._lines = np.asarray(line_numbers, dtype=np.int32)
        self._index = {name: number for number, name in reversed(list(enumerate(self.header)))}
        self._is_shared = len(self._index) < len(self.header)
        self._marks: Marks | None = None
        self._notations: dict[int, Notation] = {}
        self._read: dict[int, Column | None] = {}
        """Columns whose numbers are not as programs write them, read once; None where a cell is no number."""

    @classmethod
    def of_columns(cls, path: Path, columns: Mapping[str, Sequence[str] | Floats]) -> Delimited:
        """A table from another kind of file; rows are numbered from 1."""
        cells = [values if isinstance(values, np.ndarray) else list(map(str, values)) for values in columns.values()]
        return cls.of_blocks(path, list(columns), [cells], 0)

    @classmethod
    def of_blocks(
        cls, path: Path, names: Sequence[str], blocks: Iterable[Sequence[Sequence[str] | Floats]], n_bytes: int
    ) -> Delimited:
        """A table from another kind of file that is read in pieces; rows are numbered from 1.

        Args:
            path: For messages.
            names: Of its columns.
            blocks: The columns of some rows, as many at a time as memory may hold.
            n_bytes: Of all; a large table lies in a spool.
        """
        spool = Spool() if n_bytes > _LARGE_BYTES else None
        columns = [Column(spool) for _ in names]
        n = 0
        for block in blocks:
            n += len(block[0]) if block else 0
            for column, cells in zip(columns, block, strict=True):
                column.add(cells)
        return cls(path, names, columns, np.arange(1, n + 1, dtype=np.int32))

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, name: str) -> bool:
        return name in self._index

    @property
    def line_numbers(self) -> NDArray[np.int32]:
        """(N,) where each row stands in the file."""
        return self._lines

    def words(self, name: str | int) -> set[str]:
        """What the cells of a column say, lower case, where they are not all numbers."""
        found: set[str] = set()
        for cells in self._named(name).texts_of_words():
            if numbers_in(cells, COMMA) is None:
                found.update(cells)
        return {cell.strip().lower() for cell in found}

    def distinct(self, name: str | int) -> list[str]:
        """What the cells of a column say, stripped, each once."""
        found: dict[str, None] = {}
        for cells in self._named(name).texts():
            found.update(dict.fromkeys(cells))
        return list(dict.fromkeys(cell.strip() for cell in found))

    def each(self, name: str | int) -> Iterator[str]:
        """The cells of a column, stripped, one after the other: for columns that are not to be held as text."""
        return self._cells(name, self._rows(_ALL))

    def text(self, name: str | int) -> tuple[str, ...]:
        """The cells of a column, stripped."""
        return tuple(self.each(name))

    def numbers(self, name: str | int, rows: slice = _ALL) -> Floats:
        """(N,) a column of numbers, by its name or place, NaN where a cell is empty or says that it is missing.

        Args:
            name: Of the column.
            rows: Which of its cells; what commas and points mean is told by all.

        Raises:
            UnreadableTable: A cell is no number, or a comma or point in it can be read in two ways.
        """
        column, rows = self._named(name), self._rows(rows)
        notation = self._notation(name)
        if notation == Notation():
            if column.is_plain:
                return column.numbers(rows)
        else:
            place = self._place(name)
            if place not in self._read:
                self._read[place] = column.read_as(notation)
            if (read := self._read[place]) is not None:
                return read.numbers(rows)
        return np.array([self._number(name, n, cell, notation) for n, cell in self._numbered(name, rows)])

    def flags(self, name: str | int, rows: slice = _ALL) -> Bools:
        """(N,) a column of truth values: 1/0, true/false, valid/invalid; a missing cell is False."""
        rows = self._rows(rows)
        flags = np.zeros(max(rows.stop - rows.start, 0), dtype=bool)
        for number, cell in self._numbered(name, rows):
            word = _whole(cell.lower())
            if word in TRUE:
                flags[number - rows.start] = True
            elif word not in FALSE and word not in MISSING:
                raise self.error(name, number, cell, "1 or 0, true or false")
        return flags

    def codes(self, name: str | int, rows: slice = _ALL) -> Floats:
        """(N,) a column of numbers or of words such as valid, true: 1, and invalid, false: 0; NaN where missing."""
        words = {_whole(word) for word in self.words(name)}
        if words <= TRUE | FALSE | MISSING and words & {"true", "false", "valid", "invalid", "yes", "no"}:
            return np.where(self.flags(name, rows), 1.0, 0.0)
        return self.numbers(name, rows)

    def _rows(self, rows: slice) -> slice:
        return slice(*rows.indices(len(self))[:2])

    def _cells(self, name: str | int, rows: slice) -> Iterator[str]:
        return (cell.strip() for cells in self._named(name).parts(rows) for cell in cells)

    def _numbered(self, name: str | int, rows: slice) -> Iterator[tuple[int, str]]:
        return enumerate(self._cells(name, rows), start=rows.start)

    def select(self, keep: Bools) -> Delimited:
        """The rows marked True."""
        return Delimited(
            self.path,
            self.header,
            [column.select(keep) for column in self._columns],
            self._lines[keep],
            preamble=self.preamble,
            short_rows=self.short_rows,
            decimal=self.decimal,
        )

    def with_columns(self, columns: Mapping[str, Floats]) -> Delimited:
        """The same table with further columns of numbers."""
        return Delimited(
            self.path,
            [*self.header, *columns],
            [*self._columns, *map(Column.of_numbers, columns.values())],
            self._lines,
            preamble=self.preamble,
            short_rows=self.short_rows,
            decimal=self.decimal,
        )

    def error(self, name: str | int, row: int, cell: str, wanted: str) -> UnreadableTable:
        """What to raise for a cell that is not what it should be."""
        return UnreadableTable(
            f"{self.path}, line {self._lines[row]}, column {self._label(name)}: {cell.strip()!r} is not {wanted}",
            found=cell,
            needed=wanted,
        )

    def _named(self, name: str | int) -> Column:
        """A column by its place or its name; UnreadableTable for a name that columns of different content share."""
        if isinstance(name, int):
            return self._columns[name]
        column = self._columns[self._index[name]]
        places = [place for place, other in enumerate(self.header) if other == name] if self._is_shared else []
        if any(column.differs(self._columns[place]) for place in places[1:]):
            which = " or ".join(str(place) for place in places)
            raise UnreadableTable(
                f"{self.path}: {len(places)} columns are called {name}; rename all but one, or say which by its number "
                f"({which}, from 0), as in --option columns=time:0,x:1,y:2",
                found=name,
            )
        return column

    def _place(self, name: str | int) -> int:
        return name if isinstance(name, int) else self._index[name]

    def _label(self, name: str | int) -> str:
        return self.header[name] if isinstance(name, int) else name

    def _number(self, name: str | int, row: int, cell: str, notation: Notation) -> float:
        value = number_of(cell, notation)
        if value is None:
            marks = marks_in([cell])
            is_other = marks.says_point if notation.decimal == "," else marks.says_comma
            other = " like the others of the column; are points and commas mixed in it?"
            raise self.error(name, row, cell, f"a number{other if is_other and Marks.WORD not in marks else ''}")
        return value

    def _notation(self, name: str | int) -> Notation:
        """How a column writes its numbers: as a person said, as its cells say, or as all of the table does.

        Raises:
            UnreadableTable: It can be read in two ways, and nothing tells which.
        """
        place = self._place(name)
        if place not in self._notations:
            found = self._notation_of(place)
            if found is None:
                cells = self._numbered(place, self._rows(_ALL))
                row, cell = next((row, cell) for row, cell in cells if marks_in([cell]).is_unclear)
                raise UnreadableTable(
                    f"{self.path}, line {self._lines[row]}, column {self._label(name)}: {cell!r} can be read in two "
                    f"ways; say --option decimal=, or --option decimal=.",
                    found=cell,
                )
            self._notations[place] = found
        return self._notations[place]

    def _notation_of(self, place: int) -> Notation | None:
        """Of one column; None where nothing tells."""
        column = self._columns[place]
        if column.is_plain and self.decimal == ".":
            return Notation()
        marks = Marks.NONE
        for cells in column.texts():
            marks |= marks_in(cells)
            if marks.says_comma or marks.says_point:
                break  # the other cells are of the same kind, or none of them is a number
        if self.decimal:
            # points alone are points: programs write times so beside gaze that a spreadsheet wrote
            has_points_only = marks.says_point and not (marks.has_comma or marks.says_comma)
            return Notation() if has_points_only else COMMA if self.decimal == "," else POINT
        if marks.says_comma or marks.says_point:
            return COMMA if marks.says_comma else Notation() if column.is_plain else POINT
        if not marks.is_unclear:
            return Notation()
        # 998, 999, 1,000: fractions are not written so; a number or two may be codes
        seems_whole = Marks.SMALL in marks and Marks.LARGE not in marks and _n_small(column) > 2
        table = self._table_marks()
        if not marks.has_comma:  # 1.250, perhaps in a table in which commas part tenths
            return None if table.says_comma or seems_whole else Notation()
        if seems_whole and Marks.POINT_UNCLEAR not in marks:
            return POINT
        if table.says_comma == (Marks.COMMA_THOUSANDS in table):
            return None
        return COMMA if table.says_comma else POINT

    def _table_marks(self) -> Marks:
        """What the columns of numbers tell that are not as programs write them."""
        if self._marks is None:
            self._marks = Marks.NONE
            for column in self._columns:
                found = Marks.NONE
                for cells in column.texts_of_words():
                    found |= marks_in(cells)
                    if Marks.WORD in found:
                        break
                else:
                    self._marks |= found
        return self._marks


def _n_small(column: Column) -> int:
    """How many different whole numbers up to 999 a column has, three at most."""
    found: set[str] = set()
    for cells in column.texts():
        found.update(cell for cell in {*cells} if re.fullmatch(r"\s*[+-]?\d{1,3}\s*", cell))
        if len(found) > 2:
            break
    return min(len(found), 3)


def _whole(cell: str) -> str:
    """1 for 1.0, 1,000 and 1.000000, as tables write whole numbers in a column of others."""
    return re.sub(r"^([01])[.,]0*$", r"\1", cell)


def read_delimited(
    path: Path,
    *,
    may_be_empty: bool = False,
    is_short: Callable[[list[str]], bool] | None = None,
    decimal: str = "",
    progress: Progress | None = None,
) -> Delimited:
    """Read a table with a line that names its columns, below any lines about the recording.

    Commas, semicolons, tabs, pipes or spaces may separate cells; a second row may hold units; UTF-8, UTF-16 and
    Windows-1252 are read; `sep=;` and lines that begin with # before the header are skipped.

    Args:
        path: The file; gzip is recognised by its content.
        may_be_empty: Whether column names without a row below them are a table.
        is_short: Whether a row of fewer cells is a row of another kind; the others are an error.
        decimal: "," or "." where a person says which parts units from tenths.
        progress: Told how far the reading is.

    Raises:
        UnreadableTable: No such file, not text, a file cut in the middle, or no rows.
    """
    try:
        return _read(path, may_be_empty=may_be_empty, is_short=is_short, decimal=decimal, progress=progress)
    except UnicodeDecodeError:
        pass
    try:
        return _read(
            path, may_be_empty=may_be_empty, is_short=is_short, decimal=decimal, progress=progress, encoding="cp1252"
        )
    except UnicodeDecodeError as error:
        raise UnreadableTable(f"{path}: not a text table (CSV or TSV) in UTF-8 or UTF-16") from error


def _read(
    path: Path,
    *,
    may_be_empty: bool,
    is_short: Callable[[list[str]], bool] | None,
    decimal: str,
    progress: Progress | None,
    encoding: str = "utf-8-sig",
) -> Delimited:
    with open_text(path, encoding, progress) as lines:
        head = list(islice(lines, _HEAD_LINES))
        start, delimiter = find_header(head)
        if start >= len(head):
            raise UnreadableTable(f"{path}: the file is empty; a line with column names is needed")
        header = [name.strip() for name in split_cells(head[start], delimiter)]
        if names_nothing(header):
            raise UnreadableTable(
                f"{path}, line {start + 1}: numbers where the names of columns are needed "
                f"({head[start].strip()[:60]}); write a line above them such as time_s,x_px,y_px"
            )
        start_of_names = start
        if start + 1 < len(head) and (units := units_below(header, split_cells(head[start + 1], delimiter))):
            header, start = units, start + 1
        n = len(header)
        if n > COLUMNS:
            raise UnreadableTable(f"{path}: {n} columns; a table of gaze has {COLUMNS} at most: export fewer of them")
        spool = Spool() if path.stat().st_size * (_PACKED if _is_packed(path) else 1) > _LARGE_BYTES else None
        columns = [Column(spool) for _ in header]
        reader = read_rows(chain(head[start + 1 :], lines), delimiter)
        block: list[list[str]] = []
        numbers = array("i")
        short: list[tuple[int, list[str]]] = []
        try:
            for row in reader:
                if not row:
                    continue
                number = start + 1 + reader.line_num
                if len(row) != n:
                    if len(row) > n and not any(cell.strip() for cell in row[n:]):
                        row = row[:n]  # a trailing delimiter
                    elif is_short is not None and is_short(row):
                        short.append((number, row))
                        continue
                    else:
                        raise UnreadableTable(
                            f"{path}, line {number}: {len(row)} of {n} columns; is the file cut? remove the "
                            f"line or export it again",
                            found=len(row),
                            needed=n,
                        )
                block.append(row)
                numbers.append(number)
                if len(block) == _BLOCK_ROWS:
                    _store(columns, block)
                    block = []
        except csv.Error as error:
            raise UnreadableTable(f"{path}, line {start + 1 + reader.line_num}: {_of_csv(error)}") from error
        if block:
            _store(columns, block)
    if not numbers and not may_be_empty:
        raise UnreadableTable(f"{path}: there is no row below the column names")
    return Delimited(
        path,
        header,
        columns,
        np.frombuffer(numbers, dtype=np.int32),
        preamble=[line.rstrip("\n") for line in head[:start_of_names]],
        short_rows=short,
        decimal=decimal,
    )


def _is_packed(path: Path) -> bool:
    with open_plain(path) as file:
        return file.read(2) == b"\x1f\x8b"


def _store(columns: Sequence[Column], block: Sequence[Sequence[str]]) -> None:
    for column, cells in zip(columns, zip(*block, strict=True), strict=True):
        column.add(cells)


def _of_csv(error: csv.Error) -> str:
    said = str(error)
    if "unexpected end of data" in said:
        return "a quotation mark is opened in this or an earlier line and never closed; remove it or close it"
    if "expected after" in said:
        return "there is text behind a closing quotation mark; double those within a cell, or remove them"
    return said
