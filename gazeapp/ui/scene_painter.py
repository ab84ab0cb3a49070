"""Draws a scene with QPainter: one drawing for the participant's window, its raster fallback and the thumbnail."""

from __future__ import annotations

import math
from collections import OrderedDict

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen, QPolygonF

from gazeapp.session.stage import Blank, Cross, Message, Scene, Stimulus, Target
from gazeapp.ui.pixels import rgb_image, rgba_image
from gazeapp.ui.theme import interface_font

CACHED_IMAGES = 4
TARGET_START_PX, TARGET_END_PX = 34.0, 9.0
"""Radius of a target when it appears and when its gaze is collected: movement catches the eye, a small end holds it."""


class ScenePainter:
    """Paints scenes in physical display pixels; keeps the Qt images of the latest stimuli, made before their onset."""

    def __init__(self) -> None:
        self._images: OrderedDict[tuple[int, int], QImage] = OrderedDict()

    def prepare(self, scene: Scene) -> None:
        """Convert a stimulus and scale it to its place now, so that painting it costs one copy."""
        if isinstance(scene, Stimulus):
            self._image(scene)

    def paint_hidden(self, painter: QPainter, scene: Scene) -> None:
        """Draw a stimulus into a single pixel; what is painted next covers it."""
        if isinstance(scene, Stimulus):
            painter.drawImage(QRectF(0, 0, 1, 1), self._image(scene))

    def paint(
        self, painter: QPainter, scene: Scene, size_px: tuple[int, int], age_s: float = 0.0
    ) -> None:
        """Fill the whole screen of `size_px` physical pixels; a target is drawn as `age_s` after it appeared."""
        painter.fillRect(QRectF(0, 0, *size_px), QColor(scene.background))
        if isinstance(scene, Blank):
            return
        if isinstance(scene, Stimulus):
            self._paint_stimulus(painter, scene)
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(scene, Cross):
            _paint_cross(painter, scene)
        elif isinstance(scene, Target):
            progress = min(max(age_s / max(scene.expected_s, 0.1), 0.0), 1.0)
            (_paint_picture_target if scene.look == "picture" else _paint_target)(
                painter, scene, progress
            )
        elif isinstance(scene, Message):
            _paint_message(painter, scene, size_px)

    def _paint_stimulus(self, painter: QPainter, scene: Stimulus) -> None:
        frame = scene.frame
        image = self._image(scene)
        # whole pixels: a picture between two of them would be blurred on its way to the screen
        rect = QRectF(round(frame.left_px), round(frame.top_px), image.width(), image.height())
        ratio = painter.device().devicePixelRatio()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, ratio != int(ratio))
        painter.drawImage(rect, image)
        if scene.overlay_rgba is not None:
            painter.drawImage(rect, rgba_image(scene.overlay_rgba))

    def _image(self, scene: Stimulus) -> QImage:
        frame = scene.frame
        key = id(scene.image_rgb), round(frame.width_px)
        if key not in self._images:
            image = rgb_image(scene.image_rgb).convertToFormat(QImage.Format.Format_RGB32)
            size = QRectF(0, 0, round(frame.width_px), round(frame.height_px)).size().toSize()
            if size != image.size():
                image = image.scaled(
                    size,
                    Qt.AspectRatioMode.IgnoreAspectRatio,
                    Qt.TransformationMode.SmoothTransformation,
                )
            self._images[key] = image
            while len(self._images) > CACHED_IMAGES:
                self._images.popitem(last=False)
        return self._images[key]


def ink_on(background: str) -> QColor:
    """Black or white, whichever is easier to see on the plan's background."""
    color = QColor(background)
    light = 0.2126 * color.redF() ** 2.2 + 0.7152 * color.greenF() ** 2.2 + 0.0722 * color.blueF() ** 2.2  # fmt: skip
    return QColor("#101010") if light > 0.18 else QColor("#f2f2f2")


def _paint_cross(painter: QPainter, scene: Cross) -> None:
    centre = QPointF(scene.x_px, scene.y_px)
    painter.setPen(QPen(ink_on(scene.background), 3))
    for arm in (QPointF(15, 0), QPointF(0, 15)):
        painter.drawLine(centre - arm, centre + arm)


def _paint_target(painter: QPainter, scene: Target, progress: float) -> None:
    centre = QPointF(scene.x_px, scene.y_px)
    shrink = 1 - (1 - progress) ** 3
    radius = TARGET_START_PX + (TARGET_END_PX - TARGET_START_PX) * shrink
    ink = ink_on(scene.background)
    painter.setPen(QPen(ink, 2))
    painter.setBrush(QColor(scene.background).darker(125))
    painter.drawEllipse(centre, radius, radius)
    # bull's eye and cross hair together keep the eye stillest: Thaler et al. (2013), What is the best fixation target
    painter.setPen(QPen(QColor(scene.background), 2))
    painter.setBrush(ink)
    painter.drawEllipse(centre, 6, 6)
    painter.setBrush(QColor(scene.background))
    painter.drawEllipse(centre, 1.6, 1.6)


def _paint_picture_target(painter: QPainter, scene: Target, progress: float) -> None:
    """A small turning sun with a face: it moves, it is friendly, and its centre is one point."""
    centre = QPointF(scene.x_px, scene.y_px)
    radius = 40.0 - 16.0 * progress
    turn = progress * math.pi
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#ff9f1c"))
    for n in range(10):
        angle = turn + n * math.pi / 5
        ray = [
            (radius * 1.55 * np.cos(angle), radius * 1.55 * np.sin(angle)),
            (radius * np.cos(angle + 0.22), radius * np.sin(angle + 0.22)),
            (radius * np.cos(angle - 0.22), radius * np.sin(angle - 0.22)),
        ]
        painter.drawPolygon(QPolygonF([centre + QPointF(float(x), float(y)) for x, y in ray]))
    painter.setBrush(QColor("#ffd166"))
    painter.drawEllipse(centre, radius, radius)
    painter.setBrush(QColor("#3a2a10"))
    for side in (-1, 1):
        painter.drawEllipse(centre + QPointF(side * radius * 0.38, -radius * 0.22), radius * 0.09, radius * 0.13)  # fmt: skip
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor("#3a2a10"), radius * 0.08))
    mouth = QRectF(centre.x() - radius * 0.45, centre.y() - radius * 0.25, radius * 0.9, radius * 0.75)  # fmt: skip
    painter.drawArc(mouth, 200 * 16, 140 * 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#101010"))
    painter.drawEllipse(centre, 4, 4)


def _paint_message(painter: QPainter, scene: Message, size_px: tuple[int, int]) -> None:
    font = QFont(interface_font())
    font.setPixelSize(max(24, round(size_px[1] / 26)))
    painter.setFont(font)
    painter.setPen(ink_on(scene.background))
    margin = size_px[0] * 0.12
    area = QRectF(margin, 0, size_px[0] - 2 * margin, size_px[1])
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, scene.text)
