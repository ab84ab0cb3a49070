"""A list from which one row is chosen; rows that cannot be chosen say why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeapp.ui.icons import draw_icon
from gazeapp.ui.theme import Theme, interface_font

ROW_PX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One row."""

    key: str
    name: str
    detail: str = ""
    figure: str = ""
    icon: str = ""
    is_enabled: bool = True
    tone: str = ""
    """Tone of the figure: ok, warn, bad or nothing."""


class ChoiceList(QWidget):
    """Up and Down move, a click or Space chooses; the chosen row has a filled ring."""

    chosen = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._choices: tuple[Choice, ...] = ()
        self._key = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The rows."""
        return self._choices

    @property
    def key(self) -> str:
        """The chosen row; empty for none."""
        return self._key

    def show_choices(self, choices: Sequence[Choice], key: str) -> None:
        """Show these rows, with one chosen."""
        self._choices, self._key = tuple(choices), key
        self.setFixedHeight(max(1, len(self._choices)) * ROW_PX)
        chosen = ", " + self.tr("chosen")
        self.setAccessibleDescription(
            "; ".join(f"{c.name}, {c.detail} {c.figure}{chosen if c.key == key else ''}" for c in choices)
        )
        self.update()

    def choose(self, key: str) -> None:
        """Choose a row, if it can be chosen."""
        if key != self._key and any(c.key == key and c.is_enabled for c in self._choices):
            self._key = key
            self.update()
            self.chosen.emit(key)

    def sizeHint(self) -> QSize:
        """Wanted size; called by Qt."""
        return QSize(400, max(1, len(self._choices)) * ROW_PX)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Called by Qt."""
        row = int(event.position().y() // ROW_PX)
        if 0 <= row < len(self._choices):
            self.choose(self._choices[row].key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Called by Qt."""
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        usable = [choice.key for choice in self._choices if choice.is_enabled]
        if step is None or not usable:
            super().keyPressEvent(event)
            return
        at = usable.index(self._key) if self._key in usable else -1
        self.choose(usable[min(max(at + step, 0), len(usable) - 1)])

    def focusInEvent(self, _event: QFocusEvent) -> None:
        """Called by Qt."""
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:
        """Called by Qt."""
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for n, choice in enumerate(self._choices):
                self._paint_row(painter, choice, QRectF(0, n * ROW_PX, self.width(), ROW_PX), n > 0)

    def _paint_row(self, painter: QPainter, choice: Choice, row: QRectF, ruled: bool) -> None:
        tokens = self._theme.tokens
        is_chosen = choice.key == self._key
        box = row.adjusted(2, 2, -2, -2)
        if is_chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.color("raised"))
            painter.drawRoundedRect(box, 7, 7)
        elif ruled:
            painter.setPen(QPen(tokens.color("line"), 1))
            painter.drawLine(row.topLeft(), row.topRight())
        if is_chosen and self.hasFocus():
            painter.setPen(QPen(tokens.color("accent"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 7, 7)
        ring = QRectF(row.left() + 14, row.center().y() - 8, 16, 16)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if choice.is_enabled:
            painter.setPen(QPen(tokens.color("accent" if is_chosen else "faint"), 1.6))
            painter.drawEllipse(ring)
            if is_chosen:
                painter.setBrush(tokens.color("accent"))
                painter.drawEllipse(ring.adjusted(4, 4, -4, -4))
        else:
            is_bad = choice.tone == "bad"
            draw_icon(painter, "error" if is_bad else "info", ring, tokens.color("bad" if is_bad else "faint"))
        x = row.left() + 46
        if choice.icon:
            draw_icon(painter, choice.icon, QRectF(x, row.center().y() - 11, 22, 22), tokens.color("dim"))
            x += 36
        painter.setFont(interface_font(12))
        figure_width = QFontMetricsF(painter.font()).horizontalAdvance(choice.figure) + 16 if choice.figure else 0
        painter.setPen(tokens.color(f"{choice.tone}_text" if choice.tone else "dim"))
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.drawText(row.adjusted(0, 0, -16, 0), right, choice.figure)
        width = row.right() - x - figure_width - 16
        metrics = QFontMetricsF(painter.font())
        detail = metrics.elidedText(choice.detail, Qt.TextElideMode.ElideRight, width)
        painter.setPen(tokens.color("dim"))
        painter.drawText(QRectF(x, row.top() + 27, width, 18), Qt.AlignmentFlag.AlignVCenter, detail)
        painter.setFont(interface_font(bold=is_chosen))
        painter.setPen(tokens.color("ink" if choice.is_enabled and self.isEnabled() else "dim"))
        y = row.top() + 8 if choice.detail else row.center().y() - 9
        name = QFontMetricsF(painter.font()).elidedText(choice.name, Qt.TextElideMode.ElideRight, width)
        painter.drawText(QRectF(x, y, width, 18), Qt.AlignmentFlag.AlignVCenter, name)
