"""A plan as a line of cards: what happens, in order; one is chosen, and those with mistakes are marked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeapp.ui.theme import Theme, interface_font

CARD_PX, GAP_PX = (112, 50), 26


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCard:
    """One step."""

    name: str
    detail: str = ""
    fault: str = ""
    """What is wrong with it."""


class StepCards(QWidget):
    """Left and Right choose; a click chooses."""

    chosen = Signal(int)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._cards: tuple[StepCard, ...] = ()
        self._number = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
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

    def _place(self, number: int) -> QRectF:
        row, column = divmod(number, self._per_row())
        return QRectF(2 + column * (CARD_PX[0] + GAP_PX), 2 + row * (CARD_PX[1] + 10), CARD_PX[0], CARD_PX[1])

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Called by Qt."""
        for n in range(len(self._cards)):
            if self._place(n).contains(event.position()):
                self.chosen.emit(n)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Called by Qt."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or event.modifiers() & Qt.KeyboardModifier.AltModifier:
            super().keyPressEvent(event)
        elif 0 <= self._number + step < len(self._cards):
            self.chosen.emit(self._number + step)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        tokens = self._theme.tokens
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for n, card in enumerate(self._cards):
                place, is_chosen = self._place(n), n == self._number
                edge = "bad" if card.fault else "accent" if is_chosen else "line"
                painter.setPen(QPen(tokens.color(edge), 2.2 if is_chosen and self.hasFocus() else 1.4))
                painter.setBrush(tokens.color("raised" if is_chosen else "panel"))
                painter.drawRoundedRect(place, 7, 7)
                inner = place.adjusted(11, 6, -8, -6)
                painter.setFont(interface_font(bold=is_chosen))
                painter.setPen(tokens.color("ink"))
                top = Qt.AlignmentFlag.AlignTop
                painter.drawText(inner, top if card.detail else Qt.AlignmentFlag.AlignVCenter, card.name)
                painter.setFont(interface_font(12))
                painter.setPen(tokens.color("bad_text" if card.fault else "dim"))
                painter.drawText(inner, Qt.AlignmentFlag.AlignBottom, card.detail)
                if n + 1 < len(self._cards) and (n + 1) % self._per_row():
                    y, x = place.center().y(), place.right() + 6
                    painter.setPen(QPen(tokens.color("faint"), 1.4))
                    painter.drawLine(QPointF(x, y), QPointF(x + 13, y))
                    painter.drawLine(QPointF(x + 9, y - 4), QPointF(x + 13, y))
                    painter.drawLine(QPointF(x + 9, y + 4), QPointF(x + 13, y))
