"""The destination of an export: nothing is overwritten unasked, nothing half written is left behind."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from gazeapp.errors import AlreadyExists
from gazeapp.store.identifier import require_no_link
from gazeapp.store.new_file import write_whole
from gazeapp.store.storage_errors import disk_error


def write_folder(dest: Path, write: Callable[[Path], None], *, overwrite: bool = False) -> list[Path]:
    """Let `write` fill a folder beside `dest`, then move what it wrote into place.

    Args:
        dest: Folder of the export; made where there is none.
        write: Fills the folder it is given.
        overwrite: Replace files of the same name; other files in `dest` are never touched.

    Returns:
        The files written, by path.

    Raises:
        AlreadyExists: `dest` holds something and `overwrite` is not set.
        UnsafeName: A folder in `dest` that is to be written into is a link.
        DiskFull: No space; `dest` is as it was.
    """
    try:
        if dest.exists() and not dest.is_dir():
            raise AlreadyExists(f"{dest}: a file of this name exists; choose another destination")
        if not overwrite and dest.is_dir() and any(dest.iterdir()):
            raise AlreadyExists(f"{dest}: not empty; choose another folder, or pass --overwrite")
        dest.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{dest.name}-", suffix=".part", dir=dest.parent))
        try:
            write(part)
            written = sorted(path for path in part.rglob("*") if path.is_file())
            targets = [dest / path.relative_to(part) for path in written]
            for target in targets:  # before anything is moved
                require_no_link(target.parent, dest)
            for path, target in zip(written, targets, strict=True):
                target.parent.mkdir(parents=True, exist_ok=True)
                path.replace(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise disk_error(error, dest) from error
    return targets


def write_file(dest: Path, content: str, *, overwrite: bool = False) -> None:
    """Write one text file, whole or not at all; AlreadyExists and DiskFull as in `write_folder`."""
    if dest.exists() and not overwrite:
        raise AlreadyExists(f"{dest}: exists already; choose another name, or pass --overwrite")
    try:
        dest.parent.mkdir(parents=True, exist_ok=True)
        write_whole(dest, content)
    except OSError as error:
        raise disk_error(error, dest) from error
