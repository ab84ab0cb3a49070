"""The areas of an image with their measures: named, coloured and chosen in a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QColorDialog, QHeaderView, QTableView

from gazeapp.analysis.area import Area
from gazeapp.ui.formatting import UNKNOWN, format_figure, format_share
from gazeapp.ui.models.area_model import AreaRow
from gazeapp.ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
_NAME, _COLOR = 0, 1
_ROOT = QModelIndex()


class _Rows(QAbstractTableModel):
    renamed = Signal(int, str)

    def __init__(self, theme: Theme, heads: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._theme, self._heads = theme, heads
        self.rows: list[AreaRow] = []

    def show(self, rows: Sequence[AreaRow]) -> None:
        if len(rows) == len(self.rows):
            before, self.rows = self.rows, list(rows)
            if rows:
                self.dataChanged.emit(self.index(0, _COLOR), self.index(len(rows) - 1, len(self._heads) - 1))
            for number, (old, new) in enumerate(zip(before, rows, strict=True)):
                if old.area.name != new.area.name:  # else a name that is being typed would be taken back
                    self.dataChanged.emit(self.index(number, _NAME), self.index(number, _NAME))
            return
        self.beginResetModel()
        self.rows = list(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        words, meaning = self._heads[section]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return words
            case Qt.ItemDataRole.ToolTipRole:
                return meaning
            case Qt.ItemDataRole.TextAlignmentRole:
                side = Qt.AlignmentFlag.AlignLeft if section == _NAME else Qt.AlignmentFlag.AlignRight
                return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        found = super().flags(index)
        return found | Qt.ItemFlag.ItemIsEditable if index.column() == _NAME else found

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # Any: as Qt asks
        row, column = self.rows[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return self._text(row, column)
            case Qt.ItemDataRole.EditRole:
                return row.area.name
            case Qt.ItemDataRole.ToolTipRole if row.is_outside:
                return self.tr("It lies beside the image: nobody can look at it.")
            case Qt.ItemDataRole.DecorationRole if column == _COLOR:
                return QColor(row.area.color)
            case Qt.ItemDataRole.ForegroundRole if row.is_outside:
                return self._theme.tokens.color("warn_text")
            case Qt.ItemDataRole.TextAlignmentRole if column > _COLOR:
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        name = " ".join(str(value).split())
        if role != Qt.ItemDataRole.EditRole or not name or name == self.rows[index.row()].area.name:
            return False
        self.renamed.emit(index.row(), name)
        return True

    def _text(self, row: AreaRow, column: int) -> str:
        own, everyone = row.own, row.everyone
        if column == _NAME:
            return row.area.name
        if column == _COLOR:
            return ""
        if row.is_outside:
            return UNKNOWN
        texts = (
            format_figure(own.first_fixation, 0),
            format_figure(own.time_to_first_s, 2),
            str(own.n_fixations),
            format_figure(own.dwell_s, 2),
            str(own.n_revisits),
            _share(own.share),
            _share(everyone.share if everyone else math.nan),
            _share(everyone.hit_rate if everyone else math.nan),
        )
        return texts[column - 2]


class AreaTable(QTableView):
    """One row an area; F2 or a double click names it, a double click on the colour gives it another one."""

    chosen = Signal(int)
    edited = Signal(object)
    """The areas with another name or colour."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        heads = (
            (self.tr("Area"), ""),
            ("", self.tr("Colour")),
            (self.tr("1st"), self.tr("Number of the first fixation in it")),
            (self.tr("After s"), self.tr("Seconds from the image's appearance to that fixation")),
            (self.tr("Fix."), self.tr("Fixations in it")),
            (self.tr("Dwell s"), self.tr("Duration of all fixations in it")),
            (self.tr("Back"), self.tr("Visits after the first one")),
            (self.tr("Share"), self.tr("Dwell as a share of all fixations on the image")),
            (self.tr("All"), self.tr("The same share, mean over all people who viewed the image")),
            (self.tr("Hit"), self.tr("Share of people who looked at it")),
        )
        self._rows = _Rows(theme, heads)
        self.setProperty("role", "areas")
        self.setModel(self._rows)
        self.setAccessibleName(self.tr("Areas"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(28)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(24)
        for column in range(len(heads)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        self.setMinimumHeight(96)
        self._rows.renamed.connect(lambda row, name: self._change(row, name=name))
        self.doubleClicked.connect(self._recolor)
        self.selectionModel().currentRowChanged.connect(self._moved)
        self._is_showing = False

    @property
    def rows(self) -> list[AreaRow]:
        """What is shown."""
        return self._rows.rows

    def show_rows(self, rows: Sequence[AreaRow], chosen: int) -> None:
        """Show areas with their measures."""
        self._is_showing = True
        self._rows.show(rows)
        if chosen != self.currentIndex().row():
            if chosen >= 0:
                self.selectRow(chosen)
            else:
                self.clearSelection()
                self.setCurrentIndex(QModelIndex())
        self._is_showing = False

    def rename(self, row: int) -> None:
        """Ask for an area's name, in its place."""
        self.edit(self._rows.index(row, _NAME))

    def _moved(self, now: QModelIndex, _before: QModelIndex) -> None:
        if not self._is_showing:
            self.chosen.emit(now.row())

    def _recolor(self, index: QModelIndex) -> None:
        if index.column() != _COLOR:
            return
        found = QColorDialog.getColor(QColor(self.rows[index.row()].area.color), self, self.tr("Colour of the area"))
        if found.isValid():
            self._change(index.row(), color=found.name())

    def _change(self, row: int, **what: str) -> None:
        areas: list[Area] = [shown.area for shown in self.rows]
        areas[row] = replace(areas[row], **what)  # type: ignore[arg-type]  # name and colour are text
        self.edited.emit(tuple(areas))


def _share(value: float) -> str:
    return format_share(value, 0)
