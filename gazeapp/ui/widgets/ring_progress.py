"""One figure inside a ring that fills."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from gazeapp.ui.formatting import UNKNOWN
from gazeapp.ui.theme import Theme, interface_font
from gazeapp.ui.translation import tr


class RingProgress(QWidget):
    """A count and the share that is reached."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme, self._text, self._share, self._tone = theme, UNKNOWN, 0.0, "accent"
        self.setFixedSize(QSize(72, 72))
        theme.changed.connect(self.update)

    def show_share(self, text: str, share: float, *, tone: str = "accent") -> None:
        """Show a figure and a share of 0 to 1."""
        new = (text, min(max(share, 0.0), 1.0), tone)
        if new != (self._text, self._share, self._tone):
            self._text, self._share, self._tone = new
            self.setAccessibleName(f"{text} ({tr.share(share)})")
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        tokens = self._theme.tokens
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            ring = QRectF(self.rect()).adjusted(6, 6, -6, -6)
            painter.setPen(QPen(tokens.color("line"), 7))
            painter.drawEllipse(ring)
            pen = QPen(tokens.color(self._tone), 7)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            if self._share > 0:
                painter.drawArc(ring, 90 * 16, -round(360 * 16 * self._share))
            painter.setPen(tokens.color("ink"))
            painter.setFont(interface_font(18 if len(self._text) < 4 else 14, bold=True))
            painter.drawText(ring, Qt.AlignmentFlag.AlignCenter, self._text)
