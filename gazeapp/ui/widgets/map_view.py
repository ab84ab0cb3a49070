"""One picture with a saliency overlay; two maps to compare by swiping, flicker or contours."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QShowEvent,
    QTransform,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeapp.ui.qt_images import contained
from gazeapp.ui.theme import Theme, interface_font
from gazeapp.ui.widgets.map_layer import MapLayers

Content = Literal["universal", "personal", "difference", "swipe", "flicker", "contour"]

FLICKER_MS = 600
"""1.7 changes a second: well below the three flashes a second that can provoke seizures (WCAG 2.3.1)."""

_SHADE = QColor(10, 12, 16, 205)


class MapView(QWidget):
    """Shows the whole picture, never cropped, and what `content` asks for over it."""

    def __init__(self, theme: Theme, layers: MapLayers, content: Content) -> None:
        super().__init__()
        self._theme, self._layers, self._content = theme, layers, content
        self._split, self._phase = 0.5, False
        self.empty_text = self.waiting_text = ""
        """Without a picture; with a picture whose map is not there yet."""
        self.names: tuple[str, str] = ("", "")
        """What the left or first and the right or second map is called in swipe, flicker and contour."""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(120, 80))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        if content == "swipe":
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setCursor(Qt.CursorShape.SplitHCursor)
        self._flicker = QTimer(self)
        self._flicker.setInterval(FLICKER_MS)
        self._flicker.timeout.connect(self._turn_over)
        theme.changed.connect(self.update)

    @property
    def split(self) -> float:
        """Where the swipe line stands, 0 to 1 of the picture's width."""
        return self._split

    def set_split(self, share: float) -> None:
        """Move the swipe line."""
        self._split = min(max(share, 0.0), 1.0)
        self.update()

    def picture_rect(self) -> QRectF:
        """Where the picture lies in this widget."""
        size, area = self._layers.size_wh, QRectF(self.rect())
        # whole pixels: a picture between two of them would be scaled again with every paint
        return QRectF(contained(*size, area).toAlignedRect()) if size else area

    def showEvent(self, _event: QShowEvent) -> None:
        """Called by Qt when the widget appears."""
        if self._content == "flicker":
            self._flicker.start()

    def hideEvent(self, _event: QHideEvent) -> None:
        """Called by Qt when the widget goes away."""
        self._flicker.stop()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Called by Qt."""
        if self._content == "swipe":
            self._swipe_to(event.position().x())
        else:
            event.ignore()  # the pane's

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Called by Qt."""
        if self._content == "swipe" and event.buttons() & Qt.MouseButton.LeftButton:
            self._swipe_to(event.position().x())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Called by Qt."""
        step = {Qt.Key.Key_Left: -0.05, Qt.Key.Key_Right: 0.05}.get(Qt.Key(event.key()))
        if self._content == "swipe" and step is not None:
            self.set_split(self._split + step)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        tokens, layers = self._theme.tokens, self._layers
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), tokens.color("panel"))
            if layers.size_wh is None:
                painter.setPen(tokens.color("dim"))
                painter.setFont(interface_font())
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.empty_text)
                return
            rect = self.picture_rect()
            if self._content == "contour":
                self._paint_picture(painter, rect, "plain")
                self._paint_contours(painter, rect)
            else:
                self._paint_overlays(painter, rect)
            if self.hasFocus():
                painter.setPen(QPen(tokens.color("accent"), 2))
                painter.drawRect(self.rect().adjusted(1, 1, -2, -2))

    def _paint_overlays(self, painter: QPainter, rect: QRectF) -> None:
        layers = self._layers
        # what is little known about a person is drawn fainter, never in another colour
        faded = 0.35 + 0.65 * layers.maps.certainty
        if self._content in ("swipe", "flicker"):
            edge = rect.left() + rect.width() * self._split
            if self._content == "flicker":
                edge = rect.left() if self._phase else rect.right()
            for which, left, right, opacity in (
                ("universal", rect.left(), edge, 1.0),
                ("personal", edge, rect.right(), faded),
            ):
                painter.save()
                painter.setClipRect(QRectF(left, rect.top(), right - left, rect.height()))
                self._paint_picture(painter, rect, which, opacity)
                painter.restore()
            self._paint_names(painter, rect, edge)
            return
        opacity = 1.0 if self._content == "universal" else faded
        self._paint_picture(painter, rect, self._content, opacity)
        if getattr(layers, self._content) is None and self.waiting_text:
            _paint_note(painter, rect, self.waiting_text)

    def _paint_picture(self, painter: QPainter, rect: QRectF, which: str, opacity: float = 1.0) -> None:
        ratio = self.devicePixelRatioF()
        size = (rect.size() * ratio).toSize().expandedTo(QSize(1, 1))
        picture = self._layers.picture(which, size, opacity)
        picture.setDevicePixelRatio(ratio)
        painter.drawPixmap(rect.topLeft(), picture)

    def _paint_names(self, painter: QPainter, rect: QRectF, edge: float) -> None:
        first, second = self.names
        if self._content == "flicker":
            _paint_note(painter, rect, second if self._phase else first, top=True)
            return
        painter.setPen(QPen(self._theme.tokens.color("gaze"), 2))
        painter.drawLine(QPointF(edge, rect.top()), QPointF(edge, rect.bottom()))
        left = QRectF(rect.left(), rect.top(), max(edge - rect.left(), 1), rect.height())
        right = QRectF(edge, rect.top(), max(rect.right() - edge, 1), rect.height())
        for part, name in ((left, first), (right, second)):
            if part.width() > 130:
                _paint_note(painter, part, name, top=True)

    def _paint_contours(self, painter: QPainter, rect: QRectF) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        to_rect = QTransform().translate(rect.left(), rect.top()).scale(rect.width(), rect.height())
        # the dash tells the two apart without colour; the dark line below keeps both visible on any picture
        for which, color, style in (
            ("universal", "#6cc7ff", Qt.PenStyle.DashLine),
            ("personal", "#ffd166", Qt.PenStyle.SolidLine),
        ):
            for outline in self._layers.contours(which):
                shape = to_rect.map(outline)
                painter.setPen(QPen(Qt.GlobalColor.black, 4))
                painter.drawPolygon(shape)
                painter.setPen(QPen(QColor(color), 2, style))
                painter.drawPolygon(shape)
        first, second = self.names
        _paint_note(painter, rect, f"– –  {first}      ——  {second}", top=True)

    def _swipe_to(self, x: float) -> None:
        rect = self.picture_rect()
        self.set_split((x - rect.left()) / max(rect.width(), 1))

    def _turn_over(self) -> None:
        self._phase = not self._phase
        self.update()


def _paint_note(painter: QPainter, rect: QRectF, text: str, *, top: bool = False) -> None:
    """Words on a dark ground over a picture: readable on any of them, in both colour schemes."""
    painter.setFont(interface_font(12))
    metrics = QFontMetricsF(painter.font())
    width = min(metrics.horizontalAdvance(text) + 20, rect.width() - 8)
    y = rect.top() + 8 if top else rect.center().y() - 12
    box = QRectF(rect.center().x() - width / 2, y, width, 24)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_SHADE)
    painter.drawRoundedRect(box, 6, 6)
    painter.setPen(Qt.GlobalColor.white)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
