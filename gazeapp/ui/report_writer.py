"""Reports from the windows; what leaves the study is remembered, so that erasing a person can name it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from gazeapp.errors import GazeAppError


def write_session_report(study: Path, session_id: str, dest: Path) -> Path:
    """Write a session's report as HTML or, by the ending, as PDF; what stood there is replaced."""
    from gazeapp.analysis.report_page import write_page
    from gazeapp.analysis.study_report import build_report, session_areas
    from gazeapp.store.copies import remember_copy
    from gazeapp.store.export.report import write_report
    from gazeapp.store.reader import SessionReader

    folder = study / "sessions" / session_id
    if dest.suffix.lower() == ".pdf":
        write_page(build_report(folder), dest, overwrite=True)
    else:
        write_report(folder, dest, overwrite=True, areas=session_areas(folder))
    with SessionReader(folder) as reader:
        remember_copy(study, [reader.pseudonym], "report", dest, "fixations and maps")
    return dest


def write_study_report(study: Path, dest: Path) -> Path:
    """The same of everybody."""
    from gazeapp.analysis.report_page import write_page
    from gazeapp.analysis.study_report import build_report
    from gazeapp.store.copies import remember_copy
    from gazeapp.store.export.sources import find_sessions
    from gazeapp.store.reader import SessionReader

    write_page(build_report(study), dest, overwrite=True)
    people = []
    for folder in find_sessions(study):
        with contextlib.suppress(GazeAppError), SessionReader(folder) as reader:  # the report names what is damaged
            people.append(reader.pseudonym)
    remember_copy(study, list(dict.fromkeys(people)), "report", dest, "quality, maps over people")
    return dest
