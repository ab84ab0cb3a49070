"""Removing files so that their content is gone from their place on the disk."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

from gazeapp.errors import UnsafeName
from gazeapp.store.identifier import require_own, require_own_tree

_BEING_SHREDDED = ".shredded"
_ZEROS = bytes(1 << 20)
_OPEN = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def shred_folder(folder: Path) -> None:
    """Overwrite every file below a folder with zeros, then remove it all.

    Nothing is touched when there is a link in it, or a file that has a second name elsewhere: overwriting it would
    reach what is not in the folder.

    On copy-on-write file systems and on solid-state disks old blocks may outlive this, as they outlive any program's
    efforts; whole-disk encryption is what helps there.

    Raises:
        UnsafeName: Such a link; names it.
        OSError: A file cannot be opened or removed.
    """
    require_own_tree(folder)
    if os.name == "posix":
        # by what is open, not by name: nothing that is exchanged meanwhile leads out of the folder
        for _, folders, files, here in os.fwalk(folder, topdown=False, follow_symlinks=False):
            for name in files:
                _shred_in(here, name, folder)
            for name in folders:
                os.rmdir(name, dir_fd=here)
    else:
        for root, folders, files in os.walk(folder, topdown=False):
            for name in files:
                shred_file(Path(root, name))
            for name in folders:
                Path(root, name).rmdir()
    folder.rmdir()


def _shred_in(folder: int, name: str, top: Path) -> None:
    file = os.open(name, _OPEN, dir_fd=folder)
    try:
        _overwrite(file, top / name)
    finally:
        os.close(file)
    os.unlink(name, dir_fd=folder)


def shred_file(path: Path) -> None:
    """Overwrite one file with zeros and remove it; UnsafeName for a link or a file with a second name.

    It is renamed first: one that a stop left half overwritten must not be taken for what it was.
    """
    require_own(path)
    left = path.with_name(f".{path.name}-{secrets.token_hex(4)}{_BEING_SHREDDED}")
    path.rename(left)
    overwrite(left)
    left.unlink()


def shred_leftovers(path: Path) -> None:
    """End what a stopped `shred_file` of this file began."""
    with contextlib.suppress(OSError):
        for left in path.parent.glob(f".{path.name}-*{_BEING_SHREDDED}"):
            overwrite(left)
            left.unlink()


def overwrite(path: Path) -> None:
    """Overwrite one file with zeros in its place; its length stays."""
    require_own(path)
    if not os.access(path, os.W_OK):
        with contextlib.suppress(OSError):  # what is wrong is said when it is opened
            path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    file = os.open(path, _OPEN)
    try:
        _overwrite(file, path)
    finally:
        os.close(file)


def _overwrite(file: int, path: Path) -> None:
    found = os.fstat(file)  # of what is open: another file may have its name by now
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
        raise UnsafeName(
            f"{path}: was exchanged for something that belongs to others; nothing of it was touched",
            name=str(path),
            fault="was exchanged",
        )
    left = found.st_size
    while left > 0:
        left -= os.write(file, _ZEROS[: min(left, len(_ZEROS))])
    os.fsync(file)
