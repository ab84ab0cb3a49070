"""Fixations to maps: the one place where fixations become densities, live, in the trainer and offline.

Convention: a map is (H, W) and indexed `map[y, x]`; a fixation at continuous image pixels (x, y) belongs to the pixel
(floor(x), floor(y)). A density is float32, non-negative and sums to 1. The blur is an isotropic Gaussian that is cut at
4 σ and sees nothing beyond the image's edge; what it spreads over the edge is lost and the density is normalised after
it.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter

from gazeapp.types import Map as Map
from gazeapp.types import Points as Points

Mask = NDArray[np.bool_]

BLUR_TRUNCATE = 4.0
"""Radius of the Gaussian in σ; scipy's default, so that both give the same map."""

_MANY_FIXATIONS = 400
# up to here a product of two thin matrices is faster than blurring the whole map


def as_points(fixations_px: ArrayLike) -> Points:
    """(N, 2) float64 array of finite points; an empty input becomes (0, 2).

    Raises:
        ValueError: Another shape, NaN or an infinity.
    """
    points = np.asarray(fixations_px, dtype=np.float64)
    if points.size == 0:
        return np.empty((0, 2))
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"fixations_px must be (N, 2) points (x, y), got shape {points.shape}")
    if not np.isfinite(points).all():
        raise ValueError("fixations_px holds NaN or infinite coordinates")
    return points


def is_inside(fixations_px: ArrayLike, size_wh: tuple[int, int]) -> Mask:
    """(N,) whether each fixation falls on the image: 0 <= x < W and 0 <= y < H."""
    points = as_points(fixations_px)
    within = (points >= 0) & (points < np.asarray(size_wh))
    return within[:, 0] & within[:, 1]


def n_outside(fixations_px: ArrayLike, size_wh: tuple[int, int]) -> int:
    """How many fixations lie beside the image; a density ignores these, and its reader should be told."""
    return int((~is_inside(fixations_px, size_wh)).sum())


def fixation_counts(
    fixations_px: ArrayLike, size_wh: tuple[int, int], weights: ArrayLike | None = None
) -> NDArray[np.float64]:
    """(H, W) mass of fixations per pixel: one each, or their weight. Fixations beside the image are ignored."""
    columns, rows, mass = _on_image(fixations_px, size_wh, weights)
    width, height = size_wh
    counts = np.bincount(rows * width + columns, weights=mass, minlength=width * height)
    return counts.astype(np.float64).reshape(height, width)


def fixation_density(
    fixations_px: ArrayLike,
    size_wh: tuple[int, int],
    sigma_px: float,
    weights: ArrayLike | None = None,
) -> Map:
    """Blur fixations into a density.

    Args:
        fixations_px: (N, 2) image pixels. Those beside the image are ignored; `n_outside` counts them.
        size_wh: Width and height of the map in pixels.
        sigma_px: Standard deviation of the Gaussian in pixels of the map; 0 gives the normalised counts.
        weights: (N,) mass of each fixation, 0 or more (its duration, say); one each by default.

    Returns:
        (H, W) float32, sums to 1.

    Raises:
        ValueError: No fixation with mass on the image, a negative weight, or a σ below 0.
    """
    _require_sigma(sigma_px)
    columns, rows, mass = _on_image(fixations_px, size_wh, weights)
    if not mass.sum() > 0:
        raise ValueError(f"fixations_px has no fixation on the {size_wh[0]}×{size_wh[1]} image")
    if len(mass) > _MANY_FIXATIONS:
        counts = fixation_counts(fixations_px, size_wh, weights)
        return normalise(blur(counts, sigma_px))
    width, height = size_wh
    across = _profiles(columns, width, sigma_px)
    down = _profiles(rows, height, sigma_px)
    # the Gaussian is separable, so a sum of blurred points is a product of (H, N) and (N, W); its mass is known before
    # it is computed, which saves passes over the map: the live view asks for one several times a second
    share = mass / float((mass * down.sum(axis=1) * across.sum(axis=1)).sum())
    density: Map = (down * share[:, None]).T.astype(np.float32) @ across.astype(np.float32)
    return density


def blur(values: ArrayLike, sigma_px: float) -> NDArray[np.float64]:
    """(H, W) Gaussian blur by this module's convention; not normalised."""
    _require_sigma(sigma_px)
    source = np.asarray(values, dtype=np.float64)
    blurred: NDArray[np.float64] = gaussian_filter(source, sigma_px, mode="constant", truncate=BLUR_TRUNCATE)
    return blurred


