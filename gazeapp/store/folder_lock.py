"""Who uses a folder: a lock that ends with the process that holds it, however that ends."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from gazeapp.errors import FolderInUse, UnsafeName
from gazeapp.store.provenance import now_utc

LOCK_NAME = "in-use.lock"
_BYTE = 1 << 20  # what is locked lies behind the text, so that others may read it (Windows locks keep them from it)


class FolderLock:
    """Holds a folder for one user until `release`, the end of the process, or a power cut.

    The system keeps the lock, not the file: a file that a killed process left behind locks nothing. The lock stands in
    nobody's way on a disk that cannot be written or cannot lock.

    Args:
        folder: To hold.
        who: Told to the next one who asks.

    Raises:
        FolderInUse: Somebody else holds it; says who, and since when.
    """

    def __init__(self, folder: Path, who: str = "") -> None:
        self._path = folder / LOCK_NAME
        self._file: int | None = None
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        while True:
            try:
                file = os.open(self._path, flags, 0o600)
            except OSError:
                return  # read-only: there is nothing to spoil
            if os.fstat(file).st_nlink > 1:  # what is written into it would be written elsewhere too
                os.close(file)
                raise UnsafeName(f"{self._path}: has a second name elsewhere (hard link); remove it", name=LOCK_NAME)
            if _lock_soon(file) is False:
                os.close(file)
                raise FolderInUse(f"{folder}: {holder(folder)}", path=folder)
            if _is_still(file, self._path):
                break
            os.close(file)  # its last user removed it between opening and locking
        self._file = file
        with contextlib.suppress(OSError):  # no space: the lock holds all the same, only who holds it is not told
            os.ftruncate(file, 0)
            os.write(file, json.dumps({"pid": os.getpid(), "who": who, "since_utc": now_utc()}).encode())

    def release(self) -> None:
        """Let others use the folder; releasing twice is allowed."""
        file, self._file = self._file, None
        if file is None:
            return
        # removed first: whoever comes now makes a file of their own
        with contextlib.suppress(OSError):
            self._path.unlink()
        os.close(file)
        with contextlib.suppress(OSError):  # Windows removes no file that is open
            self._path.unlink()

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def _is_still(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError:
        return False


def is_locked(folder: Path) -> bool:
    """Whether somebody holds a folder."""
    return _ask(folder) is False


def is_abandoned(folder: Path) -> bool:
    """Whether nobody uses a folder of this computer any more; where nothing can be locked, whether its user ended."""
    is_free = _ask(folder)
    return not _runs(_facts(folder).get("pid")) if is_free is None else is_free


def _ask(folder: Path) -> bool | None:
    """Whether a folder could be had; None where the disk cannot lock."""
    path = folder / LOCK_NAME
    if not path.is_file() or path.is_symlink():
        return True
    try:
        file = os.open(path, os.O_RDWR)
    except OSError:
        return True
    try:
        return _try_lock(file)
    finally:
        os.close(file)


def _runs(pid: object) -> bool:
    if not isinstance(pid, int) or pid <= 0 or os.name != "posix":  # Windows can lock
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # another user's
        return True
    return True


def holder(folder: Path) -> str:
    """Who holds a folder, in words."""
    facts = _facts(folder)
    try:
        who, pid, since = str(facts["who"]), int(facts["pid"]), str(facts["since_utc"])
    except (ValueError, KeyError, TypeError):
        return "in use by another program; close it there first"
    since = f"{since[:10]} {since[11:16]} UTC"
    if who:
        return f"in use by {who} (process {pid}, since {since}); close it there first"
    return f"in use (process {pid}, since {since}); close it there first"


def _facts(folder: Path) -> dict[str, Any]:  # Any: JSON values
    try:
        with (folder / LOCK_NAME).open("rb") as file:
            facts = json.loads(file.read(2000))
    except (OSError, ValueError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _lock_soon(file: int) -> bool | None:
    """Somebody may just be asking whether the folder is held, which holds it for a moment."""
    for _ in range(5):
        if (has_it := _try_lock(file)) is not False:
            return has_it
        time.sleep(0.02)
    return False


def _try_lock(file: int) -> bool | None:
    """Whether it could be locked; None on a disk that cannot lock, as some network shares: nobody is kept out there."""
    for _ in range(3):
        try:
            if sys.platform == "win32":
                import msvcrt

                os.lseek(file, _BYTE, os.SEEK_SET)
                msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
                os.lseek(file, 0, os.SEEK_SET)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except PermissionError:  # held, as Windows says it
            return False
        except OSError:
            time.sleep(0.01)
            continue
        return True
    return None
