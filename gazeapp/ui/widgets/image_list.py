"""Images with thumbnail, name and figure, one below the other or as a grid; thousands of them scroll at once.

In a grid they can be dragged to another place, and images and folders dropped between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    QUrl,
    Signal,
)
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gazeapp.ui.models.thumbnails import Thumbnails
from gazeapp.ui.qt_images import contained
from gazeapp.ui.theme import Theme, interface_font

Index = QModelIndex | QPersistentModelIndex
ROW_PX, THUMB_PX = 54, (62, 42)
CELL_PX = (132, 112)
MOVED = "application/x-gazeapp-images"
"""Rows of a list that are dragged within it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageItem:
    """One image."""

    key: str
    name: str
    path: Path
    figure: str = ""
    tone: str = ""
    """Tone of the figure."""
    detail: str = ""
    is_faded: bool = False
    """It does not count."""


def dropped_paths(data: QMimeData) -> list[Path]:
    """Files and folders that somebody dragged here from a file manager."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


class _Items(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.items: tuple[ImageItem, ...] = ()

    def show(self, items: Sequence[ImageItem]) -> None:
        if len(items) == len(self.items):
            self.items = tuple(items)
            self.dataChanged.emit(self.index(0), self.index(len(items) - 1))
            return
        self.beginResetModel()
        self.items = tuple(items)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.items)

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled | Qt.ItemFlag.ItemIsDropEnabled

    def mimeTypes(self) -> list[str]:
        return [MOVED, "text/uri-list"]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        rows = sorted({index.row() for index in indexes})
        data = QMimeData()
        data.setData(MOVED, ",".join(map(str, rows)).encode())
        data.setUrls([QUrl.fromLocalFile(str(self.items[row].path)) for row in rows])
        return data

    def supportedDragActions(self) -> Qt.DropAction:
        return Qt.DropAction.CopyAction | Qt.DropAction.MoveAction

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # Any: as Qt asks
        item = self.items[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return " ".join(part for part in (item.name, item.figure, item.detail) if part)
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(part for part in (item.name, item.detail) if part)
        return None


class _Painter(QStyledItemDelegate):
    def __init__(self, theme: Theme, view: ImageList) -> None:
        super().__init__(view)
        self._theme, self._view = theme, view

    def sizeHint(self, _option: QStyleOptionViewItem, _index: Index) -> QSize:
        return QSize(*CELL_PX) if self._view.is_grid else QSize(120, ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = self._theme.tokens
        item = self._view.items[index.row()]
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        rect = QRectF(box).adjusted(2, 2, -2, -2)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(tokens.color("accent"), 1.6) if self._view.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(tokens.color("raised"))
            painter.drawRoundedRect(rect, 7, 7)
        is_grid = self._view.is_grid
        picture = QRectF(rect.left() + 6, rect.top() + 6, rect.width() - 12, rect.height() - 34)
        if not is_grid:
            picture = QRectF(rect.left() + 6, rect.center().y() - THUMB_PX[1] / 2, *THUMB_PX)
        self._paint_thumbnail(painter, picture, item)
        words = QRectF(rect.left() + 6, picture.bottom() + 2, rect.width() - 12, 22)
        if not is_grid:
            words = rect.adjusted(THUMB_PX[0] + 18, 0, -8, 0)
        painter.setFont(interface_font(12))
        metrics = QFontMetricsF(painter.font())
        painter.setPen(tokens.color(f"{item.tone}_text" if item.tone else "dim"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(words, middle | Qt.AlignmentFlag.AlignRight, item.figure)
        wide = words.width() - (metrics.horizontalAdvance(item.figure) + 8 if item.figure else 0)
        name_rect = QRectF(words.left(), words.top(), wide, words.height())
        painter.setPen(tokens.color("dim" if item.is_faded or is_grid else "ink"))
        if item.is_faded:
            font = painter.font()
            font.setStrikeOut(True)
            painter.setFont(font)
        name = QFontMetricsF(painter.font()).elidedText(item.name, Qt.TextElideMode.ElideMiddle, wide)
        painter.drawText(name_rect, middle, name)
        painter.restore()

    def _paint_thumbnail(self, painter: QPainter, place: QRectF, item: ImageItem) -> None:
        tokens = self._theme.tokens
        found = self._view.thumbnails.get(item.path) if item.path.name else None
        if found is None or found.image is None:
            painter.setPen(QPen(tokens.color("line"), 1))
            painter.setBrush(tokens.color("background"))
            painter.drawRoundedRect(place, 4, 4)
            if found is not None:
                painter.setPen(tokens.color("bad_text"))
                painter.setFont(interface_font(bold=True))
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "×")
            return
        inner = contained(found.image.width(), found.image.height(), place)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if item.is_faded:
            painter.setOpacity(0.4)
        painter.drawImage(inner, found.image)
        painter.setOpacity(1.0)


class ImageList(QListView):
    """Only what is seen is looked at; thumbnails come as they are made."""

    chosen = Signal(str)
    """Key of the image that is looked at now."""
    moved = Signal(list, int)
    """(keys, before which place) were dragged."""
    dropped = Signal(list, int)
    """(paths, before which place) came from outside."""

    def __init__(self, theme: Theme, thumbnails: Thumbnails, *, is_grid: bool = False) -> None:
        super().__init__()
        self.thumbnails, self.is_grid = thumbnails, is_grid
        self._theme = theme
        self._items = _Items()
        self.setModel(self._items)
        self.setItemDelegate(_Painter(theme, self))
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        if is_grid:
            self.setViewMode(QListView.ViewMode.IconMode)
            self.setResizeMode(QListView.ResizeMode.Adjust)
            self.setMovement(QListView.Movement.Static)
            self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        thumbnails.arrived.connect(self.viewport().update)
        theme.changed.connect(self.viewport().update)
        self.selectionModel().currentChanged.connect(self._moved)
        self._is_showing = False
        self._slot = -1
        """Before which image something would be dropped."""

    def let_edit(self) -> None:
        """Images may be dragged to other places, and others dropped."""
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.viewport().setAcceptDrops(True)
        self.setDragDropMode(QListView.DragDropMode.DragDrop)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Called by Qt."""
        self._drag_over(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Called by Qt."""
        super().dragMoveEvent(event)  # scrolls near the edge
        self._drag_over(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Called by Qt."""
        super().dragLeaveEvent(event)
        self._slot = -1
        self.viewport().update()

    def dropEvent(self, event: QDropEvent) -> None:
        """Called by Qt."""
        slot, self._slot = self.slot_at(event.position().toPoint()), -1
        data = event.mimeData()
        if event.source() is self and data.hasFormat(MOVED):
            rows = [int(row) for row in bytes(data.data(MOVED).data()).split(b",") if row]
            self.moved.emit([self.items[row].key for row in rows if row < len(self.items)], slot)
        elif dropped_paths(data):
            self.dropped.emit(dropped_paths(data), slot)
        # nothing is taken out by Qt: who hears of it shows the new order
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.viewport().update()

    def slot_at(self, point: QPoint) -> int:
        """Before which image a point of the view lies."""
        index = self.indexAt(point)
        if not index.isValid():
            # between two cells, or behind the last one
            near = [self.indexAt(point + QPoint(dx, 0)) for dx in (-12, 12)]
            index = next((found for found in near if found.isValid()), index)
            if not index.isValid():
                return len(self.items)
        return index.row() + int(point.x() > self.visualRect(index).center().x())

    def _drag_over(self, event: QDragMoveEvent) -> None:
        data = event.mimeData()
        is_own = event.source() is self and data.hasFormat(MOVED)
        self._slot = self.slot_at(event.position().toPoint()) if is_own or dropped_paths(data) else -1
        event.setDropAction(Qt.DropAction.MoveAction if is_own else Qt.DropAction.CopyAction)
        event.setAccepted(self._slot >= 0)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Called by Qt."""
        super().paintEvent(event)
        if self._slot < 0 or not self.items:
            return
        is_last = self._slot >= len(self.items)
        rect = self.visualRect(self._items.index(len(self.items) - 1 if is_last else self._slot))
        x = rect.right() if is_last else rect.left()
        with QPainter(self.viewport()) as painter:
            painter.setPen(QPen(self._theme.tokens.color("accent"), 3))
            painter.drawLine(x, rect.top() + 6, x, rect.bottom() - 6)

    @property
    def items(self) -> tuple[ImageItem, ...]:
        """The images, in order."""
        return self._items.items

    @property
    def key(self) -> str:
        """The image that is looked at; empty for none."""
        row = self.currentIndex().row()
        return self.items[row].key if 0 <= row < len(self.items) else ""

    @property
    def keys(self) -> list[str]:
        """All that are marked, in order."""
        return [self.items[index.row()].key for index in sorted(self.selectedIndexes(), key=lambda i: i.row())]

    def show_items(self, items: Sequence[ImageItem], key: str) -> None:
        """Show these images, with one chosen."""
        if tuple(items) != self.items:
            self._is_showing = True
            self._items.show(items)
            self._is_showing = False
        self.choose(key)

    def choose(self, key: str) -> None:
        """Mark an image without telling."""
        if key == self.key:
            return
        row = next((n for n, item in enumerate(self.items) if item.key == key), -1)
        self._is_showing = True
        self.setCurrentIndex(self._items.index(row) if row >= 0 else QModelIndex())
        self._is_showing = False

    def _moved(self, _now: Index, _before: Index) -> None:
        if not self._is_showing and self.key:
            self.chosen.emit(self.key)
