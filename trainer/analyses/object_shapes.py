"""Objects on images, outlined by a box, a polygon or a mask, and the table that names them.

Shape legend: H W map grid rows and columns.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import UnreadableImage, UnreadableTable
from gazeapp.store.stimuli import decode_image

Values = NDArray[np.float64]

_FINE = 8
"""Places per side of a map cell that are tried for lying within a polygon."""
_LEAST_CORNERS, _MOST_CORNERS = 3, 10_000
_INSIDE = 127
"""Grey of a mask above which a pixel belongs to the object."""


class ObjectShape(Protocol):
    """One object on one image, in the pixels of the fixations."""

    @property
    def image(self) -> str:
        """The image's file name."""

    @property
    def name(self) -> str:
        """Kind of object, such as `face`, `text` or `animal`."""

    def covered(self, size_wh: tuple[int, int], grid_hw: tuple[int, ...]) -> Values:
        """(H, W) share of every map cell that the object covers, of an image of so many pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """An upright rectangle."""

    image: str
    name: str
    x_px: float
    y_px: float
    w_px: float
    h_px: float

    def covered(self, size_wh: tuple[int, int], grid_hw: tuple[int, ...]) -> Values:
        """(H, W) share of every map cell, exact."""
        sides = []
        for first, length, size, cells in (
            (self.y_px, self.h_px, size_wh[1], grid_hw[0]),
            (self.x_px, self.w_px, size_wh[0], grid_hw[1]),
        ):
            low, high = first * cells / size, (first + length) * cells / size
            cell = np.arange(cells)
            sides.append(np.clip(np.minimum(cell + 1, high) - np.maximum(cell, low), 0, 1))
        return np.asarray(np.outer(*sides))


@dataclass(frozen=True, slots=True, kw_only=True)
class Polygon:
    """A closed outline; where it crosses itself, what it goes around an odd number of times is within."""

    image: str
    name: str
    corners_px: tuple[tuple[float, float], ...]
    """(x, y) of each."""

    def covered(self, size_wh: tuple[int, int], grid_hw: tuple[int, ...]) -> Values:
        """(H, W) share of every map cell, to 1/64."""
        rows, columns = grid_hw[0] * _FINE, grid_hw[1] * _FINE
        y = (np.arange(rows) + 0.5) * size_wh[1] / rows
        x = (np.arange(columns) + 0.5) * size_wh[0] / columns
        is_inside = np.zeros((rows, columns), dtype=bool)
        corners = np.array(self.corners_px)
        for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            crossed = np.flatnonzero((y0 > y) != (y1 > y))
            if len(crossed):
                at_x = x0 + (y[crossed] - y0) * (x1 - x0) / (y1 - y0)
                is_inside[crossed] ^= x[None] < at_x[:, None]
        cells = is_inside.reshape(grid_hw[0], _FINE, grid_hw[1], _FINE)
        return np.asarray(cells.mean(axis=(1, 3)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """A picture of the image's size or of its aspect, bright where the object is."""

    image: str
    name: str
    path: Path

    def covered(self, size_wh: tuple[int, int], grid_hw: tuple[int, ...]) -> Values:
        """(H, W) share of every map cell.

        Raises:
            UnreadableTable: The picture has another aspect than the image, or cannot be read.
        """
        import cv2

        try:
            rgb = decode_image(self.path).rgb
        except UnreadableImage as error:
            raise UnreadableTable(f"{error}") from error
        height, width = rgb.shape[:2]
        if abs(width / height - size_wh[0] / size_wh[1]) > 1 / min(height, width):
            raise UnreadableTable(
                f"{self.path}: {width} x {height} pixels are no mask of {self.image}, which has "
                f"{size_wh[0]} x {size_wh[1]}"
            )
        is_inside = (rgb.max(axis=2) > _INSIDE).astype(np.float64)
        if height < grid_hw[0] or width < grid_hw[1]:
            is_inside = cv2.resize(is_inside, (size_wh[0], size_wh[1]), interpolation=cv2.INTER_NEAREST)
        shrunk = cv2.resize(is_inside, (grid_hw[1], grid_hw[0]), interpolation=cv2.INTER_AREA)
        return np.asarray(shrunk.clip(0, 1), dtype=np.float64)


