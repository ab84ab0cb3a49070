"""Bytes and text of files that others made: plain files only, and never more than the limit."""

from __future__ import annotations

import contextlib
import errno
import gzip
import io
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from gazeapp.store.untrusted.limits import NESTING, UNPACKED_FACTOR, UNPACKED_FLOOR


class TooLarge(ValueError):
    """The content is more than is read; the message says how much that is."""


def open_plain(path: Path) -> IO[bytes]:
    """Open a file for reading; OSError for a device or a pipe, which would never end, or never begin."""
    if "\0" in str(path):  # which would be a ValueError, as of a caller's mistake
        raise OSError(errno.EINVAL, "its name holds a zero byte", str(path))
    return open(path, "rb", opener=_open_plain)  # Path.open has no opener


def _open_plain(path: str, flags: int) -> int:
    file = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.EINVAL, "not a file", path)
    return file


def read_bytes(path: Path, limit: int) -> bytes:
    """The whole of a file; OSError where it cannot be read, TooLarge where it has more bytes than `limit`."""
    with open_plain(path) as file:
        # Python makes room for all that may come before anything has
        data = file.read(min(os.fstat(file.fileno()).st_size, limit) + 1)
    if len(data) > limit:
        raise TooLarge(f"larger than {_words(limit)}")
    return data


def read_text(path: Path, limit: int) -> str:
    """The whole of a UTF-8 file; UnicodeDecodeError too."""
    return read_bytes(path, limit).decode("utf-8")


def parse_json(text: str | bytes, nesting: int = NESTING) -> Any:  # Any: JSON values
    """JSON; ValueError when it is none or nested deeper than any that this program reads."""
    try:
        value = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    _require_flat(value, nesting)
    return value


def _require_flat(value: Any, nesting: int) -> None:  # Any: JSON values
    level = [value]
    for _ in range(nesting):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise ValueError("nested too deeply")


class Unpacked(io.RawIOBase):
    """The content of a gzip file, read on and never more of it than the file is worth.

    Args:
        packed: The open file, at its beginning.
        size: Of the file.
    """

    def __init__(self, packed: IO[bytes], size: int) -> None:
        self._content = gzip.GzipFile(fileobj=packed)
        self._limit = max(UNPACKED_FLOOR, size * UNPACKED_FACTOR)
        self._n_read = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """To its beginning and on."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As `gzip` does: going back unpacks from the beginning."""
        self._n_read = self._content.seek(offset, whence)
        return self._n_read

    def tell(self) -> int:
        """Bytes of content so far."""
        return self._n_read

    def readinto(self, buffer: Any) -> int:  # Any: whatever holds bytes
        """Fill the buffer; TooLarge beyond the limit."""
        data = self._content.read(len(buffer))
        self._n_read += len(data)
        if self._n_read > self._limit:
            raise TooLarge(f"unpacks to more than {_words(self._limit)}")
        buffer[: len(data)] = data
        return len(data)


@contextlib.contextmanager
def open_packed(path: Path) -> Iterator[IO[bytes]]:
    """The content of a file, unpacked where it begins as gzip does; raises as `open_plain`, and `gzip` for damage."""
    with open_plain(path) as raw:
        is_packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if not is_packed:
            yield raw
            return
        with io.BufferedReader(Unpacked(raw, os.fstat(raw.fileno()).st_size)) as content:
            yield content


def _words(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:.3g} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.3g} MB"
