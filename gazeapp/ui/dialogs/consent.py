"""Asking one person for consent, purpose by purpose; nothing is ticked beforehand."""

from __future__ import annotations

from collections.abc import Callable, Collection

from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QWidget

from gazeapp.store.consent import EYE_IMAGES, GAZE, PURPOSES
from gazeapp.ui.dialogs.dialog import Dialog
from gazeapp.ui.models.study_model import StudyModel
from gazeapp.ui.translation import LANGUAGES
from gazeapp.ui.widgets.basic import Panel, label


class ConsentDialog(Dialog):
    """The study's text of today, with a box for each purpose that has to be ticked by hand for this person.

    Args:
        parent: Window it belongs to.
        model: The study.
        pseudonym: Whose consent.
        needed: Purposes without which nothing goes on.
        then: Called when what is needed was recorded.
    """

    def __init__(
        self,
        parent: QWidget | None,
        model: StudyModel,
        pseudonym: str,
        *,
        needed: Collection[str] = (GAZE,),
        then: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(parent, self.tr("Consent of {0}").format(pseudonym), width_px=600)
        self._model, self._then, self._needed = model, then, tuple(needed)
        self.person = pseudonym
        row = model.row(pseudonym)
        self._held = {p for p in PURPOSES if row is not None and row.person.consent_to(p) is not None}
        head = QHBoxLayout()
        head.addWidget(
            label(self.tr("Let the participant read this, then tick what they agree to."), "dim", wrap=True), 1
        )
        self.language = QComboBox()
        self.language.setAccessibleName(self.tr("Language"))
        for code in sorted({text.language for text in model.content.texts if text.is_current} or set(LANGUAGES)):
            self.language.addItem(LANGUAGES.get(code, code), code)
        known = self.language.findData(model.language)
        self.language.setCurrentIndex(known if known >= 0 else max(0, self.language.findData("en")))
        self.language.activated.connect(lambda _index: self._show_texts())
        head.addWidget(self.language)
        self.body.addLayout(head)
        self.boxes: dict[str, QCheckBox] = {}
        self._texts = {}
        names = {GAZE: self.tr("{0} agrees: gaze"), EYE_IMAGES: self.tr("{0} agrees: pictures of the eyes")}
        for purpose in PURPOSES:
            panel = Panel(spacing_px=10)
            self._texts[purpose] = label("", wrap=True)
            panel.column.addWidget(self._texts[purpose])
            if purpose in self._held:
                panel.column.addWidget(label(self.tr("Agreed already."), "dim"))
            else:
                box = QCheckBox(names[purpose].format(pseudonym))
                box.toggled.connect(lambda _on: self._check())
                self.boxes[purpose] = box
                panel.column.addWidget(box)
            self.body.addWidget(panel)
        asked = QHBoxLayout()
        asked.addWidget(label(self.tr("Asked by (initials)"), "dim"))
        self.initials = QLineEdit(model.initials)
        self.initials.setAccessibleName(self.tr("Asked by (initials)"))
        self.initials.setMaximumWidth(120)
        self.initials.setMaxLength(12)
        asked.addWidget(self.initials)
        asked.addStretch(1)
        self.body.addLayout(asked)
        self.body.addStretch(1)
        self.cancel = self.add_button(self.tr("Not now"), self.reject, key="Escape")
        self.go = self.add_button(self.tr("Record the consent"), self._record, key="Return", primary=True)
        self._show_texts()
        self._check()

    def _show_texts(self) -> None:
        language = str(self.language.currentData() or "en")
        for purpose, target in self._texts.items():
            text = self._model.text(purpose, language)
            target.setText(text.text if text else self.tr("This study has no text for this."))
            if purpose in self.boxes:
                self.boxes[purpose].setEnabled(text is not None)
                # what was ticked for one text is not agreed to for another
                self.boxes[purpose].setChecked(False)

    def _check(self) -> None:
        ticked = [purpose for purpose, box in self.boxes.items() if box.isChecked()]
        have = self._held | set(ticked)
        self.go.setEnabled(bool(ticked) and (self._then is None or all(p in have for p in self._needed)))

    def _record(self) -> None:
        ticked = [purpose for purpose, box in self.boxes.items() if box.isChecked()]
        if not self.go.isEnabled() or not ticked:
            return
        self._model.initials = self.initials.text().strip()
        self._model.language = str(self.language.currentData() or "en")
        self._model.consent(self.person, ticked, self._model.language, self._then)
        self.accept()
