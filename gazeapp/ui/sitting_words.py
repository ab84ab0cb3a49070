"""Where a participant stands in plans of several sittings, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone

from PySide6.QtCore import QDate, QLocale

from gazeapp.experiment.plan import SittingsPlan
from gazeapp.experiment.sittings import Sittings, sittings_of
from gazeapp.ui.models.study_reading import PersonRow
from gazeapp.ui.translation import tr


def sittings_of_person(plans: Mapping[str, SittingsPlan], row: PersonRow) -> dict[str, Sittings]:
    """Plan → what is left of it and when it is due, of every plan of several sittings that concerns a person.

    A plan that nobody of the study was recorded with concerns a person only where it is the study's one.
    """
    own = {session.plan_name for session in row.sessions}
    return {
        name: sittings_of(name, plan, row.sessions) for name, plan in plans.items() if name in own or len(plans) == 1
    }


def sitting_words(sittings: Sittings, now_utc: datetime | None = None) -> str:
    """Such as "sitting 2 of 4, due today"."""
    if not sittings.n_left or sittings.due_utc is None:
        return tr("all {0} sittings done").format(sittings.count)
    number = tr("sitting {0} of {1}").format(sittings.n_done + 1, sittings.count)
    if sittings.is_open:
        return tr("{0}, begun").format(number)
    if sittings.is_due(now_utc or datetime.now(timezone.utc)):
        return tr("{0}, due now").format(number)
    day = sittings.due_utc.astimezone()
    date = QLocale().toString(QDate(day.year, day.month, day.day), "ddd d MMM")
    return tr("{0}, due {1}").format(number, date)


def is_early(sittings: Sittings, now_utc: datetime | None = None) -> bool:
    """Whether another sitting would come before its time, or be one too many."""
    return not sittings.is_due(now_utc or datetime.now(timezone.utc))
