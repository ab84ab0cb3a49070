"""Reading the rows of a damaged SQLite file page by page, without the paths that lead to them.

A file that was cut or overwritten in places loses the inner pages of its trees, and SQLite then refuses also what is
still there. Rows lie in leaf pages that describe themselves; this reads every such page of the file and of its
write-ahead log, and gives each row back to its table by its number of columns.

Source: SQLite, "Database File Format" (sqlite.org/fileformat2.html), the parts for tables and the write-ahead log.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

_HEADER = b"SQLite format 3\0"
_PAGE_BYTES = 4096
"""Page size of the files that we write; used where the header is lost."""
_LEAF = 0x0D
_MOST_READS = 4
"""Of every byte: pages of a file may be made so that each row claims all of it."""
_NUMBER_FORMATS = {1: "b", 2: "h", 4: "i", 6: "q", 7: "d"}

Row = tuple[Any, ...]  # Any: what SQLite stores


class Salvage:
    """The rows that a damaged file and its log still hold; neither is touched.

    Args:
        path: The database; its log is looked for beside it.
        tables: Table → column definitions; those with the same number of columns differ in the kinds of values.
    """

    def __init__(self, path: Path, tables: Mapping[str, tuple[str, ...]]) -> None:
        self._pages = _Pages(path)
        self._by_width: dict[int, list[str]] = {}
        for name, columns in tables.items():
            self._by_width.setdefault(len(columns), []).append(name)
        self._kinds = {name: [_kind(column) for column in columns] for name, columns in tables.items()}
        self._left = [_MOST_READS * max(self._pages.n_bytes, 1 << 20)]
        self._keyed = {name: "INTEGER PRIMARY KEY" in columns[0] for name, columns in tables.items()}

    @property
    def n_pages_found(self) -> int:
        """Pages in the file and its log."""
        return len(self._pages.numbers())

    @property
    def n_pages_expected(self) -> int:
        """As the file's header says; 0 when that is lost."""
        return self._pages.n_expected

    def rows(self) -> Iterator[tuple[str, int, Row]]:
        """(table, row number, values in the order of the columns), page by page; a row may come twice."""
        for number in self._pages.numbers():
            for row_number, values in _leaf_rows(self._pages, number, self._left):
                for name in self._by_width.get(len(values), ()) if row_number >= 0 else ():
                    row = values
                    if self._keyed[name] and row[0] is None:  # the row number stands in for the key
                        row = (row_number, *row[1:])
                    if all(type(v) in k for v, k in zip(row, self._kinds[name], strict=True)):
                        yield name, row_number, row
                        break

    def close(self) -> None:
        """Let go of the file."""
        self._pages.close()

    def __enter__(self) -> Salvage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Pages:
    """The pages of a database, each in its newest committed version."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        # mapped, not read: a session may be larger than the memory; an empty file cannot be mapped
        self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) if path.stat().st_size else None
        self._data: mmap.mmap | bytes = self._map if self._map is not None else b""
        self.size = _PAGE_BYTES
        self.n_expected = 0
        if self._data[:16] == _HEADER:
            (size,) = struct.unpack(">H", self._data[16:18])
            size = 65536 if size == 1 else size
            if size >= 512 and size & (size - 1) == 0:
                self.size = size
            (self.n_expected,) = struct.unpack(">I", self._data[28:32].rjust(4, b"\0"))
        log = path.with_name(path.name + "-wal")
        self._newer = _log_pages(log.read_bytes(), self.size) if log.is_file() else {}
        n = len(self._data) // self.size
        self._numbers = sorted({*range(1, n + 1), *self._newer})
        self.n_bytes = len(self._numbers) * self.size

    def close(self) -> None:
        """Let go of the file."""
        if self._map is not None:
            self._map.close()
        self._file.close()

    def numbers(self) -> list[int]:
        """Page numbers, from 1."""
        return self._numbers

    def page(self, number: int) -> bytes:
        """The page, or nothing when it is lost."""
        if number in self._newer:
            return self._newer[number]
        page = self._data[(number - 1) * self.size : number * self.size] if number > 0 else b""
        return page if len(page) == self.size else b""


def _log_pages(log: bytes, page_size: int) -> dict[int, bytes]:
    """Pages of the write-ahead log up to its last whole transaction."""
    if len(log) < 32:
        return {}
    magic, _, size, _, salt_1, salt_2, sum_1, sum_2 = struct.unpack(">8I", log[:32])
    order = {0x377F0682: "<", 0x377F0683: ">"}.get(magic)
    if order is None or size != page_size or _checksum(log[:24], order, (0, 0)) != (sum_1, sum_2):
        return {}
    committed: dict[int, bytes] = {}
    open_pages: dict[int, bytes] = {}
    running = sum_1, sum_2
    for start in range(32, len(log) - 24 - page_size + 1, 24 + page_size):
        number, n_after_commit, s1, s2, c1, c2 = struct.unpack(">6I", log[start : start + 24])
        if (s1, s2) != (salt_1, salt_2):
            break
        page = log[start + 24 : start + 24 + page_size]
        running = _checksum(log[start : start + 8] + page, order, running)
        if running != (c1, c2):
            break
        open_pages[number] = page
        if n_after_commit:
            committed |= open_pages
            open_pages.clear()
    return committed


def _checksum(data: bytes, order: str, start: tuple[int, int]) -> tuple[int, int]:
    first, second = start
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for index in range(0, len(words), 2):
        first = (first + words[index] + second) & 0xFFFFFFFF
        second = (second + words[index + 1] + first) & 0xFFFFFFFF
    return first, second


def _leaf_rows(pages: _Pages, number: int, left: list[int]) -> Iterator[tuple[int, Row]]:
    page = pages.page(number)
    start = 100 if number == 1 else 0
    if len(page) < start + 8 or page[start] != _LEAF:
        return
    (n_cells,) = struct.unpack(">H", page[start + 3 : start + 5])
    if start + 8 + 2 * n_cells > len(page):
        return
    for offset in struct.unpack(f">{n_cells}H", page[start + 8 : start + 8 + 2 * n_cells]):
        try:
            n_bytes, offset = _varint(page, offset)
            row_number, offset = _varint(page, offset)
            left[0] -= max(n_bytes, 0)
            if not 0 <= n_bytes <= pages.n_bytes or left[0] < 0:
                raise ValueError("rows that share their content with each other")
            payload = _payload(pages, page, offset, n_bytes)
            yield row_number, _record(payload)
        except (IndexError, ValueError, struct.error):
            continue  # this row is lost; its neighbours may not be


def _payload(pages: _Pages, page: bytes, offset: int, n_bytes: int) -> bytes:
    size = pages.size
    if n_bytes <= size - 35:
        local = n_bytes
    else:
        least = (size - 12) * 32 // 255 - 23
        local = least + (n_bytes - least) % (size - 4)
        if local > size - 35:
            local = least
    payload = page[offset : offset + local]
    if len(payload) < local:
        raise ValueError("a row runs over the end of its page")
    if local == n_bytes:
        return payload
    (following,) = struct.unpack(">I", page[offset + local : offset + local + 4])
    parts, left, seen = [payload], n_bytes - local, set()
    while left > 0:
        overflow = pages.page(following)
        if not overflow or following in seen:
            raise ValueError("part of a long row is lost")
        seen.add(following)
        parts.append(overflow[4 : 4 + min(left, size - 4)])
        left -= len(parts[-1])
        (following,) = struct.unpack(">I", overflow[:4])
    return b"".join(parts)


def _varint(data: bytes, offset: int) -> tuple[int, int]:
    value = 0
    for index in range(9):
        byte = data[offset + index]
        if index == 8:
            value = value << 8 | byte
            return (value - (1 << 64) if value >> 63 else value), offset + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, offset + index + 1
    raise AssertionError("a varint has at most nine bytes")


def _record(payload: bytes) -> Row:
    size, first = _varint(payload, 0)
    if not first <= size <= len(payload):
        raise ValueError("a row's header is damaged")
    return _values(payload, size, payload[first:size])


def _values(payload: bytes, offset: int, types: bytes) -> Row:
    shape = _fixed_shape(types)
    if shape is not None:  # rows of numbers: read at once
        form, constants = shape
        numbers = iter(struct.unpack_from(form, payload, offset))
        return tuple(next(numbers) if is_read else value for is_read, value in constants)
    values: list[object] = []
    position = 0
    while position < len(types):
        kind, position = _varint(types, position)
        value, offset = _value(payload, offset, kind)
        values.append(value)
    return tuple(values)


@lru_cache(maxsize=4096)
def _fixed_shape(types: bytes) -> tuple[str, tuple[tuple[bool, int | None], ...]] | None:
    """How to read a row of numbers: a struct format, and for each column whether it is read or a constant."""
    form = ">"
    constants: list[tuple[bool, int | None]] = []
    for kind in types:
        if kind in _NUMBER_FORMATS:
            form += _NUMBER_FORMATS[kind]
            constants.append((True, None))
        elif kind in (0, 8, 9):
            constants.append((False, {0: None, 8: 0, 9: 1}[kind]))
        else:
            return None
    return form, tuple(constants)


def _value(payload: bytes, offset: int, kind: int) -> tuple[object, int]:
    if kind in (0, 8, 9):
        return {0: None, 8: 0, 9: 1}[kind], offset
    if kind == 7:
        return struct.unpack_from(">d", payload, offset)[0], offset + 8
    if 1 <= kind <= 6:
        n = (1, 2, 3, 4, 6, 8)[kind - 1]
        return int.from_bytes(_exactly(payload, offset, n), "big", signed=True), offset + n
    if kind >= 12:
        n = (kind - 12) // 2
        data = _exactly(payload, offset, n)
        return (data.decode("utf-8") if kind % 2 else data), offset + n
    raise ValueError("an unknown kind of value")


def _exactly(payload: bytes, offset: int, n: int) -> bytes:
    data = payload[offset : offset + n]
    if len(data) < n:
        raise ValueError("a value is cut off")
    return data


def _kind(column: str) -> frozenset[type]:
    """Types that a column of ours can hold."""
    declared = column.split(" -- ")[0].split()[1]
    if "NOT NULL" not in column and "KEY" not in column:
        nothing: tuple[type, ...] = (type(None),)
    else:
        nothing = ()
    kinds: dict[str, tuple[type, ...]] = {
        "REAL": (float, int),
        "INTEGER": (int,),
        "TEXT": (str,),
        "BLOB": (bytes,),
    }
    return frozenset(kinds[declared] + nothing)
