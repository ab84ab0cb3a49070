"""Whose gaze a heat map shows, and which two people or groups are compared."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from gazeapp.ui.models.group_model import GroupModel, Side, side_words
from gazeapp.ui.widgets.basic import combo, label


class HeatForm(QWidget):
    """A person, a group or all; by duration or by number."""

    def __init__(self, model: GroupModel) -> None:
        super().__init__()
        self._model = model
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self.who = combo(self.tr("Whose gaze"))
        for name, who in (
            (self.tr("this person"), "person"),
            (self.tr("group"), "group"),
            (self.tr("all"), "all"),
        ):
            self.who.addItem(name, who)
        self.by = combo(self.tr("What counts"))
        for name, by in ((self.tr("by duration"), "duration"), (self.tr("by number of fixations"), "count")):
            self.by.addItem(name, by)
        for box in (self.who, self.by):
            box.activated.connect(self._use)
            row.addWidget(box)
        row.addStretch(1)

    def _use(self, _index: int) -> None:
        self._model.set_heat(self.who.currentData(), self.by.currentData())


class ComparisonForm(QWidget):
    """Two sides, each a person, a group, everybody else or all."""

    def __init__(self, model: GroupModel) -> None:
        super().__init__()
        self._model = model
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        self.boxes = (combo(self.tr("First side")), combo(self.tr("Second side")))
        for number, box in enumerate(self.boxes):
            if number:
                row.addWidget(label(self.tr("beside"), "dim"))
            box.activated.connect(lambda _n, k=number, b=box: model.set_side(k, b.currentData()))
            row.addWidget(box)
        row.addStretch(1)

    def refresh(self) -> None:
        """Offer who viewed the image."""
        viewings, compared = self._model.viewings, self._model.compared
        people = sorted({v.participant for v in viewings} | {s.name for s in compared if s.kind == "person"})
        groups = sorted({v.group for v in viewings if v.group} | {s.name for s in compared if s.kind == "group"})
        sides = [
            *(Side(kind="person", name=name) for name in people),
            *(Side(kind="group", name=name) for name in groups),
            Side(kind="others", name=compared[0].name if compared[0].kind == "person" else ""),
            Side(kind="all"),
        ]
        for box, side in zip(self.boxes, compared, strict=True):
            self._fill(box, sides if box is self.boxes[1] else [s for s in sides if s.kind != "others"], side)

    def _fill(self, box: QComboBox, sides: list[Side], chosen: Side) -> None:
        wanted = [(side_words(side), side) for side in sides]
        if [(box.itemText(n), box.itemData(n)) for n in range(box.count())] != wanted:
            box.clear()
            for words, side in wanted:
                box.addItem(words, side)
        box.setCurrentIndex(sides.index(chosen) if chosen in sides else -1)
