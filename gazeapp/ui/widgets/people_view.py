"""The table of people: a row is a person, a pill is the state of their latest session."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from gazeapp.ui.models.people_table import NAME, TONE, FoundPeople, PeopleTable
from gazeapp.ui.theme import Theme, interface_font

ROW_PX = 38


class PeopleView(QTableView):
    """Arrow keys choose, Return opens, letters do nothing: they are keys of the page."""

    chosen = Signal(str)
    """Pseudonym of the person who is marked; empty for nobody."""
    opened = Signal()

    def __init__(self, theme: Theme, table: PeopleTable) -> None:
        super().__init__()
        self._table = table
        self.found = FoundPeople(table)
        self.setModel(self.found)
        self.setItemDelegate(_Cells(theme, self))
        self.setAccessibleName(self.tr("People"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setStretchLastSection(True)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setMinimumSectionSize(52)
        self.selectionModel().selectionChanged.connect(lambda *_: self.chosen.emit(self.pseudonym))
        self.doubleClicked.connect(lambda _index: self.opened.emit())
        theme.changed.connect(self.viewport().update)

    @property
    def pseudonym(self) -> str:
        """Of the person who is marked; empty for nobody."""
        names = self.pseudonyms
        return names[0] if names else ""

    @property
    def pseudonyms(self) -> list[str]:
        """Of everybody who is marked, the current one first."""
        current = self.currentIndex().row()
        rows = sorted(self.selectionModel().selectedRows(), key=lambda index: index.row() != current)
        return [str(index.data(NAME)) for index in rows]

    def choose(self, *pseudonyms: str) -> bool:
        """Mark people, the first as the current one; False where nobody of these is shown."""
        indices = [self.found.index(row, 0) for row in range(self.found.rowCount())]
        found = {str(index.data(NAME)): index for index in indices}
        marked = [found[name] for name in pseudonyms if name in found]
        flags = QItemSelectionModel.SelectionFlag
        for n, index in enumerate(marked):
            if n == 0:
                self.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
                self.scrollTo(index)
            else:
                self.selectionModel().select(index, flags.Select | flags.Rows)
        return bool(marked)

    def fit_columns(self) -> None:
        """Give every column the width of what it holds; called when other people are shown."""
        metrics = self.fontMetrics()
        model = self.found
        for column in range(model.columnCount()):
            texts = [str(model.headerData(column, Qt.Orientation.Horizontal))]
            texts += [str(model.index(row, column).data()) for row in range(min(model.rowCount(), 200))]
            width = max(metrics.horizontalAdvance(text) for text in texts) + 18
            if column == self._table.state_column:
                width += 18  # the pill's own room
            # and the arrow of the column that is sorted
            width = max(width, metrics.horizontalAdvance(texts[0]) + (40 if column == 0 else 18))
            self.setColumnWidth(column, min(max(width, 52), 260))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Called by Qt."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        elif (
            event.text() and event.text().isprintable() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        ):
            event.ignore()  # else the table would search by itself
        else:
            super().keyPressEvent(event)


class _Cells(QStyledItemDelegate):
    def __init__(self, theme: Theme, view: PeopleView) -> None:
        super().__init__(view)
        self._theme, self._view = theme, view

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        tokens, tone = self._theme.tokens, str(index.data(TONE) or "")
        state = option.state
        rect = option.rect
        is_selected = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        if is_selected:
            painter.fillRect(rect, tokens.color("accent", 0.18))
        painter.setPen(QPen(tokens.color("line"), 1))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        text = str(index.data())
        inside = rect.adjusted(8, 0, -4, 0)
        painter.setFont(interface_font(bold=is_selected and index.column() == 0))
        if index.column() == self._view._table.state_column:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            width = min(painter.fontMetrics().horizontalAdvance(text) + 18, inside.width())
            pill = QRectF(inside.left(), rect.center().y() - 10.5, width, 22)
            painter.setPen(QPen(tokens.color(tone or "line"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(pill, 11, 11)
            painter.setPen(tokens.color(f"{tone}_text" if tone else "dim"))
            words = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(pill.width()) - 12)
            painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, words)
        else:
            is_quiet = index.column() > self._view._table.state_column and not is_selected
            painter.setPen(tokens.color(f"{tone}_text" if tone else "dim" if is_quiet else "ink"))
            words = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, inside.width())
            painter.drawText(inside, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
        painter.restore()
