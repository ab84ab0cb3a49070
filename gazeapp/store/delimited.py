"""Delimited text (CSV, TSV, also gzipped) as named columns, with errors that say which line is wrong."""

from __future__ import annotations

import csv
import re
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import UnreadableTable
from gazeapp.store.spool import Kept, Spool
from gazeapp.store.text_lines import Progress, open_text
from gazeapp.store.untrusted.files import open_plain
from gazeapp.types import Bools as Bools
from gazeapp.types import Floats as Floats

MISSING = frozenset({"", "nan", "na", "n/a", "none", "null", ".", "-", "--"})
_TRUE = frozenset({"1", "true", "valid", "yes"})
_FALSE = frozenset({"0", "false", "invalid", "no"})

_UNIT = (
    r"s|sec|seconds|ms|msec|[uµμ]s|ns|hz|px|pix|pixels?|mm|cm|m|mm³|deg|degrees?|°|norm(ali[sz]ed)?|%|a\.?u\.?|arb|bool"
)
"""What a row of units says."""

_ALL = slice(None)
_BLOCK_ROWS = 20_000
_HEAD_LINES = 400
"""Among these the line with the column names is looked for, below lines about the recording."""
_LARGE_BYTES = 64 << 20
"""From this size on, columns lie in a spool, numbers as numbers only, so that memory stays bounded."""
_PACKED = 6
"""How much larger a packed table of gaze is than its file, about."""
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?P<mark>[,.])\d{3}(?:(?P=mark)\d{3})*")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+\.\d*|[+-]?\d{1,3}(\.\d{3})+,\d*")


@dataclass(frozen=True, slots=True)
class _Words:
    """Cells of a block that say few different things: what they say, and which says what."""

    words: list[str]
    codes: NDArray[np.uint8]

    def text(self) -> list[str]:
        return [self.words[code] for code in self.codes.tolist()]


@dataclass(frozen=True, slots=True)
class _Text:
    """Cells of a block that say many different things, in the spool."""

    kept: Kept
    n: int


_Block = list[str] | Floats | Kept | _Words | _Text
"""Cells as they stand, or numbers; of a large file, numbers in the spool and text packed."""


@dataclass(slots=True)
class _Column:
    """One column in blocks of at most _BLOCK_ROWS cells; with a spool, memory holds no more than words of it."""

    blocks: list[_Block] = field(default_factory=list)
    spool: Spool | None = None

    def add(self, cells: Sequence[str]) -> None:
        self.blocks.append(list(cells) if self.spool is None else _packed(cells, self.spool))

    def cells(self, block: _Block) -> list[str] | Floats:
        """A block as text, or as the numbers it is kept as."""
        if isinstance(block, _Words):
            return block.text()
        if not isinstance(block, Kept | _Text):
            return block
        assert self.spool is not None, "only a spool keeps"
        if isinstance(block, _Text):
            return self.spool.load(block.kept).tobytes().decode("utf-8", "surrogatepass").split("\0")
        return cast(Floats, self.spool.load(block))

    def parts(self, rows: slice) -> Iterator[tuple[_Block, slice]]:
        """The blocks in which rows lie, each with its part of them."""
        start = 0
        for block in self.blocks:
            n = _length(block)
            if start < rows.stop and start + n > rows.start:
                yield block, slice(max(rows.start - start, 0), min(rows.stop - start, n))
            start += n

    def lists(self) -> Iterator[list[str]]:
        """Its cells as text, block for block."""
        for block in self.blocks:
            cells = self.cells(block)
            yield cells if isinstance(cells, list) else [_written(value) for value in cells.tolist()]

    def text(self) -> list[str]:
        return list(chain.from_iterable(self.lists()))

    def is_plain(self) -> bool:
        """Whether every cell is a number as Python reads it."""
        return all(isinstance(block, Kept) or self._numbers(block) is not None for block in self.blocks)

    def numbers(self, rows: slice) -> Floats:
        """The cells of a plain column."""
        parts = [cast(Floats, self._numbers(block))[part] for block, part in self.parts(rows)]
        return np.concatenate(parts) if parts else np.empty(0)

    def _numbers(self, block: _Block) -> Floats | None:
        if isinstance(block, _Text):
            return None  # it was tried when it was packed
        try:
            if isinstance(block, _Words):
                return np.array(block.words, dtype=np.float64)[block.codes]
            return np.asarray(self.cells(block), dtype=np.float64)
        except ValueError:
            return None

    def words(self) -> set[str]:
        """What its cells say, where they are text."""
        found: set[str] = set()
        for block in self.blocks:
            cells = block.words if isinstance(block, _Words) else self.cells(block)
            found |= set(cells) if isinstance(cells, list) else set()
        return found

    def select(self, keep: Bools) -> _Column:
        """The cells marked True."""
        made = _Column(spool=self.spool)
        first = 0
        for block in self.blocks:
            cells = self.cells(block)
            here = keep[first : first + len(cells)]
            first += len(cells)
            if isinstance(block, _Words):
                made.blocks.append(_Words(block.words, block.codes[here]))
            elif isinstance(cells, list):
                made.add([cell for cell, is_kept in zip(cells, here.tolist(), strict=True) if is_kept])
            else:
                made.blocks.append(self.spool.keep(cells[here]) if self.spool else cells[here])
        return made


