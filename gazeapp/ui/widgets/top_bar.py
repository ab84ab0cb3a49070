"""The bar on top: whose session, what is recording, how good gaze is, and the page's actions."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QStackedWidget, QWidget

from gazeapp.ui.theme import Theme
from gazeapp.ui.widgets.basic import ElidedLabel, Pill, label


class TopBar(QFrame):
    """Pills appear with what they tell; the primary action is always the rightmost button."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("top")
        self.setFixedHeight(52)
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 0, 18, 0)
        row.setSpacing(10)
        row.addWidget(label("gazeapp", "brand"))
        self._where = ElidedLabel()
        row.addSpacing(4)
        row.addWidget(self._where, 1)
        self.recording = Pill(theme, 128)
        self.tracker = Pill(theme, 100)
        self.quality = Pill(theme, 130)
        for pill in (self.recording, self.tracker, self.quality):
            pill.hide()
            row.addWidget(pill)
        self._wanted: set[Pill] = set()
        self._bars: list[QWidget] = []
        self._actions = QStackedWidget()
        self._actions.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self._actions.setFixedHeight(36)
        row.addWidget(self._actions)

    def show_where(self, text: str) -> None:
        """Study and participant."""
        self._where.show_text(text)

    def show_pill(self, pill: Pill, text: str, tone: str = "") -> None:
        """Say something in a pill, or hide it with an empty text; on a narrow window the less important ones give
        way.
        """
        if text:
            pill.show_state(text, tone)
        (self._wanted.add if text else self._wanted.discard)(pill)
        self._fit()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Called by Qt."""
        self._fit()

    def _fit(self) -> None:
        current = self._actions.currentWidget()
        room = self.width() - 190 - (current.sizeHint().width() if current is not None else 0)
        for pill in (self.recording, self.quality, self.tracker):
            room -= pill.sizeHint().width() + 10
            pill.setVisible(pill in self._wanted and room >= 0)

    def add_actions(self, actions: QWidget) -> None:
        """Take a page's buttons."""
        self._bars.append(actions)
        self._actions.addWidget(actions)

    def show_actions(self, actions: QWidget) -> None:
        """Show this page's buttons; the others take no room."""
        for other in self._bars:
            wide = QSizePolicy.Policy.Preferred if other is actions else QSizePolicy.Policy.Ignored
            other.setSizePolicy(wide, QSizePolicy.Policy.Preferred)
        self._actions.setCurrentWidget(actions)
        self._fit()
