"""What a table of an export is: named columns with their meaning, delivered in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

Kind = Literal["float", "int", "text"]
Chunk = Sequence[Sequence[Any]]  # Any: numbers, text or None, one sequence per column
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column; its unit is the end of its name."""

    name: str
    kind: Kind
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table, delivered in chunks so that long recordings need little memory."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    chunks: Callable[[], Iterator[Chunk]]
    """Columns of equal length, in the order of `columns`; missing is None or NaN."""
    constants: tuple[tuple[Column, str], ...] = ()
    """Columns of text that say the same in every row, behind the others: tables of several sessions pool by them."""

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns as they are written."""
        return (*self.columns, *(column for column, _ in self.constants))


def table_of(
    name: str,
    meaning: str,
    rows: Callable[[], Iterable[Row]],
    *columns: tuple[str, Kind, str, Callable[[Row], object]],
) -> Table:
    """A table that fits into one chunk.

    Args:
        name: Of the table.
        meaning: Of the table.
        rows: What it has a row for, read when the table is written.
        columns: (name, kind, meaning, what it holds of a row) of each.
    """

    def chunks() -> Iterator[Chunk]:
        cells = [[value(row) for _, _, _, value in columns] for row in rows()]  # a row may hold maps: none is kept
        yield list(zip(*cells, strict=True)) if cells else [()] * len(columns)

    made = tuple(Column(name=name, kind=kind, meaning=words) for name, kind, words, _ in columns)
    return Table(name=name, meaning=meaning, columns=made, chunks=chunks)
