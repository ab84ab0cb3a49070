"""Files that appear whole or not at all, made anew and never through a link that waits under their name."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


@contextlib.contextmanager
def replacing(path: Path, *, is_private: bool = False) -> Iterator[Path]:
    """Make an empty file beside `path` for the caller to fill, and move it into its place at the end.

    The file has a name that nobody can foresee and is made exclusively. A link at `path` itself is replaced, not
    followed. Nothing is left behind when the caller fails. What the system keeps below /dev is written to as it is.

    Args:
        path: The file.
        is_private: Whether only its owner may read it, whatever the umask says.
    """
    if path.absolute().as_posix().startswith(("/dev/", "/proc/")):
        yield path
        return
    part = path.with_name(f".{path.name[:60]}-{secrets.token_hex(8)}.part")
    try:
        os.close(os.open(part, _NEW, 0o600 if is_private else 0o666))
    except OSError as error:
        error.filename = str(path)  # as whoever asked for the file knows it
        raise
    try:
        yield part
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: bytes | str, *, is_private: bool = False, is_durable: bool = False) -> None:
    """Write a file whole or not at all, and where asked so that a power cut cannot take it back.

    Raises:
        OSError: It cannot be written.
    """
    with replacing(path, is_private=is_private) as part:
        part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        if is_durable:
            _sync(part)
    if is_durable:
        settle(path)


def settle(path: Path) -> None:
    """Have the system keep a file's new name before what it replaces is destroyed; Windows does so by itself."""
    if os.name == "posix":
        _sync(path.parent)


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(file)
    finally:
        os.close(file)
