"""People as a table that can be sorted and searched."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)

from gazeapp.store.session_state import SessionRecord
from gazeapp.store.study_variables import StudyVariable
from gazeapp.ui.formatting import UNKNOWN, format_figure, format_share
from gazeapp.ui.models.study_reading import PersonRow
from gazeapp.ui.session_words import better_words, known_words, last_seen, state_tone, state_words, when_words
from gazeapp.ui.variable_words import value_words, variable_words

Index = QModelIndex | QPersistentModelIndex
TONE, SORT, NAME = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1, Qt.ItemDataRole.UserRole + 2
WEAK_DEG, WEAK_LOSS = 0.8, 0.2


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    sort: object
    tone: str = ""


class PeopleTable(QAbstractTableModel):
    """One row a person: what is shown, what it is sorted by, and its tone."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[PersonRow, ...] = ()
        self._cells: list[list[_Cell]] = []
        self._heads: list[str] = []
        self._numbers: frozenset[int] = frozenset()

    def show(self, rows: tuple[PersonRow, ...], variables: tuple[StudyVariable, ...]) -> None:
        """Show these people."""
        self.beginResetModel()
        self._rows = rows
        self._heads = [
            self.tr("participant"),
            *(variable_words(variable) for variable in variables),
            self.tr("sessions"),
            self.tr("state"),
            self.tr("accuracy"),
            self.tr("data loss"),
            self.tr("embedding"),
            self.tr("personal better"),
            self.tr("last seen"),
        ]
        n = len(variables)
        numbers = [k for k, variable in enumerate(variables, start=1) if variable.kind == "number"]
        self._numbers = frozenset((*numbers, n + 1, n + 3, n + 4))
        self._cells = [self._row(row, variables) for row in rows]
        self.endResetModel()

    @property
    def state_column(self) -> int:
        """Where the state is shown, as a pill."""
        return len(self._heads) - 6

    def is_number(self, column: int) -> bool:
        """Whether a column holds figures, which stand below each other at the right."""
        return column in self._numbers

    def row(self, number: int) -> PersonRow:
        """The person of a row."""
        return self._rows[number]

    def _row(self, row: PersonRow, variables: tuple[StudyVariable, ...]) -> list[_Cell]:
        last = row.open_session or row.last
        recorded = row.last.summary if row.last else None
        accuracy = recorded.accuracy_deg if recorded else math.nan
        loss = recorded.data_loss if recorded else math.nan
        seen = last_seen(row)
        cells = [_Cell(row.pseudonym, _natural(row.pseudonym))]
        for variable in variables:
            value = row.person.variables.get(variable.name)
            text = value_words(variable, value)
            cells.append(_Cell(text or UNKNOWN, (value is None, value if value is not None else "")))
        n = len(row.sessions)
        return [
            *cells,
            _Cell(str(n), n),
            _Cell(state_words(last), state_words(last), state_tone(last)),
            _Cell(format_figure(accuracy, 2, "°"), _last(accuracy), "warn" if accuracy > WEAK_DEG else ""),
            _Cell(format_share(loss), _last(loss), "warn" if loss > WEAK_LOSS else ""),
            _Cell(known_words(row), row.n_pairs),
            _Cell(better_words(row.last), _share_better(row.last)),
            _Cell(when_words(row.last.created_utc) if row.last else UNKNOWN, -seen if math.isfinite(seen) else 0.0),
        ]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  as Qt declares it
        """Called by Qt."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  as Qt declares it
        """Called by Qt."""
        return 0 if parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Called by Qt."""
        if orientation == Qt.Orientation.Horizontal and 0 <= section < len(self._heads):
            if role == Qt.ItemDataRole.DisplayRole:
                return self._heads[section]
            if role == Qt.ItemDataRole.ToolTipRole and section == len(self._heads) - 2:
                return self.tr("Images of the last session on which the personal map predicted gaze better (CC)")
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Called by Qt."""
        cell = self._cells[index.row()][index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return cell.text
            case Qt.ItemDataRole.ToolTipRole:
                return self._rows[index.row()].person.note or None
            case _ if role == TONE:
                return cell.tone
            case _ if role == NAME:
                return self._rows[index.row()].pseudonym
        return None

    def sort_key(self, row: int, column: int) -> object:
        """What a cell is sorted by."""
        return self._cells[row][column].sort

    def holds(self, row: int, words: list[str]) -> bool:
        """Whether every word is somewhere in the row, or in the note."""
        text = " ".join([*(cell.text for cell in self._cells[row]), self._rows[row].person.note]).casefold()
        return all(word in text for word in words)


class FoundPeople(QSortFilterProxyModel):
    """The table in the order and with the people that somebody asked for."""

    def __init__(self, table: PeopleTable) -> None:
        super().__init__()
        self._table = table
        self._words: list[str] = []
        self.setSourceModel(table)

    def find(self, text: str) -> None:
        """Show only people in whose row every word is."""
        self._words = text.casefold().split()
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        """Called by Qt."""
        return self._table.holds(source_row, self._words)

    def lessThan(self, left: Index, right: Index) -> bool:
        """Called by Qt."""
        a, b = (self._table.sort_key(i.row(), i.column()) for i in (left, right))
        try:
            return bool(a < b)  # type: ignore[operator]  # cells of one column are of one kind
        except TypeError:
            return str(a) < str(b)


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """P-9 comes before P-10."""
    import re

    parts = re.split(r"(\d+)", text.casefold())
    return tuple((0, int(part), "") if part.isdigit() and part.isascii() else (1, 0, part) for part in parts if part)


def _share_better(record: SessionRecord | None) -> float:
    figures = record.figures if record is not None else None
    return figures.n_better / figures.n_compared if figures is not None and figures.n_compared else -1.0


def _last(value: float) -> tuple[bool, float]:
    return (math.isnan(value), 0.0 if math.isnan(value) else value)
