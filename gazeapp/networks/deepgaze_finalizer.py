"""From a readout to a score per place: enlarged, blurred, with the weighted centre bias added.

Shape legend: B images, C channels, H W rows and columns.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

INITIAL_SIGMA = 8.0
"""Of the last blur, in pixels of the map at half the image's size."""


class _Gauss(nn.Module):
    """A Gaussian blur with a learnt σ, cut at 3 σ, edges repeated."""

    def __init__(self, sigma: float) -> None:
        super().__init__()
        self.sigma = nn.Parameter(torch.tensor(sigma))

    def enlarging(self, n_in: int, n_out: int, *, bicubic: bool = False) -> Tensor:
        """(n_out, n_in) matrix that enlarges to the new size and blurs, along one axis."""
        radius = math.ceil(3 * abs(float(self.sigma.detach())))
        grid = torch.arange(-radius, radius + 1, device=self.sigma.device, dtype=self.sigma.dtype)
        kernel = torch.exp(-0.5 * (grid / self.sigma) ** 2)
        cells = torch.eye(n_in, device=self.sigma.device, dtype=self.sigma.dtype)[:, None]
        larger = _progressive(cells, n_out) if bicubic else functional.interpolate(cells, n_out)
        padded = functional.pad(larger, (radius, radius), mode="replicate")
        return functional.conv1d(padded, (kernel / kernel.sum())[None, None])[:, 0].T


def _progressive(cells: Tensor, n_out: int) -> Tensor:
    """Bicubic steps of 2, 4, 8 … up to the wanted size, along the last axis."""
    factor = 2
    while (n := cells.shape[-1] * factor) < n_out:
        cells, factor = _bicubic(cells, n), factor * 2
    return _bicubic(cells, n_out)


def _bicubic(cells: Tensor, n_out: int) -> Tensor:
    enlarged = functional.interpolate(cells[..., None], size=(n_out, 1), mode="bicubic", align_corners=False)
    return enlarged[..., 0]


class Finalizer(nn.Module):
    """A readout to a score per place.

    Args:
        sigma: Of the blur at the start, cells of the map.
        bicubic: Enlarge by progressive bicubic steps instead of repeating cells.

    Source:
        Linardos et al. (2021); Galván Díaz for the progressive steps, there 8×15 → 16×30 → 64×120 → 512×960 → 1080×1920.
    """

    def __init__(self, sigma: float = INITIAL_SIGMA, *, bicubic: bool = False) -> None:
        super().__init__()
        self.gauss = _Gauss(sigma)
        self.center_bias_weight = nn.Parameter(torch.ones(1))
        self.bicubic = bicubic

    def forward(self, readout_BCHW: Tensor, centre_BHW: Tensor) -> Tensor:
        """(B, H, W) unnormalised log density of the size of `centre_BHW`."""
        height, width = centre_BHW.shape[-2:]
        # enlarging and blurring are linear along each axis: two thin matrices instead of a large convolution
        down = self.gauss.enlarging(readout_BCHW.shape[-2], height, bicubic=self.bicubic)
        across = self.gauss.enlarging(readout_BCHW.shape[-1], width, bicubic=self.bicubic)
        score: Tensor = down @ readout_BCHW[:, 0] @ across.T
        return score + self.center_bias_weight * centre_BHW
