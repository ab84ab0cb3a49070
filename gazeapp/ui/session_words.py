"""Sessions and people in words: states, dates, what is known."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from PySide6.QtCore import QDate, QLocale, QTime

from gazeapp.store.session_state import DAMAGED, STOPPED, SessionRecord, SessionState
from gazeapp.ui.formatting import UNKNOWN, counted
from gazeapp.ui.models.study_reading import PersonRow
from gazeapp.ui.translation import tr


def state_words(record: SessionRecord | None) -> str:
    """What became of a session, in one or two words; "planned" where there is none."""
    if record is None:
        return tr("planned")
    summary, is_rehearsal = record.summary, record.figures.is_rehearsal
    if is_rehearsal and summary.state is SessionState.INTERRUPTED:
        return tr("simulated {0}/{1}").format(summary.n_done, summary.n_images)
    if is_rehearsal and summary.state is SessionState.COMPLETE:
        return tr("simulated")
    if summary.state is SessionState.INTERRUPTED:
        words = tr("incomplete {0}/{1}") if record.is_left else tr("interrupted {0}/{1}")
        return words.format(summary.n_done, summary.n_images)
    return {
        SessionState.RUNNING: tr("running"),
        SessionState.COMPLETE: tr("complete"),
        SessionState.IMPORTED: tr("imported"),
    }[summary.state]


def state_tone(record: SessionRecord | None) -> str:
    """ok, warn, bad or none, to stand beside the words."""
    if record is None:
        return ""
    if record.state is SessionState.INTERRUPTED:
        return "" if record.is_left else "warn"
    if record.figures.is_rehearsal and record.state is SessionState.COMPLETE:
        return ""
    return {SessionState.RUNNING: "bad", SessionState.COMPLETE: "ok", SessionState.IMPORTED: ""}[record.state]


def why_words(record: SessionRecord) -> str:
    """Why a session is not complete, as a sentence."""
    known = {
        STOPPED: tr("The program or the computer stopped."),
        DAMAGED: tr("Its file is damaged; gazeapp recover saves what can be read."),
        "closed before its end": tr("It was closed before its end."),
        LATER: tr("It was to be continued later."),
        ENDED: tr("The experimenter ended it."),
    }
    why = record.summary.why
    return known.get(why) or (why[:1].upper() + why[1:] + "." if why else "")


LATER = "to be continued later"
"""Why a session stopped that somebody chose to continue another time."""
ENDED = "ended by the experimenter"


def when_words(utc: str) -> str:
    """A moment as people say it: today 09:12, yesterday 16:41, 21 Nov 2026."""
    moment = parse_utc(utc)
    if moment is None:
        return UNKNOWN
    local = moment.astimezone()
    days = (datetime.now().astimezone().date() - local.date()).days
    clock = QLocale().toString(QTime(local.hour, local.minute), QLocale.FormatType.ShortFormat)
    if days == 0:
        return tr("today {0}").format(clock)
    if days == 1:
        return tr("yesterday {0}").format(clock)
    return QLocale().toString(QDate(local.year, local.month, local.day), QLocale.FormatType.ShortFormat)


def parse_utc(utc: str) -> datetime | None:
    """A stored moment; None for what is not one."""
    try:
        return datetime.fromisoformat(utc.replace("Z", "+00:00"))
    except ValueError:
        return None


def known_words(row: PersonRow) -> str:
    """What is known of the person."""
    if not row.n_pairs:
        return UNKNOWN
    if row.is_outdated:
        return counted(row.n_pairs, tr("{0} image, outdated"), tr("{0} images, outdated"))
    if row.is_sure:
        return counted(row.n_pairs, tr("{0} image, sure"), tr("{0} images, sure"))
    return counted(row.n_pairs, tr("{0} image, not yet"), tr("{0} images, not yet"))


def better_words(record: SessionRecord | None) -> str:
    """On how many images of a session the personal map predicted gaze better."""
    figures = record.figures if record is not None else None
    if figures is None or not figures.n_compared:
        return UNKNOWN
    return tr("{0} of {1}").format(figures.n_better, figures.n_compared)


def last_seen(row: PersonRow) -> float:
    """Unix time of the last session; NaN without one."""
    moment = parse_utc(row.last.last_utc or row.last.created_utc) if row.last else None
    if moment is None:
        return math.nan
    seconds = row.last.summary.last_s if row.last and math.isfinite(row.last.summary.last_s) else 0.0
    return (moment + timedelta(seconds=max(0.0, min(seconds, 86_400.0)))).timestamp()
