"""A plot of how the embedding settles: what is open against the images viewed, with the line below which it is
enough.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeapp.ui.theme import Theme, interface_font

RANGE = 0.08, 1.0
"""Of what is open, lowest and highest: the same in every session, so that curves can be compared."""


class SpreadPlot(QWidget):
    """One point per image; the vertical axis is logarithmic, because what is open falls like 1/n."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._points: tuple[tuple[int, float], ...] = ()
        self._enough: float | None = None
        self._planned = 0
        self.empty_text = ""
        self.enough_text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(108)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Wanted size; called by Qt."""
        return QSize(260, 108)

    def show_history(self, points: Sequence[tuple[int, float]], *, enough: float | None, n_planned: int) -> None:
        """Show (images, spread) after each image, the spread that is enough, and how many images are planned."""
        self._points = tuple((n, s) for n, s in points if np.isfinite(s) and s > 0)
        self._enough, self._planned = enough, n_planned
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        tokens = self._theme.tokens
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            area = QRectF(4, 6, self.width() - 8, self.height() - 26)
            painter.setPen(QPen(tokens.color("line"), 1))
            painter.drawLine(QLineF(area.left(), area.bottom(), area.right(), area.bottom()))
            painter.setFont(interface_font(11))
            if not self._points:
                painter.setPen(tokens.color("dim"))
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.empty_text)
                return
            counts = np.array([n for n, _ in self._points], float)
            spread = np.array([s for _, s in self._points])
            most = max(self._planned, int(counts[-1]), 2)
            low, high = RANGE

            def at(n: float, value: float) -> QPointF:
                share = np.log(high / min(max(value, low), high)) / np.log(high / low)
                x = area.left() + (n - 1) / (most - 1) * area.width()
                return QPointF(x, area.top() + float(share) * area.height())

            if self._enough:
                y = at(1, self._enough).y()
                painter.setPen(QPen(tokens.color("ok"), 1.4, Qt.PenStyle.DotLine))
                painter.drawLine(QLineF(area.left(), y, area.right(), y))
                painter.setPen(tokens.color("ok_text"))
                right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom
                painter.drawText(
                    QRectF(area.left(), y - 18 if y > area.top() + 18 else y + 3, area.width(), 16),
                    right,
                    self.enough_text,
                )
            line = [at(n, s) for n, s in zip(counts, spread, strict=True)]
            painter.setPen(QPen(tokens.color("accent"), 2))
            painter.drawPolyline(QPolygonF(line))
            if len(line) >= 4 and counts[-1] < most:
                # the mean of n independent images narrows like 1/n: where the line would go, not a promise
                ahead = np.linspace(counts[-1], most, 12)
                painter.setPen(QPen(tokens.color("accent"), 1.4, Qt.PenStyle.DotLine))
                painter.drawPolyline(
                    QPolygonF([at(n, spread[-1] * counts[-1] / n) for n in ahead if spread[-1] * counts[-1] / n > low])
                )
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.color("accent"))
            painter.drawEllipse(line[-1], 4, 4)
            painter.setPen(tokens.color("dim"))
            axis = QRectF(area.left(), area.bottom() + 3, area.width(), 16)
            painter.drawText(axis, Qt.AlignmentFlag.AlignLeft, "1")
            painter.drawText(axis, Qt.AlignmentFlag.AlignRight, str(most))
