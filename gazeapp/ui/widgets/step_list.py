"""The left column: every step, its state and one figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from gazeapp.ui.icons import draw_icon
from gazeapp.ui.theme import Theme, interface_font

StepState = Literal["locked", "open", "working", "done", "warn", "failed"]

NAME_PX = 38
"""Where the names begin, right of the marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepItem:
    """One step, or a page beside the steps."""

    key: str
    name: str
    state: StepState = "locked"
    figure: str = ""
    icon: str = ""
    """Icon of a page beside the steps, which has no number."""


class StepList(QWidget):
    """Steps from top to bottom; arrow keys move, Return opens."""

    chosen = Signal(str)

    def __init__(self, theme: Theme, steps: list[StepItem]) -> None:
        super().__init__()
        self._rows = {step.key: _Row(theme, n, step) for n, step in enumerate(steps, start=1)}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        has_side_pages = False
        for key, row in self._rows.items():
            if row.step.icon and not has_side_pages:
                has_side_pages = True
                column.addSpacing(14)
            row.clicked.connect(lambda key=key: self.chosen.emit(key))
            column.addWidget(row)

    def show_step(self, step: StepItem) -> None:
        """Update one step."""
        self._rows[step.key].show_step(step)

    def select(self, key: str) -> None:
        """Mark the page that is open."""
        for name, row in self._rows.items():
            row.set_selected(name == key)

    def step(self, key: str) -> StepItem:
        """A step as it is shown."""
        return self._rows[key].step


class _Row(QWidget):
    clicked = Signal()

    def __init__(self, theme: Theme, number: int, step: StepItem) -> None:
        super().__init__()
        self._theme, self._number, self.step, self._selected = theme, number, step, False
        self.setFixedHeight(34)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.update)
        self.show_step(step)

    def sizeHint(self) -> QSize:
        return QSize(166, 34)

    def show_step(self, step: StepItem) -> None:
        if step == getattr(self, "step", None) and self.accessibleName():
            return
        self.step = step
        states = {
            "open": self.tr("open"),
            "working": self.tr("running"),
            "done": self.tr("done"),
            "warn": self.tr("done, with care"),
            "failed": self.tr("failed"),
            "locked": self.tr("not yet possible"),
        }
        self.setAccessibleName(f"{self._number} {step.name}, {states[step.state]} {step.figure}")
        self.setToolTip(f"Alt+{self._number}" if self._number < 10 and not step.icon else "")
        self.update()

    def set_selected(self, selected: bool) -> None:
        if selected != self._selected:
            self._selected = selected
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, _event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = self._theme.tokens
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            if self._selected:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(tokens.color("raised"))
                painter.drawRoundedRect(box, 7, 7)
            if self.hasFocus():
                painter.setPen(QPen(tokens.color("accent"), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(box, 7, 7)
            self._paint_mark(painter, QRectF(10, self.height() / 2 - 9, 18, 18))
            painter.setFont(interface_font(bold=self._selected))
            painter.setPen(tokens.color("ink" if self._selected or self.step.state == "done" else "dim"))
            text = QRectF(NAME_PX, 0, self.width() - NAME_PX - 6, self.height())
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, self.name_shown())
            painter.setFont(interface_font(11))
            painter.setPen(tokens.color("dim"))
            right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(text, right, self.step.figure)

    def name_shown(self) -> str:
        """The name, as much of it as fits beside the figure."""
        figure_px = QFontMetrics(interface_font(11)).horizontalAdvance(self.step.figure)
        room_px = self.width() - NAME_PX - 6 - (figure_px + 6 if figure_px else 0)
        metrics = QFontMetrics(interface_font(bold=self._selected))
        return metrics.elidedText(self.step.name, Qt.TextElideMode.ElideRight, room_px)

    def _paint_mark(self, painter: QPainter, ring: QRectF) -> None:
        tokens, state = self._theme.tokens, self.step.state
        if self.step.icon:
            draw_icon(painter, self.step.icon, ring, tokens.color("accent" if self._selected else "dim"))
            return
        tone = {"done": "ok", "warn": "warn", "failed": "bad", "working": "accent"}.get(state)
        color = tokens.color(tone or ("accent" if self._selected else "faint"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(color, 1.4))
        painter.drawEllipse(ring)
        if state == "done":
            draw_icon(painter, "check", ring.adjusted(2, 2, -2, -2), color)
            return
        sign = {"warn": "!", "failed": "×"}.get(state, str(self._number))
        painter.setFont(interface_font(10, bold=state in ("warn", "failed")))
        painter.setPen(
            tokens.color({"warn": "warn_text", "failed": "bad_text"}.get(state, "dim"))
            if not self._selected or tone
            else tokens.color("accent")
        )
        painter.drawText(ring, Qt.AlignmentFlag.AlignCenter, sign)
