"""Areas of interest over a picture: outlines with their names, and handles on the one that is changed.

Outlines are vectors, those of masks too; a name stands on the area's own colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from gazeapp.analysis.area import Area, areas_of_labels
from gazeapp.analysis.area_shape import around, handles
from gazeapp.ui.theme import interface_font

HANDLE_PX = 4.0


def draw_areas(
    painter: QPainter, corner: QPointF, scale: float, areas: Sequence[Area], chosen: int = -1, *, is_filled: bool = True
) -> None:
    """Draw areas.

    Args:
        painter: Clipped to the picture.
        corner: Where the picture's left top corner lies.
        scale: Points of the screen for a pixel of the picture.
        areas: In the order in which they are drawn.
        chosen: Which one has handles; -1 for none.
        is_filled: Tinted inside; over a map that would be taken for the map.
    """
    place = QTransform().translate(corner.x(), corner.y()).scale(scale, scale)
    for number, area in enumerate(areas):
        path = place.map(outline(area))
        color, fill = QColor(area.color), QColor(area.color)
        fill.setAlphaF(0.28 if number == chosen else 0.16)
        painter.setBrush(fill if is_filled else Qt.BrushStyle.NoBrush)
        for pen in (QPen(QColor(10, 12, 16, 190), 3.4), QPen(color, 2.2 if number == chosen else 1.6)):
            painter.setPen(pen)
            painter.drawPath(path)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        _draw_name(painter, path.boundingRect(), area)
        if number == chosen:
            painter.setPen(QPen(QColor(10, 12, 16), 1))
            painter.setBrush(Qt.GlobalColor.white)
            for x, y in handles(area):
                middle = place.map(QPointF(x, y))
                painter.drawRect(QRectF(middle.x() - HANDLE_PX, middle.y() - HANDLE_PX, 2 * HANDLE_PX, 2 * HANDLE_PX))


def _draw_name(painter: QPainter, box: QRectF, area: Area) -> None:
    font = interface_font(11, bold=True)
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    words = metrics.elidedText(area.name, Qt.TextElideMode.ElideRight, max(box.width() - 8, 72))
    label = QRectF(box.left(), box.top() - 17, metrics.horizontalAdvance(words) + 10, 16)
    if label.top() < painter.clipBoundingRect().top():
        label.moveTop(box.top() + 1)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(area.color))
    painter.drawRoundedRect(label, 3, 3)
    painter.setPen(QColor("#0b1015"))
    painter.drawText(label, Qt.AlignmentFlag.AlignCenter, words)


def outline(area: Area) -> QPainterPath:
    """The edge of an area, image pixels."""
    path = QPainterPath()
    match area.shape:
        case "box":
            (left, top), (right, bottom) = area.points_px
            path.addRect(QRectF(left, top, right - left, bottom - top))
        case "ellipse":
            path.addPolygon(QPolygonF([QPointF(x, y) for x, y in around(area)]))
            path.closeSubpath()
        case "polygon":
            path.addPolygon(QPolygonF([QPointF(x, y) for x, y in area.points_px]))
            path.closeSubpath()
        case "mask":
            path = _mask_outline(area)
    path.setFillRule(Qt.FillRule.OddEvenFill)
    return path


@lru_cache(maxsize=64)
def _mask_outline(area: Area) -> QPainterPath:
    path = QPainterPath()
    assert area.mask is not None
    for part in areas_of_labels(area.mask.astype(np.uint8), as_outlines=True):
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in part.points_px]))
        path.closeSubpath()
    return path
