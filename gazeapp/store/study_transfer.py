"""Whole studies: copied, backed up, moved, and one taken into another."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gazeapp.errors import AlreadyExists, FolderInUse, SettingsError, StoreError, UnsafeName
from gazeapp.store.events import dump_json
from gazeapp.store.folder_lock import LOCK_NAME, holder, is_locked
from gazeapp.store.identifier import require_own
from gazeapp.store.participant import folded, require_pseudonym
from gazeapp.store.private import make_private_folder
from gazeapp.store.provenance import now_utc
from gazeapp.store.sealed_file import sealed_beside, unseal
from gazeapp.store.session_file import DATABASE_NAME
from gazeapp.store.session_folder import SessionFolder
from gazeapp.store.storage_errors import database_error, disk_error
from gazeapp.store.study import Study
from gazeapp.store.study_key import is_encrypted, key_of
from gazeapp.store.study_place import STUDY_NAME
from gazeapp.store.study_variables import StudyVariable

Progress = Callable[[int, int], None]
"""(bytes copied, bytes in all); may raise to cancel: nothing half copied stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge brought."""

    participants: tuple[str, ...]
    """Under their pseudonyms in the study they came into."""
    n_sessions: int


def copy_study(source: Path, dest: Path, *, progress: Progress = lambda _done, _all: None) -> Path:
    """Copy a study to a folder that is not there yet; whole or not at all.

    Raises:
        StoreError: No study there, or it cannot be read or written.
        FolderInUse: A session is being recorded.
        AlreadyExists: The destination is there.
        SettingsError: The destination lies inside the study.
    """
    with Study.open(source) as study:
        _require_quiet(study)
        source, dest = study.path.resolve(), dest.absolute()
        if dest.exists():
            raise AlreadyExists(f"{dest}: exists already; name another folder")
        if source in (dest, *dest.parents):
            raise SettingsError(f"{dest}: lies inside the study; choose another place", key="dest")
        with _staged(dest) as part:
            _copy_files(source, part, progress)
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
        _require_quiet(study)
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


def clashes(into: Path, other: Path) -> tuple[str, ...]:
    """Pseudonyms of `other` that are in `into` already: one person in both, or two who happen to share it."""
    with Study.open(into) as study, Study.open(other) as second:
        known = {folded(person.pseudonym) for person in study.participants()}
        return tuple(p.pseudonym for p in second.participants() if folded(p.pseudonym) in known)


def merge_study(
    into: Path, other: Path, *, same: Collection[str] = (), renamed: Mapping[str, str] | None = None
) -> Merged:
    """Take the participants and sessions of another study into one; the other stays as it is.

    Args:
        into: The study that grows.
        other: The study that is taken in.
        same: Pseudonyms in both that mean the same person.
        renamed: Pseudonyms of `other` → what they are to be called here.

    Raises:
        AlreadyExists: A pseudonym is in both, and it is not said whether that is one person; names them all.
        StoreError: Somebody was erased here, sessions are there already, or variables do not fit.
    """
    new_names = {old: require_pseudonym(new) for old, new in (renamed or {}).items()}
    with Study.open(into) as study, Study.open(other) as second:
        if study.path.resolve() == second.path.resolve():
            raise SettingsError(f"{into}: a study cannot be merged with itself", key="other")
        _require_quiet(second)
        known = {folded(person.pseudonym): person.pseudonym for person in study.participants()}
        people = second.participants()
        names = {p.pseudonym: new_names.get(p.pseudonym, p.pseudonym) for p in people}
        asked = [old for old, new in names.items() if folded(new) in known and old not in same]
        if asked:
            raise AlreadyExists(
                f"{', '.join(asked)}: in both studies; say for each whether it is the same person (--same) or another "
                "(--rename OLD=NEW)",
                clashes=tuple(asked),
            )
        if len({folded(new) for new in names.values()}) < len(names):
            raise AlreadyExists("two participants would get the same pseudonym; choose another for one of them")
        for old, new in names.items():
            names[old] = known.get(folded(new), new)
            if folded(new) not in known:
                study.require_free(new)
        variables = _join_variables(study.variables(), second.variables())
        for one in (study, second):
            if is_encrypted(one.path):
                key_of(one.path)  # asked for before anything is copied
        sessions = second.sessions()
        homes = {s.session_id: _new_id(s.session_id, s.pseudonym, names[s.pseudonym]) for s in sessions}
        taken = [new for new in homes.values() if (study.path / "sessions" / new).exists()]
        if taken:
            raise AlreadyExists(f"{into}: has session {taken[0]} already; were these studies merged before?")
        with _staged(study.path / "sessions" / "merge") as part:
            for session in sessions:
                target = part / homes[session.session_id]
                _copy_files(session.path, target, lambda _done, _all: None)
                if sealed_beside(target / DATABASE_NAME).is_file() and not (target / DATABASE_NAME).is_file():
                    unseal(target / DATABASE_NAME, key_of(second.path))
                if names[session.pseudonym] != session.pseudonym or target.name != session.session_id:
                    _rename_in_session(target, names[session.pseudonym], target.name)
            study.set_variables(variables)
            _take_in(study, second, names, homes)
            for new in homes.values():
                (part / new).rename(study.path / "sessions" / new)
            for session in sessions:
                new = homes[session.session_id]
                place = study.path / "sessions" / new
                SessionFolder(path=place, session_id=new, pseudonym=names[session.pseudonym]).seal()
    return Merged(participants=tuple(names.values()), n_sessions=len(homes))


def _require_quiet(study: Study) -> None:
    for session in study.sessions():
        if is_locked(session.path):
            raise FolderInUse(f"{session.session_id} is being recorded; end it first", path=session.path)


def _join_variables(ours: tuple[StudyVariable, ...], theirs: tuple[StudyVariable, ...]) -> list[StudyVariable]:
    found = {variable.name.casefold(): variable for variable in ours}
    for variable in theirs:
        mine = found.setdefault(variable.name.casefold(), variable)
        if mine.kind != variable.kind or mine.name != variable.name:
            raise StoreError(
                f"variable {variable.name}: {variable.kind} in one study and {mine.kind} in the other; make them alike"
            )
        choices = tuple(dict.fromkeys((*mine.choices, *variable.choices)))
        found[variable.name.casefold()] = StudyVariable(name=mine.name, kind=mine.kind, choices=choices)
    return list(found.values())


def _new_id(session_id: str, old: str, new: str) -> str:
    """Folders of earlier versions end in the pseudonym: where that changes, so does the folder."""
    stamp, dash, rest = session_id.partition("-")
    has_name = rest == old or rest.startswith(f"{old}-")
    return f"{stamp}{dash}{new}{rest[len(old) :]}" if old != new and has_name else session_id


def _rename_in_session(folder: Path, pseudonym: str, session_id: str) -> None:
    database = folder / DATABASE_NAME
    if not database.is_file():
        return
    try:
        with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.executemany(
                "INSERT OR REPLACE INTO meta VALUES (?, ?)",
                [("pseudonym", dump_json(pseudonym)), ("session_id", dump_json(session_id))],
            )
    except sqlite3.Error as error:
        raise database_error(error, database) from error


@contextlib.contextmanager
def _staged(dest: Path) -> Iterator[Path]:
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


def _copy_files(source: Path, dest: Path, progress: Progress) -> None:
    """Copy the files of a folder; links are left out, and so is what belongs to a program that runs.

    Raises:
        UnsafeName: A file has a second name elsewhere, which may be another's.
        OSError: It cannot be read or written.
    """
    files = [path for path in _files(source) if not (path.parent == source and path.name.startswith(STUDY_NAME))]
    n_all = sum(path.stat().st_size for path in files)
    n_done = 0
    dest.mkdir(exist_ok=True)
    for path in files:
        target = dest / path.relative_to(source)
        make_private_folder(target.parent, exist_ok=True)
        n_done += _copy_file(path, target)
        progress(n_done, n_all)
    if (source / STUDY_NAME).exists():
        (dest / "sessions").mkdir(exist_ok=True)


def _copy_file(path: Path, target: Path) -> int:
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


def _files(folder: Path) -> list[Path]:
    found = []
    for root, names, files in os.walk(folder):
        names[:] = sorted(n for n in names if not (Path(root) / n).is_symlink() and not n.endswith(".part"))
        found += [Path(root) / name for name in sorted(files) if name != LOCK_NAME]
    return [path for path in found if path.is_file() and not path.is_symlink()]


def _require_equal(source: Path, dest: Path) -> None:
    for path in _files(source):
        if path.parent == source and path.name.startswith(STUDY_NAME):
            continue  # copied by the database itself, page by page
        copy = dest / path.relative_to(source)
        if not copy.is_file() or path.read_bytes() != copy.read_bytes():
            raise StoreError(f"{copy}: differs from the original; the original was kept, remove the copy and try again")
    with Study.open(source) as one, Study.open(dest) as two:
        rows = [study.embedding_list.rows() for study in (one, two)]  # as they lie there: no key is needed
        if one.participants() != two.participants() or rows[0] != rows[1]:
            raise StoreError(f"{dest}: differs from the original; the original was kept, remove the copy and try again")


def _take_in(study: Study, other: Study, names: Mapping[str, str], homes: Mapping[str, str]) -> None:
    """Write the rows of another study, all or none.

    Args:
        study: This one.
        other: The other study.
        names: Its pseudonyms → those in this study.
        homes: Its session ids → those in this study.
    """
    theirs = other._db
    people = {person.pseudonym: person for person in other.participants()}
    known = {person.pseudonym: person for person in study.participants()}
    with study._db.transaction() as execute:
        for row in theirs.read("SELECT * FROM consent_texts"):
            execute("INSERT OR IGNORE INTO consent_texts VALUES (?, ?, ?, ?, ?, ?)", row)
        for old, new in names.items():
            person, mine = people[old], known.get(new)
            if mine is None:
                row = (new, person.created_utc, person.note, dump_json(dict(person.variables)), folded(new))
                execute("INSERT INTO participants VALUES (?, ?, ?, ?, ?)", row)
            else:  # what is known here stays; what is known only there is added
                note = "\n".join(dict.fromkeys(text for text in (mine.note, person.note) if text))
                values = dump_json({**person.variables, **mine.variables})
                execute("UPDATE participants SET note = ?, variables = ? WHERE pseudonym = ?", (note, values, new))
        for table in ("consents", "copies"):
            for _, old, *rest in theirs.read(f"SELECT * FROM {table} ORDER BY number"):
                marks = ", ".join("?" * len(rest))
                execute(f"INSERT INTO {table} VALUES (NULL, ?, {marks})", (names[old], *rest))
        for session_id, old, *rest in theirs.read("SELECT * FROM sessions"):
            if session_id in homes:
                marks = ", ".join("?" * len(rest))
                execute(f"INSERT INTO sessions VALUES (?, ?, {marks})", (homes[session_id], names[old], *rest))
        for session_id, old, figures in theirs.read("SELECT * FROM figures"):
            if session_id in homes:
                execute("INSERT INTO figures VALUES (?, ?, ?)", (homes[session_id], names[old], figures))
        for row in theirs.read("SELECT * FROM embeddings ORDER BY created_utc"):
            _, old, created, session_id, vector, *rest, sha256, sigma_deg = row
            text = other.embedding_list.plain(vector, old, created, sha256)
            text = study.embedding_list.sealed(text, names[old], created, sha256)
            row = (names[old], created, homes.get(session_id, session_id), text, *rest, sha256, sigma_deg)
            execute(f"INSERT INTO embeddings VALUES (NULL, {', '.join('?' * len(row))})", row)
        for _, old, session_id, *rest in theirs.read("SELECT * FROM exclusions ORDER BY number"):
            if not session_id or session_id in homes:
                row = (names[old], homes.get(session_id, ""), *rest)
                execute(f"INSERT INTO exclusions VALUES (NULL, {', '.join('?' * len(row))})", row)
        for _, *rest in theirs.read("SELECT * FROM erasures ORDER BY number"):
            execute(f"INSERT INTO erasures VALUES (NULL, {', '.join('?' * len(rest))})", rest)