def _differ(one: _Column, other: _Column) -> bool:
    return any(cells != others for cells, others in zip(one.lists(), other.lists(), strict=True))


def _length(block: _Block) -> int:
    match block:
        case Kept():
            return block.shape[0]
        case _Words():
            return len(block.codes)
        case _Text():
            return block.n
        case _:
            return len(block)


def _packed(cells: Sequence[str], spool: Spool) -> _Block:
    """Cells as numbers where all are numbers or missing, else as few words, else as text; the most in the spool."""
    if (numbers := _as_numbers(cells)) is not None:
        return spool.keep(numbers)
    codes = {word: number for number, word in enumerate(dict.fromkeys(cells))}
    if len(codes) <= 256:
        return _Words(list(codes), np.array([codes[cell] for cell in cells], dtype=np.uint8))
    if any("\0" in cell for cell in codes):
        return list(cells)
    return _Text(spool.keep(np.frombuffer("\0".join(cells).encode("utf-8", "surrogatepass"), np.uint8)), len(cells))


def _as_numbers(cells: Sequence[str]) -> Floats | None:
    """Cells as numbers; None where one is none, all are empty, or zeros in front say that they are names."""
    if any(cell[:1] == "0" and cell[1:2] not in ("", ".") for cell in cells):
        return None
    try:
        return np.array(cells, dtype=np.float64)
    except ValueError:
        pass
    plain = ["nan" if cell.lower() in MISSING else cell for cell in cells]
    if plain.count("nan") == len(plain):
        return None
    try:
        return np.array(plain, dtype=np.float64)
    except ValueError:
        return None


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
        columns: Sequence[_Column],
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
        self._plain: dict[str | int, bool] = {}
        self._commas: dict[str | int, str] = {}

    @classmethod
    def of_columns(cls, path: Path, columns: Mapping[str, Sequence[str] | Floats]) -> Delimited:
        """A table from another kind of file; rows are numbered from 1."""
        kept = [
            _Column([values if isinstance(values, np.ndarray) else [str(v) for v in values]])
            for values in columns.values()
        ]
        n = len(next(iter(columns.values()))) if columns else 0
        return cls(path, list(columns), kept, np.arange(1, n + 1))

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
        columns = [_Column(spool=spool) for _ in names]
        n = 0
        for block in blocks:
            n += len(block[0]) if block else 0
            for column, cells in zip(columns, block, strict=True):
                if not isinstance(cells, np.ndarray):
                    column.add(cells)
                else:
                    column.blocks.append(spool.keep(cells) if spool else cells)
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
        """What the cells of a column say, lower case; empty for a column that is kept as numbers."""
        return {cell.strip().lower() for cell in self._named(name).words()}

    def distinct(self, name: str | int) -> list[str]:
        """What the cells of a column say, stripped, each once."""
        column = self._named(name)
        found: dict[str, None] = {}
        for block in column.blocks:
            cells = block.words if isinstance(block, _Words) else column.cells(block)
            found.update(dict.fromkeys(cells if isinstance(cells, list) else map(_written, np.unique(cells).tolist())))
        return list(dict.fromkeys(cell.strip() for cell in found))

    def each(self, name: str | int) -> Iterator[str]:
        """The cells of a column, stripped, one after the other: for columns that are not to be held as text."""
        return self._cells(name, self._rows(_ALL))

    def text(self, name: str | int) -> tuple[str, ...]:
        """The cells of a column, stripped."""
        return tuple(cell.strip() for cell in self._named(name).text())

    def numbers(self, name: str | int, rows: slice = _ALL) -> Floats:
        """(N,) a column of numbers, by its name or place, NaN where a cell is empty or says that it is missing.

        Args:
            name: Of the column.
            rows: Which of its cells; what commas mean is told by all.

        Raises:
            UnreadableTable: A cell is no number, or a comma in it can be read in two ways.
        """
        column, rows = self._named(name), self._rows(rows)
        if name not in self._plain:
            self._plain[name] = column.is_plain()
        if self._plain[name] and self.decimal != ",":  # the common case: every cell is a number
            return column.numbers(rows)
        commas = self._meaning_of_commas(name)
        cells = enumerate(self._cells(name, rows), start=rows.start)
        return np.array([self._number(name, row, cell, commas) for row, cell in cells], dtype=np.float64)

    def flags(self, name: str | int, rows: slice = _ALL) -> Bools:
        """(N,) a column of truth values: 1/0, true/false, valid/invalid; a missing cell is False."""
        rows = self._rows(rows)
        flags = np.zeros(rows.stop - rows.start, dtype=bool)
        for number, cell in enumerate(self._cells(name, rows)):
            word = _whole(cell.lower())
            if word in _TRUE:
                flags[number] = True
            elif word not in _FALSE and word not in MISSING:
                raise self.error(name, rows.start + number, cell, "1 or 0, true or false")
        return flags

    def codes(self, name: str | int, rows: slice = _ALL) -> Floats:
        """(N,) a column of numbers or of words such as valid, true: 1, and invalid, false: 0; NaN where missing."""
        words = {_whole(word) for word in self.words(name)}
        if words <= _TRUE | _FALSE | MISSING and words & {"true", "false", "valid", "invalid", "yes", "no"}:
            return np.where(self.flags(name, rows), 1.0, 0.0)
        return self.numbers(name, rows)

    def _rows(self, rows: slice) -> slice:
        return slice(*rows.indices(len(self))[:2])

    def _cells(self, name: str | int, rows: slice) -> Iterator[str]:
        column = self._named(name)
        for block, part in column.parts(rows):
            cells = column.cells(block)[part]
            for cell in cells if isinstance(cells, list) else map(_written, cells.tolist()):
                yield cell.strip()

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
            [*self._columns, *(_Column([values]) for values in columns.values())],
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

    def _named(self, name: str | int) -> _Column:
        """A column by its place or its name; UnreadableTable for a name that columns of different content share."""
        if isinstance(name, int):
            return self._columns[name]
        column = self._columns[self._index[name]]
        places = [place for place, other in enumerate(self.header) if other == name] if self._is_shared else []
        if any(_differ(self._columns[place], column) for place in places[1:]):
            which = " or ".join(str(place) for place in places)
            raise UnreadableTable(
                f"{self.path}: {len(places)} columns are called {name}; rename all but one, or say which by its number "
                f"({which}, from 0), as in --option columns=time:0,x:1,y:2",
                found=name,
            )
        return column

    def _label(self, name: str | int) -> str:
        return self.header[name] if isinstance(name, int) else name

    def _number(self, name: str | int, row: int, cell: str, commas: str) -> float:
        if cell.lower() in MISSING:
            return float("nan")
        word = cell
        if commas == "thousands":
            word = word.replace(",", "")
        elif commas == "decimal":
            word = word.replace(".", "").replace(",", ".") if "," in word else word
        elif commas == "dotted":
            word = word.replace(".", "").replace(",", ".")
        try:
            if "_" in word:
                raise ValueError
            return float(word)
        except ValueError:
            raise self.error(name, row, cell, "a number") from None

    def _meaning_of_commas(self, name: str | int) -> str:
        """thousands, decimal, dotted (points are the thousands'); empty without commas."""
        if self.decimal:
            return "decimal" if self.decimal == "," else "thousands"
        if (mine := self._commas_of(name)) != "unclear":
            return mine
        others = [self._commas_of(place) for place in range(len(self.header))]
        found = next((found for found in ("decimal", "dotted", "thousands") if found in others), None)
        if found is None:
            row, cell = next((row, cell) for row, cell in enumerate(self._cells(name, self._rows(_ALL))) if "," in cell)
            raise UnreadableTable(
                f"{self.path}, line {self._lines[row]}, column {self._label(name)}: {cell!r} can be read in two ways; "
                f"say --option decimal=, or --option decimal=.",
                found=cell,
            )
        self._commas[name] = found
        return found

    def _commas_of(self, name: str | int) -> str:
        """What its own cells say: the first block that is clear decides."""
        if name not in self._commas:
            blocks = self._named(name).lists()
            found = (_commas_in([cell.strip() for cell in block]) for block in blocks)
            told = ""
            for told in filter(None, found):
                if told != "unclear":
                    break
            self._commas[name] = told
        return self._commas[name]


