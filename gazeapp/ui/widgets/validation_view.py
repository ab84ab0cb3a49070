"""Targets on a drawing of the participant's screen, with where each eye looked and one degree around each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeapp.ui.formatting import format_figure
from gazeapp.ui.models.target_mark import TargetMark
from gazeapp.ui.qt_images import contained
from gazeapp.ui.theme import Theme, interface_font

MAX_MARKS = 60
"""Samples drawn per eye and target; more only thicken the same spot."""


class ValidationView(QWidget):
    """Targets can be chosen by mouse or arrow keys, to redo or drop one."""

    chosen = Signal(object)
    """The target, or None when none is chosen any more."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._marks: tuple[TargetMark, ...] = ()
        self._size_px = (1920.0, 1080.0)
        self._px_per_deg = 40.0
        self._selected: int | None = None
        self.words = (self.tr("left eye"), self.tr("right eye"), self.tr("gaze"), self.tr("1° around the target"))
        """The legend; the third for a source whose one gaze point belongs to no single eye."""
        self.empty_text = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(280, 200))
        theme.changed.connect(self.update)

    @property
    def marks(self) -> tuple[TargetMark, ...]:
        """The targets that are shown."""
        return self._marks

    @property
    def selected(self) -> int | None:
        """The target that was chosen."""
        return self._selected

    def show_screen(self, width_px: float, height_px: float, px_per_deg: float) -> None:
        """The participant's screen, physical pixels."""
        self._size_px, self._px_per_deg = (width_px, height_px), px_per_deg
        self.update()

    def show_targets(self, marks: Sequence[TargetMark]) -> None:
        """Show these targets."""
        self._marks = tuple(marks)
        if self._selected not in {mark.target_id for mark in self._marks}:
            self._selected = None
        self.setAccessibleDescription(
            "; ".join(f"{mark.name}: {format_figure(mark.error_deg, 2, '°')}" for mark in self._marks)
        )
        self.update()

    def select(self, target_id: int | None) -> None:
        """Choose a target, or none."""
        if target_id != self._selected:
            self._selected = target_id
            self.update()
            self.chosen.emit(target_id)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Called by Qt."""
        near = [(self._distance(mark, event.position()), mark.target_id) for mark in self._marks]
        self.select(min(near)[1] if near and min(near)[0] < 40 else None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Called by Qt."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        ids = [mark.target_id for mark in self._marks]
        if step is None or not ids:
            super().keyPressEvent(event)
            return
        index = ids.index(self._selected) if self._selected in ids else (-1 if step > 0 else 0)
        self.select(ids[(index + step) % len(ids)])

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        tokens = self._theme.tokens
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            screen = self._screen_rect()
            painter.setPen(QPen(tokens.color("line"), 1))
            painter.setBrush(tokens.color("background"))
            painter.drawRoundedRect(screen, 6, 6)
            if not self._marks:
                painter.setPen(tokens.color("dim"))
                painter.setFont(interface_font())
                painter.drawText(screen, Qt.AlignmentFlag.AlignCenter, self.empty_text)
            else:
                painter.drawLine(QLineF(screen.center().x(), screen.top(), screen.center().x(), screen.bottom()))
                painter.drawLine(QLineF(screen.left(), screen.center().y(), screen.right(), screen.center().y()))
            scale = screen.width() / self._size_px[0]
            for mark in self._marks:
                self._paint_mark(painter, mark, screen, scale)
            self._paint_legend(painter)
            if self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(tokens.color("accent"), 2))
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 7, 7)

    def _paint_mark(self, painter: QPainter, mark: TargetMark, screen: QRectF, scale: float) -> None:
        tokens = self._theme.tokens
        centre = self._place(mark.x_px, mark.y_px, screen, scale)
        radius = self._px_per_deg * scale
        weak = mark.tone in ("warn", "bad")
        ring = tokens.color(mark.tone if weak or mark.tone == "accent" else "faint")
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ring, 2.4 if weak else 1.2))
        painter.drawEllipse(centre, radius, radius)
        if mark.target_id == self._selected:
            painter.setPen(QPen(tokens.color("accent"), 1.6, Qt.PenStyle.DashLine))
            painter.drawEllipse(centre, radius + 6, radius + 6)
        for points, token in ((mark.left_px, "left_eye"), (mark.right_px, "right_eye")):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.color(token, 0.55))
            for x, y in points[:: max(1, len(points) // MAX_MARKS)]:
                if np.isfinite(x) and np.isfinite(y):
                    painter.drawEllipse(self._place(x, y, screen, scale), 2.2, 2.2)
        both = np.concatenate([mark.left_px, mark.right_px])
        if weak and len(both) and np.isfinite(both).any():
            x, y = np.nanmean(both, axis=0)
            painter.setPen(QPen(ring, 1.4, Qt.PenStyle.DotLine))
            painter.drawLine(centre, self._place(float(x), float(y), screen, scale))
        painter.setPen(QPen(tokens.color("ink"), 1.2))
        painter.drawLine(centre - QPointF(8, 0), centre + QPointF(8, 0))
        painter.drawLine(centre - QPointF(0, 8), centre + QPointF(0, 8))
        painter.setPen(tokens.color("dim"))
        painter.setFont(interface_font(11))
        painter.drawText(QPointF(centre.x() - radius * 0.71 - 12, centre.y() - radius * 0.71 - 2), mark.name)
        if np.isfinite(mark.error_deg) or mark.tone == "bad":
            tone = f"{mark.tone}_text" if mark.tone in ("ok", "warn", "bad") else "dim"
            painter.setPen(tokens.color(tone))
            painter.setFont(interface_font(12, bold=weak))
            below = centre.y() + radius + 20 < screen.bottom()
            box = QRectF(centre.x() - 40, centre.y() + radius + 3 if below else centre.y() - radius - 19, 80, 16)
            sign = {"warn": " !", "bad": " ×"}.get(mark.tone, "")
            is_known = np.isfinite(mark.error_deg)
            text = format_figure(mark.error_deg, 2, "°") + sign if is_known else sign.strip()
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_legend(self, painter: QPainter) -> None:
        tokens = self._theme.tokens
        painter.setFont(interface_font(12))
        metrics = painter.fontMetrics()
        x, y = 16.0, 20.0
        eyes = {mark.eyes for mark in self._marks} or {"binocular"}
        left, right, point, circle = self.words
        dots = [
            ("left_eye", left, {"binocular", "left"}),
            ("right_eye", right, {"binocular", "right"}),
            ("left_eye", point, {"cyclopean"}),
        ]
        for token, text in [
            *((token, text) for token, text, of in dots if eyes & of),
            ("", circle),
        ]:
            if token:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(tokens.color(token))
                painter.drawEllipse(QPointF(x + 4, y), 4, 4)
                x += 14
            else:
                painter.setPen(QPen(tokens.color("faint"), 1.2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(QPointF(x + 8, y), 8, 8)
                x += 22
            painter.setPen(tokens.color("dim"))
            painter.drawText(QPointF(x, y + 4), text)
            x += metrics.horizontalAdvance(text) + 18

    def _screen_rect(self) -> QRectF:
        return contained(*self._size_px, QRectF(self.rect()).adjusted(14, 42, -14, -14))

    def _place(self, x_px: float, y_px: float, screen: QRectF, scale: float) -> QPointF:
        return QPointF(screen.left() + x_px * scale, screen.top() + y_px * scale)

    def _distance(self, mark: TargetMark, point: QPointF) -> float:
        screen = self._screen_rect()
        place = self._place(mark.x_px, mark.y_px, screen, screen.width() / self._size_px[0])
        return QLineF(place, point).length()
