"""Saliency maps as files: `.npy` to compute with, `.png` to look at."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import DiskFull, UnreadableTable
from gazeapp.saliency.colors import difference_rgba, overlay_rgba

Map = NDArray[np.float32]


def write_map(values: Map, path: Path, image_rgb: NDArray[np.uint8] | None = None) -> None:
    """Write a density or a discrepancy.

    `.npy`: float32 (H, W), exact. `.png`: 8-bit colours; magma for a density, blue–white–red centred at 0 for a map
    with negative values, opaque over the dimmed image if one is given, else on black. Never read a number off a PNG.

    Raises:
        ValueError: Another suffix.
        DiskFull: The file could not be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        if path.suffix == ".npy":
            np.save(path, np.ascontiguousarray(values, dtype=np.float32), allow_pickle=False)
        elif path.suffix == ".png":
            path.write_bytes(_png(values, image_rgb))
        else:
            raise ValueError(f"{path}: maps are written as .npy or .png")
    except OSError as error:
        raise DiskFull(f"{path}: could not be written ({error.strerror or error})") from error


def read_map(path: Path) -> Map:
    """Read a `.npy` map; nothing in the file is ever executed.

    Raises:
        UnreadableTable: Not a 2-D array of finite numbers.
    """
    try:
        values = np.load(path, allow_pickle=False)
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
    done, encoded = cv2.imencode(".png", np.ascontiguousarray(picture[..., ::-1]))
    if not done:
        raise ValueError("the map could not be encoded as PNG")
    return bytes(encoded.tobytes())