def _whole(cell: str) -> str:
    """1 for 1.0, 1,000 and 1.000000, as tables write whole numbers in a column of others."""
    return re.sub(r"^([01])[.,]0*$", r"\1", cell)


def _commas_in(cells: Sequence[str]) -> str:
    with_comma = [cell for cell in cells if "," in cell]
    if not with_comma:
        return ""
    sample = with_comma[:2000]
    if any(not re.fullmatch(r"[+-]?[\d.,]+(e[+-]?\d+)?", cell, re.IGNORECASE) for cell in sample):
        return ""  # no numbers at all
    for cell in sample:
        if _GROUPED.fullmatch(cell):
            return "thousands" if cell.rfind(".") > cell.rfind(",") else "dotted"
        if cell.count(",") > 1:
            return "thousands"
        if not _THOUSANDS.fullmatch(cell):
            return "decimal"
    # 1,234 everywhere: beside whole numbers below 1000 these are thousands
    plain = [cell for cell in cells[:20000] if "," not in cell and cell.lower() not in MISSING]
    if plain and all(re.fullmatch(r"[+-]?\d{1,3}(\.\d*)?", cell) for cell in plain):
        return "thousands"
    return "unclear"


def _written(value: float) -> str:
    if value != value:
        return ""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


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
        start_of_names = start
        if start + 1 < len(head) and (units := _units_below(header, split_cells(head[start + 1], delimiter))):
            header, start = units, start + 1
        n = len(header)
        spool = Spool() if path.stat().st_size * (_PACKED if _is_packed(path) else 1) > _LARGE_BYTES else None
        columns = [_Column(spool=spool) for _ in header]
        reader = _reader(chain(head[start + 1 :], lines), delimiter)
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
            raise UnreadableTable(f"{path}, line {start + 1 + reader.line_num}: {error}") from error
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


