"""An image that is sharp around the pointer and blurred elsewhere, for looking with the mouse.

Source: Jiang, Huang, Duan and Zhao (2015), SALICON: saliency in context. There, as in the laboratory data of OSIE,
moving a sharp window over a blurred image stands in for moving the eye.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QImage, QPainter

from gazeapp.ui.qt_images import rgb_image, rgba_image

KEPT = 4
SOFT_EDGE = 0.25
"""The edge fades over this share of the radius on both sides."""


_Made = tuple[NDArray[np.uint8], Future[QImage]]
"""The pixels are kept too: what they are known by, their `id`, is theirs only while they live."""


class BlurredImages:
    """Blurs images on a thread of its own, so that they are there when their turn comes."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._made: OrderedDict[tuple[int, int, float], _Made] = OrderedDict()
        self._mask: tuple[float, QImage] | None = None

    def prepare(self, sharp: QImage, rgb: NDArray[np.uint8], blur_px: float) -> Future[QImage]:
        """Begin to blur, unless it was begun already.

        Args:
            sharp: The image at its size on the screen; gives the size.
            rgb: (H, W, 3) its pixels.
            blur_px: Standard deviation in screen pixels.
        """
        key = id(rgb), sharp.width(), blur_px
        if key not in self._made:
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, thread_name_prefix="blur")
            size = sharp.size()
            self._made[key] = (
                rgb,
                self._thread.submit(
                    lambda: (
                        rgb_image(blurred(rgb, blur_px * rgb.shape[1] / size.width()))
                        .scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
                        .convertToFormat(QImage.Format.Format_RGB32)
                    )
                ),
            )
            while len(self._made) > KEPT:
                self._made.popitem(last=False)
        return self._made[key][1]

    def paint(
        self,
        painter: QPainter,
        at: QPointF,
        sharp: QImage,
        blurry: QImage,
        pointer_px: tuple[float, float],
        radius_px: float,
    ) -> None:
        """Draw the blurred image, and over it the sharp one around the pointer; NaN where the pointer is elsewhere."""
        painter.drawImage(at, blurry)
        if not all(map(math.isfinite, pointer_px)):
            return
        mask = self._window_mask(radius_px)
        corner = QPointF(pointer_px[0] - mask.width() / 2, pointer_px[1] - mask.height() / 2)
        # whole pixels: the sharp part lies exactly over the blurred one
        left, top = round(corner.x() - at.x()), round(corner.y() - at.y())
        inside = QRect(left, top, mask.width(), mask.height()).intersected(sharp.rect())
        if inside.isEmpty():
            return
        patch = sharp.copy(inside).convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        with QPainter(patch) as cut:
            cut.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
            cut.drawImage(QPointF(left - inside.x(), top - inside.y()), mask)
        painter.drawImage(QPointF(at.x() + inside.x(), at.y() + inside.y()), patch)

    def close(self) -> None:
        """End the thread; the next image begins another."""
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.shutdown()  # at most one image of some milliseconds is under way

    def _window_mask(self, radius_px: float) -> QImage:
        if self._mask is None or self._mask[0] != radius_px:
            self._mask = radius_px, window_mask(radius_px)
        return self._mask[1]


def window_mask(radius_px: float) -> QImage:
    """Opaque in the middle, half so at the radius, with a soft edge."""
    half = math.ceil(radius_px * (1 + SOFT_EDGE)) + 1
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    beyond = (np.hypot(x, y) / radius_px - 1) / SOFT_EDGE  # -1 to 1 over the edge
    share = 0.5 - 0.5 * np.sin(np.pi / 2 * np.clip(beyond, -1, 1))
    rgba = np.zeros((*share.shape, 4), np.uint8)
    rgba[..., 3] = np.rint(255 * share)
    return rgba_image(rgba)


def blurred(rgb: NDArray[np.uint8], sigma_px: float) -> NDArray[np.uint8]:
    """A Gaussian blur of an (H, W, 3) image, reduced in size where the blur leaves nothing finer.

    Args:
        rgb: (H, W, 3).
        sigma_px: Standard deviation in pixels of this image; beyond its edges the image goes on as at the edge.

    Returns:
        (H / k, W / k, 3) with k at most a third of the standard deviation.
    """
    step = max(1, int(sigma_px / 3))
    height, width = rgb.shape[:2]
    padded = np.pad(rgb, ((0, -height % step), (0, -width % step), (0, 0)), mode="edge")
    blocks = padded.reshape(padded.shape[0] // step, step, padded.shape[1] // step, step, 3)
    small = blocks.mean(axis=(1, 3), dtype=np.float32)
    # the mean over a block is a blur itself
    rest = math.sqrt(max(sigma_px**2 - (step**2 - 1) / 12, 0.0)) / step
    for axis in (0, 1):
        small = _smoothed(small, rest, axis)
    result: NDArray[np.uint8] = np.rint(small).astype(np.uint8)
    return result


def _smoothed(values: NDArray[np.float32], sigma: float, axis: int) -> NDArray[np.float32]:
    """Gaussian along one axis; on an image this small faster than it takes to load a library for it."""
    reach = math.ceil(3 * sigma)
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sigma, 1e-6)) ** 2)
    taps /= taps.sum()
    around = [(0, 0)] * values.ndim
    around[axis] = (reach, reach)
    padded = np.moveaxis(np.pad(values, around, mode="edge"), axis, 0)
    n = values.shape[axis]
    total = np.zeros_like(padded[:n])
    for start, tap in enumerate(taps.tolist()):
        total += np.float32(tap) * padded[start : start + n]
    return np.moveaxis(total, 0, axis)
