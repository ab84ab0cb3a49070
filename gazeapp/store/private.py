"""Folders and files that only their owner can open: what is in them is biometric data of people who trusted the owner.

On Windows a new folder inherits the rights of the one above it; below a person's own folder that is the person and the
administrators.
"""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path

_log = logging.getLogger(__name__)
_FOLDER, _FILE = 0o700, 0o600
_told: set[int] = set()
"""Disks of which it was said that they keep no rights."""


def make_private_folder(path: Path, *, exist_ok: bool = False) -> None:
    """Make a folder, and those above it that are missing, whatever the umask says; OSError when it cannot be made.

    One that is there stays as its owner wants it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir(mode=_FOLDER)
    except FileExistsError:
        if not exist_ok or not path.is_dir():
            raise
        return
    with contextlib.suppress(OSError):  # FAT, exFAT and some shares have no rights to set
        path.chmod(_FOLDER)
    if os.name == "posix" and _rights(path) & 0o077:
        _tell_open(path)


def _tell_open(path: Path) -> None:
    """Once for each disk."""
    if (device := path.stat().st_dev) in _told:
        return
    _told.add(device)
    _log.warning(
        "%s: the disk or share that this lies on keeps no rights of files: everybody on this computer can open what is "
        "recorded here. Keep studies on the computer's own disk, or encrypt them (gazeapp study encrypt)",
        path,
    )


def _rights(path: Path) -> int:
    return path.stat().st_mode & 0o777


def make_private_file(path: Path) -> None:
    """Make an empty file, or close one that is there to everybody else; never through a link."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    with contextlib.suppress(OSError):  # whoever opens it next says what is wrong
        file = os.open(path, flags, _FILE)
        try:
            if os.fstat(file).st_mode & 0o777 != _FILE and hasattr(os, "fchmod"):
                os.fchmod(file, _FILE)
        finally:
            os.close(file)
