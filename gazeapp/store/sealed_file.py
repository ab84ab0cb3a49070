"""Closed sessions as one authenticated file, `session.sealed` in place of `session.sqlite`.

AES-256-GCM in chunks of 1 MiB under a key of the file's own. Bound to every chunk are its place, whether it is the
last, and the header, which says in clear whose session it is, so that erasing needs no key. A file is sealed whole or
not at all, read back and compared before the plain one is overwritten. Where both are there, the plain one counts: it
is either what a stopped sealing left, or a session that is recorded into again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import sqlite3
import stat
import sys
import tempfile
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from gazeapp.errors import DamagedSession
from gazeapp.store.folder_lock import FolderLock, is_abandoned
from gazeapp.store.identifier import fault_of_name, require_own
from gazeapp.store.new_file import replacing, settle
from gazeapp.store.shredding import shred_file, shred_leftovers
from gazeapp.store.storage_errors import database_error, disk_error
from gazeapp.store.study_key import StudyKey, is_encrypted, key_of
from gazeapp.store.study_place import study_of_session
from gazeapp.store.untrusted.files import open_plain, parse_json
from gazeapp.store.write_ahead_log import fold_log

SEALED_NAME = "session.sealed"
_MAGIC = b"gazeapp sealed 1\n"
_CHUNK, _TAG = 1 << 20, 16
_MOST_HEADER = 4096
_MEMORY = Path("/dev/shm")
_ROOM = 64 << 20
"""Left free in memory beside a working copy."""
_WORKING = "gazeapp-open-"
_MAKING_S = 10.0
"""Between making a folder and locking it a moment passes."""


def sealed_beside(database: Path) -> Path:
    """The sealed file that stands for a session's database."""
    return database.with_name(SEALED_NAME)


def seal(database: Path, key: StudyKey, session_id: str, pseudonym: str) -> None:
    """Encrypt a closed session's database, and overwrite and remove the plain one.

    Raises:
        DiskFull: No space; the plain file stays as it is.
        StoreError: It cannot be read, or does not read back as written; the plain file stays.
    """
    sealed = require_own(sealed_beside(database))
    require_own(database)
    _require_unread(database)
    shred_leftovers(database)
    try:
        size = database.stat().st_size
        facts = {
            "key_id": key.key_id,
            "salt": secrets.token_hex(32),
            "session_id": session_id,
            "pseudonym": pseudonym,
            "size": size,
        }
        header = json.dumps(facts, ensure_ascii=False).encode()
        with replacing(sealed, is_private=True) as part:
            digest = hashlib.sha256()
            with open_plain(database) as source, part.open("wb") as target:
                target.write(_MAGIC + len(header).to_bytes(4, "big") + header)
                for number, chunk, is_last in _chunks(source, size):
                    digest.update(chunk)
                    target.write(_cipher(key, facts).encrypt(_nonce(number, is_last), chunk, header))
                target.flush()
                os.fsync(target.fileno())
            check = hashlib.sha256()
            for chunk in _opened(part, key):
                check.update(chunk)
            if check.digest() != digest.digest() or database.stat().st_size != size:
                raise DamagedSession(f"{sealed}: does not read back as written; the session stays as it is")
        settle(sealed)
        for path in _plain_files(database):
            shred_file(path)
    except OSError as error:
        raise disk_error(error, sealed) from error


def unseal(database: Path, key: StudyKey) -> None:
    """Decrypt a session's database in its place, to record into it again; the sealed file is removed.

    Raises:
        DiskFull: No space; the sealed file stays.
        DamagedSession: The sealed file is damaged, or of another key.
    """
    sealed = require_own(sealed_beside(database))
    try:
        with replacing(database, is_private=True) as part:
            _write_plain(sealed, key, part)
        settle(database)
        sealed.unlink()
    except OSError as error:
        raise disk_error(error, database) from error


def header_of(sealed: Path) -> dict[str, Any]:  # Any: JSON values
    """What a sealed file says in clear: key_id, session_id, pseudonym, size. DamagedSession when it is no such file."""
    try:
        with open_plain(sealed) as file:
            return _facts(_header(file, sealed), sealed)
    except OSError as error:
        raise disk_error(error, sealed) from error


class WorkingCopy:
    """A sealed database decrypted into a private place: in memory where the system has a file system there.

    Gone with `close`, with the object, and with the process; what a killed process left is removed by the next one.

    Args:
        database: The session's; its sealed file is read.

    Raises:
        StudyLocked: Nobody gives the passphrase.
        DamagedSession: The sealed file is damaged.
        DiskFull: No space.
    """

    def __init__(self, database: Path) -> None:
        sealed = require_own(sealed_beside(database))
        shred_leftovers(database)
        size = int(header_of(sealed)["size"])
        study = study_of_session(database.parent)
        if not is_encrypted(study):
            raise DamagedSession(f"{sealed}: is encrypted, and the study's encryption.json is not in {study}")
        key = key_of(study)
        try:
            self._folder = _private_place(size)
            lock = FolderLock(self._folder, "reading")
            self.close = weakref.finalize(self, _remove, self._folder, lock)
            """Overwrite and remove it; doing so twice is allowed."""
            self.path = self._folder / database.name
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            try:
                _write_plain(sealed, key, self.path)
            except BaseException:
                self.close()
                raise
        except OSError as error:
            raise disk_error(error, sealed) from error


