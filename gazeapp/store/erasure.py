"""What of a person lies in a study's folder: found by the contents of the sessions, whatever the study lists."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gazeapp.errors import FolderInUse, GazeAppError, StoreError
from gazeapp.store import schema
from gazeapp.store.copies import Copy
from gazeapp.store.folder_lock import holder, is_locked
from gazeapp.store.identifier import fault_of_name, is_link, require_own, require_own_tree
from gazeapp.store.recovery.salvage import Salvage
from gazeapp.store.sealed_file import SEALED_NAME, header_of
from gazeapp.store.session_file import DATABASE_NAME, open_read_only
from gazeapp.store.untrusted.files import open_plain, parse_json

_SQLITE = b"SQLite format 3\0"
_WEIGHTS = ".safetensors"
_MOST_HEADER_BYTES = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasurePlan:
    """What will go, and what cannot."""

    pseudonym: str
    folders: tuple[Path, ...]
    """Session folders, by path."""
    unlisted: tuple[Path, ...]
    """Those of them that the study does not list."""
    leftovers: tuple[Path, ...]
    """Damaged files that a recovery set aside, which may hold anybody's rows."""
    n_sessions: int
    """Folders, and sessions that are listed but whose folder is gone."""
    n_consents: int
    n_embeddings: int
    n_bytes: int
    copies: tuple[Copy, ...]
    """Made from the person's data, and out of reach."""
    unknown: tuple[Path, ...]
    """Sessions of which nobody can say whose they are."""


def find_folders(study: Path, listed: Mapping[str, str], pseudonym: str) -> tuple[list[Path], list[Path]]:
    """A person's session folders anywhere below a study, and sessions whose owner cannot be told.

    A session's own contents say whose it is. Where they are too damaged to say, the study's list does, and without
    that nobody.

    Args:
        study: The study's folder; links in it are not followed.
        listed: Session id → pseudonym, as the study lists them.
        pseudonym: Whose sessions.

    Raises:
        UnsafeName: The sessions' folder, or an entry in it, is a link; or a session of the person holds one.
        FolderInUse: A session of the person is being recorded.
        StoreError: The study lists a session as the person's that says it is another's, or a folder holds sessions of
            several people.
    """
    sessions = study / "sessions"
    require_own(sessions)
    for entry in sorted(sessions.iterdir()) if sessions.is_dir() else ():
        if is_link(entry):
            require_own(entry)
    owners: dict[Path, set[str]] = {}
    for folder, database in _databases(study):
        owner = owner_of(database)
        claimed = listed.get(folder.name, "") if folder.parent == sessions else ""
        if owner and claimed and owner != claimed and pseudonym in (owner, claimed):
            raise StoreError(
                f"{folder}: the study lists this session as one of {claimed}, its own file says {owner}; find out "
                "whose it is and set it right before anything is erased",
            )
        owners.setdefault(folder, set()).add(owner or claimed)
    for session_id, owner in listed.items():  # listed, and nothing in it that could say whose it is
        if owner == pseudonym and (folder := sessions / session_id).is_dir():
            owners.setdefault(folder, {pseudonym})
    found = sorted(folder for folder, names in owners.items() if pseudonym in names)
    for folder in found:
        within = [names for place, names in owners.items() if place == folder or folder in place.parents]
        if set[str]().union(*within) - {pseudonym, ""} or folder in (study, sessions):
            raise StoreError(
                f"{folder}: holds a session of {pseudonym} and more than that; put each session into a folder of its "
                "own, then erase again",
            )
        require_own_tree(folder)
        if is_locked(folder):
            raise FolderInUse(f"{folder}: {holder(folder)}", path=folder)
    outermost = [folder for folder in found if not any(parent in found for parent in folder.parents)]
    unknown = sorted(folder for folder, names in owners.items() if names == {""})
    return outermost, [folder for folder in unknown if not any(parent in found for parent in folder.parents)]


def _databases(study: Path) -> list[tuple[Path, Path]]:
    """(folder, file) of everything below a study that is, or once was, a session's database."""
    found = []
    for here, _, files in os.walk(study):
        folder = Path(here)
        for name in sorted(files):
            path = folder / name
            if name == SEALED_NAME and not is_link(path):
                found.append((folder, path))
            if ".sqlite" not in name or name.endswith(("-wal", "-shm", "-journal")) or is_link(path):
                continue
            if name == DATABASE_NAME or _is_session(path):
                found.append((folder, path))
    return found


def _is_session(path: Path) -> bool:
    with contextlib.suppress(OSError), open_plain(path) as file:
        head = file.read(72)
        return head[:16] == _SQLITE and int.from_bytes(head[68:72], "big") == schema.SESSION_APPLICATION_ID
    return False


def owner_of(database: Path) -> str:
    """The pseudonym that a session's file holds, also a damaged one; empty where it cannot be told.

    A sealed file says it in clear: erasing needs no key.
    """
    if database.name == SEALED_NAME:
        with contextlib.suppress(GazeAppError):
            return str(header_of(database)["pseudonym"])
        return ""
    with contextlib.suppress(GazeAppError, sqlite3.Error, OSError, ValueError, UnicodeDecodeError):
        connection = open_read_only(database)
        try:
            schema.require_tables_only(connection, database)
            rows = connection.execute("SELECT value FROM meta WHERE key = 'pseudonym'").fetchall()
        finally:
            connection.close()
        if rows:
            return _pseudonym(rows[0][0])
    with contextlib.suppress(OSError, ValueError), Salvage(database, schema.SESSION_TABLES) as left:
        for table, _, row in left.rows():
            if table == "meta" and row[0] == "pseudonym":
                return _pseudonym(row[1])
    return ""


def _pseudonym(value: object) -> str:
    with contextlib.suppress(ValueError, TypeError):
        name = parse_json(value)  # type: ignore[arg-type]  # what is no text raises
        return "" if fault_of_name(name) else str(name)
    return ""


def size_of(folders: list[Path]) -> int:
    """Bytes of all files below folders."""
    return sum(Path(here, name).lstat().st_size for top in folders for here, _, files in os.walk(top) for name in files)


def find_weights(places: Iterable[Path], sha256s: Collection[str], *, depth: int | None = None) -> list[Path]:
    """Weights that were trained on data with one of these hashes, as their own headers say.

    Args:
        places: Folders to look below; links are not followed.
        sha256s: Of training data.
        depth: How many folders deep; None for all.
    """
    found = set()
    for place in places if sha256s else ():
        for here, folders, files in os.walk(place):
            if depth is not None and len(Path(here).relative_to(place).parts) >= depth:
                folders.clear()
            found |= {path for name in files if (path := Path(here, name)).suffix == _WEIGHTS}
    return sorted({path.resolve() for path in found if any(text in _header_of(path) for text in sha256s)})


def _header_of(path: Path) -> str:
    """The text before the tensors of a safetensors file; empty where it is no such file."""
    with contextlib.suppress(OSError), open_plain(path) as file:
        size = int.from_bytes(file.read(8), "little")
        return file.read(min(size, _MOST_HEADER_BYTES)).decode("utf-8", "replace")
    return ""
