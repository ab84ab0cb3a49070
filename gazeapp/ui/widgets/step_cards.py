"""A plan as a line of cards: what happens, in order. One is chosen, mistakes are marked, cards can be dragged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from gazeapp.ui.theme import Theme, interface_font
from gazeapp.ui.widgets.image_list import dropped_paths

CARD_PX, GAP_PX = (112, 50), 26


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCard:
    """One step."""

    name: str
    detail: str = ""
    fault: str = ""
    """What is wrong with it."""
    takes_images: bool = False


class StepCards(QWidget):
    """Left and Right choose; a click chooses, dragging moves; images and folders are dropped onto a step."""

    chosen = Signal(int)
    moved = Signal(int, int)
    """(number, the place it has afterwards)."""
    dropped = Signal(int, list)
    """(number, paths)."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._cards: tuple[StepCard, ...] = ()
        self._number = 0
        self._pressed: tuple[int, QPointF] | None = None
        self._dragged: QPointF | None = None
        self._target = -1
        """Card that something is dropped onto."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAcceptDrops(True)
        theme.changed.connect(self.update)

    @property
    def cards(self) -> tuple[StepCard, ...]:
        """The steps."""
        return self._cards

    def show_cards(self, cards: Sequence[StepCard], number: int) -> None:
        """Show these steps, with one chosen."""
        self._cards, self._number = tuple(cards), number
        self.setToolTip("\n".join(f"{n}. {c.name}: {c.fault}" for n, c in enumerate(cards, 1) if c.fault))
        self.setAccessibleDescription("; ".join(f"{c.name} {c.detail} {c.fault}".strip() for c in cards))
        self._fit()
        self.update()

    def place(self, number: int) -> QRectF:
        """Where a card lies."""
        row, column = divmod(number, self._per_row())
        return QRectF(2 + column * (CARD_PX[0] + GAP_PX), 2 + row * (CARD_PX[1] + 10), CARD_PX[0], CARD_PX[1])

    def resizeEvent(self, _event: object) -> None:
        """Called by Qt."""
        self._fit()

    def sizeHint(self) -> QSize:
        """Wanted size; called by Qt."""
        return QSize(400, CARD_PX[1] + 4)

    def _fit(self) -> None:
        rows = -(-max(len(self._cards), 1) // self._per_row())
        self.setFixedHeight(rows * (CARD_PX[1] + 10) - 6)

    def _per_row(self) -> int:
        return max(1, (self.width() + GAP_PX) // (CARD_PX[0] + GAP_PX))

    def _at(self, point: QPointF) -> int:
        return next((n for n in range(len(self._cards)) if self.place(n).contains(point)), -1)

    def _slot(self, point: QPointF) -> int:
        """Before which card something at a point would stand."""
        per_row = self._per_row()
        row = min(max(int(point.y() // (CARD_PX[1] + 10)), 0), (len(self._cards) - 1) // per_row)
        first, last = row * per_row, min((row + 1) * per_row, len(self._cards))
        return first + sum(point.x() > self.place(n).center().x() for n in range(first, last))

    # Mouse and keys; called by Qt

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the card."""
        n = self._at(event.position())
        if n >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._pressed = n, event.position()
            self.chosen.emit(n)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag it."""
        if self._pressed is None:
            return
        far = (event.position() - self._pressed[1]).manhattanLength()
        if self._dragged is not None or far >= QApplication.startDragDistance():
            self._dragged = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.update()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Drop it."""
        pressed, dragged = self._pressed, self._dragged
        self._end_drag()
        if pressed is None or dragged is None:
            return
        slot = self._slot(dragged)
        to = slot - (slot > pressed[0])
        if to != pressed[0]:
            self.moved.emit(pressed[0], to)

    def event(self, event: QEvent) -> bool:
        """Escape ends a drag, and does nothing else then."""
        if event.type() == QEvent.Type.ShortcutOverride and self._dragged is not None:
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose with Left and Right; Escape ends a drag."""
        if event.key() == Qt.Key.Key_Escape and self._dragged is not None:
            self._end_drag()
            return
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or event.modifiers() & Qt.KeyboardModifier.AltModifier:
            super().keyPressEvent(event)
        elif 0 <= self._number + step < len(self._cards):
            self.chosen.emit(self._number + step)

    def _end_drag(self) -> None:
        self._pressed = self._dragged = None
        self.unsetCursor()
        self.update()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take images and folders."""
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Mark the step that would take them."""
        n = self._at(event.position())
        self._target = n if n >= 0 and self._cards[n].takes_images else -1
        event.setAccepted(self._target >= 0)
        self.update()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Nothing is dropped."""
        self._target = -1
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        """Give them to the step."""
        n, self._target = self._target, -1
        if n >= 0:
            event.acceptProposedAction()
            self.dropped.emit(n, dropped_paths(event.mimeData()))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        tokens = self._theme.tokens
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            dragged = self._pressed[0] if self._pressed is not None and self._dragged is not None else -1
            for n, card in enumerate(self._cards):
                place = self.place(n)
                painter.setOpacity(0.4 if n == dragged else 1.0)
                self._paint_card(painter, card, place, is_chosen=n == self._number, is_target=n == self._target)
                if n + 1 < len(self._cards) and (n + 1) % self._per_row():
                    y, x = place.center().y(), place.right() + 6
                    painter.setPen(QPen(tokens.color("faint"), 1.4))
                    painter.drawLine(QPointF(x, y), QPointF(x + 13, y))
                    painter.drawLine(QPointF(x + 9, y - 4), QPointF(x + 13, y))
                    painter.drawLine(QPointF(x + 9, y + 4), QPointF(x + 13, y))
            painter.setOpacity(1.0)
            if dragged >= 0 and self._dragged is not None:
                slot = self._slot(self._dragged)
                is_last = slot == len(self._cards) or (slot and slot % self._per_row() == 0 and slot > dragged)
                at = self.place(slot - 1).right() + 5 if is_last else self.place(slot).left() - 5
                beside = self.place(slot - 1 if is_last else slot)
                painter.setPen(QPen(tokens.color("accent"), 3))
                painter.drawLine(QPointF(at, beside.top() + 2), QPointF(at, beside.bottom() - 2))

    def _paint_card(
        self, painter: QPainter, card: StepCard, place: QRectF, *, is_chosen: bool, is_target: bool
    ) -> None:
        tokens = self._theme.tokens
        edge = "ok" if is_target else "bad" if card.fault else "accent" if is_chosen else "line"
        painter.setPen(QPen(tokens.color(edge), 2.2 if is_target or (is_chosen and self.hasFocus()) else 1.4))
        painter.setBrush(tokens.color("raised" if is_chosen else "panel"))
        painter.drawRoundedRect(place, 7, 7)
        inner = place.adjusted(11, 6, -8, -6)
        painter.setFont(interface_font(bold=is_chosen))
        painter.setPen(tokens.color("ink"))
        top = Qt.AlignmentFlag.AlignTop
        elide = Qt.TextElideMode.ElideRight
        name = QFontMetricsF(painter.font()).elidedText(card.name, elide, inner.width())
        painter.drawText(inner, top if card.detail else Qt.AlignmentFlag.AlignVCenter, name)
        painter.setFont(interface_font(12))
        painter.setPen(tokens.color("bad_text" if card.fault else "dim"))
        detail = QFontMetricsF(painter.font()).elidedText(card.detail, elide, inner.width())
        painter.drawText(inner, Qt.AlignmentFlag.AlignBottom, detail)