def _write_plain(sealed: Path, key: StudyKey, path: Path) -> None:
    with path.open("wb") as target:
        for chunk in _opened(sealed, key):
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())


def _opened(sealed: Path, key: StudyKey) -> Iterator[bytes]:
    """The plain content, chunk by chunk, each authenticated before it is given out."""
    from cryptography.exceptions import InvalidTag

    with open_plain(sealed) as file:
        header = _header(file, sealed)
        facts = _facts(header, sealed)
        if facts["key_id"] != key.key_id:
            raise DamagedSession(f"{sealed}: was encrypted in another study; put it back into its study to read it")
        cipher, size = _cipher(key, facts), facts["size"]
        n_chunks = max(1, -(-size // _CHUNK))
        for number in range(n_chunks):
            n = min(_CHUNK, size - number * _CHUNK)
            try:
                yield cipher.decrypt(_nonce(number, number == n_chunks - 1), file.read(n + _TAG), header)
            except (InvalidTag, ValueError) as error:
                raise _damaged(sealed) from error
        if file.read(1):
            raise _damaged(sealed)


def _damaged(sealed: Path) -> DamagedSession:
    return DamagedSession(
        f"{sealed}: damaged or changed, and encrypted files cannot be mended; restore it from a backup"
    )


def _header(file: IO[bytes], sealed: Path) -> bytes:
    start = file.read(len(_MAGIC) + 4)
    size = int.from_bytes(start[len(_MAGIC) :], "big")
    header = file.read(size) if start[: len(_MAGIC)] == _MAGIC and size <= _MOST_HEADER else b""
    if not header or len(header) != size:
        raise _damaged(sealed)
    return header


def _facts(header: bytes, sealed: Path) -> dict[str, Any]:  # Any: JSON values
    try:
        facts: dict[str, Any] = parse_json(header)  # Any: JSON values
        names = facts["session_id"], facts["pseudonym"]
        is_sound = len(bytes.fromhex(facts["salt"])) == 32 and type(facts["size"]) is int and facts["size"] >= 0
        if not is_sound or not isinstance(facts["key_id"], str) or any(map(fault_of_name, names)):
            raise ValueError
    except (ValueError, TypeError, KeyError, UnicodeDecodeError) as error:
        raise _damaged(sealed) from error
    return facts


def _cipher(key: StudyKey, facts: dict[str, Any]) -> Any:  # Any: JSON values; cryptography is imported where needed
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key.derive(bytes.fromhex(str(facts["salt"])), "session"))


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _chunks(source: IO[bytes], size: int) -> Iterator[tuple[int, bytes, bool]]:
    n_chunks = max(1, -(-size // _CHUNK))
    for number in range(n_chunks):
        yield number, source.read(_CHUNK), number == n_chunks - 1


def _require_unread(database: Path) -> None:
    """StoreError while another program has the database open, which is about to be overwritten.

    An exclusive transaction does not keep readers out while there is a write-ahead log, and what is in the log is not
    in the file that is encrypted: the log is folded in first, which nobody else may have open.
    """
    try:
        with contextlib.closing(sqlite3.connect(database, isolation_level=None, timeout=2)) as connection:
            fold_log(connection, database)
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise database_error(error, database) from error


def _plain_files(database: Path) -> list[Path]:
    names = (database.name + ending for ending in ("", "-wal", "-shm", "-journal"))
    return [path for name in names if (path := database.with_name(name)).exists()]


def _private_place(size: int) -> Path:
    """A new folder of one's own for `size` bytes, in memory where there is room; old ones of killed processes go."""
    places = [Path(tempfile.gettempdir())]
    if sys.platform == "linux" and _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK):
        places.insert(0, _MEMORY)
    for place in places:
        _sweep(place)
    place = next((p for p in places if shutil.disk_usage(p).free > size + _ROOM), places[-1])
    return Path(tempfile.mkdtemp(prefix=_WORKING, dir=place))


def _sweep(place: Path) -> None:
    """Remove what killed processes left; one's own only, and none that is just being made."""
    for folder in place.glob(f"{_WORKING}*"):
        with contextlib.suppress(OSError):
            found = folder.lstat()
            is_own = stat.S_ISDIR(found.st_mode) and (not hasattr(os, "getuid") or found.st_uid == os.getuid())
            if is_own and time.time() - found.st_mtime > _MAKING_S and is_abandoned(folder):
                _remove(folder)


def _remove(folder: Path, lock: FolderLock | None = None) -> None:
    if lock is not None:
        lock.release()
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            with contextlib.suppress(OSError):  # Windows, while it is open; the next process removes it
                shred_file(path)
        folder.rmdir()
