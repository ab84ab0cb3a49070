"""Horizontal and vertical gaze over the last seconds, with a strip that says fixation, between, or lost.

Drawn with QPainter after thinning to one stroke per pixel column. A plotting library would do more than is needed here,
and its import alone would hold the start of the program back by 0.4 s.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeapp.ui.models.trace_window import SPAN_S, TraceWindow
from gazeapp.ui.qt_images import polygon
from gazeapp.ui.theme import Theme, interface_font

STRIP_PX = 6


class GazeTrace(QWidget):
    """x in the left eye's blue, y in the right eye's purple, each named at its end."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._window: TraceWindow | None = None
        self.empty_text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(48)
        # else the panel behind it, round corners and all, is painted with every sample
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Wanted size; called by Qt."""
        return QSize(400, 72)

    def show_window(self, window: TraceWindow | None) -> None:
        """Show these seconds; None when there is no gaze."""
        self._window = window
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        tokens, window = self._theme.tokens, self._window
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), tokens.color("panel"))
            area = QRectF(0, 2, self.width() - 14, self.height() - STRIP_PX - 10)
            if window is None or not len(window.time_s):
                painter.setPen(tokens.color("dim"))
                painter.setFont(interface_font(12))
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.empty_text)
                return
            painter.setPen(QPen(tokens.color("line"), 1))
            for share in (0.0, 0.5, 1.0):
                y = round(area.top() + share * area.height()) + 0.5
                painter.drawLine(QLineF(area.left(), y, area.right(), y))
            painter.setFont(interface_font(11))
            columns = column_of(window.time_s, window.now_s, area.width())
            ends: list[tuple[float, str, str]] = []
            for axis, (token, name) in enumerate((("left_eye", "x"), ("right_eye", "y"))):
                values = np.clip(window.gaze_px[:, axis] / max(window.size_px[axis], 1.0), -0.05, 1.05)
                # a cosmetic pen of width 1 takes Qt's fast path; thicker ones are ten times slower
                painter.setPen(QPen(tokens.color(token), 1))
                for part in polylines(columns, values, area):
                    painter.drawPolyline(part)
                if np.isfinite(values[-1]):
                    ends.append((area.top() + float(values[-1]) * area.height() + 4, token, name))
            for y, token, name in apart(ends):
                painter.setPen(tokens.color(token))
                painter.drawText(QPointF(area.right() + 4, y), name)
            self._paint_strip(painter, window, area)

    def _paint_strip(self, painter: QPainter, window: TraceWindow, area: QRectF) -> None:
        tokens = self._theme.tokens
        top = self.height() - STRIP_PX - 2
        begin_s = window.now_s - SPAN_S

        def span(start_s: float, stop_s: float) -> QRectF:
            x0 = area.left() + max(0.0, (start_s - begin_s) / SPAN_S) * area.width()
            x1 = area.left() + min(1.0, (stop_s - begin_s) / SPAN_S) * area.width()
            return QRectF(x0, top, max(x1 - x0, 1.0), STRIP_PX)

        first = max(begin_s, float(window.time_s[0]))
        painter.fillRect(span(first, float(window.time_s[-1])), tokens.color("faint", 0.45))
        for start_s, stop_s in window.fixations_s:
            if stop_s > begin_s and start_s < window.now_s:
                painter.fillRect(span(start_s, stop_s), tokens.color("ok"))
        lost = ~np.isfinite(window.gaze_px[:, 0])
        for start, stop in _runs(lost):
            # lost gaze is also thinner: colour alone carries no meaning
            stop_s = window.time_s[min(stop, len(lost) - 1)]
            box = span(float(window.time_s[start]), float(stop_s))
            painter.fillRect(box, tokens.color("panel"))
            painter.fillRect(box.adjusted(0, 2, 0, -2), tokens.color("bad"))


def apart(ends: list[tuple[float, str, str]], least_px: float = 12.0) -> list[tuple[float, str, str]]:
    """Push two names apart that would be written over each other."""
    if len(ends) < 2 or abs(ends[0][0] - ends[1][0]) >= least_px:
        return ends
    upper, lower = sorted(ends)
    middle = (upper[0] + lower[0]) / 2
    return [(middle - least_px / 2, *upper[1:]), (middle + least_px / 2, *lower[1:])]


def column_of(time_s: NDArray[np.float64], now_s: float, width_px: float) -> NDArray[np.float64]:
    """(N,) horizontal position of each sample in pixels from the left of the last SPAN_S seconds."""
    return np.asarray((time_s - (now_s - SPAN_S)) / SPAN_S * width_px)


def polylines(columns: NDArray[np.float64], values: NDArray[np.float64], area: QRectF) -> list[QPolygonF]:
    """Thin samples to the lowest and highest value of each pixel column; missing gaze splits the line.

    Args:
        columns: (N,) pixels from the left, in order.
        values: (N,) 0 (top) to 1 (bottom), NaN where missing.
        area: Where to draw.
    """
    keep = columns >= 0
    columns, values = columns[keep], values[keep]
    lines: list[QPolygonF] = []
    for start, stop in _runs(np.isfinite(values)):
        pixel = columns[start:stop].astype(np.int64)
        edges = np.flatnonzero(np.diff(pixel, prepend=pixel[:1] - 1))
        low = np.minimum.reduceat(values[start:stop], edges)
        high = np.maximum.reduceat(values[start:stop], edges)
        x = np.repeat(pixel[edges].astype(np.float64), 2) + area.left()
        y = np.stack([low, high], axis=1)
        y[1::2] = y[1::2, ::-1]  # up, then down: neighbours join without a spike
        lines.append(polygon(np.stack([x, area.top() + y.ravel() * area.height()], axis=1)))
    return lines


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(start, stop) of each run of True."""
    edge = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edge[::2], edge[1::2], strict=True)]
