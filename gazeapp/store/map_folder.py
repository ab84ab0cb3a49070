"""Maps that another program made: one file for each image, found by the image's name."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import DiskFull, SettingsError, UnreadableImage, UnreadableTable
from gazeapp.saliency.colors import difference_rgba, overlay_rgba
from gazeapp.saliency.maps import normalise, resize_map
from gazeapp.store.new_file import write_whole
from gazeapp.store.stimuli import read_image_file
from gazeapp.store.untrusted.arrays import load_array
from gazeapp.store.untrusted.pictures import fault_of_image
from gazeapp.types import Map

_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 4, cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_DEFAULT]


def write_map(values: Map, path: Path, image_rgb: NDArray[np.uint8] | None = None) -> None:
    """Write a density or a discrepancy.

    `.npy`: float32 (H, W), exact. `.png`: 8-bit colours; magma for a density, blue–white–red centred at 0 for a map
    with negative values, opaque over the dimmed image if one is given, else on black. Never read a number off a PNG.

    Raises:
        ValueError: Another suffix.
        DiskFull: The file could not be written.
    """
    if path.suffix == ".npy":
        buffer = io.BytesIO()
        np.save(buffer, np.ascontiguousarray(values, dtype=np.float32), allow_pickle=False)
        content = buffer.getvalue()
    elif path.suffix == ".png":
        content = _png(values, image_rgb)
    else:
        raise ValueError(f"{path}: maps are written as .npy or .png")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        write_whole(path, content)
    except OSError as error:
        raise DiskFull(f"{path}: could not be written ({error.strerror or error})") from error


def read_map(path: Path) -> Map:
    """Read a `.npy` map; nothing in the file is ever executed.

    Raises:
        UnreadableTable: Not a 2-D array of finite numbers.
    """
    try:
        values = load_array(path)
    except (OSError, ValueError, EOFError) as error:
        raise UnreadableTable(f"{path}: not a readable .npy map ({error})") from error
    if not isinstance(values, np.ndarray) or values.ndim != 2 or values.dtype.kind not in "fiu":
        raise UnreadableTable(f"{path}: a map is one (H, W) array of numbers")
    if not np.isfinite(values).all():
        raise UnreadableTable(f"{path}: the map holds NaN or infinite values")
    return values.astype(np.float32)


def _png(values: Map, image_rgb: NDArray[np.uint8] | None) -> bytes:
    ground = np.zeros((*values.shape, 3), np.uint8) if image_rgb is None else image_rgb
    colour = difference_rgba if values.min() < 0 else overlay_rgba
    picture = colour(values, ground)[..., :3]
    return png_of(picture)


def png_of(rgb: NDArray[np.uint8]) -> bytes:
    """(H, W, 3) uint8 as PNG; a quarter smaller than as OpenCV makes it by itself, which looks for no repetitions."""
    done, encoded = cv2.imencode(".png", np.ascontiguousarray(rgb[..., ::-1]), _PNG)
    assert done, "encoding an 8-bit image cannot fail"
    return bytes(encoded.tobytes())


OUTPUTS = ("density", "log")
_ENDINGS = (".universal.npy", ".npy", ".png")
"""In this order; a coloured `.universal.png` is a picture to look at, not a map."""
_MOST_ASPECT = 1.1
"""Ratio of the aspects of map and image from which they cannot belong together."""


class MapFolder:
    """Densities by image name.

    Args:
        folder: With `NAME.universal.npy`, `NAME.npy` or `NAME.png` (one channel) for an image called `NAME.jpg`.
        output: `density` (or empty) or `log`: what the values are.

    Raises:
        SettingsError: Another `output`.
        UnreadableTable: No such folder, or no map in it.
    """

    def __init__(self, folder: Path, output: str = "") -> None:
        if output not in ("", *OUTPUTS):
            raise SettingsError(f"option output={output!r}: must be {' or '.join(OUTPUTS)}", key="output")
        if not folder.is_dir():
            raise UnreadableTable(f"{folder}: no such folder of maps")
        if not any(any(folder.glob(f"*{ending}")) for ending in _ENDINGS):
            raise UnreadableTable(f"{folder}: holds no map (NAME.universal.npy, NAME.npy, NAME.png)")
        self.name = f"maps from {folder.resolve().name}"
        self._folder = folder
        self._is_log = output == "log"

    def predict(self, image_rgb: NDArray[np.uint8], image_name: str) -> Map:
        """(H, W) density of the image's size.

        Args:
            image_rgb: (H, W, 3) uint8.
            image_name: The image's file name, with or without its ending.

        Raises:
            UnreadableTable: No map of that name, or one that cannot be used.
        """
        path = self._find(image_name)
        values = _read_grey(path) if path.suffix == ".png" else read_map(path)
        height, width = image_rgb.shape[:2]
        aspects = sorted((width / height, values.shape[1] / values.shape[0]))
        # a small map has its aspect rounded to whole cells
        if aspects[1] / aspects[0] > _MOST_ASPECT and min(values.shape) > 16:
            raise UnreadableTable(
                f"{path}: the map is {values.shape[1]}×{values.shape[0]}, the image {width}×{height}; "
                "they have not the same shape"
            )
        if self._is_log:
            values = np.exp(values - values.max())
        elif values.min() < 0:
            raise UnreadableTable(f"{path}: holds negative values; if they are log densities, say --option output=log")
        if not values.any():
            raise UnreadableTable(f"{path}: the map is empty")
        return resize_map(normalise(values), (width, height))

    def _find(self, image_name: str) -> Path:
        if not image_name:
            raise UnreadableTable(f"{self._folder}: a map is found by its image's name, and this one has none")
        stem = Path(image_name).name  # a name never leads out of the folder
        for base in (Path(stem).stem, stem):
            for ending in _ENDINGS:
                path = self._folder / f"{base}{ending}"
                if path.is_file():
                    return path
        raise UnreadableTable(f"{self._folder}: no map for the image {stem} ({Path(stem).stem}.npy or .png)")


def _read_grey(path: Path) -> Map:
    try:
        data = read_image_file(path)
        if fault := fault_of_image(data):
            raise UnreadableTable(f"{path}: {fault}")
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except (UnreadableImage, cv2.error) as error:  # OpenCV raises for an empty file, and for a giant one
        raise UnreadableTable(f"{path}: not a readable PNG map") from error
    if decoded is None:
        raise UnreadableTable(f"{path}: not a readable PNG map")
    if decoded.ndim != 2:
        raise UnreadableTable(
            f"{path}: a coloured picture, not a map; a map has one channel (8 or 16 bit grey), or is a .npy file"
        )
    return np.asarray(decoded, dtype=np.float32)
