"""Leaving an image out of analysis: never without a reason, always to be taken back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QLineEdit, QWidget

from gazeapp.store.exclusion import MAX_REASON
from gazeapp.ui.dialogs.dialog import Dialog
from gazeapp.ui.widgets.basic import label


class ExclusionDialog(Dialog):
    """Asks for the reason."""

    def __init__(self, parent: QWidget | None, what: str, do: Callable[[str], object]) -> None:
        super().__init__(parent, self.tr("Exclude {0}?").format(what))
        self._do = do
        text = self.tr("Exports, reports, enrolment and training leave it out and say so. Nothing is deleted.")
        self.body.addWidget(label(text, "dim", wrap=True))
        self.body.addWidget(label(self.tr("Reason"), "dim"))
        self.reason = QLineEdit()
        self.reason.setAccessibleName(self.tr("Reason"))
        self.reason.setMaxLength(MAX_REASON)
        self.reason.setPlaceholderText(self.tr("such as: the participant talked"))
        self.reason.textChanged.connect(self._check)
        self.body.addWidget(self.reason)
        self.body.addStretch(1)
        self.add_button(self.tr("Cancel"), self.reject)
        self.go = self.add_button(self.tr("Exclude"), self._exclude, key="Return", primary=True)
        self.go.setEnabled(False)
        self.reason.setFocus()

    def _check(self, text: str) -> None:
        self.go.setEnabled(bool(text.strip()))

    def _exclude(self) -> None:
        if self.go.isEnabled():
            self._do(self.reason.text().strip())
            self.accept()
