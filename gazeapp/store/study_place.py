"""Where the study is that something belongs to: `STUDY/study.sqlite`, `STUDY/sessions/ID/session.sqlite`."""

from __future__ import annotations

from pathlib import Path

STUDY_NAME = "study.sqlite"


def study_of_session(session: Path) -> Path:
    """The folder in which the study of a session's folder would be, whether or not there is one."""
    return session.absolute().parent.parent


def study_around(session: Path) -> Path | None:
    """The study that a session's folder lies in; None for a session by itself."""
    study = study_of_session(session)
    return study if session.absolute().parent.name == "sessions" and (study / STUDY_NAME).is_file() else None


def study_of(place: Path) -> Path:
    """The same of what a person names: a study, or a session in it."""
    return place if (place / STUDY_NAME).is_file() else study_of_session(place)