def _store(columns: Sequence[_Column], block: Sequence[Sequence[str]]) -> None:
    for column, cells in zip(columns, zip(*block, strict=True), strict=True):
        column.add(cells)


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
    best: tuple[int, int, str] | None = None
    for delimiter in [forced] if forced else ["\t", ";", ",", "|"]:
        # what most lines look like further down, where there are no more lines about the recording
        counts = Counter(line.count(delimiter) for line in head[first:][-60:] if line.strip())
        usual = counts.most_common(1)[0][0]
        if not usual:
            continue
        for number in range(first, len(head)):
            line = head[number]
            if line.count(delimiter) >= usual and not line.startswith("#") and _names_columns(line, delimiter):
                if best is None or line.count(delimiter) > best[0]:
                    best = line.count(delimiter), number, delimiter
                break
    if best is None and not forced and (spaced := _spaced_header(head, first)) is not None:
        return spaced, " "
    if best is None:
        return first, forced or max("\t;,", key=head[first].count)
    return best[1], best[2]


def split_cells(line: str, delimiter: str) -> list[str]:
    """The cells of one line; the whole of it where it is no row of cells, which is said when the rows are read."""
    try:
        cells: list[str] = next(_reader([line], delimiter), [])
    except csv.Error:
        return [line]
    return cells


def _reader(lines: Iterable[str], delimiter: str) -> Any:  # Any: csv's reader has no public name
    return csv.reader(lines, delimiter=delimiter, skipinitialspace=delimiter == " ")  # several spaces are one


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


def _units_below(header: Sequence[str], cells: Sequence[str]) -> list[str]:
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
    named = [
        cell
        for cell in cells
        if cell.strip() and not re.fullmatch(r"[+-]?[\d.,]+(e[+-]?\d+)?", cell.strip(), re.IGNORECASE)
    ]
    return len(named) > len(cells) / 2
