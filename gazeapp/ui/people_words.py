"""What the page of people says of the whole study, of a session that waits, and of what erasing takes away."""

from __future__ import annotations

from gazeapp.store.session_state import SessionRecord, SessionState
from gazeapp.ui.formatting import counted
from gazeapp.ui.models.study_reading import PersonRow, StudyContent
from gazeapp.ui.session_words import when_words, why_words
from gazeapp.ui.sitting_words import is_early, sittings_of_person
from gazeapp.ui.translation import tr


def summary_words(content: StudyContent) -> str:
    """How many people there are, and how far they are; empty for a study of nobody."""
    rows = content.rows
    if not rows and not content.erasures:
        return ""
    n_complete = sum(row.last is not None and row.last.state is SessionState.COMPLETE for row in rows)
    n_open = sum(row.open_session is not None for row in rows)
    n_running = sum(row.last is not None and row.last.state is SessionState.RUNNING for row in rows)
    n_planned = sum(not row.sessions for row in rows)
    parts = [counted(len(rows), tr("{0} participant"), tr("{0} participants"))]
    for n, words in (
        (n_complete, tr("{0} complete")),
        (n_running, tr("{0} running")),
        (n_open, tr("{0} interrupted")),
        (n_planned, tr("{0} planned")),
    ):
        if n:
            parts.append(words.format(n))
    due = [row for row in rows if any(not is_early(s) for s in sittings_of_person(content.sittings, row).values())]
    if content.sittings:
        parts.append(tr("{0} due now").format(len(due)))
    if content.erasures:
        last = when_words(content.erasures[-1].erased_utc)
        parts.append(tr("{0} withdrawn or erased, last {1}").format(len(content.erasures), last))
    return ", ".join(part.replace(" ", "\u00a0", 1) for part in parts)  # no line ends behind a number


def interrupted_words(record: SessionRecord, *, was_found: bool) -> tuple[str, str]:
    """That a session waits to be continued, and why; `was_found` says that nobody had closed it."""
    summary = record.summary
    words = tr("{0} stopped at image {1} of {2}, {3}.").format(
        record.pseudonym, summary.n_done + 1, summary.n_images, when_words(record.created_utc)
    )
    kept = (
        tr("It was found when the study was opened; everything until then is on disk.")
        if was_found
        else tr("Everything until then is on disk.")
    )
    return words, f"{why_words(record)} {kept}".strip()


def erase_words(row: PersonRow) -> str:
    """What goes with a person, and what erasing does not reach."""
    goes = tr(
        "{0} with all gaze, maps and pictures, the embedding, consent, variables and notes of {1} go for good. A "
        "date stays, and the pseudonym cannot be used again. Exports, reports and backups made before are not "
        "reached: delete them too."
    ).format(counted(len(row.sessions), tr("{0} session"), tr("{0} sessions")), row.pseudonym)
    same = tr("Both erase the same; the record then says whether consent was withdrawn.")
    return f"{goes}\n\n{same}"
