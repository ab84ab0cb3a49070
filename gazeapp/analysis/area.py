"""Areas of interest on an image: boxes, ellipses, polygons and masks.

Convention: points are continuous image pixels, (0, 0) the top left corner of the first pixel. A box holds its left and
top edge and not its right and bottom one, a polygon follows the even-odd rule, a mask decides for whole pixels.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from gazeapp.saliency.maps import as_points
from gazeapp.store.untrusted.limits import CORNERS, MASK_PIXELS

Shape = Literal["box", "ellipse", "polygon", "mask"]
SHAPES: tuple[Shape, ...] = ("box", "ellipse", "polygon", "mask")
COLORS = ("#5b9dff", "#42c98b", "#f0b44c", "#f2686a", "#b48cf2", "#4fc3d9", "#e58fb8", "#a8b85a")
"""Offered in turn."""
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Area:
    """One area of one image.

    Raises:
        ValueError: No name, or corners that make no such shape.
    """

    name: str
    shape: Shape
    points_px: tuple[tuple[float, float], ...] = ()
    """A box's left top and right bottom corner; an ellipse's centre and its two radii; a polygon's corners."""
    turn_deg: float = 0.0
    """Of an ellipse, clockwise on the screen."""
    mask: Bools | None = field(default=None, repr=False)
    """(H, W) of a mask."""
    color: str = COLORS[0]

    def __post_init__(self) -> None:
        if not (isinstance(self.name, str) and self.name.strip()):
            raise ValueError("an area needs a name")
        if not (isinstance(self.color, str) and re.fullmatch(r"#[0-9a-fA-F]{6}", self.color)):
            raise ValueError(f'the colour must be "#rrggbb", found {self.color!r}')
        try:
            flat = [float(value) for x, y in self.points_px for value in (x, y)]
            is_finite = all(math.isfinite(value) for value in (*flat, float(self.turn_deg)))
        except (TypeError, ValueError, OverflowError):
            is_finite = False
        if not is_finite:
            raise ValueError("a corner is not a finite number")
        if (self.shape == "mask") != (self.mask is not None):
            raise ValueError("a mask, and only a mask, has pixels")
        match self.shape:
            case "box":
                if len(self.points_px) != 2 or not (flat[0] < flat[2] and flat[1] < flat[3]):
                    raise ValueError("a box needs its left top and its right bottom corner")
            case "ellipse":
                if len(self.points_px) != 2 or min(flat[2:]) <= 0:
                    raise ValueError("an ellipse needs its centre and two radii above 0")
            case "polygon":
                if len(set(self.points_px)) < 3:
                    raise ValueError("a polygon needs at least 3 different corners")

    def contains(self, points_px: ArrayLike) -> Bools:
        """(N,) whether each point, (N, 2) image pixels, lies in the area."""
        points = as_points(points_px)
        x, y = points[:, 0], points[:, 1]
        if self.mask is not None:
            height, width = self.mask.shape
            inside: Bools = (x >= 0) & (y >= 0) & (x < width) & (y < height)
            column, row = (np.where(inside, np.floor(v), 0).astype(np.intp) for v in (x, y))
            return inside & self.mask[row, column]
        if self.shape == "box":
            (left, top), (right, bottom) = self.points_px
            within: Bools = (x >= left) & (x < right) & (y >= top) & (y < bottom)
            return within
        if self.shape == "ellipse":
            (centre_x, centre_y), (radius_x, radius_y) = self.points_px
            cosine, sine = math.cos(math.radians(self.turn_deg)), math.sin(math.radians(self.turn_deg))
            along, across = (
                cosine * (x - centre_x) + sine * (y - centre_y),
                cosine * (y - centre_y) - sine * (x - centre_x),
            )
            close: Bools = (along / radius_x) ** 2 + (across / radius_y) ** 2 <= 1.0
            return close
        return _inside_polygon(x, y, np.asarray(self.points_px))

    def raster(self, size_wh: tuple[int, int]) -> Bools:
        """(H, W) pixels whose centres lie in the area."""
        width, height = size_wh
        columns, rows = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
        return self.contains(np.stack([columns.ravel(), rows.ravel()], axis=1)).reshape(height, width)

    def touches(self, size_wh: tuple[int, int]) -> bool:
        """Whether any of it lies on an image of this size."""
        width, height = size_wh
        if self.mask is not None:
            return bool(self.mask[:height, :width].any())
        points = np.asarray(self.points_px)
        low, high = points.min(axis=0), points.max(axis=0)
        if self.shape == "ellipse":
            reach = max(self.points_px[1])
            low, high = points[0] - reach, points[0] + reach
        return bool(low[0] < width and low[1] < height and high[0] > 0 and high[1] > 0)


