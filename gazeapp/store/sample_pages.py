"""Reading all samples of a session that is at rest straight from the pages of its file, many rows at a time.

SQLite hands out rows as Python numbers one by one: 37 million of them for half an hour at 1200 Hz. A row of samples is
a short record of numbers, and nearly all records have one of a few shapes; those of one shape are read as an array.

Source: SQLite, "Database File Format" (sqlite.org/fileformat2.html).
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.samples import Floats

Bytes = NDArray[np.uint8]

_LEAF, _INNER = 0x0D, 0x05
_PAGES_AT_ONCE = 2000
_SIZE_OF = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, 7: 8, 8: 0, 9: 0}
_FORMAT_OF = {1: ">i1", 2: ">i2", 3: "3u1", 4: ">i4", 5: "6u1", 6: ">i8", 7: ">f8"}
"""SQLite stores a whole number in as few bytes as it takes, also where the column is of real numbers."""
_CONSTANT_OF = {0: np.nan, 8: 0.0, 9: 1.0}
_MOST_SHAPES = 200


class NotPlain(Exception):
    """The table holds something that only SQLite itself should read."""


def read_rows(connection: sqlite3.Connection, path: Path, table: str, n_columns: int) -> Iterator[Floats]:
    """All rows of a table of numbers in the order of their row numbers, missing values as NaN.

    Args:
        connection: Of the same file; tells where the table is.
        path: The file.
        table: Its name.
        n_columns: Of the table.

    Yields:
        (N, n_columns) some thousand rows.

    Raises:
        NotPlain: A log that is not folded in yet, text or blobs, or anything unexpected. Nothing was read wrongly; read
            the rest through SQLite.
    """
    (root,) = connection.execute(
        "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
    ).fetchone() or (0,)
    try:
        if not root or _has_log(path):
            raise NotPlain("the table or its place in the file is not final")
        pages = _pages(path)
        version = pages[0, 24:28].tobytes()  # counts the changes of the file
        leaves = np.array(_leaves(pages, int(root)), dtype=np.int64)
        for first in range(0, len(leaves), _PAGES_AT_ONCE):
            found = _rows(pages, leaves[first : first + _PAGES_AT_ONCE], n_columns)
            if _has_log(path) or pages[0, 24:28].tobytes() != version:
                raise NotPlain("somebody writes into the file")
            yield found
    except (OSError, struct.error, IndexError, ValueError) as error:
        raise NotPlain(str(error)) from error


def _has_log(path: Path) -> bool:
    logs = (path.with_name(path.name + suffix) for suffix in ("-wal", "-journal"))
    return any(log.exists() and log.stat().st_size for log in logs)


def _pages(path: Path) -> Bytes:
    """(pages, bytes) the file, mapped."""
    with path.open("rb") as file:
        head = file.read(100)
    (size,) = struct.unpack(">H", head[16:18])
    size = 65536 if size == 1 else size
    reserved, (n_pages,) = head[20], struct.unpack(">I", head[28:32])
    if reserved or head[:16] != b"SQLite format 3\0":
        raise NotPlain("another layout of pages")
    data: Any = np.memmap(path, np.uint8, mode="r")
    if len(data) != n_pages * size:
        raise NotPlain("the file is longer or shorter than it says")
    pages: Bytes = data.reshape(n_pages, size)
    return pages


def _leaves(pages: Bytes, root: int) -> list[int]:
    """Numbers of the leaf pages from left to right."""
    found: list[int] = []
    waiting, n_seen = [root], 0
    while waiting:
        number = waiting.pop()
        n_seen += 1
        if not 1 <= number <= len(pages) or n_seen > len(pages):
            raise NotPlain("a page outside the file, or in a circle")
        page = pages[number - 1]
        start = 100 if number == 1 else 0
        kind = int(page[start])
        if kind == _LEAF:
            found.append(number)
            continue
        if kind != _INNER:
            raise NotPlain("neither a leaf nor an inner page of a table")
        n_cells, rightmost = struct.unpack_from(">3xH3xI", page[start : start + 12].tobytes())
        raw = page.tobytes()
        cells = struct.unpack_from(f">{n_cells}H", raw, start + 12)
        waiting.append(rightmost)
        waiting += [struct.unpack_from(">I", raw, cell)[0] for cell in reversed(cells)]
    return found


def _rows(pages: Bytes, leaves: NDArray[np.int64], n_columns: int) -> Floats:
    size = pages.shape[1]
    block = pages[leaves - 1]  # a copy in memory
    flat = block.reshape(-1)
    starts = np.where(leaves == 1, 100, 0) + np.arange(len(leaves)) * size
    n_cells = flat[starts + 3].astype(np.int64) * 256 + flat[starts + 4]
    page_of = np.repeat(np.arange(len(leaves)), n_cells)
    order = np.arange(int(n_cells.sum())) - np.repeat(np.cumsum(n_cells) - n_cells, n_cells)
    pointer = starts[page_of] + 8 + 2 * order
    if len(pointer) and pointer[-1] + 2 > len(flat):
        raise NotPlain("more rows than a page holds")
    cell = flat[pointer].astype(np.int64) * 256 + flat[pointer + 1]
    if (cell < (8 + 2 * n_cells)[page_of]).any():
        raise NotPlain("a row inside the head of its page")
    at = page_of * size + cell
    n_bytes, at = _varints(flat, at, 2)
    _, at = _varints(flat, at, 9)
    ends = at + n_bytes
    if len(at) and ((ends > (page_of + 1) * size).any() or (n_bytes > size - 35).any()):
        raise NotPlain("a row runs over the end of its page")
    shapes = _windows(flat, 1 + n_columns)[at]
    if (shapes[:, 0] != 1 + n_columns).any():
        raise NotPlain("rows of another width, or text")
    table = np.empty((len(at), n_columns))
    packed = np.ascontiguousarray(shapes).view(f"V{1 + n_columns}").reshape(-1)
    kinds, first_of, shape_of = np.unique(packed, return_index=True, return_inverse=True)
    if len(kinds) > _MOST_SHAPES:
        raise NotPlain("too many shapes of rows")
    for number, first in enumerate(first_of.tolist()):
        rows = np.flatnonzero(shape_of == number)
        _decode(flat, at[rows] + 1 + n_columns, n_bytes[rows], shapes[first, 1:].tolist(), table, rows)
    return table


def _decode(
    flat: Bytes,
    at: NDArray[np.int64],
    n_bytes: NDArray[np.int64],
    kinds: list[int],
    table: Floats,
    rows: NDArray[np.intp],
) -> None:
    """Fill the rows of one shape."""
    if any(kind not in _SIZE_OF for kind in kinds):
        raise NotPlain("a value that is neither missing nor a usual number")
    sizes = [_SIZE_OF[kind] for kind in kinds]
    if (n_bytes != 1 + len(kinds) + sum(sizes)).any():
        raise NotPlain("a row of another length than its shape")
    names = [f"c{column}" for column in range(len(kinds))]
    stored = [column for column, size in enumerate(sizes) if size]
    values = np.empty((len(rows), len(kinds)))
    for column, kind in enumerate(kinds):
        if kind in _CONSTANT_OF:
            values[:, column] = _CONSTANT_OF[kind]
    if stored:
        layout = np.dtype([(names[c], _FORMAT_OF[kinds[c]]) for c in stored])
        records = _windows(flat, layout.itemsize)[at].view(layout).reshape(-1)
        for column in stored:
            kind = kinds[column]
            found = records[names[column]]
            values[:, column] = _whole_numbers(found) if kind in (3, 5) else found
    table[rows] = values


def _whole_numbers(parts: Bytes) -> NDArray[np.int64]:
    """Numbers of 3 or 6 bytes, the most significant first, negative ones as two's complement."""
    value = np.zeros(len(parts), dtype=np.int64)
    for byte in parts.T:
        value = (value << 8) | byte
    limit = 1 << (8 * parts.shape[1] - 1)
    return np.where(value >= limit, value - 2 * limit, value)


def _windows(flat: Bytes, width: int) -> Bytes:
    """(bytes, width) the bytes from each position on; indexing it copies short runs, not single bytes."""
    return np.lib.stride_tricks.sliding_window_view(flat, width)


def _varints(flat: Bytes, at: NDArray[np.int64], longest: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """SQLite's integers of variable length at each position, and the positions after them."""
    value = np.zeros(len(at), dtype=np.int64)
    goes_on = np.ones(len(at), dtype=bool)
    for _ in range(longest):
        if not goes_on.any():
            break
        byte = flat[np.minimum(at, len(flat) - 1)].astype(np.int64)
        value = np.where(goes_on, (value << 7) | (byte & 0x7F), value)
        at = at + goes_on
        goes_on &= byte >= 0x80
    if goes_on.any():
        raise NotPlain("a number that does not end")
    return value, at
