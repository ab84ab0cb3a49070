"""The form of a stream's channels: unit, origin and columns, found by themselves or said by a person."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from gazeapp.devices.lsl.inlet import StreamDescription
from gazeapp.gaze.channels.layout import GazeLayout
from gazeapp.gaze.channels.unit import ORIGINS, UNITS
from gazeapp.ui.widgets.basic import KeyButton, label, set_text

AUTOMATIC = ""


def unit_names() -> dict[str, str]:
    """What the units of gaze are called."""
    translate = QCoreApplication.translate
    return {
        "pixels": translate("LayoutForm", "pixels"),
        "normalised": translate("LayoutForm", "normalised, 0 to 1"),
        "mm": translate("LayoutForm", "millimetres"),
        "m": translate("LayoutForm", "metres"),
        "percent": translate("LayoutForm", "percent of the screen"),
        "cm": translate("LayoutForm", "centimetres"),
        "degrees": translate("LayoutForm", "degrees"),
        "height": translate("LayoutForm", "screen heights"),
        "norm": translate("LayoutForm", "norm, -1 to 1"),
        "unknown": translate("LayoutForm", "not said"),
    }


def origin_names() -> dict[str, str]:
    """What the origins of gaze are called."""
    translate = QCoreApplication.translate
    return {
        "top-left": translate("LayoutForm", "top left"),
        "bottom-left": translate("LayoutForm", "bottom left"),
        "centre": translate("LayoutForm", "centre, down"),
        "centre-up": translate("LayoutForm", "centre, up"),
    }


class LayoutForm(QWidget):
    """What is left automatic says what was found."""

    changed = Signal(dict)
    """`unit`, `origin` and `columns` as the device options of an LSL tracker; empty ones are automatic."""

    def __init__(self) -> None:
        super().__init__()
        self._is_showing = False
        self._told: dict[str, str] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(6)
        self._names = unit_names() | origin_names()
        self.unit = self._box(self.tr("Unit"), [u for u in UNITS if u != "unknown"], form)
        self.origin = self._box(self.tr("Origin"), list(ORIGINS), form)
        self.columns = QLineEdit()
        self.columns.setAccessibleName(self.tr("Columns"))
        self.columns.editingFinished.connect(self._tell)
        form.addRow(label(self.tr("Columns"), "dim"), self.columns)
        column.addLayout(form)
        self.found = label("", "small", wrap=True)
        column.addWidget(self.found)
        self.automatic = KeyButton(self.tr("As the stream says"), "A")
        self.automatic.clicked.connect(lambda: self.changed.emit({}))
        column.addWidget(self.automatic)
        column.addStretch(1)

    def show_layout(self, stream: StreamDescription, layout: GazeLayout, unit: str, said: Mapping[str, str]) -> None:
        """Show what was found, and what was said.

        Args:
            stream: Its channels.
            layout: What its columns hold.
            unit: In use; the values may show another one than the stream states.
            said: What a person said before: `unit`, `origin`, `columns`.
        """
        self._is_showing = True
        for box, value, chosen in (
            (self.unit, unit, said.get("unit", "")),
            (self.origin, layout.origin, said.get("origin", "")),
        ):
            box.setItemText(0, self.tr("automatic: {0}").format(self._names[value]))
            box.setCurrentIndex(box.findData(chosen))
        found = ",".join(f"{role}:{n}" for role, n in layout.columns.items())
        self.columns.setPlaceholderText(found)
        self.columns.setToolTip(self.tr("Such as {0}").format("left_x:0,left_y:1,right_x:2,right_y:3"))
        if not self.columns.hasFocus():
            self.columns.setText(said.get("columns", ""))
        how = {
            "type": self.tr("found by the channels' types"),
            "label": self.tr("found by the channels' names"),
            "order": self.tr("guessed from channel order: check"),
            "options": self.tr("as you said"),
        }
        names = [stream.channels[n].label or stream.channels[n].kind or str(n) for n in layout.columns.values()]
        set_text(self.found, f"{', '.join(names)}: {how[layout.found_by]}")
        self.automatic.setVisible(bool(said))
        self._told = {key: said.get(key, "") for key in ("unit", "origin", "columns")}
        self._is_showing = False

    def show_channels(self, stream: StreamDescription, said: Mapping[str, str]) -> None:
        """Show the channels of a stream that could not be read, so that a person can say which is which."""
        self._is_showing = True
        for box, key in ((self.unit, "unit"), (self.origin, "origin")):
            box.setItemText(0, self.tr("not said"))
            box.setCurrentIndex(box.findData(said.get(key, "")))
        self.columns.setPlaceholderText("left_x:0,left_y:1,right_x:2,right_y:3")
        if not self.columns.hasFocus():
            self.columns.setText(said.get("columns", ""))
        unnamed = self.tr("unnamed")
        named = (f"{n}: {c.label or c.kind or unnamed}" for n, c in enumerate(stream.channels))
        set_text(self.found, self.tr("Not understood; its channels are {0}").format(", ".join(named)))
        self.automatic.setVisible(bool(said))
        self._told = {key: said.get(key, "") for key in ("unit", "origin", "columns")}
        self._is_showing = False

    def _box(self, name: str, values: list[str], form: QFormLayout) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.addItem(self.tr("automatic"), AUTOMATIC)
        for value in values:
            box.addItem(self._names[value], value)
        box.currentIndexChanged.connect(lambda _index: self._tell())
        form.addRow(label(name, "dim"), box)
        return box

    def _tell(self) -> None:
        said = {
            "unit": self.unit.currentData(),
            "origin": self.origin.currentData(),
            "columns": self.columns.text().replace(" ", ""),
        }
        # a text field says that it was edited whenever it is left
        if not self._is_showing and said != self._told:
            self._told = said
            self.changed.emit(said)
