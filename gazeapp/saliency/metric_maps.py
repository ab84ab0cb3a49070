"""The best map for each metric, derived from one density: no single map can score best in all.

A density says how probable a fixation is at each pixel. What a metric rewards follows from it: ranks (AUC), ratios to
where people look elsewhere (shuffled AUC), or the blurred map of a few fixations (CC, KLD, SIM).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gazeapp.saliency.maps import Map, blur, fixation_density, normalise, resize_map
from gazeapp.saliency.metrics import METRICS

_N_DRAWS = 192
"""Sets of fixations that the SIM map is made for; twice as many raise SIM by .002."""
_PX_PER_SIGMA = 4.0
"""Resolution at which these sets are blurred; their maps hold nothing finer."""
_FLOOR = 1e-3
"""Share of uniform mass in the denominator of the shuffled AUC's ratio: where nobody looks, a ratio means nothing."""


def metric_map(
    metric: str,
    density: ArrayLike,
    *,
    sigma_px: float,
    n_fixations: int,
    other_density: ArrayLike | None = None,
    density_blur_px: float = 0.0,
    seed: int = 0,
) -> Map:
    """The map to score by one metric when fixations follow a density.

    Args:
        metric: One of `metrics.METRICS`.
        density: (H, W) probability of a fixation per pixel.
        sigma_px: Blur of the true maps that `cc`, `sim` and `kld` compare with.
        n_fixations: Fixations in such a true map; few make it patchy, which `sim` must allow for.
        other_density: (H, W) density of fixations on other images; needed by `sauc`.
        density_blur_px: Blur that the density holds already, as that of a network trained on blurred maps does.
        seed: Of the draws for `sim`.

    Returns:
        (H, W) float32, sums to 1.

    Raises:
        ValueError: An unknown metric, no fixations, or no `other_density` for `sauc`.

    Source:
        Kümmerer, Wallis & Bethge (2018), Saliency benchmarking made easy: separating models, maps and metrics. For SIM
        the paper optimises numerically; here the optimum over the drawn maps is exact (see `_most_shared`).
    """
    p = normalise(density)
    if metric not in METRICS:
        raise ValueError(f"metric must be one of {', '.join(METRICS)}, got {metric!r}")
    if n_fixations < 1:
        raise ValueError(f"n_fixations must be 1 or more, got {n_fixations}")
    if metric in ("auc", "auc_judd", "nss", "ig"):
        return p
    if metric == "sauc":
        if other_density is None:
            raise ValueError("other_density is needed for sauc")
        others = normalise(other_density)
        if others.shape != p.shape:
            raise ValueError(f"other_density has shape {others.shape}, density has {p.shape}")
        return normalise(p / (others + _FLOOR / p.size))
    if metric in ("cc", "kld"):
        missing_px = float(np.sqrt(max(0.0, sigma_px**2 - density_blur_px**2)))
        return normalise(blur(p, missing_px))
    return _sim_map(p, sigma_px, n_fixations, seed)


def _sim_map(p: Map, sigma_px: float, n_fixations: int, seed: int) -> Map:
    height, width = p.shape
    shrink = max(1.0, sigma_px / _PX_PER_SIGMA)
    size = (max(8, round(width / shrink)), max(8, round(height / shrink)))
    small = resize_map(p, size) if shrink > 1 else p
    sigma_small_px = sigma_px * small.shape[1] / width
    random = np.random.default_rng(seed)
    chance = small.ravel().astype(np.float64)
    pixels = random.choice(small.size, size=(_N_DRAWS, n_fixations), p=chance / chance.sum())
    rows, columns = np.divmod(pixels, small.shape[1])
    points = np.stack([columns, rows], axis=2) + 0.5
    draws = np.stack([fixation_density(draw, small.shape[::-1], sigma_small_px) for draw in points])
    shared = blur(_most_shared(draws.reshape(_N_DRAWS, -1)).reshape(small.shape), 1.0)
    return resize_map(normalise(shared), (width, height))


def _most_shared(draws: NDArray[np.float32]) -> NDArray[np.float64]:
    """(P,) density with the largest mean of Σ min(density, draw) over (K, P) densities.

    The derivative for one pixel's mass is the share of draws above it; at the optimum it is the same λ everywhere, so
    the answer is each pixel's (1 - λ) quantile, with λ such that the sum is 1.
    """
    ordered = np.sort(draws.astype(np.float64), axis=0)
    low, high = 0.0, 1.0
    for _ in range(30):
        level = (low + high) / 2
        if _quantile(ordered, level).sum() < 1:
            low = level
        else:
            high = level
    return _quantile(ordered, high)


def _quantile(ordered: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    position = level * (len(ordered) - 1)
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    mixed: NDArray[np.float64] = ordered[below] + (position - below) * (ordered[above] - ordered[below])
    return mixed