def renamed(shape: ObjectShape, name: str) -> ObjectShape:
    """The same outline as another kind of object."""
    assert isinstance(shape, Box | Polygon | Mask)
    return replace(shape, name=name)


def coverage(shapes: Sequence[ObjectShape], size_wh: tuple[int, int], grid_hw: tuple[int, ...]) -> Values:
    """(H, W) share of every map cell that objects cover; where several do, the one that covers most counts."""
    found = np.zeros(grid_hw)
    for shape in shapes:
        np.maximum(found, shape.covered(size_wh, grid_hw), out=found)
    return found


def read_objects(path: Path) -> list[ObjectShape]:
    """Objects of a CSV table: `image,object` and an outline in the pixels of the fixations, from the top left.

    An outline is a box (`x_px,y_px,w_px,h_px`), a `polygon` (`x y x y …`, three corners at least) or a `mask`, a
    picture named relative to the table. A table may have several; in each line the first that is filled in counts.

    Raises:
        UnreadableTable: Unreadable, a column is missing, or a line has no outline; says which.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns = set(reader.fieldnames or ())
            given = [form for form in _FORMS if set(form) <= columns]
            missing = [name for name in ("image", "object") if name not in columns]
            if missing or not given:
                lacking = ", ".join(missing) or f"an outline ({' or '.join(','.join(form) for form in _FORMS)})"
                raise UnreadableTable(f"{path}: needs the columns image,object and an outline; {lacking} is missing")
            return [_shape(row, given, path, line) for line, row in enumerate(reader, start=2)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableTable(f"{path}: cannot be read as a table ({error})") from error


def _shape(row: dict[str, str], given: Sequence[tuple[str, ...]], table: Path, line: int) -> ObjectShape:
    for form in given:
        texts = [(row.get(name) or "").strip() for name in form]
        if any(texts):
            try:
                return _FORMS[form](row["image"], row["object"], texts, table)
            except ValueError as error:
                raise UnreadableTable(f"{table}, line {line}: {error}") from error
    raise UnreadableTable(f"{table}, line {line}: no outline")


def _box(image: str, name: str, texts: Sequence[str], _table: Path) -> ObjectShape:
    x, y, w, h = (float(text) for text in texts)
    if not (math.isfinite(x + y + w + h) and w > 0 and h > 0):
        raise ValueError("needs finite numbers, width and height above 0")
    return Box(image=image, name=name, x_px=x, y_px=y, w_px=w, h_px=h)


def _polygon(image: str, name: str, texts: Sequence[str], _table: Path) -> ObjectShape:
    numbers = [float(text) for text in texts[0].replace(",", " ").replace(";", " ").split()]
    n = len(numbers) // 2
    if len(numbers) % 2 or not _LEAST_CORNERS <= n <= _MOST_CORNERS or not all(map(math.isfinite, numbers)):
        raise ValueError(f"a polygon is {_LEAST_CORNERS} to {_MOST_CORNERS} corners x y, finite numbers")
    return Polygon(image=image, name=name, corners_px=tuple(zip(numbers[::2], numbers[1::2], strict=True)))


def _mask(image: str, name: str, texts: Sequence[str], table: Path) -> ObjectShape:
    folder = table.parent.resolve()
    path = (folder / texts[0]).resolve()
    if not path.is_relative_to(folder):
        raise ValueError(f"mask {texts[0]!r} lies outside the table's folder")
    if not path.is_file():
        raise ValueError(f"mask {texts[0]!r} is missing")
    return Mask(image=image, name=name, path=path)


_FORMS: dict[tuple[str, ...], Callable[[str, str, Sequence[str], Path], ObjectShape]] = {
    ("x_px", "y_px", "w_px", "h_px"): _box,
    ("polygon",): _polygon,
    ("mask",): _mask,
}
