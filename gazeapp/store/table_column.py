"""One column of a text table, in blocks of cells; of a large table it lies in a spool, and memory holds a block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import cast

import numpy as np

from gazeapp.store.cells import Notation, numbers_in, plain_numbers
from gazeapp.store.spool import Kept, Spool
from gazeapp.types import Bools, Floats


@dataclass(slots=True)
class _Block:
    """Some cells as they were written, and as numbers where all of them are.

    Both, because neither gives the other: 1e3 and 1000 are one number and two names, and so are 2**53 and the next.
    """

    n: int
    cells: list[str] | Kept | None
    """None: numbers of a file that never were text."""
    values: Floats | Kept | None
    is_tried: bool
    """Whether `values` says if they are numbers."""


class Column:
    """The cells of one column.

    Args:
        spool: Where they lie; None keeps them in memory.
    """

    def __init__(self, spool: Spool | None = None) -> None:
        self._spool = spool
        self._blocks: list[_Block] = []

    @classmethod
    def of_numbers(cls, values: Floats) -> Column:
        """A column that never was text."""
        column = cls()
        column.add(values)
        return column

    def add(self, cells: Sequence[str] | Floats) -> None:
        """Add a block of cells."""
        if isinstance(cells, np.ndarray):
            values = np.asarray(cells, dtype=np.float64)
            kept = self._spool.keep(values) if self._spool else values
            self._blocks.append(_Block(len(values), None, kept, True))
        elif self._spool is None:
            self._blocks.append(_Block(len(cells), list(cells), None, False))
        else:
            numbers = plain_numbers(cells)
            text = "\0".join(cells)
            if text.count("\0") >= max(len(cells), 1):  # what no text has
                text = "\0".join(cell.replace("\0", "\ufffd") for cell in cells)
            kept_text = self._spool.keep(np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8))
            kept_numbers = None if numbers is None else self._spool.keep(numbers)
            self._blocks.append(_Block(len(cells), kept_text, kept_numbers, True))

    def parts(self, rows: slice) -> Iterator[list[str]]:
        """The cells of some rows as text, block for block."""
        for block, part in self._within(rows):
            yield self._text(block)[part]

    def texts(self) -> Iterator[list[str]]:
        """All of them."""
        return map(self._text, self._blocks)

    def text(self) -> list[str]:
        """All of them at once."""
        return list(chain.from_iterable(self.texts()))

    def texts_of_words(self) -> Iterator[list[str]]:
        """The blocks in which not every cell is a number or missing."""
        return (self._text(block) for block in self._blocks if self._numbers(block) is None)

    @property
    def is_plain(self) -> bool:
        """Whether every cell is a number as programs write it, or missing."""
        return all(self._numbers(block) is not None for block in self._blocks)

    def numbers(self, rows: slice) -> Floats:
        """(N,) some cells of a plain column."""
        parts = []
        for block, part in self._within(rows):
            values = self._numbers(block)
            assert values is not None, "a plain column"
            values = cast(Floats, self._spool.load(values)) if self._spool and isinstance(values, Kept) else values
            parts.append(cast(Floats, values)[part])
        return np.concatenate(parts) if parts else np.empty(0)

    def read_as(self, notation: Notation) -> Column | None:
        """The same cells as numbers in a notation; None where one is none."""
        made = Column(self._spool)
        for cells in self.texts():
            values = numbers_in(cells, notation)
            if values is None:
                return None
            made.add(values)
        return made

    def select(self, keep: Bools) -> Column:
        """The cells marked True."""
        made = Column(self._spool)
        first = 0
        for block in self._blocks:
            here = keep[first : first + block.n]
            first += block.n
            if block.cells is None:
                made.add(self.numbers(slice(first - block.n, first))[here])
            else:
                cells = zip(self._text(block), here.tolist(), strict=True)
                made.add([cell for cell, is_kept in cells if is_kept])
        return made

    def differs(self, other: Column) -> bool:
        """Whether another column of the same table says something else."""
        return any(cells != others for cells, others in zip(self.texts(), other.texts(), strict=True))

    def _within(self, rows: slice) -> Iterator[tuple[_Block, slice]]:
        start = 0
        for block in self._blocks:
            if start < rows.stop and start + block.n > rows.start:
                yield block, slice(max(rows.start - start, 0), min(rows.stop - start, block.n))
            start += block.n

    def _text(self, block: _Block) -> list[str]:
        match block.cells:
            case None:
                values = block.values
                if self._spool is not None and isinstance(values, Kept):
                    values = cast(Floats, self._spool.load(values))
                return [written(value) for value in cast(Floats, values).tolist()]
            case Kept() as kept:
                assert self._spool is not None, "only a spool keeps"
                text = self._spool.load(kept).tobytes().decode("utf-8", "surrogatepass")
                return text.split("\0") if block.n else []
            case cells:
                return cells

    def _numbers(self, block: _Block) -> Floats | Kept | None:
        if not block.is_tried:
            block.values, block.is_tried = plain_numbers(cast(list[str], block.cells)), True
        return block.values


def written(value: float) -> str:
    """A number that never was text, as a cell."""
    if value != value:
        return ""
    return str(int(value)) if abs(value) < 1e15 and value == int(value) else repr(value)
