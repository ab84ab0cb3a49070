"""The pictures that map views paint: ground, overlays and contours of one stimulus, made once per change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPolygonF

from gazeapp.saliency.colors import difference_rgba, dimmed_grey, overlay_rgba
from gazeapp.ui.pixels import rgb_image, rgba_image, thin

Map = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MapSet:
    """The three maps of one stimulus; each may be missing yet."""

    image_rgb: NDArray[np.uint8] | None = None
    """(H, W, 3)."""
    universal: Map | None = None
    """(H, W) density."""
    personal: Map | None = None
    discrepancy: Map | None = None
    """(H, W) personal - universal."""
    certainty: float = 1.0
    """0 to 1: how far the person is known; the personal map and the difference fade with its lack."""


class MapLayers:
    """Qt images of a MapSet: universal and personal on one scale, the difference centred at 0."""

    def __init__(self) -> None:
        self.maps = MapSet()
        self.color: QImage | None = None
        self.grey: QImage | None = None
        self.universal: QImage | None = None
        self.personal: QImage | None = None
        self.difference: QImage | None = None
        self._contours: dict[str, list[QPolygonF]] = {}

    def show_maps(self, maps: MapSet) -> None:
        """Colour what changed."""
        old, self.maps = self.maps, maps
        if maps.image_rgb is not old.image_rgb:
            self.color = None if maps.image_rgb is None else rgb_image(maps.image_rgb)
            self.grey = None if maps.image_rgb is None else rgb_image(dimmed_grey(maps.image_rgb))
        if maps.universal is old.universal and maps.personal is old.personal and maps.discrepancy is old.discrepancy:  # fmt: skip
            return  # an answer that says the same again
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
                self.difference = rgba_image(difference_rgba(values, vmax=reach))
        self._contours.clear()

    def contours(self, which: str, shares: tuple[float, ...] = (0.5, 0.8)) -> list[QPolygonF]:
        """Lines around the smallest areas that hold these shares of a map, in image coordinates of 0 to 1."""
        values = self.maps.universal if which == "universal" else self.maps.personal
        if values is None:
            return []
        if which not in self._contours:
            self._contours[which] = _contour_lines(thin(values, 160), shares)
        return self._contours[which]

    @staticmethod
    def _sequential(values: Map | None, top: float) -> QImage | None:
        if values is None or top <= 0:
            return None
        return rgba_image(overlay_rgba(thin(values), vmax=top))


def _contour_lines(values: Map, shares: tuple[float, ...]) -> list[QPolygonF]:
    import cv2  # loaded with the first stimulus anyway; the start of the program does not wait for it

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
            for _ in range(
                4
            ):  # the outline follows pixel edges; rounding them moves it by less than a pixel
                points = (np.roll(points, 1, axis=0) + 2 * points + np.roll(points, -1, axis=0)) / 4
            lines.append(QPolygonF([QPointF(x / width, y / height) for x, y in points]))
    return lines
