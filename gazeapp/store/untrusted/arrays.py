"""Arrays from NumPy and MATLAB files: no pickle, and no array larger than what its file holds."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.store.untrusted.files import TooLarge, open_plain
from gazeapp.store.untrusted.limits import ARRAY_BYTES, NESTING, UNPACKED_FACTOR, UNPACKED_FLOOR

_CELLS_AT_ONCE = 1 << 16
_COMPRESSED, _MATRIX = 15, 14


def load_array(path: Path) -> NDArray[Any]:  # Any: the file says what it holds
    """The array of a `.npy` file.

    Raises:
        OSError: It cannot be read.
        ValueError: None, cut, of Python objects, or larger than is read.
    """
    with open_plain(path) as file:
        array = _read_array(file, path.stat().st_size)
    return array


def map_array(path: Path) -> NDArray[Any]:  # Any: the file says what it holds
    """The array of a `.npy` file, memory-mapped and read-only; of any size, raises as `load_array`."""
    with open_plain(path) as file:
        _require_held(file, path.stat().st_size)
    array: NDArray[Any] = np.load(path, mmap_mode="r")
    return array


def load_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of a `.npz` file by name; raises as `load_array`."""
    size = path.stat().st_size
    limit = max(UNPACKED_FLOOR, size * UNPACKED_FACTOR)
    try:
        with open_plain(path) as file, zipfile.ZipFile(file) as archive:
            listed = archive.infolist()
            if sum(entry.file_size for entry in listed) > limit:
                raise TooLarge("unpacks to more than its size is worth")
            found = {}
            for entry in listed:
                with archive.open(entry) as content:
                    # what the list of contents claims is not what unpacks: read no more than that
                    data = content.read(entry.file_size)
                found[entry.filename.removesuffix(".npy")] = _read_array(io.BytesIO(data), len(data))
            return found
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, KeyError) as error:
        raise ValueError(f"not a readable .npz file ({error})") from error


def _read_array(file: IO[bytes], size: int) -> NDArray[Any]:
    shape, n_bytes = _require_held(file, size)
    if n_bytes > ARRAY_BYTES or (not n_bytes and max(shape, default=0) > ARRAY_BYTES):
        raise TooLarge(f"holds more than {ARRAY_BYTES / 1e9:.3g} GB")
    file.seek(0)
    array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    return array


def _require_held(file: IO[bytes], size: int) -> tuple[tuple[int, ...], int]:
    """The shape of an array and its bytes, all of which the file holds; ValueError where it does not."""
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
    except Exception as error:  # numpy reads the header as Python text, and raises what that may
        raise ValueError(f"not a readable .npy array ({error})") from error
    if dtype.hasobject:
        raise ValueError("holds Python objects, which would run code; save plain numbers")
    n_bytes = dtype.itemsize
    for length in shape:
        n_bytes *= length
    if any(length < 0 for length in shape) or n_bytes > size - file.tell():
        raise ValueError(f"says that it holds {n_bytes / 1e6:.3g} MB and does not; the file is cut or damaged")
    if len(shape) > 32:
        raise ValueError(f"has {len(shape)} dimensions")
    return shape, n_bytes


def require_harmless_mat(path: Path) -> None:
    """Look through a MATLAB 5 file before it is loaded.

    Raises:
        OSError: It cannot be read.
        ValueError: It unpacks to more than it is worth, or is nested deeper than a loader bears.
    """
    with open_plain(path) as file:
        data = file.read(min(path.stat().st_size, ARRAY_BYTES))
    if data[:8] == b"\x89HDF\r\n\x1a\n" or len(data) < 128:
        return  # of another version, which the loader names
    order = "<" if data[126:128] == b"IM" else ">"
    limit = max(UNPACKED_FLOOR, len(data) * UNPACKED_FACTOR)
    position, n_unpacked = 128, 0
    while position + 8 <= len(data):
        kind, size = struct.unpack_from(f"{order}II", data, position)
        content = data[position + 8 : position + 8 + size]
        if kind == _COMPRESSED:
            content = _unpacked(content, limit - n_unpacked)
            n_unpacked += len(content)
            _require_shallow(content, order)
        elif kind == _MATRIX:
            _require_shallow(data[position : position + 8 + size], order)
        position += 8 + size


def _unpacked(data: bytes, limit: int) -> bytes:
    unpack = zlib.decompressobj()
    try:
        content = unpack.decompress(data, max(limit, 1))
    except zlib.error as error:
        raise ValueError(f"damaged ({error})") from error
    if unpack.unconsumed_tail:
        raise TooLarge("unpacks to more than its size is worth")
    return content


def _require_shallow(data: bytes, order: str) -> None:
    waiting: list[tuple[int, int, int]] = [(0, len(data), 0)]
    while waiting:
        start, stop, depth = waiting.pop()
        if depth > NESTING:
            raise ValueError("nested too deeply")
        for kind, first, last in _elements(data, start, stop, order):
            if kind == _MATRIX:
                waiting.append((first, last, depth + 1))


def _elements(data: bytes, start: int, stop: int, order: str) -> Iterator[tuple[int, int, int]]:
    """(kind, first, last) of each element between two positions."""
    while start + 8 <= stop:
        kind, size = struct.unpack_from(f"{order}II", data, start)
        if kind >> 16:  # a small one, within its tag
            start += 8
            continue
        yield kind, start + 8, min(start + 8 + size, stop)
        start += 8 + size + -size % 8
