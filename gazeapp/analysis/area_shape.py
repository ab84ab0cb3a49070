"""Drawing and changing the shape of an area: pure geometry, image pixels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gazeapp.analysis.area import Area, Shape

Point = tuple[float, float]
LEAST_PX = 2.0
"""A box or ellipse that is smaller was a click, not a drawing."""


def drawn(shape: Shape, points: Sequence[Point], *, name: str, color: str) -> Area | None:
    """The area that a drawing makes; None for one that is too small or has too few corners.

    Args:
        shape: "box" and "ellipse" need two opposite corners of what surrounds them, "polygon" its corners.
        points: (x, y).
        name: Of the area.
        color: "#rrggbb".
    """
    if shape == "polygon":
        corners = tuple(dict.fromkeys(points))
        return Area(name=name, shape=shape, points_px=corners, color=color) if len(corners) >= 3 else None
    (x1, y1), (x2, y2) = points[0], points[-1]
    left, right, top, bottom = min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2)
    if right - left < LEAST_PX or bottom - top < LEAST_PX:
        return None
    if shape == "box":
        return Area(name=name, shape=shape, points_px=((left, top), (right, bottom)), color=color)
    middle = ((left + right) / 2, (top + bottom) / 2)
    return Area(name=name, shape=shape, points_px=(middle, ((right - left) / 2, (bottom - top) / 2)), color=color)


def handles(area: Area) -> tuple[Point, ...]:
    """What can be dragged to give an area another shape: corners, or the ends of an ellipse's axes."""
    match area.shape:
        case "box":
            (left, top), (right, bottom) = area.points_px
            return (left, top), (right, top), (right, bottom), (left, bottom)
        case "ellipse":
            (x, y), (radius_x, radius_y) = area.points_px
            cosine, sine = math.cos(math.radians(area.turn_deg)), math.sin(math.radians(area.turn_deg))
            return (
                (x + radius_x * cosine, y + radius_x * sine),
                (x - radius_y * sine, y + radius_y * cosine),
                (x - radius_x * cosine, y - radius_x * sine),
                (x + radius_y * sine, y - radius_y * cosine),
            )
        case "polygon":
            return area.points_px
        case _:
            return ()


def reshaped(area: Area, handle: int, point: Point) -> Area:
    """The area after one of its handles was dragged to a point; unchanged where that would make no such shape."""
    try:
        match area.shape:
            case "box":
                opposite = handles(area)[(handle + 2) % 4]
                made = drawn("box", [opposite, point], name=area.name, color=area.color)
                return made or area
            case "ellipse":
                # an axis that is dragged round turns the ellipse
                (x, y), radii = area.points_px
                reach = math.hypot(point[0] - x, point[1] - y)
                angle_deg = math.degrees(math.atan2(point[1] - y, point[0] - x)) - 90 * handle
                longer = (reach, radii[1]) if handle % 2 == 0 else (radii[0], reach)
                return replace(area, points_px=((x, y), longer), turn_deg=(angle_deg + 180) % 360 - 180)
            case "polygon":
                corners = list(area.points_px)
                corners[handle] = point
                return replace(area, points_px=tuple(corners))
            case _:
                return area
    except ValueError:
        return area


def moved(area: Area, dx_px: float, dy_px: float, size_wh: tuple[int, int] | None = None) -> Area:
    """The area elsewhere; on an image of a known size it stays within it, as far as it lay within it."""
    if area.mask is not None:
        return area  # it is what its pixels are
    low, high = bounds(area)
    if size_wh is not None:
        dx_px = min(max(dx_px, min(0.0, -low[0])), max(0.0, size_wh[0] - high[0]))
        dy_px = min(max(dy_px, min(0.0, -low[1])), max(0.0, size_wh[1] - high[1]))
    first, *rest = area.points_px
    shifted = (first[0] + dx_px, first[1] + dy_px)
    if area.shape == "ellipse":
        return replace(area, points_px=(shifted, *rest))
    return replace(area, points_px=(shifted, *((x + dx_px, y + dy_px) for x, y in rest)))


def scaled(area: Area, from_wh: tuple[int, int], to_wh: tuple[int, int]) -> Area:
    """The area on an image of another size, at the same share of its width and height.

    Raises:
        ValueError: A mask, whose pixels belong to one size.
    """
    if from_wh == to_wh:
        return area
    if area.mask is not None:
        raise ValueError(f"{area.name}: the pixels of a mask fit images of {from_wh[0]}×{from_wh[1]} only")
    x, y = to_wh[0] / from_wh[0], to_wh[1] / from_wh[1]
    if area.shape == "ellipse" and area.turn_deg and abs(x - y) > 1e-9:
        # stretched in one direction only it is an ellipse of another turn, which its outline tells
        corners = tuple((px * x, py * y) for px, py in around(area))
        return Area(name=area.name, shape="polygon", points_px=corners, color=area.color)
    return replace(area, points_px=tuple((px * x, py * y) for px, py in area.points_px))


def around(area: Area, n_sides: int = 64) -> list[Point]:
    """Corners of the polygon that stands for an ellipse."""
    (x, y), (radius_x, radius_y) = area.points_px
    turn = math.radians(area.turn_deg)
    angles = np.linspace(0, 2 * np.pi, n_sides, endpoint=False)
    along, across = radius_x * np.cos(angles), radius_y * np.sin(angles)
    columns = (
        x + along * math.cos(turn) - across * math.sin(turn),
        y + along * math.sin(turn) + across * math.cos(turn),
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


def bounds(area: Area) -> tuple[Point, Point]:
    """Left top and right bottom corner of what surrounds an area."""
    if area.mask is not None:
        rows, columns = np.flatnonzero(area.mask.any(axis=1)), np.flatnonzero(area.mask.any(axis=0))
        if not len(rows):
            return (0.0, 0.0), (0.0, 0.0)
        return (float(columns[0]), float(rows[0])), (float(columns[-1] + 1), float(rows[-1] + 1))
    points = np.asarray(around(area) if area.shape == "ellipse" else area.points_px)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return (float(left), float(top)), (float(right), float(bottom))


def free_name(areas: Sequence[Area], words: str) -> str:
    """A name such as "area 3" that none of the areas has."""
    taken = {area.name for area in areas}
    number = len(areas) + 1
    while f"{words} {number}" in taken:
        number += 1
    return f"{words} {number}"
