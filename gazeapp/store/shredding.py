"""Removing files so that their content is gone from their place on the disk."""

from __future__ import annotations

import os
from pathlib import Path

_ZEROS = bytes(1 << 20)


def shred_folder(folder: Path) -> None:
    """Overwrite every file below a folder with zeros, then remove it all. Links are removed, not followed.

    On copy-on-write file systems and on solid-state disks old blocks may outlive this, as they outlive any program's
    efforts; whole-disk encryption is what helps there.
    """
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_symlink() or not path.is_dir():
            shred_file(path)
        else:
            path.rmdir()
    folder.rmdir()


def shred_file(path: Path) -> None:
    """Overwrite one file with zeros and remove it."""
    if not path.is_symlink() and path.is_file():
        with path.open("r+b", buffering=0) as file:
            left = os.fstat(file.fileno()).st_size
            while left > 0:
                left -= file.write(_ZEROS[: min(left, len(_ZEROS))])
            os.fsync(file.fileno())
    path.unlink()
