"""Adding a participant, or giving one another pseudonym before there are data."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit, QWidget

from gazeapp.store.study_variables import OFFERED
from gazeapp.ui.dialogs.dialog import Dialog
from gazeapp.ui.models.study_model import StudyModel
from gazeapp.ui.widgets.basic import label
from gazeapp.ui.widgets.variable_form import VariableForm


class NewPersonDialog(Dialog):
    """Asks for a pseudonym and what the study notes about everybody; consent is asked for when it is needed."""

    def __init__(self, parent: QWidget | None, model: StudyModel) -> None:
        super().__init__(parent, self.tr("New participant"))
        self._model = model
        self.body.addWidget(label(self.tr("Pseudonym"), "dim"))
        self.pseudonym = QLineEdit(model.next_pseudonym())
        self.pseudonym.setAccessibleName(self.tr("Pseudonym"))
        self.pseudonym.setPlaceholderText(self.tr("such as P-017; never a name"))
        self.pseudonym.textChanged.connect(self._check)
        self.body.addWidget(self.pseudonym)
        self.form = VariableForm()
        self.form.show_variables(model.content.variables if model.content.exists else OFFERED)
        self.form.edited.connect(self._check)
        self.body.addWidget(self.form)
        self.body.addWidget(label(self.tr("Note"), "dim"))
        self.note = QLineEdit()
        self.note.setAccessibleName(self.tr("Note"))
        self.body.addWidget(self.note)
        self.body.addStretch(1)
        self.cancel = self.add_button(self.tr("Cancel"), self.reject, key="Escape")
        self.go = self.add_button(self.tr("Add"), self._add, key="Return", primary=True)
        self._check()
        self.pseudonym.selectAll()
        self.pseudonym.setFocus()

    def _check(self) -> None:
        name = self.pseudonym.text().strip()
        problem = self._model.problem_with(name) if name else ""
        self.show_problem(problem or self.form.problem())
        self.go.setEnabled(bool(name) and not problem)

    def _add(self) -> None:
        self._check()
        if self.problem.text() or not self.go.isEnabled():
            return
        self._model.add(self.pseudonym.text().strip(), self.form.values(), self.note.text().strip())
        self.accept()


class RenameDialog(Dialog):
    """Another pseudonym; possible only before there are data."""

    def __init__(self, parent: QWidget | None, model: StudyModel, pseudonym: str) -> None:
        super().__init__(parent, self.tr("Rename {0}").format(pseudonym))
        self._model, self._old = model, pseudonym
        told = self.tr("Nothing is recorded of {0} yet. From the first session on the pseudonym stays as it is.")
        self.body.addWidget(label(told.format(pseudonym), "dim", wrap=True))
        self.body.addWidget(label(self.tr("Pseudonym"), "dim"))
        self.pseudonym = QLineEdit(pseudonym)
        self.pseudonym.setAccessibleName(self.tr("Pseudonym"))
        self.pseudonym.textChanged.connect(self._check)
        self.body.addWidget(self.pseudonym)
        self.body.addStretch(1)
        self.cancel = self.add_button(self.tr("Cancel"), self.reject, key="Escape")
        self.go = self.add_button(self.tr("Rename"), self._rename, key="Return", primary=True)
        self._check()
        self.pseudonym.selectAll()
        self.pseudonym.setFocus()

    def _check(self) -> None:
        name = self.pseudonym.text().strip()
        is_case_only = name.casefold() == self._old.casefold()
        problem = "" if is_case_only else self._model.problem_with(name)
        self.show_problem(problem)
        self.go.setEnabled(bool(name) and not problem and name != self._old)

    def _rename(self) -> None:
        self._model.rename(self._old, self.pseudonym.text().strip())
        self.accept()
