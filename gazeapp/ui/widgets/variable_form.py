"""One field for each variable of a study, of its type."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QWidget

from gazeapp.errors import SettingsError
from gazeapp.store.study_variables import StudyVariable, Value, parse_value
from gazeapp.ui.error_words import error_words
from gazeapp.ui.formatting import UNKNOWN, format_value
from gazeapp.ui.variable_words import value_words, variable_words
from gazeapp.ui.widgets.basic import field_label


class VariableForm(QWidget):
    """Shows and edits values; `edited` tells when one was changed by hand."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(14)
        self._form.setVerticalSpacing(8)
        self._variables: tuple[StudyVariable, ...] = ()
        self.fields: dict[str, QLineEdit | QComboBox] = {}
        self._stored: Mapping[str, Value] = {}

    def show_variables(self, variables: tuple[StudyVariable, ...]) -> None:
        """Have a field for each of these."""
        if variables == self._variables and self.fields:
            return
        self._variables = variables
        while self._form.rowCount():
            self._form.removeRow(0)
        self.fields = {}
        for variable in variables:
            field: QLineEdit | QComboBox
            if variable.kind == "choice":
                field = QComboBox()
                field.addItem(UNKNOWN, "")
                for choice in variable.choices:
                    field.addItem(value_words(variable, choice), choice)
                field.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
                field.setMinimumContentsLength(6)
                field.activated.connect(lambda _index: self.edited.emit())
            else:
                field = QLineEdit()
                field.setPlaceholderText(UNKNOWN)
                field.editingFinished.connect(self.edited)
            words = variable_words(variable, is_title=True)
            field.setAccessibleName(words)
            self.fields[variable.name] = field
            self._form.addRow(field_label(words), field)

    def show_values(self, values: Mapping[str, Value]) -> None:
        """Show what is known of a person; a value that is no choice any more stands there all the same."""
        self._stored = values
        for name, field in self.fields.items():
            text = format_value(values.get(name))
            if isinstance(field, QComboBox):
                if field.findData(text) < 0:
                    field.addItem(text, text)
                field.setCurrentIndex(field.findData(text))
            else:
                field.setText(text)

    def values(self) -> dict[str, Value | None]:
        """What stands in the fields; SettingsError for one that was changed to what is not of its type."""
        found: dict[str, Value | None] = {}
        for variable in self._variables:
            field = self.fields[variable.name]
            text = str(field.currentData()) if isinstance(field, QComboBox) else field.text()
            stored = self._stored.get(variable.name)
            if stored is not None and text == format_value(stored):
                found[variable.name] = stored  # as it was, also where the variable's type was changed since
                continue
            found[variable.name] = parse_value(variable, text)
        return found

    def problem(self) -> str:
        """Why the values cannot be stored; empty when they can."""
        try:
            self.values()
        except SettingsError as error:
            return error_words(error)
        return ""
