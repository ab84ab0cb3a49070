"""Lines of text files from anywhere: packed, of any encoding and with any end of line, and never without end."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from gazeapp.errors import UnreadableTable
from gazeapp.store.untrusted.files import TooLarge, open_packed

Progress = Callable[[int, int], None]
"""Called with the bytes read and the bytes there are."""
_LONGEST_LINE = 1 << 20


@contextmanager
def open_text(path: Path, encoding: str = "utf-8-sig", progress: Progress | None = None) -> Iterator[Iterator[str]]:
    """Lines of a text file that end in a line feed; gzip and UTF-16 are recognised by their first bytes.

    CR LF, CR CR LF and CR end a line as LF does; each counts as one line.

    Raises:
        UnreadableTable: No such file, it cannot be read, is no text, or has a line of a megabyte.
    """
    try:
        with open_packed(path) as packed:
            size = path.stat().st_size
            sample = packed.read(1 << 16)
            packed.seek(0)
            encoding = _encoding(path, sample, encoding)
            newline = "\n" if b"\n" in sample or b"\r" not in sample else "\r"
            text = io.TextIOWrapper(packed, encoding=encoding, newline=newline)
            try:
                yield _lines(path, text, packed, size, progress)
            finally:
                text.detach()
    except FileNotFoundError:
        raise UnreadableTable(f"{path}: no such file") from None
    except TooLarge as error:
        raise UnreadableTable(f"{path}: {error}; unpack it and look what it is") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableTable(f"{path}: the compressed file is cut or damaged ({error}); copy it again") from error
    except OSError as error:
        raise UnreadableTable(f"{path}: cannot be read ({error.strerror or error})") from error


def _lines(
    path: Path, text: io.TextIOWrapper, content: IO[bytes], size: int, progress: Progress | None
) -> Iterator[str]:
    number = 0
    while True:
        line = text.readline(_LONGEST_LINE)
        if not line:
            return
        number += 1
        if len(line) == _LONGEST_LINE:
            raise UnreadableTable(f"{path}, line {number}: longer than a line of a table can be")
        if "\0" in line:
            raise UnreadableTable(f"{path}, line {number}: a zero byte, which no text has; the file is damaged")
        if progress is not None and number % 20_000 == 0:
            progress(min(content.tell(), size), size)
        if number == 1:
            line = line.lstrip("\ufeff")
        yield line.rstrip("\r\n") + "\n"


def _encoding(path: Path, sample: bytes, usual: str) -> str:
    if sample[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if b"\0" in sample[:4096]:
        pairs = sample[: len(sample) // 2 * 2]
        if len(pairs) > 20 and pairs[1::2].count(0) > 0.7 * len(pairs) / 2 and pairs[::2].count(0) == 0:
            return "utf-16-le"
        raise UnreadableTable(f"{path}: not a text table (CSV or TSV)")
    return usual
