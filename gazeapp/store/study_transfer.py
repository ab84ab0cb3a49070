"""Whole studies: copied, backed up, moved."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from gazeapp.errors import AlreadyExists, FolderInUse, SettingsError, StoreError, UnsafeName
from gazeapp.store.folder_lock import LOCK_NAME, holder, is_locked
from gazeapp.store.identifier import require_own
from gazeapp.store.private import make_private_folder
from gazeapp.store.provenance import now_utc
from gazeapp.store.storage_errors import disk_error
from gazeapp.store.study import Study
from gazeapp.store.study_place import STUDY_NAME

Progress = Callable[[int, int], None]
"""(bytes copied, bytes in all); may raise to cancel: nothing half copied stays."""


def copy_study(source: Path, dest: Path, *, progress: Progress = lambda _done, _all: None) -> Path:
    """Copy a study to a folder that is not there yet; whole or not at all.

    Raises:
        StoreError: No study there, or it cannot be read or written.
        FolderInUse: A session is being recorded.
        AlreadyExists: The destination is there.
        SettingsError: The destination lies inside the study.
    """
    with Study.open(source) as study:
        require_quiet(study)
        source, dest = study.path.resolve(), dest.absolute()
        if dest.exists():
            raise AlreadyExists(f"{dest}: exists already; name another folder")
        if source in (dest, *dest.parents):
            raise SettingsError(f"{dest}: lies inside the study; choose another place", key="dest")
        with staged(dest) as part:
            copy_files(source, part, progress)
            study.copy_to(part / STUDY_NAME)
            part.rename(dest)
    return dest


def back_up(source: Path, folder: Path, *, progress: Progress = lambda _done, _all: None) -> Path:
    """Copy a study into a folder of backups, under its name and the date; noted, since a copy cannot forget anybody."""
    stamp = now_utc()[:19].replace(":", "").replace("-", "")
    done = copy_study(source, folder / f"{source.resolve().name}-{stamp}", progress=progress)
    with Study.open(source) as study:
        if not study.is_read_only:
            names = [person.pseudonym for person in study.participants()]
            study.copies.note(names, "backup", done, "all of the study")
    return done


def move_study(source: Path, dest: Path, *, progress: Progress = lambda _done, _all: None) -> Path:
    """Move a study. To another disk it is copied and compared first; only then does the original go."""
    source, dest = source.resolve(), dest.absolute()
    if is_locked(source):
        raise FolderInUse(f"{source}: {holder(source)}", path=source)
    with Study.open(source) as study:
        require_quiet(study)
    if dest.exists():
        raise AlreadyExists(f"{dest}: exists already; name another folder")
    if source in dest.parents:
        raise SettingsError(f"{dest}: lies inside the study; choose another place", key="dest")
    try:
        dest.parent.mkdir(parents=True, exist_ok=True)
        source.rename(dest)
    except OSError:
        copy_study(source, dest, progress=progress)
        _require_equal(source, dest)
        shutil.rmtree(source)
    return dest


def require_quiet(study: Study) -> None:
    """FolderInUse while a session of the study is recorded."""
    for session in study.sessions():
        if is_locked(session.path):
            raise FolderInUse(f"{session.session_id} is being recorded; end it first", path=session.path)


@contextlib.contextmanager
def staged(dest: Path) -> Iterator[Path]:
    """A folder beside the destination that goes when all is done, or nothing is."""
    try:
        dest.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{dest.name}-", suffix=".part", dir=dest.parent))
    except OSError as error:
        raise disk_error(error, dest) from error
    try:
        yield part
    except OSError as error:
        raise disk_error(error, dest) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def copy_files(source: Path, dest: Path, progress: Progress) -> None:
    """Copy the files of a folder; links are left out, and so is what belongs to a program that runs.

    Raises:
        UnsafeName: A file has a second name elsewhere, which may be another's.
        OSError: It cannot be read or written.
    """
    files = [path for path in files_below(source) if not (path.parent == source and path.name.startswith(STUDY_NAME))]
    n_all = sum(path.stat().st_size for path in files)
    n_done = 0
    dest.mkdir(exist_ok=True)
    for path in files:
        target = dest / path.relative_to(source)
        make_private_folder(target.parent, exist_ok=True)
        n_done += copy_file(path, target)
        progress(n_done, n_all)
    if (source / STUDY_NAME).exists():
        (dest / "sessions").mkdir(exist_ok=True)


def copy_file(path: Path, target: Path) -> int:
    """Copy one file of the study's own; UnsafeName for one that has a second name elsewhere, or was exchanged."""
    require_own(path)
    flags = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    file = os.open(path, os.O_RDONLY | flags)
    with os.fdopen(file, "rb") as source:
        found = os.fstat(file)  # of what is open: another file may have its name by now
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            raise UnsafeName(f"{path}: was exchanged for something that belongs to others", name=str(path))
        with target.open("xb") as copy:
            with contextlib.suppress(OSError):  # some disks keep no rights of files, which was told
                target.chmod(0o600)
            shutil.copyfileobj(source, copy, 1 << 20)
    return found.st_size


def files_below(folder: Path) -> list[Path]:
    """The files below a folder, in order; links, and what a program that runs keeps there, are left out."""
    found = []
    for root, names, files in os.walk(folder):
        names[:] = sorted(n for n in names if not (Path(root) / n).is_symlink() and not n.endswith(".part"))
        found += [Path(root) / name for name in sorted(files) if name != LOCK_NAME]
    return [path for path in found if path.is_file() and not path.is_symlink()]


def _require_equal(source: Path, dest: Path) -> None:
    for path in files_below(source):
        if path.parent == source and path.name.startswith(STUDY_NAME):
            continue  # copied by the database itself, page by page
        copy = dest / path.relative_to(source)
        if not copy.is_file() or path.read_bytes() != copy.read_bytes():
            raise StoreError(f"{copy}: differs from the original; the original was kept, remove the copy and try again")
    with Study.open(source) as one, Study.open(dest) as two:
        rows = [study.embedding_list.rows() for study in (one, two)]  # as they lie there: no key is needed
        if one.participants() != two.participants() or rows[0] != rows[1]:
            raise StoreError(f"{dest}: differs from the original; the original was kept, remove the copy and try again")