def _inside_polygon(x: NDArray[np.float64], y: NDArray[np.float64], corners: NDArray[np.float64]) -> Bools:
    """Even-odd rule: a ray to the right crosses the outline an odd number of times."""
    inside: Bools = np.zeros(len(x), dtype=bool)
    for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y1 == y2:
            continue
        crosses = (y1 > y) != (y2 > y)
        inside ^= crosses & (x < x1 + (y - y1) / (y2 - y1) * (x2 - x1))
    return inside


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageAreas:
    """The areas of one image, which is known by its content where that is said, else by its file name."""

    image: str
    """File name."""
    areas: tuple[Area, ...]
    sha256: str = ""
    size_wh: tuple[int, int] | None = None

    def is_of(self, stimulus_id: str, name: str) -> bool:
        """Whether these are the areas of an image."""
        return self.sha256 == stimulus_id if self.sha256 else self.image.casefold() == name.casefold()


def areas_of_labels(
    labels: ArrayLike, names: Mapping[int, str] | None = None, *, as_outlines: bool = False
) -> tuple[Area, ...]:
    """Areas from a label image.

    Args:
        labels: (H, W) whole numbers; 0 is no area.
        names: Label → name; "area 3" where there is none.
        as_outlines: Polygons that can be edited, one for each connected part, rather than the exact pixels.

    Raises:
        ValueError: Not an (H, W) array of whole numbers from 0 on; or so many labels that each is noise.
    """
    array = np.asarray(labels)
    if array.ndim != 2 or array.dtype.kind not in "uib" or array.size == 0 or array.min() < 0:
        raise ValueError(f"labels must be (H, W) whole numbers from 0 on, got {array.dtype} of shape {array.shape}")
    present = [int(label) for label in np.unique(array) if label]
    if len(present) * array.size > MASK_PIXELS:
        raise ValueError(f"{len(present)} labels on {array.size / 1e6:.3g} million pixels are no areas of interest")
    found = []
    for number, label in enumerate(present):
        name = (names or {}).get(label) or f"area {label}"
        color = COLORS[number % len(COLORS)]
        mask = array == label
        if not as_outlines:
            found.append(Area(name=name, shape="mask", mask=mask, color=color))
            continue
        outlines = [outline for outline in _outlines(mask) if len(set(outline)) >= 3]
        for part, corners in enumerate(outlines, start=1):
            own = name if len(outlines) == 1 else f"{name} ({part})"
            found.append(Area(name=own, shape="polygon", points_px=corners, color=color))
    return tuple(found)


def _outlines(mask: Bools) -> list[tuple[tuple[float, float], ...]]:
    # at twice the size the outline runs along the pixels' edges, not through their centres
    twice = mask.astype(np.uint8).repeat(2, axis=0).repeat(2, axis=1)
    contours, _ = cv2.findContours(twice, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if sum(map(len, contours)) > CORNERS:
        raise ValueError(f"a label in {len(contours)} pieces is noise, no area of interest")
    return [tuple((float(x + 0.5) / 2, float(y + 0.5) / 2) for x, y in contour[:, 0]) for contour in contours]


def labels_of_areas(areas: Sequence[Area], size_wh: tuple[int, int]) -> NDArray[np.uint16]:
    """(H, W) label image, areas numbered from 1; ValueError where two of them overlap, which it cannot hold."""
    labels = np.zeros((size_wh[1], size_wh[0]), np.uint16)
    for number, area in enumerate(areas, start=1):
        inside = area.raster(size_wh)
        taken = labels[inside]
        if taken.any():
            other = areas[int(taken[taken > 0][0]) - 1].name
            raise ValueError(f"{area.name} and {other} overlap: a mask holds one area a pixel; export JSON or CSV")
        labels[inside] = number
    return labels
