"""The time of one viewing: fixations, blinks, losses, events, and a place that plays or is dragged."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QElapsedTimer, QLineF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeapp.ui.formatting import format_figure
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
        self._blinks: tuple[tuple[float, float], ...] = ()
        self._events: tuple[tuple[float, str], ...] = ()
        self._ground: QPixmap | None = None
        """All but the place itself: it does not change while it plays."""
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._advance)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(34)
        self.setMinimumWidth(120)
        self.setMouseTracking(True)
        theme.changed.connect(self._repaint)

    @property
    def is_playing(self) -> bool:
        """Whether it moves by itself."""
        return self._timer.isActive()

    def show_time(
        self,
        length_s: float,
        fixations: Sequence[tuple[float, float]],
        losses: Sequence[tuple[float, float]],
        blinks: Sequence[tuple[float, float]] = (),
        events: Sequence[tuple[float, str]] = (),
    ) -> None:
        """Show another viewing: (begin, end) of each fixation, loss and blink, and (time, words) of what happened."""
        self.stop()
        self.length_s, self._bars, self._losses = max(length_s, 0.0), tuple(fixations), tuple(losses)
        self._blinks, self._events = tuple(blinks), tuple(events)
        self._repaint()
        self.move_to(0.0)

    def move_to(self, position_s: float) -> None:
        """Go to a time."""
        self.position_s = min(max(position_s, 0.0), self.length_s)
        self.update()
        self.moved.emit(self.position_s)

    def words_at(self, x: float) -> str:
        """What lies below a place of the line, for its tool tip."""
        time_s = (x - 6) / max(self.width() - 12, 1) * self.length_s
        near_s = 4 / max(self.width() - 12, 1) * self.length_s
        said = [words for at_s, words in self._events if abs(at_s - time_s) <= near_s]
        for spans, words in (
            (self._bars, self.tr("fixation of {0}")),
            (self._blinks, self.tr("blink of {0}")),
            (self._losses, self.tr("no gaze for {0}")),
        ):
            said += [
                words.format(format_figure(1000 * (end - begin), 0, " ms"))
                for begin, end in spans
                if begin <= time_s <= end
            ]
        return "\n".join(said)

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
        else:
            self.setToolTip(self.words_at(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Called by Qt."""
        step = {Qt.Key.Key_Left: -STEP_S, Qt.Key.Key_Right: STEP_S}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        self.stop()
        self.move_to(self.position_s + step)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        """Called by Qt."""
        self._repaint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        ratio = self.devicePixelRatioF()
        if self._ground is None or self._ground.devicePixelRatioF() != ratio:
            self._ground = QPixmap(self.size() * ratio)
            self._ground.setDevicePixelRatio(ratio)
            self._ground.fill(Qt.GlobalColor.transparent)
            with QPainter(self._ground) as painter:
                self._paint_ground(painter)
        tokens = self._theme.tokens
        with QPainter(self) as painter:
            painter.drawPixmap(0, 0, self._ground)
            painter.setPen(QPen(tokens.color("accent"), 2))
            x = self._x(self.position_s)
            painter.drawLine(int(x), 3, int(x), self.height() - 3)
            if self.hasFocus():
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)

    def _paint_ground(self, painter: QPainter) -> None:
        tokens = self._theme.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens.color("raised"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)
        # told apart by their height, too: fixations high, blinks low, losses a thin line
        for color, spans, inset in (("ok", self._bars, 10), ("dim", self._blinks, 13), ("bad", self._losses, 15)):
            painter.setBrush(tokens.color(color))
            for begin_s, end_s in spans:
                left, right = self._x(max(begin_s, 0.0)), self._x(min(end_s, self.length_s))
                painter.drawRoundedRect(QRectF(left, inset, max(right - left, 1.5), self.height() - 2 * inset), 2, 2)
        painter.setPen(QPen(tokens.color("warn"), 1.6))
        for at_s, _words in self._events:
            x = self._x(at_s)
            painter.drawLine(QLineF(x, 3, x, 9))

    def _repaint(self) -> None:
        self._ground = None
        self.update()

    def _x(self, time_s: float) -> float:
        return 6 + (self.width() - 12) * time_s / max(self.length_s, 1e-9)

    def _go(self, x: float) -> None:
        self.stop()
        self.move_to((x - 6) / max(self.width() - 12, 1) * self.length_s)
