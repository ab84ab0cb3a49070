"""The first row of Design: the plan's name, how long it takes, undo and redo."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from gazeapp.ui.widgets.basic import ElidedLabel, KeyButton


class PlanHead(QWidget):
    """A name counts once typing it has ended."""

    renamed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self._shown = ""
        self.name = QLineEdit()
        self.name.setAccessibleName(self.tr("Name of the plan"))
        self.name.setMinimumWidth(200)
        self.name.setMaximumWidth(260)
        self.length = ElidedLabel(Qt.TextElideMode.ElideRight)
        self.undo = KeyButton(self.tr("Undo"), "Ctrl+Z")
        self.redo = KeyButton(self.tr("Redo"), "Ctrl+Y")
        row.addWidget(self.name)
        row.addWidget(self.length, 1)
        for button in (self.undo, self.redo):
            button.setProperty("role", "slim")
            row.addWidget(button)
        self.name.editingFinished.connect(self._tell)

    def show_plan(self, name: str, length: str, *, can_undo: bool, can_redo: bool) -> None:
        """Show a plan; a name that is being typed stays."""
        self._shown = name
        if self.name.text() != name and not self.name.hasFocus():
            self.name.setText(name)
        self.length.show_text(length)
        self.undo.setEnabled(can_undo)
        self.redo.setEnabled(can_redo)

    def finish(self) -> None:
        """What was typed is the name now."""
        self.name.clearFocus()

    def _tell(self) -> None:
        self.name.setCursorPosition(0)
        if self.name.text() != self._shown:
            self.renamed.emit(self.name.text())
