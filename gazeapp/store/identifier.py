"""The gate for names and links that come from files: one plain name inside its folder, or refused by name.

A study or session may have been made or changed by anybody. An id in it that is a path, a link in its folder, or a file
that has a second name elsewhere would let it reach what is not its own, so nothing is read, written or erased there.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from gazeapp.errors import UnsafeName

_MOST_BYTES = 200
"""Of a name in UTF-8; file systems bear 255, and endings are added to names."""
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])( *\.|$)")
"""On Windows, with any ending."""
_STIMULUS_ID = re.compile(r"[0-9a-f]{64}")
_RESTORE = "another program changed the file; restore it from a backup"
_JOURNAL_MAGIC = b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
_COMPANIONS = ("", "-wal", "-shm", "-journal")


def fault_of_name(text: object) -> str:
    """Why a text cannot be the name of a file or folder on every system, in words; empty when it can.

    >>> fault_of_name("P017"), fault_of_name("Zoë-3"), fault_of_name("..")
    ('', '', 'leads out of its folder')
    >>> fault_of_name("a/b"), fault_of_name("nul.txt"), fault_of_name("P1.")
    ("holds '/'", 'is a reserved name on Windows', 'ends with a dot or a space')
    """
    if not isinstance(text, str):
        return "is not text"
    if not text.strip():
        return "is empty"
    if text in (".", ".."):
        return "leads out of its folder"
    if found := _NOT_IN_NAMES.search(text):
        return f"holds {found[0]!r}"
    # invisible characters, such as those that turn the direction of writing, make two names look like one
    if hidden := next((c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")), ""):
        return f"holds the invisible character U+{ord(hidden):04X}"
    if text[-1] in ". ":
        return "ends with a dot or a space"
    if text[0] == " ":
        return "begins with a space"
    if _RESERVED.match(text):
        return "is a reserved name on Windows"
    if len(text.encode()) > _MOST_BYTES:
        return f"is longer than {_MOST_BYTES} bytes"
    return ""


def require_name(text: object, what: str, where: Path | str, hint: str = _RESTORE) -> str:
    """Return a text that names one file or folder and leads nowhere else.

    Args:
        text: As it stands in a file.
        what: What it names, for the message: "session id".
        where: The file it comes from, for the message.
        hint: What to do.

    Raises:
        UnsafeName: It is no such name; carries `name` and `fault`.
    """
    if fault := fault_of_name(text):
        raise UnsafeName(f"{where}: the {what} {str(text)[:80]!r} {fault}; {hint}", name=text, fault=fault)
    return str(text)


def require_below(folder: Path, text: str, where: Path | str) -> Path:
    """Return the file below a folder that a table names by a relative path with slashes; UnsafeName for another."""
    for part in text.split("/"):
        require_name(part, "file name", where)
    return folder / text


def require_stimulus_id(text: str, where: Path | str) -> str:
    """Return a SHA-256 in hexadecimal; UnsafeName for anything else, which could name another file."""
    if not _STIMULUS_ID.fullmatch(text):
        raise UnsafeName(
            f"{where}: the stimulus id {text[:80]!r} is not a SHA-256; {_RESTORE}", name=text, fault="is not a SHA-256"
        )
    return text


def same_name(text: str) -> str:
    """What two names have in common that are one on a file system blind to case or to the composition of letters."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def require_distinct(names: Iterable[str], what: str, where: Path | str) -> None:
    """UnsafeName when two of the names would be the same file on some system."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(same_name(name), name)
        if other is not name:
            raise UnsafeName(
                f"{where}: the {what}s {other!r} and {name!r} would be one file on some systems; "
                "export them one by one, into different folders",
                name=name,
                fault="clashes",
            )


def is_link(path: Path) -> bool:
    """Whether a path is a symbolic link, or a junction on Windows; False for what is not there."""
    try:
        found = path.lstat()
    except (OSError, ValueError):
        return False
    junction = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", None)
    return stat.S_ISLNK(found.st_mode) or (junction is not None and getattr(found, "st_reparse_tag", 0) == junction)


def require_own(path: Path, root: Path | None = None) -> Path:
    """Return a path that lies where it seems to and has no other name.

    Args:
        path: A file or folder, there or not.
        root: Trusted folder above it; every folder between is looked at too. Without it, the path alone is.

    Raises:
        UnsafeName: A link on the way, a file with a second name (hard link), or neither file nor folder.
    """
    require_no_link(path, root)
    try:
        found = path.lstat()
    except (OSError, ValueError):  # not there, not for us, or no name of a file: whoever needs it says so
        return path
    if stat.S_ISREG(found.st_mode):
        if found.st_nlink > 1:
            raise UnsafeName(
                f"{path}: has a second name elsewhere (hard link), so that a change here is a change there; put a copy "
                "in its place, or remove the other name",
                name=str(path),
                fault="has a second name",
            )
    elif not stat.S_ISDIR(found.st_mode):
        raise UnsafeName(
            f"{path}: is neither a file nor a folder, but a device or a pipe; remove it",
            name=str(path),
            fault="is no file",
        )
    return path


def require_no_link(path: Path, root: Path | None = None) -> None:
    """UnsafeName when a path, or a folder between it and the trusted folder `root` above it, is a link."""
    for step in (path, *(path.parents if root is not None else ())):
        if step == root:
            return
        if is_link(step):
            raise UnsafeName(
                f"{step}: is a link, and what it leads to may belong to others; put the file or folder itself in its "
                "place, or remove the link",
                name=str(step),
                fault="is a link",
            )


def require_own_database(database: Path) -> Path:
    """The same for a database and the files that SQLite keeps beside it, which it would follow without asking.

    A rollback journal may also end with the name of a file that SQLite removes once the change is undone. It is there
    for changes of several databases at once, which this program never makes.
    """
    for ending in _COMPANIONS:
        require_own(database.with_name(database.name + ending))
    journal = database.with_name(database.name + "-journal")
    try:
        with journal.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - len(_JOURNAL_MAGIC)))
            names_another = file.read() == _JOURNAL_MAGIC
    except OSError:
        return database
    if names_another:
        raise UnsafeName(
            f"{journal}: names another file, which would be removed when the database is opened; restore the folder "
            "from a backup",
            name=str(journal),
            fault="names another file",
        )
    return database


def require_own_tree(folder: Path) -> None:
    """The same for a folder and everything below it."""
    require_own(folder)
    for here, folders, files in os.walk(folder, onerror=_raise):
        for name in (*folders, *files):
            require_own(Path(here, name))


def _raise(error: OSError) -> None:
    raise error
