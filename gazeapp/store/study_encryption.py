"""Encrypting a study at rest: its closed sessions and its embeddings, all at once and from then on.

What stays plain, because it is needed without a passphrase or lies outside: the list of participants with their notes,
consents and states; the images that were shown; reports; exports; a session while it is recorded, or interrupted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gazeapp.errors import FolderInUse
from gazeapp.store.folder_lock import FolderLock, is_locked
from gazeapp.store.sealed_file import sealed_beside, unseal
from gazeapp.store.session_folder import SessionFolder
from gazeapp.store.study import Study
from gazeapp.store.study_key import create_key, is_encrypted, key_of, remove_key

Progress = Callable[[int, int], None]
"""(sessions done, sessions in all); may raise to stop: what is done stays done, and the rest follows another time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encrypted:
    """What was done."""

    n_sessions: int
    n_embeddings: int
    plain: tuple[str, ...]
    """Ids of sessions that stay plain: interrupted, or unreadable; resume or recover them."""


def encrypt_study(path: Path, passphrase: str, progress: Progress = lambda _done, _all: None) -> Encrypted:
    """Encrypt a study, or what of an encrypted one is plain still.

    Args:
        path: The study.
        passphrase: For a study that is not encrypted yet; otherwise its key is asked for as always.
        progress: Told how far it is.

    Raises:
        StudyLocked: The passphrase is too short, or of an encrypted study not given.
        FolderInUse: A session is being recorded.
        DiskFull: There must be room for the largest session a second time; what is done stays done.
    """
    with Study.open(path) as study:
        sessions = _at_rest(study)
        key = key_of(path) if is_encrypted(path) else create_key(path, passphrase)
        n_embeddings = study.embedding_list.rewrite(key)
        plain, n_done = [], 0
        for n, session in enumerate(sessions):
            progress(n, len(sessions))
            if not session.database.is_file():
                continue
            with FolderLock(session.path, "encrypting"):
                if session.seal(key):
                    n_done += 1
                else:
                    plain.append(session.session_id)
        progress(len(sessions), len(sessions))
    return Encrypted(n_sessions=n_done, n_embeddings=n_embeddings, plain=tuple(plain))


def decrypt_study(path: Path, progress: Progress = lambda _done, _all: None) -> Encrypted:
    """Make a study plain again and destroy its key; the key goes last, so that this can be repeated.

    Raises:
        StudyLocked: Nobody gives the passphrase.
        FolderInUse: A session is being recorded.
        DamagedSession: A sealed session is damaged; the key stays.
    """
    with Study.open(path) as study:
        sessions, key = _at_rest(study), key_of(path)
        sealed = [s for s in sessions if sealed_beside(s.database).is_file()]
        for n, session in enumerate(sealed):
            progress(n, len(sealed))
            with FolderLock(session.path, "decrypting"):
                if session.database.is_file():  # which counts; without its key the other would be unreadable for good
                    sealed_beside(session.database).unlink()
                else:
                    unseal(session.database, key)
        n_embeddings = study.embedding_list.rewrite(None)
        remove_key(path)
        progress(len(sealed), len(sealed))
    return Encrypted(n_sessions=len(sealed), n_embeddings=n_embeddings, plain=())


def _at_rest(study: Study) -> list[SessionFolder]:
    sessions = study.sessions()
    for session in sessions:
        if is_locked(session.path):
            raise FolderInUse(f"{session.session_id} is being recorded; end it first", path=session.path)
    return sessions
