"""Images with thumbnail, name and figure, one below the other or as a grid; hundreds of them scroll at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gazeapp.ui.models.thumbnails import Thumbnails
from gazeapp.ui.qt_images import contained
from gazeapp.ui.theme import Theme, interface_font

Index = QModelIndex | QPersistentModelIndex
ROW_PX, THUMB_PX = 54, (62, 42)
CELL_PX = (132, 112)


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
        found = self._view.thumbnails.get(item.path)
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

    def __init__(self, theme: Theme, thumbnails: Thumbnails, *, is_grid: bool = False) -> None:
        super().__init__()
        self.thumbnails, self.is_grid = thumbnails, is_grid
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
