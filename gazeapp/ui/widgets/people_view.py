"""The table of people: a row is a person, a pill is the state of their latest session."""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPen, QPolygonF, QResizeEvent
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
        self._needed_px: list[int] = []
        self.figure_margin_px = 8
        """Free at the right of a figure: more of it where a column is wider than it needs to be."""
        self.found = FoundPeople(table)
        self.setModel(self.found)
        self.setItemDelegate(_Cells(theme, self))
        self.setAccessibleName(self.tr("People"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        self.setHorizontalHeader(head := _Heads(theme, self))
        head.setHighlightSections(False)
        head.setStretchLastSection(True)
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setMinimumSectionSize(52)
        head.setSectionsClickable(True)
        self.setSortingEnabled(True)
        self.sortByColumn(0, Qt.SortOrder.AscendingOrder)
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
        metrics, bold = self.fontMetrics(), QFontMetrics(interface_font(bold=True))
        model = self.found
        needed_px = []
        for column in range(model.columnCount()):
            texts = [str(model.headerData(column, Qt.Orientation.Horizontal))]
            texts += [str(model.index(row, column).data()) for row in range(min(model.rowCount(), 200))]
            used = bold if column == 0 else metrics  # who is marked is bold there
            width = max(used.horizontalAdvance(text) for text in texts) + 16
            if column == self._table.state_column:
                width += 18  # the pill's own room
            needed_px.append(min(max(width, 52), 260))
        self._needed_px = needed_px
        self._spread_columns()

    def _spread_columns(self) -> None:
        """Share the room that is left among all columns."""
        needed_px = self._needed_px
        if len(needed_px) != self.found.columnCount() or not needed_px:
            return
        more_px = max(0, self.viewport().width() - sum(needed_px)) // len(needed_px)
        self.figure_margin_px = 8 + more_px // 2
        for column, width in enumerate(needed_px):
            self.setColumnWidth(column, width + more_px)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Called by Qt."""
        super().resizeEvent(event)
        self._spread_columns()

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


class _Heads(QHeaderView):
    """Names of columns, above what they name; the one that is sorted by has an arrow beside its name."""

    def __init__(self, theme: Theme, view: PeopleView) -> None:
        super().__init__(Qt.Orientation.Horizontal, view)
        self._theme, self._view = theme, view

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        """Called by Qt."""
        tokens = self._theme.tokens
        is_number = self._view._table.is_number(logicalIndex)
        text = str(self.model().headerData(logicalIndex, Qt.Orientation.Horizontal))
        inside = rect.adjusted(8, 0, -self._view.figure_margin_px if is_number else -8, 0)
        side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
        painter.save()
        painter.setFont(interface_font())
        painter.setPen(tokens.color("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        painter.setPen(tokens.color("dim"))
        painter.drawText(inside, side | Qt.AlignmentFlag.AlignVCenter, text)
        if self.isSortIndicatorShown() and self.sortIndicatorSection() == logicalIndex:
            wide = painter.fontMetrics().horizontalAdvance(text)
            x = inside.right() + 1 - wide - 5 if is_number else inside.left() + wide + 5
            up = 1.0 if self.sortIndicatorOrder() == Qt.SortOrder.AscendingOrder else -1.0
            y = inside.center().y() + 1
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.color("dim"))
            corners = ((x - 3, y + 2 * up), (x + 3, y + 2 * up), (x, y - 2 * up))
            painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
        painter.restore()


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
        is_number = self._view._table.is_number(index.column())
        inside = rect.adjusted(8, 0, -self._view.figure_margin_px if is_number else -4, 0)
        painter.setFont(interface_font(bold=is_selected and index.column() == 0))
        if index.column() == self._view._table.state_column:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            width = min(painter.fontMetrics().horizontalAdvance(text) + 18, inside.width())
            pill = QRectF(inside.left(), QRectF(rect).center().y() - 11, width, 22).adjusted(0.5, 0.5, -0.5, -0.5)
            painter.setPen(QPen(tokens.color(tone or ("faint" if is_selected else "line")), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(pill, 11, 11)
            painter.setPen(tokens.color(f"{tone}_text" if tone else "dim"))
            words = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(pill.width()) - 12)
            painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, words)
        else:
            is_quiet = index.column() > self._view._table.state_column and not is_selected
            painter.setPen(tokens.color(f"{tone}_text" if tone else "dim" if is_quiet else "ink"))
            words = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, inside.width())
            side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
            painter.drawText(inside, side | Qt.AlignmentFlag.AlignVCenter, words)
        painter.restore()
