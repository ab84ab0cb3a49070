"""The pictures that map views paint: ground, overlays and contours of one stimulus, made once per change and size.

The experimenter's repaint shares its thread with the participant's screen: a paint event that scales and blends three
pictures each time costs frames over there. Here that is done once, in OpenCV, and painting copies pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QPixmap, QPolygonF

from gazeapp.saliency.colors import difference_rgba, dimmed_grey, overlay_rgba
from gazeapp.saliency.maps import Map
from gazeapp.types import Image as Rgb
from gazeapp.ui.models.map_look import MapLook
from gazeapp.ui.models.map_set import MapSet
from gazeapp.ui.qt_images import resized, rgb_pixmap, thin

Rgba = NDArray[np.uint8]


class MapLayers:
    """Coloured maps of a MapSet: universal and personal on one scale, the difference centred at 0."""

    def __init__(self, look: MapLook | None = None) -> None:
        self._look = look or MapLook()
        self._look.changed.connect(self._forget)
        self.maps = MapSet()
        self.universal: Rgba | None = None
        """(h, w, 4) straight alpha, thinned."""
        self.personal: Rgba | None = None
        self.difference: Rgba | None = None
        self._grounds: dict[tuple[str, int, int], Rgb] = {}
        self._pictures: dict[tuple[str, int, int, float], QPixmap] = {}
        self._contours: dict[str, list[QPolygonF]] = {}

    @property
    def size_wh(self) -> tuple[int, int] | None:
        """Size of the picture; None without one."""
        image = self.maps.image_rgb
        return None if image is None else (image.shape[1], image.shape[0])

    def show_maps(self, maps: MapSet) -> bool:
        """Colour what changed; False where an answer says the same again."""
        old, self.maps = self.maps, maps
        if maps.image_rgb is not old.image_rgb:
            self._grounds.clear()
        elif maps.universal is old.universal and maps.personal is old.personal and maps.discrepancy is old.discrepancy:
            return maps.certainty != old.certainty
        self._pictures.clear()
        both = [thin(m) for m in (maps.universal, maps.personal) if m is not None]
        top = max((float(m.max()) for m in both), default=0.0)
        # one scale for both, otherwise their comparison on the screen would be unfair
        self.universal = self._sequential(maps.universal, top)
        self.personal = self._sequential(maps.personal, top)
        self.difference = None
        if maps.discrepancy is not None:
            values = thin(maps.discrepancy)
            reach = float(np.abs(values).max())
            if reach > 0:
                self.difference = difference_rgba(values, vmax=reach)
        self._contours.clear()
        return True

    def picture(self, which: str, size: QSize, opacity: float = 1.0) -> QPixmap:
        """The stimulus at a size in pixels with one map over it.

        Args:
            which: "universal", "personal", "difference", or "plain" for the coloured stimulus alone.
            size: In physical pixels.
            opacity: Of the map beside others, 0 to 1; the look's own comes on top.
        """
        opacity *= self._look.opacity
        key = which, size.width(), size.height(), round(opacity, 2)
        if key not in self._pictures:
            ground = self._ground("plain" if which == "plain" else "grey", size)
            overlay = None if which == "plain" else getattr(self, which)
            made = ground if overlay is None else _blend(ground, overlay, opacity)
            self._pictures[key] = rgb_pixmap(made)
        return self._pictures[key]

    def contours(self, which: str, shares: tuple[float, ...] = (0.5, 0.8)) -> list[QPolygonF]:
        """Lines around the smallest areas that hold these shares of a map, in image coordinates of 0 to 1."""
        values = self.maps.universal if which == "universal" else self.maps.personal
        if values is None:
            return []
        if which not in self._contours:
            self._contours[which] = _contour_lines(thin(values, 160), shares)
        return self._contours[which]

    def _ground(self, which: str, size: QSize) -> Rgb:
        key = which, size.width(), size.height()
        if key not in self._grounds:
            assert self.maps.image_rgb is not None, "painted only with a picture"
            small = resized(self.maps.image_rgb, size)
            self._grounds[key] = dimmed_grey(small, self._look.brightness) if which == "grey" else small
        return self._grounds[key]

    def _forget(self) -> None:
        self._pictures.clear()
        self._grounds.clear()

    @staticmethod
    def _sequential(values: Map | None, top: float) -> Rgba | None:
        if values is None or top <= 0:
            return None
        return overlay_rgba(thin(values), vmax=top)


def _blend(ground: Rgb, overlay: Rgba, opacity: float) -> Rgb:
    """(H, W, 3) ground with a smaller overlay stretched over it."""
    import cv2

    # colours are weighted before they are stretched, or transparent black would darken every edge
    alpha = cv2.convertScaleAbs(overlay[..., 3], alpha=opacity)
    front = cv2.multiply(cv2.cvtColor(overlay, cv2.COLOR_RGBA2RGB), cv2.merge([alpha] * 3), scale=1 / 255)
    size = ground.shape[1], ground.shape[0]
    behind = cv2.bitwise_not(cv2.merge([cv2.resize(alpha, size)] * 3))
    return np.asarray(
        cv2.add(cv2.resize(front, size), cv2.multiply(ground, behind, scale=1 / 255)),
        dtype=np.uint8,
    )


def _contour_lines(values: Map, shares: tuple[float, ...]) -> list[QPolygonF]:
    import cv2

    ordered = np.sort(values.ravel())[::-1]
    mass = np.cumsum(ordered, dtype=np.float64)
    if mass[-1] <= 0:
        return []
    height, width = values.shape
    lines: list[QPolygonF] = []
    for share in shares:
        level = ordered[min(int(np.searchsorted(mass, share * mass[-1])), len(ordered) - 1)]
        inside = np.pad((values >= level).astype(np.uint8), 1)
        found, _ = cv2.findContours(inside, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        for outline in found:
            if len(outline) < 6:
                continue
            points = outline[:, 0, :].astype(np.float64) - 0.5
            for _ in range(4):  # the outline follows pixel edges; rounding them moves it by less than a pixel
                points = (np.roll(points, 1, axis=0) + 2 * points + np.roll(points, -1, axis=0)) / 4
            lines.append(QPolygonF([QPointF(x / width, y / height) for x, y in points]))
    return lines
