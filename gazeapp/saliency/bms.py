"""Boolean map saliency: what is surrounded stands out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeapp.saliency.classic import centre_bias
from gazeapp.saliency.maps import Map, blur, normalise, resize_map
from gazeapp.types import Image as Rgb

_WIDTH_PX = 160
"""Working width. The paper works at 600; the map is blurred to less than this in any case."""
_STEP = 16
"""Distance of the thresholds in 8-bit levels of the whitened channels (8 in the paper; half the time, CC .001 less)."""
_DILATION_PX = 3
_BLUR = 0.035
"""Standard deviation of the last blur in image widths (20 of 600 px in the paper)."""


def boolean_map_saliency(image_rgb: Rgb) -> Map:
    """Mean, over thresholds of the whitened colour channels, of the regions that do not touch the image's border.

    Args:
        image_rgb: (H, W, 3) uint8.

    Returns:
        (H, W) float32 density.

    Source:
        Zhang & Sclaroff (2013), Saliency detection: a boolean map approach; with the colour whitening and the split of
        each attention map of their 2016 article. Working size and step are smaller, the opening is left out.
    """
    height, width = image_rgb.shape[:2]
    size = (_WIDTH_PX, max(16, round(_WIDTH_PX * height / width)))
    small = np.asarray(cv2.resize(image_rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    attention = np.zeros(size[::-1], dtype=np.float64)
    for channel in _whitened(small):
        for threshold in range(_STEP // 2, 255, _STEP):
            above = (channel > threshold).astype(np.uint8)
            attention += _normalised(_surrounded(above))
            attention += _normalised(_surrounded(1 - above))
    # a flat image has nothing that is surrounded: every place is then as good as any other
    smooth = blur(attention, _BLUR * size[0]) + 1e-9
    return resize_map(normalise(smooth), (width, height))


def bms_with_centre(image_rgb: Rgb) -> Map:
    """Boolean map saliency × centre bias: the strongest map here that needs no training."""
    height, width = image_rgb.shape[:2]
    return normalise(boolean_map_saliency(image_rgb) * centre_bias((width, height)))


def _whitened(image_rgb: Rgb) -> list[NDArray[np.uint8]]:
    """The three colour channels, decorrelated and each spread over 0 to 255."""
    lab = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float64)
    lab -= lab.mean(axis=0)
    variance, axes = np.linalg.eigh(lab.T @ lab / len(lab) + 1e-6 * np.eye(3))
    white = lab @ (axes / np.sqrt(variance)) @ axes.T
    low, high = white.min(axis=0), white.max(axis=0)
    levels = (white - low) * (255 / np.maximum(high - low, 1e-9))
    planes = levels.astype(np.uint8).reshape(*image_rgb.shape[:2], 3)
    return [np.ascontiguousarray(planes[..., channel]) for channel in range(3)]


def _surrounded(region: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The parts of a region that no path within it leads to the border."""
    _, labels = cv2.connectedComponents(region, connectivity=8, ltype=cv2.CV_16U)
    at_border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    inner = np.ones(int(labels.max()) + 1, dtype=np.uint8)
    inner[at_border] = 0
    inner[0] = 0
    found: NDArray[np.uint8] = inner[labels]
    return found


def _normalised(region: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Dilated and scaled to unit Euclidean length: many small regions then count as much as one large one."""
    if not region.any():
        return np.zeros(region.shape)
    kernel = np.ones((_DILATION_PX, _DILATION_PX), np.uint8)
    wide = cv2.dilate(region, kernel).astype(np.float64)
    scaled: NDArray[np.float64] = wide / np.sqrt(wide.sum())
    return scaled
