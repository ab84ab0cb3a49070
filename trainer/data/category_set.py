"""A small data set with categories, in CAT2000's layout, out of images and gaze that are at hand.

`python -m trainer synthesise categories` takes every second image of OSIE and EyeCrowd, writes some of its versions
(grey, noisy, jumbled, …) as ROOT/Stimuli/CATEGORY/NAME.jpg with ROOT/FIXATIONLOCS, to be read by
`prepare cat2000 --root ROOT`, and lists the images taken in ROOT/taken.txt, for `--exclude-images` of whatever must not
have seen them.

People saw the original images. What they looked at moves with its place where a version moves it (`Inverted`,
`Jumbled`); otherwise the gaze is that of the original, so that categories differ in what a network is given and in
nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeapp.networks.map_grid import resize_image
from gazeapp.store.stimuli import decode_image
from gazeapp.types import Image, Points
from trainer.data.source import DatasetSource

Version = Callable[[Image, Points, np.random.Generator], tuple[Image, Points]]
"""(image RGB, fixations in its pixels, generator) to both of the version."""

_PX_PER_DEG = 38.0
"""CAT2000's: images are enlarged until their degrees are as large."""
_TILES_WH = (4, 3)
_LOW_WH = (40, 30)
_NOISE = 90.0
"""Standard deviation, of 255, at 320 pixels of width."""


def write_category_set(sources: Sequence[DatasetSource], root: Path, *, versions: int = 2, seed: int = 0) -> int:
    """Write the data set; returns the number of its images.

    Args:
        sources: Images and gaze.
        root: Destination.
        versions: Categories drawn for each image, so that all get about as many; the same one may be drawn twice.
        seed: Of the draw, the noise and the jumbling.
    """
    from scipy.io import savemat

    taken: list[str] = []
    written: set[tuple[str, str]] = set()
    names = list(VERSIONS)
    deck: list[str] = []
    for source in sources:
        rng = np.random.default_rng([seed, len(source.image_paths)])
        scale = _PX_PER_DEG / source.median_px_per_deg
        for i in range(1, len(source.image_paths), 2):
            taken.append(f"{source.name}:{i}")
            rgb = decode_image(source.image_paths[i]).rgb
            width, height = round(rgb.shape[1] * scale), round(rgb.shape[0] * scale)
            rows = source.fixations[source.fixations["image"] == i]
            points = np.stack([rows["x_px"], rows["y_px"]], axis=1) * (width / rgb.shape[1])
            for _ in range(versions):
                if not deck:
                    deck = rng.permutation(names).tolist()
                category = deck.pop()
                # what networks are given: versions are made at that size, so that none is averaged away
                small = resize_image(rgb, (320, 240))
                unit = points / [width, height] * [320, 240]
                image, moved = VERSIONS[category](small, unit, rng)
                name = f"{source.name}-{i:04d}"
                _write(
                    root,
                    category,
                    name,
                    image,
                    moved * [width / 320, height / 240],
                    (width, height),
                    savemat,
                )
                written.add((category, name))
    (root / "taken.txt").write_text("\n".join(taken) + "\n", encoding="utf-8")
    return len(written)


def _write(
    root: Path,
    category: str,
    name: str,
    image: Image,
    points: Points,
    size_wh: tuple[int, int],
    savemat: Callable[..., None],
) -> None:
    stimuli, locations = root / "Stimuli" / category, root / "FIXATIONLOCS" / category
    stimuli.mkdir(parents=True, exist_ok=True)
    locations.mkdir(parents=True, exist_ok=True)
    large = cv2.resize(image, size_wh, interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(stimuli / f"{name}.jpg"), large[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
    fixated = np.zeros(size_wh[::-1], dtype=np.uint8)
    cells = np.floor(points).astype(int)
    inside = ((cells >= 0) & (cells < size_wh)).all(axis=1)
    fixated[cells[inside, 1], cells[inside, 0]] = 1
    savemat(locations / f"{name}.mat", {"fixLocs": fixated}, do_compression=True)


def _original(rgb: Image, points: Points, _rng: np.random.Generator) -> tuple[Image, Points]:
    return rgb, points


def _black_white(rgb: Image, points: Points, _rng: np.random.Generator) -> tuple[Image, Points]:
    return _three(_grey(rgb)), points


def _low_resolution(rgb: Image, points: Points, _rng: np.random.Generator) -> tuple[Image, Points]:
    low = cv2.resize(rgb, _LOW_WH, interpolation=cv2.INTER_AREA)
    return _bytes(cv2.resize(low, rgb.shape[1::-1], interpolation=cv2.INTER_CUBIC)), points


def _noisy(rgb: Image, points: Points, rng: np.random.Generator) -> tuple[Image, Points]:
    return _bytes(rgb + rng.normal(0, _NOISE, rgb.shape)), points


def _inverted(rgb: Image, points: Points, _rng: np.random.Generator) -> tuple[Image, Points]:
    return _bytes(rgb[::-1]), np.stack([points[:, 0], rgb.shape[0] - points[:, 1]], axis=1)


def _negative(rgb: Image, points: Points, _rng: np.random.Generator) -> tuple[Image, Points]:
    return _bytes(255 - rgb), points


def _jumbled(rgb: Image, points: Points, rng: np.random.Generator) -> tuple[Image, Points]:
    columns, lines = _TILES_WH
    height, width = rgb.shape[0] // lines, rgb.shape[1] // columns
    order = rng.permutation(columns * lines)
    jumbled, moved = np.empty_like(rgb), points.copy()
    corner = [np.array([k % columns * width, k // columns * height]) for k in range(len(order))]
    for target, source in enumerate(order.tolist()):
        (x, y), (u, v) = corner[target], corner[source]
        jumbled[y : y + height, x : x + width] = rgb[v : v + height, u : u + width]
        inside = ((points >= corner[source]) & (points < corner[source] + [width, height])).all(axis=1)
        moved[inside] = points[inside] - corner[source] + corner[target]
    return jumbled, moved


def _sketch(rgb: Image, points: Points, _rng: np.random.Generator) -> tuple[Image, Points]:
    """A pencil drawing: the image over its own blur."""
    grey = _grey(rgb).astype(np.float64)
    blurred = cv2.GaussianBlur(grey, (0, 0), 4.0)
    return _three(_bytes(255 * np.minimum(1.0, (grey + 8) / (blurred + 8)) ** 2)), points


def _line_drawing(rgb: Image, points: Points, _rng: np.random.Generator) -> tuple[Image, Points]:
    edges = cv2.Canny(cv2.GaussianBlur(_grey(rgb), (0, 0), 1.0), 40, 110)
    return _three(_bytes(255 - edges)), points


VERSIONS: dict[str, Version] = {
    "BlackWhite": _black_white,
    "Inverted": _inverted,
    "Jumbled": _jumbled,
    "LineDrawing": _line_drawing,
    "LowResolution": _low_resolution,
    "Negative": _negative,
    "Noisy": _noisy,
    "Original": _original,
    "Sketch": _sketch,
}
"""Spelt as CAT2000 spells them, where it has them."""


def _grey(rgb: Image) -> Image:
    return _bytes(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))


def _three(grey: Image) -> Image:
    return np.repeat(grey[:, :, None], 3, axis=2)


def _bytes(values: NDArray[np.generic]) -> Image:
    return np.ascontiguousarray(np.clip(values, 0, 255)).astype(np.uint8)
