"""The left column of the page of plans: the plans of the study, and what a new one can start from."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QMenu, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from gazeapp.store.session_state import SessionRecord
from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import KeyButton, label
from gazeapp.ui.widgets.choice_list import Choice, ChoiceList

WIDTH_PX = 206
MAX_SESSIONS = 30


class PlanList(QFrame):
    """Tells which plan is wanted, by its file, and which start, by its name."""

    plan_chosen = Signal(str)
    start_chosen = Signal(str)
    """A template, or "session"; see `show_sessions`."""
    session_chosen = Signal(str)
    """Id of the session that a plan is to be made from."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("navigation")
        self.setFixedWidth(WIDTH_PX)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 16, 10, 12)
        column.setSpacing(8)
        column.addWidget(label(self.tr("Plans"), "section"))
        self.plans = ChoiceList(theme)
        self.plans.setAccessibleName(self.tr("Plans of the study"))
        self.plans.chosen.connect(self.plan_chosen)
        inner = QWidget()
        inner.setObjectName("scrolled")
        listed = QVBoxLayout(inner)
        listed.setContentsMargins(0, 0, 0, 0)
        listed.addWidget(self.plans)
        listed.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(inner)
        column.addWidget(area, 1)
        column.addWidget(label(self.tr("Start from"), "section"))
        self.starts: dict[str, KeyButton] = {}
        for number, (key, words) in enumerate(
            (
                ("quick", self.tr("Quick enrolment")),
                ("viewings", self.tr("Four viewings")),
                ("overlay", self.tr("Overlay only")),
                ("session", self.tr("Earlier session")),
            ),
            start=1,
        ):
            button = KeyButton(words, str(number))
            button.setProperty("role", "slim")
            # long words of another language never widen the column
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _checked=False, key=key: self.start_chosen.emit(key))
            self.starts[key] = button
            column.addWidget(button)
        self.starts["quick"].setToolTip(self.tr("As few images as it takes, each chosen by what it tells."))
        self.starts["viewings"].setToolTip(self.tr("Every image in each of four sittings, two days apart."))
        self.starts["overlay"].setToolTip(self.tr("For people who are known already."))
        self.starts["session"].setToolTip(self.tr("The plan and the images of a session of this study."))

    def show_plans(self, plans: Sequence[tuple[str, str, str]], path: str) -> None:
        """Show plans as (file, name, words about it), with one open."""
        wanted = [Choice(key=key, name=name, detail=detail) for key, name, detail in plans]
        if tuple(wanted) != self.plans.choices or path != self.plans.key:
            self.plans.show_choices(wanted, path)

    def show_sessions(self, records: Sequence[SessionRecord]) -> QMenu:
        """Offer the latest sessions to start a plan from."""
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for record in sorted(records, key=lambda record: record.created_utc, reverse=True)[:MAX_SESSIONS]:
            words = f"{record.pseudonym} · {record.plan_name} · {record.created_utc[:16].replace('T', ' ')}"
            menu.addAction(words, partial(self.session_chosen.emit, record.session_id))
        if not records:
            menu.addAction(self.tr("No session was recorded in this study yet.")).setEnabled(False)
        menu.popup(self.starts["session"].mapToGlobal(QPoint(0, -menu.sizeHint().height() - 2)))
        return menu
