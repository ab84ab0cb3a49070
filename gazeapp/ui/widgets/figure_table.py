"""Small tables of figures: names on the left, tabular numbers on the right, limits beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gazeapp.ui.formatting import UNKNOWN
from gazeapp.ui.widgets.basic import label, line, set_text, set_tone


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure and its tone: "", ok, warn, bad."""

    text: str
    tone: str = ""


class FigureTable(QWidget):
    """Rows of one name and n figures; a column only ever widens, so that nothing moves when values change.

    Args:
        columns: Heads, the first above the names; all empty for a table without a head.
        column_px: Width of each figure; words that need more take up to half as much again.
        rules: Hairlines between the rows.
    """

    def __init__(self, columns: Sequence[str], *, column_px: int = 56, rules: bool = True) -> None:
        super().__init__()
        self._rules, self._n, self._column_px = rules, len(columns), column_px
        self._widths_px = [column_px] * len(columns)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self._rows: dict[str, tuple[QWidget, list[QLabel]]] = {}
        self._heads = [label(c, "small", right=n > 0) for n, c in enumerate(columns)] if any(columns) else []
        if self._heads:
            self._column.addWidget(self._row(self._heads))
            self._widen(self._heads)

    @property
    def heads(self) -> list[str]:
        """What stands above the columns."""
        return [head.text() for head in self._heads]

    def show_heads(self, columns: Sequence[str]) -> None:
        """Name the columns anew."""
        for head, text in zip(self._heads, columns, strict=True):
            set_text(head, text)
        self._widen(self._heads)

    def show_row(self, name: str, cells: Sequence[Cell | str]) -> None:
        """Add a row or change it; missing figures are dashes."""
        if name not in self._rows:
            parts = [label(name, "dim"), *(label("", right=True) for _ in range(self._n - 1))]
            row = self._row(parts)
            self._rows[name] = row, parts
            self._column.addWidget(row)
        row, parts = self._rows[name]
        row.show()
        padded = list(cells) + [UNKNOWN] * (self._n - 1 - len(cells))
        for target, cell in zip(parts[1:], padded, strict=True):
            value = cell if isinstance(cell, Cell) else Cell(cell)
            set_text(target, value.text or UNKNOWN)
            set_tone(target, value.tone)
        self._widen(parts)
        self._describe()

    def hide_row(self, name: str) -> None:
        """Take a row away that says nothing, until it is shown again."""
        if name in self._rows:
            self.show_row(name, [])
            self._rows[name][0].hide()
            self._describe()

    def texts(self, name: str) -> list[str]:
        """A row as it is shown."""
        return [part.text() for part in self._rows[name][1]]

    @property
    def names(self) -> list[str]:
        """The rows from top to bottom."""
        return list(self._rows)

    def clear(self) -> None:
        """Remove all rows; the head stays."""
        for row, _ in self._rows.values():
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows.clear()

    def _describe(self) -> None:
        rows = (" ".join(part.text() for part in parts) for row, parts in self._rows.values() if not row.isHidden())
        self.setAccessibleDescription("; ".join(rows))

    def _widen(self, changed: Sequence[QLabel]) -> None:
        """Give every column the room that its words need."""
        most_px = 3 * self._column_px // 2  # words of people can be of any length, and the names need room too
        for n, part in enumerate(changed[1:], start=1):
            needed_px = min(part.sizeHint().width(), most_px)
            if needed_px <= self._widths_px[n]:
                continue
            self._widths_px[n] = needed_px
            for parts in (self._heads, *(parts for _, parts in self._rows.values())):
                if parts:
                    parts[n].setFixedWidth(needed_px)

    def _row(self, parts: Sequence[QLabel]) -> QWidget:
        row = QWidget()
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        cells = QHBoxLayout()
        cells.setContentsMargins(0, 6 if self._rules else 3, 0, 6 if self._rules else 3)
        cells.setSpacing(2)
        for n, part in enumerate(parts):
            if n:
                part.setFixedWidth(self._widths_px[n])
            else:
                part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            cells.addWidget(part, 0 if n else 1)
        column.addLayout(cells)
        if self._rules:
            column.addWidget(line())
        return row
