"""Leaving an image, a session or a person out of analysis: never without a reason, always to be taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from gazeapp.store.exclusion import MAX_REASON, Exclusion
from gazeapp.ui.dialogs.dialog import Dialog
from gazeapp.ui.session_words import when_words
from gazeapp.ui.widgets.basic import KeyButton, label


class ExclusionDialog(Dialog):
    """Asks for the reason, and what is left out.

    Args:
        parent: Window it belongs to.
        whats: (words, what to do with the reason) for each thing that can be left out, the smallest first.
    """

    def __init__(self, parent: QWidget | None, whats: Sequence[tuple[str, Callable[[str], object]]]) -> None:
        super().__init__(parent, self.tr("Exclude from analysis"))
        text = self.tr("Exports, reports, enrolment and training leave it out and say so. Nothing is deleted.")
        self.body.addWidget(label(text, "dim", wrap=True))
        self.choices: list[tuple[QRadioButton, Callable[[str], object]]] = []
        for words, do in whats:
            button = QRadioButton(words)
            button.setChecked(not self.choices)
            self.choices.append((button, do))
            self.body.addWidget(button)
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
            next(do for button, do in self.choices if button.isChecked())(self.reason.text().strip())
            self.accept()


class ExclusionList(Dialog):
    """Everything of a study that is left out, and what was taken back: who, when, why.

    Args:
        parent: Window it belongs to.
        history: Oldest first.
        include: Takes one of them back.
    """

    def __init__(
        self, parent: QWidget | None, history: Sequence[Exclusion], include: Callable[[Exclusion], object]
    ) -> None:
        super().__init__(parent, self.tr("Left out of analysis"), width_px=620)
        self._include = include
        self.buttons: list[KeyButton] = []
        in_force = [e for e in history if e.is_in_force]
        words = self.tr("Nothing is left out.") if not in_force else self.tr("{0} in force.").format(len(in_force))
        self.body.addWidget(label(words, "strong"))
        for exclusion in sorted(history, key=lambda e: not e.is_in_force):
            self.body.addLayout(self._line(exclusion))
        self.body.addStretch(1)
        self.add_button(self.tr("Close"), self.accept, key="Return", primary=True)

    def _line(self, exclusion: Exclusion) -> QHBoxLayout:
        row, column = QHBoxLayout(), QVBoxLayout()
        column.setSpacing(1)
        column.addWidget(label(self._what(exclusion), "" if exclusion.is_in_force else "dim", wrap=True))
        by = " · ".join(part for part in (when_words(exclusion.excluded_utc), exclusion.excluded_by) if part)
        words = f"{exclusion.reason} ({by})"
        if not exclusion.is_in_force:
            words += "; " + self.tr("taken back {0}").format(when_words(exclusion.included_utc))
        column.addWidget(label(words, "dim", wrap=True))
        row.addLayout(column, 1)
        if exclusion.is_in_force:
            button = KeyButton(self.tr("Include again"))
            button.clicked.connect(lambda: self._take_back(exclusion))
            self.buttons.append(button)
            row.addWidget(button)
        return row

    def _take_back(self, exclusion: Exclusion) -> None:
        self._include(exclusion)
        self.accept()

    def _what(self, exclusion: Exclusion) -> str:
        if not exclusion.session_id:
            return self.tr("{0}, all sessions").format(exclusion.pseudonym)
        if exclusion.trial is None:
            return exclusion.session_id
        return self.tr("{0}, trial {1}").format(exclusion.session_id, exclusion.trial + 1)
