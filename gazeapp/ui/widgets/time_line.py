"""The time of one viewing: fixations, losses, and a place that plays or is dragged."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QElapsedTimer, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeapp.ui.theme import Theme

FRAME_MS = 16
STEP_S = 0.05


class TimeLine(QWidget):
    """Plays by the clock, however late its frames come; Left and Right move it by a twentieth of a second."""

    moved = Signal(float)
    """Seconds from the image's appearance."""
    played = Signal(bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.length_s = self.position_s = 0.0
        self.speed = 1.0
        self._bars: tuple[tuple[float, float], ...] = ()
        self._losses: tuple[tuple[float, float], ...] = ()
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._advance)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(34)
        self.setMinimumWidth(120)
        theme.changed.connect(self.update)

    @property
    def is_playing(self) -> bool:
        """Whether it moves by itself."""
        return self._timer.isActive()

    def show_time(
        self, length_s: float, fixations: Sequence[tuple[float, float]], losses: Sequence[tuple[float, float]]
    ) -> None:
        """Show another viewing: (begin, end) of each fixation and loss, in seconds."""
        self.stop()
        self.length_s, self._bars, self._losses = max(length_s, 0.0), tuple(fixations), tuple(losses)
        self.move_to(0.0)

    def move_to(self, position_s: float) -> None:
        """Go to a time."""
        self.position_s = min(max(position_s, 0.0), self.length_s)
        self.update()
        self.moved.emit(self.position_s)

    def toggle(self) -> None:
        """Play, from the beginning where it stands at the end; or stop."""
        if self.is_playing:
            self.stop()
        elif self.length_s > 0:
            if self.position_s >= self.length_s:
                self.move_to(0.0)
            self._clock.restart()
            self._timer.start()
            self.played.emit(True)

    def stop(self) -> None:
        """Stay where it is."""
        if self.is_playing:
            self._timer.stop()
            self.played.emit(False)

    def _advance(self) -> None:
        self.move_to(self.position_s + self.speed * self._clock.restart() / 1000)
        if self.position_s >= self.length_s:
            self.stop()

    def sizeHint(self) -> QSize:
        """Wanted size; called by Qt."""
        return QSize(400, 34)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Called by Qt."""
        self._go(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Called by Qt."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Called by Qt."""
        step = {Qt.Key.Key_Left: -STEP_S, Qt.Key.Key_Right: STEP_S}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        self.stop()
        self.move_to(self.position_s + step)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        tokens = self._theme.tokens
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(tokens.color("accent"), 2) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(tokens.color("raised"))
            painter.drawRoundedRect(rect, 5, 5)
            painter.setPen(Qt.PenStyle.NoPen)
            for color, spans, inset in (("ok", self._bars, 10), ("bad", self._losses, 14)):
                painter.setBrush(tokens.color(color))
                for begin_s, end_s in spans:
                    left, right = self._x(max(begin_s, 0.0)), self._x(min(end_s, self.length_s))
                    painter.drawRoundedRect(
                        QRectF(left, inset, max(right - left, 1.5), self.height() - 2 * inset), 2, 2
                    )
            painter.setPen(QPen(tokens.color("accent"), 2))
            x = self._x(self.position_s)
            painter.drawLine(int(x), 3, int(x), self.height() - 3)

    def _x(self, time_s: float) -> float:
        return 6 + (self.width() - 12) * time_s / max(self.length_s, 1e-9)

    def _go(self, x: float) -> None:
        self.stop()
        self.move_to((x - 6) / max(self.width() - 12, 1) * self.length_s)