def normalise(values: ArrayLike) -> Map:
    """Clip a map at 0 and scale it to sum 1.

    Raises:
        ValueError: Not a map, NaN or infinite values, or no mass above 0.

    >>> float(normalise([[1.0, -2.0], [2.0, 1.0]])[1, 0])
    0.5
    """
    source = _as_map(values)
    clipped = np.maximum(source, 0.0, dtype=np.float64)
    total = clipped.sum()
    if not total > 0:
        raise ValueError("values has no mass above 0: it cannot become a density")
    clipped /= total
    return clipped.astype(np.float32)


def uniform(size_wh: tuple[int, int]) -> Map:
    """The density of knowing nothing."""
    width, height = size_wh
    return np.full((height, width), 1.0 / (width * height), dtype=np.float32)


def resize_map(values: ArrayLike, size_wh: tuple[int, int]) -> Map:
    """Change a map's resolution and keep its mass: a density stays one, a discrepancy keeps its scale to it.

    Shrinking averages over areas, enlarging is bilinear; both treat pixels as squares with their centre at +0.5.
    """
    source = _as_map(values)
    resized = _resample(source, size_wh)
    height, width = source.shape
    resized *= width * height / (size_wh[0] * size_wh[1])
    # bilinear weights favour no pixel only far from the edges; a map without negative values keeps its mass exactly
    if source.min() >= 0 and (total := resized.sum()) > 0:
        resized *= source.sum() / total
    return resized.astype(np.float32)


def _resample(source: NDArray[np.float64], size_wh: tuple[int, int]) -> NDArray[np.float64]:
    if min(size_wh) < 1:
        raise ValueError(f"size_wh must be at least 1×1, got {size_wh}")
    height, width = source.shape
    down = _resampling_weights(height, size_wh[1])
    across = _resampling_weights(width, size_wh[0])
    resized: NDArray[np.float64] = down @ source @ across.T
    return resized


@lru_cache(maxsize=32)
def _resampling_weights(n_in: int, n_out: int) -> NDArray[np.float64]:
    """(n_out, n_in) rows that sum to 1: areas when shrinking, linear interpolation when enlarging."""
    if n_out <= n_in:
        edges = np.arange(n_out + 1) * (n_in / n_out)
        cell = np.arange(n_in)
        overlap = np.minimum(edges[1:, None], cell + 1) - np.maximum(edges[:-1, None], cell)
        weights = np.clip(overlap, 0.0, 1.0)
    else:
        centre = np.clip((np.arange(n_out) + 0.5) * n_in / n_out - 0.5, 0, n_in - 1)
        weights = np.maximum(0.0, 1.0 - np.abs(centre[:, None] - np.arange(n_in)))
    weights /= weights.sum(axis=1, keepdims=True)
    weights.setflags(write=False)
    return np.asarray(weights, dtype=np.float64)


def _on_image(
    fixations_px: ArrayLike, size_wh: tuple[int, int], weights: ArrayLike | None
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    points = as_points(fixations_px)
    mass = np.ones(len(points)) if weights is None else np.asarray(weights, dtype=np.float64)
    if mass.shape != (len(points),):
        raise ValueError(f"weights must be ({len(points)},) like the fixations, got {mass.shape}")
    if not (np.isfinite(mass) & (mass >= 0)).all():
        raise ValueError("weights holds a negative or non-finite value")
    inside = is_inside(points, size_wh)
    pixels = np.floor(points[inside]).astype(np.intp)
    return pixels[:, 0], pixels[:, 1], mass[inside]


def _profiles(positions: NDArray[np.intp], length: int, sigma_px: float) -> NDArray[np.float64]:
    """(N, length) one truncated Gaussian per position, as scipy's `gaussian_filter` samples it."""
    radius = int(BLUR_TRUNCATE * sigma_px + 0.5)
    distance = np.abs(np.arange(length) - positions[:, None])
    if sigma_px == 0:
        return np.asarray(distance == 0, dtype=np.float64)
    half = np.exp(-0.5 * (np.arange(radius + 1) / sigma_px) ** 2)
    table = np.append(half / (2 * half.sum() - 1), 0.0)  # the last entry: beyond the radius
    profiles: NDArray[np.float64] = table[np.minimum(distance, radius + 1)]
    return profiles


def _as_map(values: ArrayLike) -> NDArray[np.float64]:
    source = np.asarray(values, dtype=np.float64)
    if source.ndim != 2 or source.size == 0:
        raise ValueError(f"values must be an (H, W) map, got shape {source.shape}")
    if not np.isfinite(source).all():
        raise ValueError("values holds NaN or infinite values")
    return source


def _require_sigma(sigma_px: float) -> None:
    if not (np.isfinite(sigma_px) and sigma_px >= 0):
        raise ValueError(f"sigma_px must be 0 or more, got {sigma_px}")
