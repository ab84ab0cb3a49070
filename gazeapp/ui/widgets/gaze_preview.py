"""A small drawing of the participant's screen with gaze on it, as it comes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeapp.ui.qt_images import contained
from gazeapp.ui.theme import Theme, interface_font

TRAIL_POINTS = 60


class GazePreview(QWidget):
    """Gaze beside the screen is drawn at its edge, so that a wrong unit is seen as such."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._size_px = (1920.0, 1080.0)
        self._trail: NDArray[np.float64] = np.empty((0, 2))
        self.empty_text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(240, 150))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Wanted size; called by Qt."""
        return QSize(340, 200)

    @property
    def dot_px(self) -> tuple[float, float] | None:
        """The newest gaze, display pixels; None where it is missing."""
        if not len(self._trail) or not np.isfinite(self._trail[-1]).all():
            return None
        x, y = self._trail[-1].tolist()
        return x, y

    def show_gaze(self, trail_px: NDArray[np.float64], size_px: tuple[float, float]) -> None:
        """Show gaze of the last moments, (N, 2) display pixels in time order, NaN where missing."""
        self._size_px = size_px
        thinned = trail_px[:: max(1, len(trail_px) // TRAIL_POINTS)]
        self._trail = np.concatenate([thinned, trail_px[-1:]])
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        tokens = self._theme.tokens
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            screen = contained(*self._size_px, QRectF(self.rect()).adjusted(8, 8, -8, -8))
            painter.setPen(QPen(tokens.color("line"), 1))
            painter.setBrush(tokens.color("background"))
            painter.drawRoundedRect(screen, 6, 6)
            dot = self.dot_px
            if dot is None:
                painter.setPen(tokens.color("dim"))
                painter.setFont(interface_font(12))
                painter.drawText(
                    screen.adjusted(8, 0, -8, 0),
                    Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap,
                    self.empty_text,
                )
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.color("gaze", 0.25))
            for x, y in self._trail:
                if np.isfinite(x) and np.isfinite(y):
                    painter.drawEllipse(self._place(x, y, screen), 3, 3)
            if dot is not None:
                painter.setBrush(tokens.color("gaze"))
                painter.setPen(QPen(tokens.color("ink"), 1))
                painter.drawEllipse(self._place(*dot, screen), 6, 6)

    def _place(self, x_px: float, y_px: float, screen: QRectF) -> QPointF:
        x, y = x_px / self._size_px[0], y_px / self._size_px[1]
        return QPointF(
            screen.left() + min(max(x, -0.02), 1.02) * screen.width(),
            screen.top() + min(max(y, -0.03), 1.03) * screen.height(),
        )
