"""The sessions that an export covers: a single one, or those of a study."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gazeapp.errors import StoreError, UnsafeName
from gazeapp.store.embedding import UserEmbedding
from gazeapp.store.reader import SessionReader
from gazeapp.store.session_file import find_session
from gazeapp.store.study import Study
from gazeapp.store.study_place import STUDY_NAME


def find_sessions(path: Path, participants: Sequence[str] = ()) -> list[Path]:
    """Session folders below a study, or the one given.

    Args:
        path: A study's folder or a session's.
        participants: Pseudonyms to keep; all when empty.

    Raises:
        StoreError: Neither a study nor a session, an unknown participant, nothing to export, or a session that says
            it is another person's.
        UnsafeName: A session's folder or file is a link, or an id is no plain name.
    """
    if (path / STUDY_NAME).is_file():
        with Study.open(path) as study:
            for pseudonym in participants:
                study.participant(pseudonym)
            sessions = [s for s in study.sessions() if not participants or s.pseudonym in participants]
        for session in sessions:
            session.reader().close()
        folders = [session.path for session in sessions]
        if not folders:
            raise StoreError(
                f"{path}: no sessions to export" + (f" of {', '.join(participants)}" if participants else "")
            )
        return folders
    try:
        folder = find_session(path).parent
    except UnsafeName:
        raise
    except StoreError as error:
        raise StoreError(f"{path}: neither a study ({STUDY_NAME}) nor a session (session.sqlite) is here") from error
    with SessionReader(folder) as reader:
        if participants and reader.pseudonym not in participants:
            raise StoreError(f"{path}: a session of {reader.pseudonym}, not of {', '.join(participants)}")
    return [folder]


def last_embedding(reader: SessionReader) -> UserEmbedding | None:
    """The embedding as it stood at the end of a session."""
    found = None
    for prediction in reader.predictions(final_only=True):
        if prediction.embedding is not None:
            found = prediction.embedding
    return found
