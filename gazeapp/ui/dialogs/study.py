"""What a study asks and notes: its consent texts and its variables."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from gazeapp.errors import GazeAppError
from gazeapp.store.consent import EYE_IMAGES, GAZE
from gazeapp.store.study_variables import KINDS, StudyVariable, require_variables
from gazeapp.ui.dialogs.dialog import Dialog
from gazeapp.ui.error_words import error_words
from gazeapp.ui.formatting import counted
from gazeapp.ui.models.study_model import StudyModel
from gazeapp.ui.translation import LANGUAGES
from gazeapp.ui.variable_words import choice_words, read_variable, variable_words
from gazeapp.ui.widgets.basic import KeyButton, label


class ConsentTextsDialog(Dialog):
    """Edits the texts; who agreed to a text that is changed is asked again."""

    def __init__(self, parent: QWidget | None, model: StudyModel) -> None:
        super().__init__(parent, self.tr("Consent texts"), width_px=640)
        self._model = model
        row = QHBoxLayout()
        self.purpose = QComboBox()
        self.purpose.setAccessibleName(self.tr("Purpose"))
        self.purpose.addItem(self.tr("Gaze"), GAZE)
        self.purpose.addItem(self.tr("Pictures of the eyes"), EYE_IMAGES)
        self.language = QComboBox()
        self.language.setAccessibleName(self.tr("Language"))
        for code, name in LANGUAGES.items():
            self.language.addItem(name, code)
        self.language.setCurrentIndex(max(0, self.language.findData(model.language)))
        for box in (self.purpose, self.language):
            box.currentIndexChanged.connect(lambda _index: self._show_text())
            row.addWidget(box)
        row.addStretch(1)
        self.body.addLayout(row)
        self.text = QPlainTextEdit()
        self.text.setAccessibleName(self.tr("Text"))
        self.text.setMinimumHeight(220)
        self.text.setTabChangesFocus(True)
        self.text.textChanged.connect(self._check)
        self.body.addWidget(self.text, 1)
        self.version = label("", "dim", wrap=True)
        self.body.addWidget(self.version)
        self.cancel = self.add_button(self.tr("Close"), self.reject, key="Escape")
        self.go = self.add_button(self.tr("Use this text"), self._store, key="Ctrl+Return", primary=True)
        self._show_text()

    def _key(self) -> tuple[str, str]:
        return str(self.purpose.currentData()), str(self.language.currentData())

    def _stored(self) -> str:
        purpose, language = self._key()
        found = self._model.text(purpose, language)
        return found.text if found is not None and found.language == language else ""

    def _show_text(self) -> None:
        self.text.setPlainText(self._stored())
        self._check()

    def _check(self) -> None:
        text = self.text.toPlainText().strip()
        purpose, language = self._key()
        n = sum(
            any(c.purpose == purpose and c.language == language and c.holds for c in row.person.consents)
            for row in self._model.rows
        )
        is_changed = text != self._stored().strip()
        self.go.setEnabled(is_changed and bool(text))
        self.version.setText(
            counted(
                n,
                self.tr("{0} participant agreed to the text before, and is asked again."),
                self.tr("{0} participants agreed to the text before; they are asked again."),
            )
            if is_changed
            else counted(
                n, self.tr("{0} participant agreed to this text."), self.tr("{0} participants agreed to this text.")
            )
        )

    def _store(self) -> None:
        purpose, language = self._key()
        self._model.set_text(purpose, language, self.text.toPlainText())
        self.accept()


class VariablesDialog(Dialog):
    """Edits what is noted about every participant."""

    def __init__(self, parent: QWidget | None, model: StudyModel) -> None:
        super().__init__(parent, self.tr("Study variables"), width_px=600)
        self._model = model
        self._kinds = {"number": self.tr("number"), "choice": self.tr("choice"), "text": self.tr("text")}
        self.body.addWidget(
            label(self.tr("What is noted about every participant. Choices are separated by commas."), "dim", wrap=True)
        )
        self.table = QTableWidget(0, 3)
        self.table.setAccessibleName(self.tr("Study variables"))
        self.table.setProperty("role", "form")
        self.table.setShowGrid(False)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.table.setHorizontalHeaderLabels([self.tr("name"), self.tr("type"), self.tr("choices")])
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(40)
        self.table.horizontalHeader().setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.table.setColumnWidth(0, 170)
        self.table.setColumnWidth(1, 140)
        self.table.setMinimumHeight(240)
        self.table.setTabKeyNavigation(False)
        self.cancel = self.add_button(self.tr("Cancel"), self.reject, key="Escape")
        self.go = self.add_button(self.tr("Use these variables"), self._store, key="Ctrl+Return", primary=True)
        for variable in model.content.variables:
            self._add(variable)
        self.table.itemChanged.connect(lambda _item: self._check())
        self.body.addWidget(self.table, 1)
        row = QHBoxLayout()
        self.more = KeyButton(self.tr("Add a variable"), "Ctrl+N")
        self.more.clicked.connect(lambda: self._add(StudyVariable(name="", kind="text")))
        self.less = KeyButton(self.tr("Remove the variable"), "Ctrl+Del")
        self.less.clicked.connect(self._remove)
        row.addWidget(self.more)
        row.addWidget(self.less)
        row.addStretch(1)
        self.body.addLayout(row)
        self._check()

    def _add(self, variable: StudyVariable) -> None:
        row = self.table.rowCount()
        was_quiet = self.table.blockSignals(True)  # a row that is half there is nothing to check
        self.table.insertRow(row)
        shown = QTableWidgetItem(variable_words(variable))
        shown.setData(Qt.ItemDataRole.UserRole, variable)
        self.table.setItem(row, 0, shown)
        kind = QComboBox()
        for name in KINDS:
            kind.addItem(self._kinds[name], name)
        kind.setCurrentIndex(KINDS.index(variable.kind))
        kind.activated.connect(lambda _index: self._check())
        self.table.setCellWidget(row, 1, kind)
        self.table.setItem(row, 2, QTableWidgetItem(choice_words(variable)))
        self.table.blockSignals(was_quiet)
        self.table.setCurrentCell(row, 0)
        self._check()

    def _remove(self) -> None:
        if self.table.currentRow() >= 0:
            self.table.removeRow(self.table.currentRow())
            self._check()

    def variables(self) -> list[StudyVariable]:
        """What stands in the table."""
        found = []
        for row in range(self.table.rowCount()):
            kind = self.table.cellWidget(row, 1)
            name, choices = self.table.item(row, 0), self.table.item(row, 2)
            assert isinstance(kind, QComboBox)
            assert name is not None
            assert choices is not None
            found.append(
                read_variable(
                    name.data(Qt.ItemDataRole.UserRole), name.text(), KINDS[kind.currentIndex()], choices.text()
                )
            )
        return found

    def _check(self) -> None:
        try:
            require_variables(self.variables())
        except GazeAppError as error:
            self.show_problem(error_words(error))
            self.go.setEnabled(False)
        else:
            self.show_problem("")
            self.go.setEnabled(True)

    def _store(self) -> None:
        self._model.set_variables(self.variables())
        self.accept()
