"""Timing, size, order and blocks of a plan: each change is told at once, under its key in the plan's file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QLineEdit, QSpinBox, QWidget

from gazeapp.ui.widgets.basic import label
from gazeapp.ui.widgets.decimal_field import DecimalField

Key = tuple[str, str]
"""(table, key) of the plan's file."""


class PlanForm(QWidget):
    """A column of fields; what the file says wrongly is shown as the default, and marked beside."""

    edited = Signal(str, str, object)
    """(table, key, value)."""

    def __init__(self) -> None:
        super().__init__()
        self._is_showing = False
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(12)
        self._form.setVerticalSpacing(6)
        self.fields: dict[Key, QWidget] = {}
        self._show: dict[Key, Callable[[Any], object]] = {}

    def add_number(self, key: Key, name: str, least: float, most: float, default: float, unit: str = "") -> None:
        """A number with decimals."""
        box = DecimalField()
        box.setDecimals(1)
        box.setSingleStep(0.1 if most < 100 else 1.0)
        box.setRange(least, most)
        box.setSuffix(unit)
        box.setKeyboardTracking(False)
        box.valueChanged.connect(lambda value: self._tell(key, round(value, 3)))
        self._add(key, name, box, lambda v: box.setValue(float(v) if _is_number(v) else default))

    def add_count(self, key: Key, name: str, least: int, most: int, default: int) -> None:
        """A whole number."""
        box = QSpinBox()
        box.setRange(least, most)
        box.setKeyboardTracking(False)
        box.valueChanged.connect(lambda value: self._tell(key, value))
        self._add(key, name, box, lambda v: box.setValue(int(v) if _is_number(v) else default))

    def add_choice(self, key: Key, name: str, choices: Sequence[tuple[str, str]]) -> None:
        """One of some words; the first is the default."""
        box = QComboBox()
        # long words of another language never widen the column
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(6)
        for text, value in choices:
            box.addItem(text, value)
        box.currentIndexChanged.connect(lambda _n: self._tell(key, box.currentData()))
        self._add(key, name, box, lambda v: box.setCurrentIndex(max(box.findData(v), 0)))

    def add_switch(self, key: Key, name: str, *, default: bool) -> None:
        """Yes or no."""
        box = QCheckBox(name)
        box.toggled.connect(lambda value: self._tell(key, value))
        self._add(key, "", box, lambda v: box.setChecked(v if isinstance(v, bool) else default))

    def add_text(self, key: Key, name: str, default: str) -> None:
        """A word."""
        box = QLineEdit()
        box.editingFinished.connect(lambda: self._tell(key, box.text().strip()))
        self._add(key, name, box, lambda v: box.setText(v if isinstance(v, str) else default))

    def show_values(self, values: Mapping[Key, Any]) -> None:  # Any: TOML values
        """Show what the plan says."""
        self._is_showing = True
        for key, show in self._show.items():
            show(values.get(key))
        self._is_showing = False

    def show_rows(self, keys: Sequence[Key]) -> None:
        """Show these rows alone."""
        for key, field in self.fields.items():
            self._form.setRowVisible(field, key in keys)

    def _add(self, key: Key, name: str, field: QWidget, show: Callable[[Any], object]) -> None:
        field.setAccessibleName(name)
        self.fields[key], self._show[key] = field, show
        if name:
            self._form.addRow(label(name, "dim"), field)
        else:
            self._form.addRow(field)

    def _tell(self, key: Key, value: object) -> None:
        if not self._is_showing:
            self.edited.emit(*key, value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
