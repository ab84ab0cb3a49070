"""The stimulus with what the eyes do on it: fixations, the way between them, and the last second of gaze."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from gazeapp.gaze.fixations import Fixation
from gazeapp.ui.qt_images import contained, polygon, resized, rgb_pixmap
from gazeapp.ui.theme import Theme, interface_font

FADE_STEPS = 6
TRAIL_POINTS = 120
"""More points than this in a trail of one second are not told apart on a screen."""


class GazeView(QWidget):
    """Draws fixations as discs whose area grows with duration, and gaze as a fading trail."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._rgb: NDArray[np.uint8] | None = None
        self._scaled: QPixmap | None = None
        self._drawn: tuple[object, QPixmap] | None = None
        """What the picture with its settled fixations was made from, and itself."""
        self._fixations: tuple[Fixation, ...] = ()
        self._trail = np.empty((0, 2))
        self.empty_text = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(120, 80))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme.changed.connect(self.update)

    def show_stimulus(self, rgb: NDArray[np.uint8] | None) -> None:
        """Show another picture, (H, W, 3), or none between trials."""
        if rgb is not self._rgb:
            self._rgb, self._scaled = rgb, None
            self._fixations, self._trail = (), np.empty((0, 2))
            self.update()

    def show_gaze(self, fixations: Sequence[Fixation], trail_px: NDArray[np.float64]) -> None:
        """Show fixations (image pixels) and the trail, (N, 2) image pixels in time order, NaN where gaze is missing."""
        self._fixations = tuple(fixations)
        self._trail = trail_px[:: max(1, len(trail_px) // TRAIL_POINTS)]
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw; called by Qt."""
        tokens = self._theme.tokens
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), tokens.color("panel"))
            if self._rgb is None:
                painter.setPen(tokens.color("dim"))
                painter.setFont(interface_font())
                painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.empty_text)
                return
            height, width = self._rgb.shape[:2]
            rect = contained(width, height, QRectF(self.rect()))
            painter.drawPixmap(rect.toRect(), self._ground(rect))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setClipRect(rect)
            scale = rect.width() / width
            self._paint_fixations(painter, rect.topLeft(), scale, first=len(self._settled()))
            self._paint_trail(painter, rect, scale)

    def _settled(self) -> tuple[Fixation, ...]:
        """Every fixation but the latest, which may still grow."""
        return self._fixations[:-1]

    def _paint_fixations(
        self, painter: QPainter, corner: QPointF, scale: float, *, first: int = 0, stop: int | None = None
    ) -> None:
        """Draw the fixations from `first` to before `stop`, and the way to them from the one before."""
        chosen = self._fixations[first:stop]
        way = self._fixations[max(first - 1, 0) : stop]
        points = [QPointF(corner.x() + f.x_px * scale, corner.y() + f.y_px * scale) for f in way]
        gaze = QColor("#ffd166")  # over a photograph the light theme's darker gaze colour would drown
        for pen in (QPen(Qt.GlobalColor.black, 3), QPen(gaze, 1.4)):
            painter.setPen(pen)
            painter.drawPolyline(QPolygonF(points))
        latest = len(self._fixations) - 1
        for n, (fixation, point) in enumerate(zip(chosen, points[len(way) - len(chosen) :], strict=True), start=first):
            radius = 5 + 12 * min(fixation.duration_s, 1.5) ** 0.5
            painter.setPen(QPen(gaze, 1.6))
            painter.setBrush(self._theme.tokens.color("gaze", 0.55 if n == latest else 0.28))
            painter.drawEllipse(point, radius, radius)

    def _paint_trail(self, painter: QPainter, rect: QRectF, scale: float) -> None:
        finite = np.isfinite(self._trail[:, 0])
        if not finite.any():
            return
        points = self._trail * scale + [rect.left(), rect.top()]
        bands = np.linspace(0, len(points), FADE_STEPS + 1).astype(int)
        for step, (start, stop) in enumerate(itertools.pairwise(bands), start=1):
            color = QColor(Qt.GlobalColor.white)
            color.setAlphaF(0.1 + 0.8 * step / FADE_STEPS)
            painter.setPen(QPen(color, 1.5))
            part = points[start : min(stop + 1, len(points))]
            seen = finite[start : min(stop + 1, len(points))]
            if seen.all():  # mostly so; taking it apart costs as much as drawing it
                painter.drawPolyline(polygon(part))
                continue
            for piece in np.split(np.arange(len(part)), np.flatnonzero(~seen)):
                kept = piece[seen[piece]]
                if len(kept) > 1:
                    painter.drawPolyline(polygon(part[kept]))
        if finite[-1]:
            painter.setPen(QPen(Qt.GlobalColor.black, 1))
            painter.setBrush(Qt.GlobalColor.white)
            painter.drawEllipse(QPointF(*points[-1]), 4.5, 4.5)

    def _ground(self, rect: QRectF) -> QPixmap:
        """The picture with the settled fixations: drawn anew a few times a second, not with every sample."""
        picture = self._picture(rect)
        made_from = (picture.cacheKey(), self._settled(), self._theme.tokens)
        if self._drawn is None or self._drawn[0] != made_from:
            assert self._rgb is not None, "painted only with a picture"
            ground = QPixmap(picture)
            with QPainter(ground) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                scale = rect.width() / self._rgb.shape[1]
                self._paint_fixations(painter, QPointF(0, 0), scale, stop=len(self._settled()))
            self._drawn = made_from, ground
        return self._drawn[1]

    def _picture(self, rect: QRectF) -> QPixmap:
        ratio = self.devicePixelRatioF()
        size = QSize(max(1, round(rect.width() * ratio)), max(1, round(rect.height() * ratio)))
        if self._scaled is None or self._scaled.size() != size:
            assert self._rgb is not None, "painted only with a picture"
            self._scaled = rgb_pixmap(resized(self._rgb, size))
            self._scaled.setDevicePixelRatio(ratio)
        return self._scaled
