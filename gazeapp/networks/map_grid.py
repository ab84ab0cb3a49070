"""The working grid: how images, fixations and densities of any size reach the networks, and come back.

Every network sees about the same number of cells whatever the image's size, with the image's own aspect, so that
one degree of visual angle is never squeezed in one direction. Training and the application both come through here.

Shape legend: B batch, C channels, H W rows and columns of a grid.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from gazeapp.saliency.maps import fixation_density
from gazeapp.types import Image as Image
from gazeapp.types import Map as Map

MAP_AREA_CELLS = 160 * 120
"""Cells of the map grid; a 4:3 image has 160 x 120 (Strohm et al. 2024)."""
IMAGE_SCALE = 2
"""Pixels of the image grid per cell of the map grid, along each axis."""
MULTIPLE = 8
"""Both sides of the map grid are multiples of the networks' total stride."""
SIGMA_DEG = 1.0
"""Blur of fixation maps, degrees of visual angle."""


def map_size(image_size_wh: tuple[int, int]) -> tuple[int, int]:
    """Size of the map grid of an image.

    Args:
        image_size_wh: (width, height) of the image, pixels.

    Returns:
        (width, height) in cells, multiples of `MULTIPLE`, area near `MAP_AREA_CELLS`.

    >>> map_size((800, 600)), map_size((1920, 1080)), map_size((600, 800))
    ((160, 120), (184, 104), (120, 160))
    """
    width, height = image_size_wh
    # beyond 4:1 the grid would become a strip thinner than the networks' kernels
    aspect = min(4.0, max(0.25, width / height))
    return (
        max(MULTIPLE, round(math.sqrt(MAP_AREA_CELLS * aspect) / MULTIPLE) * MULTIPLE),
        max(MULTIPLE, round(math.sqrt(MAP_AREA_CELLS / aspect) / MULTIPLE) * MULTIPLE),
    )


def resize_image(image_rgb: Image, size_wh: tuple[int, int]) -> Image:
    """Resize an image; averages when shrinking, so that fine texture does not alias.

    Args:
        image_rgb: (H, W, 3) uint8, or (H, W) grey.
        size_wh: Wanted (width, height), pixels.

    Returns:
        (height, width, 3) uint8.
    """
    if image_rgb.ndim == 2:
        image_rgb = np.repeat(image_rgb[:, :, None], 3, axis=2)
    shrinks = size_wh[0] <= image_rgb.shape[1] and size_wh[1] <= image_rgb.shape[0]
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    resized = cv2.resize(image_rgb[:, :, :3], size_wh, interpolation=interpolation)
    return np.asarray(resized, dtype=np.uint8)


def image_on_grid(image_rgb: Image, map_size_wh: tuple[int, int]) -> Image:
    """The image at `IMAGE_SCALE` pixels per map cell, (H, W, 3) uint8."""
    width, height = map_size_wh
    return resize_image(image_rgb, (width * IMAGE_SCALE, height * IMAGE_SCALE))


def personal_map_on_grid(
    fixations_px: NDArray[np.float64],
    image_size_wh: tuple[int, int],
    map_size_wh: tuple[int, int],
    px_per_deg: float,
    sigma_deg: float = SIGMA_DEG,
) -> Map:
    """Blur one observer's fixations on the map grid.

    The blur is done on the grid, not on the image: at one degree of sigma (about 5 cells) the difference is far
    below the network's resolution, and it costs 25 times less.

    Args:
        fixations_px: (N, 2) image pixels, (x, y); those outside the image are ignored.
        image_size_wh: (width, height) of the image, pixels.
        map_size_wh: (width, height) of the grid, cells.
        px_per_deg: Image pixels per degree of visual angle.
        sigma_deg: Standard deviation of the blur, degrees.

    Returns:
        (H, W) float32 density; all zero without a fixation inside the image.
    """
    fixations_px = np.asarray(fixations_px, dtype=np.float64).reshape(-1, 2)
    scale = np.array(map_size_wh) / np.array(image_size_wh)
    cells = fixations_px * scale
    inside = np.isfinite(cells).all(axis=1) & (cells >= 0).all(axis=1) & (cells < map_size_wh).all(axis=1)
    if not inside.any():
        return np.zeros(map_size_wh[::-1], dtype=np.float32)
    sigma_cells = sigma_deg * px_per_deg * float(np.sqrt(scale.prod()))
    return fixation_density(cells[inside], map_size_wh, sigma_cells)


def image_tensor(image_rgb: Image, device: torch.device | str = "cpu") -> torch.Tensor:
    """An RGB image as a network takes it: (1, 3, H, W) float32 in [-1, 1]."""
    chw = np.ascontiguousarray(image_rgb.transpose(2, 0, 1))
    return torch.from_numpy(chw)[None].to(device).float() / 127.5 - 1.0


def scale_to_peak(density_BHW: torch.Tensor, peak: float) -> torch.Tensor:
    """Bring densities into the training maps' convention.

    Personal maps are scaled to maximum 1 and the universal map is their mean, so its maximum is `peak` on average
    over the training data. A predicted density has no such scale of its own: it is given this one.
    """
    return density_BHW * (peak / density_BHW.amax(dim=(-2, -1), keepdim=True).clamp_min(1e-12))


def scale_to_one(map_BHW: torch.Tensor) -> torch.Tensor:
    """Scale each map to maximum 1; an empty map stays empty."""
    return map_BHW / map_BHW.amax(dim=(-2, -1), keepdim=True).clamp_min(1e-12)


def to_density(map_BHW: torch.Tensor) -> torch.Tensor:
    """Clip at 0 and make every map sum to 1; a map without mass becomes uniform."""
    map_BHW = map_BHW.clamp_min(0.0)
    total = map_BHW.sum(dim=(-2, -1), keepdim=True)
    cells = map_BHW.shape[-1] * map_BHW.shape[-2]
    return torch.where(total > 1e-12, map_BHW / total.clamp_min(1e-12), torch.ones_like(map_BHW) / cells)


def upsample_density(density: Map, size_wh: tuple[int, int]) -> Map:
    """Bring a density to an image's size; it still sums to 1.

    Args:
        density: (H, W) density on the grid.
        size_wh: (width, height) of the image, pixels.
    """
    interpolation = cv2.INTER_AREA if size_wh[0] < density.shape[1] else cv2.INTER_LINEAR
    resized = np.maximum(cv2.resize(density.astype(np.float64), size_wh, interpolation=interpolation), 0)
    return np.asarray(resized / resized.sum(), dtype=np.float32)
