"""Maps as pictures: (H, W, 4) uint8, no window system. Both maps of a comparison take the same scale and function."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from gazeapp.types import Image as Rgb

Rgba = NDArray[np.uint8]
"""(H, W, 4), straight (not premultiplied) alpha."""

DIM = 0.45
"""Brightness of the grey image below a map."""
_OPAQUE = 0.88
_DIVERGING = (
    (0x21, 0x66, 0xAC),
    (0x67, 0xA9, 0xCF),
    (0xF7, 0xF7, 0xF7),
    (0xEF, 0x8A, 0x62),
    (0xB2, 0x18, 0x2B),
)
# ColorBrewer RdBu (Brewer 2013, Apache-2.0), five stops


def overlay_rgba(
    density: ArrayLike,
    image_rgb: Rgb | None = None,
    *,
    vmax: float | None = None,
    certainty: float | ArrayLike = 1.0,
) -> Rgba:
    """Colour a density with magma; alpha grows with density, so that where nobody looks the image stays visible.

    Args:
        density: (H, W) map, 0 and more.
        image_rgb: Put the colours over this image, dimmed and grey, and return an opaque picture.
        vmax: Value of the brightest colour; give both maps of a comparison the same. Default: the map's maximum.
        certainty: 0 to 1, one number or (H, W): what is uncertain fades, it does not change colour.

    Returns:
        (H, W, 4) uint8.
    """
    values = np.asarray(density, dtype=np.float32)
    top = float(values.max()) if vmax is None else vmax
    scaled = np.zeros(values.shape, np.uint8)
    if top > 0:
        scaled = np.clip(values * (255.0 / top), 0, 255).astype(np.uint8)
    return _finish(_look_up(_sequential_table(), scaled), image_rgb, certainty)


def difference_rgba(
    discrepancy: ArrayLike,
    image_rgb: Rgb | None = None,
    *,
    vmax: float | None = None,
    certainty: float | ArrayLike = 1.0,
) -> Rgba:
    """Colour a difference blue–white–red, centred at 0; alpha grows with its size.

    Args:
        discrepancy: (H, W) personal minus universal; red is more than others.
        image_rgb: As in `overlay_rgba`.
        vmax: Absolute value of the strongest colours. Default: the largest absolute value.
        certainty: As in `overlay_rgba`.
    """
    values = np.asarray(discrepancy, dtype=np.float32)
    top = float(np.abs(values).max()) if vmax is None else vmax
    scaled = np.full(values.shape, 128, np.uint8)
    if top > 0:
        scaled = np.clip(values * (127.0 / top) + 128.0, 0, 255).astype(np.uint8)
    return _finish(_look_up(_diverging_table(), scaled), image_rgb, certainty)


def dimmed_grey(image_rgb: Rgb, brightness: float = DIM) -> Rgb:
    """(H, W, 3) the image as it lies below a map; `brightness` 0 to 1."""
    grey = cv2.convertScaleAbs(cv2.cvtColor(image_rgb, cv2.COLOR_RGB2GRAY), alpha=brightness)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), dtype=np.uint8)


def compose_overlay(image_rgb: Rgb, density: ArrayLike, *, vmax: float | None = None) -> Rgb:
    """(H, W, 3) a density over its image, for files."""
    return overlay_rgba(density, image_rgb, vmax=vmax)[..., :3]


def compose_difference(image_rgb: Rgb, discrepancy: ArrayLike, *, vmax: float | None = None) -> Rgb:
    """(H, W, 3) a difference over its image, for files."""
    return difference_rgba(discrepancy, image_rgb, vmax=vmax)[..., :3]


def legend_rgba(kind: str, width_px: int, height_px: int) -> Rgba:
    """(height, width, 4) colour strip from less to more, of "density" or "difference".

    The colours that the maps mix into the image, themselves: opaque, so that no ground changes them.
    """
    table = {"density": _sequential_table, "difference": _diverging_table}[kind]()
    row = table[np.rint(np.linspace(0 if kind == "density" else 1, 255, width_px)).astype(np.uint8)]
    strip = np.repeat(row[None], height_px, axis=0)
    strip[..., 3] = 255
    return strip


def _look_up(table: Rgba, scaled: NDArray[np.uint8]) -> Rgba:
    """(H, W, 4) table rows; four bytes are moved at once, several times faster than indexing rows."""
    words = np.take(table.view(np.uint32)[:, 0], scaled)
    return words.view(np.uint8).reshape(*scaled.shape, 4)


def _finish(colours: Rgba, image_rgb: Rgb | None, certainty: float | ArrayLike) -> Rgba:
    if not np.isscalar(certainty) or certainty != 1.0:
        share = np.clip(np.asarray(certainty, dtype=np.float32), 0.0, 1.0)
        colours[..., 3] = (colours[..., 3] * share).astype(np.uint8)
    if image_rgb is None:
        return colours
    if image_rgb.shape[:2] != colours.shape[:2]:
        raise ValueError(f"image_rgb is {image_rgb.shape[:2]}, the map {colours.shape[:2]} (H, W)")
    return _over(colours, dimmed_grey(image_rgb))


def _over(colours: Rgba, ground_rgb: Rgb) -> Rgba:
    alpha = cv2.cvtColor(np.ascontiguousarray(colours[..., 3]), cv2.COLOR_GRAY2RGB)
    colour = cv2.cvtColor(colours, cv2.COLOR_RGBA2RGB)
    front = cv2.multiply(colour, alpha, scale=1 / 255)
    behind = cv2.multiply(ground_rgb, cv2.bitwise_not(alpha), scale=1 / 255)
    return np.asarray(cv2.cvtColor(cv2.add(front, behind), cv2.COLOR_RGB2RGBA), dtype=np.uint8)


@lru_cache(maxsize=1)
def _sequential_table() -> Rgba:
    """(256, 4) magma with alpha from nothing to almost opaque."""
    steps = np.arange(256, dtype=np.uint8)[:, None]
    table = np.empty((256, 4), np.uint8)
    table[:, :3] = cv2.applyColorMap(steps, cv2.COLORMAP_MAGMA)[:, 0, ::-1]
    table[:, 3] = np.clip(steps[:, 0] / 255 * 2.2, 0, 1) * _OPAQUE * 255
    table.setflags(write=False)
    return table


@lru_cache(maxsize=1)
def _diverging_table() -> Rgba:
    """(256, 4) blue–white–red; index 128 is 0 and transparent."""
    position = np.clip((np.arange(256) - 128) / 127, -1, 1)
    stops = np.array(_DIVERGING, dtype=np.float64)
    table = np.empty((256, 4), np.uint8)
    for channel in range(3):
        table[:, channel] = np.interp(position, np.linspace(-1, 1, len(stops)), stops[:, channel])
    table[:, 3] = np.clip(np.abs(position) * 1.8, 0, 1) * _OPAQUE * 255
    table.setflags(write=False)
    return table
