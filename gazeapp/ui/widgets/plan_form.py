"""Timing, size, order and blocks of a plan: each change is told at once, under its key in the plan's file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QWidget,
)

from gazeapp.ui.widgets.basic import label, pad_number, set_tone
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
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        self.fields: dict[Key, QWidget] = {}
        self._show: dict[Key, Callable[[Any], object]] = {}
        self._labels: dict[Key, QLabel] = {}

    def add_number(
        self, key: Key, name: str, least: float, most: float, default: float, unit: str = "", none: str = ""
    ) -> None:
        """A number with decimals; the least is shown as `none`, where that means something."""
        box = DecimalField()
        pad_number(box)
        box.setDecimals(1)
        box.setSingleStep(0.1 if most < 100 else 1.0)
        box.setRange(least, most)
        box.setSuffix(unit)
        box.setSpecialValueText(none)
        box.setKeyboardTracking(False)
        box.valueChanged.connect(lambda value: self._tell(key, round(value, 3)))
        self._add(key, name, box, lambda v: box.setValue(float(v) if _is_number(v) else default))

    def add_count(self, key: Key, name: str, least: int, most: int, default: int, none: str = "") -> None:
        """A whole number; the least is shown as `none`, where that means something."""
        box = QSpinBox()
        pad_number(box)
        box.setRange(least, most)
        box.setSpecialValueText(none)
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

    def add_color(self, key: Key, name: str, choices: Sequence[tuple[str, str]]) -> None:
        """A colour: one with a name, or any as "#rrggbb"; the first is the default."""
        box = QComboBox()
        box.setEditable(True)
        box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(6)
        for text, value in choices:
            box.addItem(text, value)

        def told() -> None:
            at = box.findText(box.currentText().strip(), Qt.MatchFlag.MatchFixedString)
            value = str(box.itemData(at)) if at >= 0 else box.currentText().strip()
            if value != box.property("shown"):
                self._tell(key, value)

        def show(value: object) -> None:
            color = value if isinstance(value, str) else choices[0][1]
            at = box.findData(color.lower())
            box.setCurrentIndex(at)
            box.setEditText(box.itemText(at) if at >= 0 else color)
            box.setProperty("shown", color)

        box.activated.connect(lambda _n: told())
        line = box.lineEdit()
        assert line is not None, "it is editable"
        line.editingFinished.connect(told)
        self._add(key, name, box, show)

    def show_faults(self, faults: Mapping[Key, str]) -> None:
        """Mark what is wrong at its field."""
        for key, field in self.fields.items():
            fault = faults.get(key, "")
            field.setToolTip(fault)
            if key in self._labels:
                set_tone(self._labels[key], "bad" if fault else "")
                self._labels[key].setToolTip(fault)

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
            self._labels[key] = label(name, "dim", wrap=True)
            self._labels[key].setMinimumHeight(30)
            self._form.addRow(self._labels[key], field)
        else:
            self._form.addRow(field)

    def _tell(self, key: Key, value: object) -> None:
        if not self._is_showing:
            self.edited.emit(*key, value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
