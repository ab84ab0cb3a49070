"""The ways to look at an image, as a row of segments with their keys."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from gazeapp.ui.models.trial_scenes import VIEWS, View
from gazeapp.ui.widgets.basic import KeyButton


class ViewBar(QWidget):
    """One of them is on."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        names = (
            self.tr("Maps"),
            self.tr("Gaze plot"),
            self.tr("Heat map"),
            self.tr("Areas"),
            self.tr("Compare"),
            self.tr("Replay"),
            self.tr("People"),
        )
        group = QButtonGroup(self)
        self.buttons: dict[View, KeyButton] = {}
        for n, (view, name) in enumerate(zip(VIEWS, names, strict=True), start=1):
            button = KeyButton(name, str(n))
            button.setProperty("role", "segment")
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(partial(self._choose, view))
            group.addButton(button)
            self.buttons[view] = button
            row.addWidget(button)
        row.addStretch(1)

    def show_view(self, view: View) -> None:
        """Mark one of them."""
        self.buttons[view].setChecked(True)

    def _choose(self, view: View, _checked: bool = False) -> None:
        self.chosen.emit(view)
