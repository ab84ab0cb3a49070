"""Arrays to Qt images, and where an image lies in a widget."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPixmap, QPolygonF
from shiboken6 import VoidPtr

OVERLAY_MAX_PX = 320
"""Maps are smooth at 1° of visual angle; colouring more points than this a side costs time and shows nothing."""


def rgb_image(rgb: NDArray[np.uint8]) -> QImage:
    """(H, W, 3) uint8 as an image that owns its pixels."""
    height, width = rgb.shape[:2]
    packed = np.ascontiguousarray(rgb)
    return QImage(packed.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def rgb_pixmap(rgb: NDArray[np.uint8]) -> QPixmap:
    """(H, W, 3) uint8 as a pixmap in the screen's own layout: painting it unscaled copies memory."""
    return QPixmap.fromImage(rgb_image(rgb).convertToFormat(QImage.Format.Format_RGB32))


def resized(rgb: NDArray[np.uint8], size: QSize) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 at another size; several times as fast as `QImage.scaled`, which a frame would wait for."""
    import cv2  # loaded with the first stimulus anyway; the start of the program does not wait for it

    way = cv2.INTER_AREA if size.width() < rgb.shape[1] else cv2.INTER_LINEAR
    scaled = cv2.resize(rgb, (size.width(), size.height()), interpolation=way)
    return np.asarray(scaled, dtype=np.uint8)


def rgba_image(rgba: NDArray[np.uint8]) -> QImage:
    """(H, W, 4) uint8, straight alpha, as an image that owns its pixels."""
    height, width = rgba.shape[:2]
    packed = np.ascontiguousarray(rgba)
    image = QImage(packed.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def polygon(points: NDArray[np.float64]) -> QPolygonF:
    """(N, 2) points as a polygon, without a Python object for each."""
    made = QPolygonF()
    made.resize(len(points))
    if len(points):
        # as pyqtgraph does it: a QPolygonF is N pairs of doubles in one piece, which the stubs do not tell
        view: Any = VoidPtr
        memory = view(made.data(), 16 * len(points), True)
        np.frombuffer(memory, np.float64).reshape(-1, 2)[:] = points
    return made


def thin(values: NDArray[np.float32], max_px: int = OVERLAY_MAX_PX) -> NDArray[np.float32]:
    """Every k-th row and column of a smooth (H, W) map, so that neither side exceeds about `max_px`."""
    step = max(1, -(-max(values.shape) // max_px))
    return values[step // 2 :: step, step // 2 :: step]


def contained(width: float, height: float, rect: QRectF) -> QRectF:
    """The largest rectangle of the aspect width:height, centred in `rect`."""
    if width <= 0 or height <= 0 or rect.isEmpty():
        return QRectF(rect.center(), rect.center())
    factor = min(rect.width() / width, rect.height() / height)
    w, h = width * factor, height * factor
    return QRectF(rect.center().x() - w / 2, rect.center().y() - h / 2, w, h)
