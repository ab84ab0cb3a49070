"""The form of the next calibration: targets, what they look like, who paces them, and what is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QFormLayout, QVBoxLayout, QWidget

from gazeapp.experiment.plan import LAYOUTS, CalibrationPlan
from gazeapp.ui.widgets.basic import ElidedLabel, KeyButton, label

SIZES_DEG = (1.0, 1.5, 2.0, 3.0, 4.0)
_NAMES = ("points", "validation_points", "target", "target_size_deg", "target_color", "pacing", "model", "eye")


class CalibrationForm(QWidget):
    """Each change is told at once; the rest of the plan stays as it is."""

    changed = Signal(CalibrationPlan)

    def __init__(self) -> None:
        super().__init__()
        self._plan = CalibrationPlan()
        self._is_showing = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(6)
        self._form = form
        numbers = [(str(n), n) for n in LAYOUTS]
        self.points = self._choice(self.tr("Points"), "points", numbers)
        self.validation_points = self._choice(self.tr("To validate"), "validation_points", numbers)
        self.target = self._choice(
            self.tr("Target"),
            "target",
            [
                (self.tr("shrinking dot"), "dot"),
                (self.tr("sun, for children"), "picture"),
                (self.tr("picture of my own"), "image"),
            ],
        )
        self.target_size_deg = self._choice(
            self.tr("Target size"), "target_size_deg", [(f"{size:g}°", size) for size in SIZES_DEG]
        )
        self.target_color = self._choice(
            self.tr("Target colour"),
            "target_color",
            [
                (self.tr("black or white"), ""),
                (self.tr("red"), "#d62728"),
                (self.tr("green"), "#2ca02c"),
                (self.tr("blue"), "#1f4fd8"),
                (self.tr("yellow"), "#ffd166"),
            ],
        )
        self.pacing = self._choice(
            self.tr("Next target"),
            "pacing",
            [
                (self.tr("by itself"), "auto"),
                (self.tr("by key ⏎"), "key"),
            ],
        )
        self.model = self._choice(
            self.tr("Fit"),
            "model",
            [
                (self.tr("shift"), "shift"),
                (self.tr("affine"), "affine"),
                (self.tr("2nd order"), "second_order"),
                (self.tr("nothing"), "identity"),
            ],
        )
        self.eye = self._choice(
            self.tr("Eye"),
            "eye",
            [
                (self.tr("both"), "both"),
                (self.tr("left"), "left"),
                (self.tr("right"), "right"),
                (self.tr("the better one"), "better"),
            ],
        )
        column.addLayout(form)
        self._file = ElidedLabel()
        column.addWidget(self._file)
        self._browse = KeyButton(self.tr("Choose picture …"))
        self._browse.clicked.connect(self._choose_file)
        column.addWidget(self._browse)
        column.addWidget(label(self.tr("The order is random and differs each time."), "small", wrap=True))
        self.show_plan(self._plan)

    def show_plan(self, plan: CalibrationPlan, *, can_fit: bool = True) -> None:
        """Show a plan; `can_fit` is False where the tracker fits by itself."""
        self._plan, self._is_showing = plan, True
        for name in _NAMES:
            box: QComboBox = getattr(self, name)
            value = getattr(plan, name)
            if box.findData(value) < 0:  # of a plan that somebody wrote
                box.addItem(f"{value:g}°" if isinstance(value, float) else str(value), value)
            box.setCurrentIndex(box.findData(value))
        self.model.setEnabled(can_fit)
        self._file.setVisible(plan.target == "image")
        self._browse.setVisible(plan.target == "image")
        self._file.show_text(Path(plan.target_image).name or self.tr("no picture yet"))
        self._is_showing = False

    def _choice(self, name: str, key: str, choices: Sequence[tuple[str, Any]]) -> QComboBox:
        box = QComboBox()
        # long words of another language never widen the column
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(6)
        box.setAccessibleName(name)
        for text, value in choices:
            box.addItem(text, value)
        box.currentIndexChanged.connect(lambda _index: self._changed(key, box.currentData()))
        self._form.addRow(label(name, "dim"), box)
        return box

    def _changed(self, key: str, value: Any) -> None:  # Any: a number or a word of the plan
        if self._is_showing:
            return
        if key == "target" and value == "image" and not self._plan.target_image:
            self._choose_file()
            return
        self._tell(replace(self._plan, **{key: value}))

    def _choose_file(self) -> None:
        pictures = self.tr("Pictures") + " (*.png *.jpg *.jpeg *.webp *.bmp *.gif)"
        chosen, _ = QFileDialog.getOpenFileName(self, self.tr("The target's picture"), "", pictures)
        if chosen:
            self._tell(replace(self._plan, target="image", target_image=chosen))
        else:
            self.show_plan(self._plan)

    def _tell(self, plan: CalibrationPlan) -> None:
        self.show_plan(plan)
        self.changed.emit(plan)
