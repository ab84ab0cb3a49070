"""From a predicted density the map that each metric rewards most in expectation: no single map scores best in all.

What a metric rewards follows from the density: ratios to where people look elsewhere (shuffled AUC), the blurred maps
of a few fixations (SIM), mass wherever somebody may look (KLD, information gain). A density learnt from blurred maps is
first sharpened, so that drawn maps are not blurred twice, and all densities share their random numbers, so that two
predictions differ only where they differ.

Shape legend: N maps, K drawn maps, F fixations of a drawn map, h w coarse grid, P its cells, H W map grid.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from gazeapp.networks.map_grid import to_density
from trainer.evaluation.baselines.uniform_mixing import with_floor

SPECIFIC = ("sim", "sauc", "kld", "ig")
"""Metrics whose best map is not the density itself: CC, NSS and AUC reward the expected map, which it is."""
_N_DRAWS = 64
"""Drawn maps; twice as many raise SIM by .002."""
_CELLS_PER_SIGMA = 1.2
"""Resolution of drawn maps: they hold nothing finer."""
_SHARPENING_STEPS = 15
"""Richardson-Lucy steps; SIM of the OSIE universal map: .539 plain, .533 after 0 steps, .548 after 5, .551 after 15 and
30."""
_SMOOTH_CELLS = 0.5
_CHUNK = 16


class MetricMaps:
    """Maps for one data set's blur and number of fixations.

    Args:
        sigma_cells: Blur of the true maps, cells of the map grid.
        n_fixations: Fixations of a typical true map: few make it patchy, which SIM must allow for.
        other_HW: Density of fixations on other images, for the shuffled AUC.
        seed: Of the draws.

    Source:
        Kümmerer, Wallis & Bethge (2018), Saliency benchmarking made easy: separating models, maps and metrics.
    """

    def __init__(self, *, sigma_cells: float, n_fixations: int, other_HW: Tensor, seed: int) -> None:
        height, width = other_HW.shape
        shrink = max(1.0, sigma_cells / _CELLS_PER_SIGMA)
        self._size_hw = (max(8, round(height / shrink)), max(8, round(width / shrink)))
        sigma = sigma_cells * self._size_hw[1] / width
        self._blur = [_gaussian(n, sigma) for n in self._size_hw]
        self._smooth = [_gaussian(n, _SMOOTH_CELLS) for n in self._size_hw]
        self._other_HW = other_HW / other_HW.sum()
        generator = torch.Generator().manual_seed(seed)
        self._chance_KF = torch.rand(_N_DRAWS, n_fixations, generator=generator)

    def of(self, metric: str, density_NHW: Tensor, floor: float) -> Tensor:
        """(N, H, W) maps for a metric.

        Args:
            metric: One of `SPECIFIC`.
            density_NHW: Predicted densities.
            floor: Share of uniform mass that the prediction lacks, for `kld` and `ig`.
        """
        if metric == "sauc":
            return to_density(density_NHW / with_floor(self._other_HW, 0.01))
        if metric in ("kld", "ig"):
            return with_floor(density_NHW, floor)
        chunks = torch.split(density_NHW, _CHUNK)
        return torch.cat([self._most_shared(chunk) for chunk in chunks])

    def _most_shared(self, density_NHW: Tensor) -> Tensor:
        """Densities with the largest mean of Σ min(density, drawn map).

        The derivative for one cell's mass is the share of drawn maps above it; at the optimum it is the same λ in all
        cells, so the answer is each cell's (1 - λ) quantile, with λ such that the sum is 1.
        """
        sharp_NP = self._sharpened(density_NHW).flatten(1)
        n, cells = sharp_NP.shape
        edges_NP = sharp_NP.cumsum(dim=1)
        edges_NP = edges_NP / edges_NP[:, -1:]
        draw = torch.searchsorted(edges_NP, self._chance_KF.flatten().expand(n, -1).contiguous())
        k, f = self._chance_KF.shape
        count_NKP = torch.zeros(n, k, cells)
        draw_NKF = draw.clamp(max=cells - 1).view(n, k, f)
        count_NKP.scatter_add_(2, draw_NKF, torch.full(draw_NKF.shape, 1 / f))
        blurred = _filter(count_NKP.view(n, k, *self._size_hw), self._blur).flatten(2)
        # NumPy sorts short rows a hundred times faster than torch does
        ordered = np.ascontiguousarray(blurred.transpose(1, 2).numpy())
        ordered.sort(axis=2)
        low, high = np.zeros(n), np.ones(n)
        best = ordered[:, :, -1]
        for _ in range(14):
            level = (low + high) / 2
            best = _quantile(ordered, level)
            is_low = best.sum(axis=1) < 1
            low, high = np.where(is_low, level, low), np.where(is_low, high, level)
        shared = _filter(torch.from_numpy(best).float().view(n, *self._size_hw), self._smooth)
        full = functional.interpolate(
            shared[:, None], size=density_NHW.shape[-2:], mode="bilinear", align_corners=False
        )[:, 0]
        return to_density(full)

    def _sharpened(self, density_NHW: Tensor) -> Tensor:
        """Coarse densities that, blurred as true maps are, give the predicted ones."""
        small = to_density(functional.adaptive_avg_pool2d(density_NHW[:, None], self._size_hw)[:, 0])
        sharp = small.clone()
        for _ in range(_SHARPENING_STEPS):
            sharp = sharp * _filter(small / _filter(sharp, self._blur).clamp_min(1e-12), self._blur)
        return to_density(sharp)


def _quantile(ordered: NDArray[np.float32], level: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, P) quantiles of each row's own level along the last axis, linear between neighbours."""
    position = level * (ordered.shape[2] - 1)
    below = np.minimum(position.astype(int), ordered.shape[2] - 2)
    share = (position - below)[:, None]
    rows = np.arange(len(ordered))
    first, second = ordered[rows, :, below], ordered[rows, :, below + 1]
    return np.asarray(first + share * (second - first))


def _gaussian(n: int, sigma: float) -> Tensor:
    """(n, n) blur along one axis; mass that would leave the map stays in it."""
    position = torch.arange(n, dtype=torch.float32)
    kernel = torch.exp(-((position[:, None] - position[None]) ** 2) / (2 * sigma**2))
    return kernel / kernel.sum(dim=0, keepdim=True)


def _filter(map_hw: Tensor, kernels: list[Tensor]) -> Tensor:
    rows, columns = kernels
    return rows @ map_hw @ columns.T
