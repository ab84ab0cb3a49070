"""Basis maps: a few maps of an image along which people differ.

Shape legend: B images, C channels of the trunk, K basis maps, H W map grid, h w basis grid.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.networks.map_grid import to_density
from gazeapp.networks.universal import UniversalNetwork
from gazeapp.networks.user_embedding import shrink

BASIS_SCALE = 4
"""Map cells per basis cell, along each axis: 1 degree of blur is then about one cell."""
_FLOOR = 1e-3
"""Share of the uniform density; keeps the logarithm of empty places finite."""
_COSINES_HW = (5, 6)
_FIRST_MIXTURE = (0.88, 0.10, 0.02)
_BLUR_CELLS = 2.5
"""Standard deviation of the blurred copy, in basis cells: about 2 degrees of visual angle."""


class GazeBasis(nn.Module):
    """log p(x | image, person) = log p_universal(x) + sum_k z_k B_k(x) - log Z.

    Where the universal density is the mean map of a few observers it is *corrected*: gain log base(x) + sum_k mean_k
    B_k(x)
    stands in its place. The base is the universal density, mixed with a blurred copy of it and with a uniform density:
    somebody always looks where none of a few others did, and a mixture fills such places without flattening the peaks.
    A predicted density has learnt that already, and is taken as it is: the average observer looks as it says.

    B_k are linear combinations of what a universal network sees (frozen), of the image's colours, of low spatial
    frequencies and of log p_universal itself. Few numbers are learnt, because there are few people to learn from;
    what is one person's are the K coefficients z_k.

    Args:
        trunk: Arguments of the universal network whose features are used; its weights are stored with this one.
        n_basis: K.

    Source:
        Own. A log-linear point-process model of gaze (Barthelmé et al. 2013, Modeling fixation locations using spatial
        point processes) on the features of a saliency network (Kümmerer et al. 2015, DeepGaze I).
    """

    def __init__(
        self,
        *,
        trunk: dict[str, tuple[int, ...] | int | float],
        n_basis: int,
    ) -> None:
        super().__init__()
        self.trunk = UniversalNetwork(**trunk)  # type: ignore[arg-type]  # a dict of mixed types
        self.trunk.requires_grad_(False)
        n_channels = self.trunk.n_features + 6 + math.prod(_COSINES_HW) - 1 + 1
        self.weight = nn.Parameter(torch.randn(n_channels, n_basis) / n_channels)
        self.mean = nn.Parameter(torch.zeros(n_basis))
        """Coefficients of the average person."""
        self.log_gain = nn.Parameter(torch.zeros(()))
        self.mixture = nn.Parameter(torch.tensor(_FIRST_MIXTURE).log())
        """Logits of the universal density, its blurred copy, and the uniform density."""
        self.register_buffer("channel_mean", torch.zeros(n_channels))
        self.register_buffer("channel_sd", torch.ones(n_channels))
        self.channel_mean: Tensor
        self.channel_sd: Tensor

    @property
    def n_basis(self) -> int:
        """K."""
        return self.weight.shape[1]

    def image_channels(self, image_BCHW: Tensor, grid_hw: tuple[int, int]) -> Tensor:
        """What the image alone says: (B, C - 1, h, w), not standardised.

        Args:
            image_BCHW: RGB in [-1, 1] at `IMAGE_SCALE` pixels per map cell.
            grid_hw: Map grid.
        """
        size = basis_size(grid_hw)
        self.trunk.eval()  # its statistics are part of the weights, also while the rest is trained
        with torch.no_grad():
            seen = [shrink(level, size) for level in self.trunk.features(image_BCHW)]
            colour = shrink(image_BCHW, size)
        cosines = _cosines(size).to(colour).expand(len(colour), -1, -1, -1)
        return torch.cat([*seen, colour, colour.square(), cosines], dim=1)

    def project(self, channels_BChw: Tensor) -> Tensor:
        """The image's part of the basis maps (B, K, h, w), from `image_channels`."""
        centred = channels_BChw - self.channel_mean[:-1, None, None]
        weight = self.weight[:-1] / self.channel_sd[:-1, None]
        return torch.einsum("bchw,ck->bkhw", centred, weight)

    def basis(self, projected_BKhw: Tensor, log_usm_Bhw: Tensor) -> Tensor:
        """Basis maps (B, K, h, w): the image's part and that of the universal map.

        Args:
            projected_BKhw: From `project`.
            log_usm_Bhw: `log_contrast` of the universal density on the basis grid.
        """
        centred = (log_usm_Bhw - self.channel_mean[-1]) / self.channel_sd[-1]
        return projected_BKhw + centred[:, None] * self.weight[-1][:, None, None]

    def log_base(self, density_BHW: Tensor, coarse_Bhw: Tensor) -> Tensor:
        """Log of the base over the uniform density, (B, H, W); of mean maps of a few observers.

        Args:
            density_BHW: Universal densities, on the map grid or on the basis grid.
            coarse_Bhw: The same on the basis grid.
        """
        own, blurred, uniform = self.mixture.softmax(dim=0)
        grid = (density_BHW.shape[-2], density_BHW.shape[-1])
        blurred_BHW = functional.interpolate(
            _blur(coarse_Bhw)[:, None], size=grid, mode="bilinear", align_corners=False
        )[:, 0]
        cells = grid[0] * grid[1]
        coarse_cells = coarse_Bhw.shape[-1] * coarse_Bhw.shape[-2]
        mixed = own * density_BHW * cells + blurred * blurred_BHW * coarse_cells + uniform
        log_base: Tensor = (mixed + _FLOOR).log()
        return log_base

    def average_observer_logits(self, density_BHW: Tensor, coarse_Bhw: Tensor, *, corrected: bool) -> Tensor:
        """Log density of the average observer without the average coefficients, (B, H, W), not normalised.

        Args:
            density_BHW: Universal densities, on the map grid or on the basis grid.
            coarse_Bhw: The same on the basis grid.
            corrected: As mean maps of a few observers need it.
        """
        if corrected:
            logits: Tensor = self.log_gain.exp() * self.log_base(density_BHW, coarse_Bhw)
            return logits
        cells = density_BHW.shape[-2] * density_BHW.shape[-1]
        return (density_BHW * cells + _FLOOR).log()

    def average(self, *, corrected: bool) -> Tensor:
        """(K,) coefficients of the average observer."""
        return self.mean if corrected else torch.zeros_like(self.mean)

    def average_log_density(self, basis_BKhw: Tensor, usm_Bhw: Tensor, *, corrected: bool) -> Tensor:
        """Log density of the average observer on the basis grid, (B, h w)."""
        logits = self.average_observer_logits(usm_Bhw, usm_Bhw, corrected=corrected) + torch.einsum(
            "bkhw,k->bhw", basis_BKhw, self.average(corrected=corrected)
        )
        return logits.flatten(1).log_softmax(dim=1)


def basis_size(grid_hw: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of the basis grid."""
    return grid_hw[0] // BASIS_SCALE, grid_hw[1] // BASIS_SCALE


def on_basis_grid(density_BHW: Tensor) -> Tensor:
    """Densities summed to the basis grid, (B, h, w), each summing to 1."""
    size = basis_size((density_BHW.shape[-2], density_BHW.shape[-1]))
    return to_density(shrink(density_BHW[:, None], size)[:, 0])


def log_contrast(density_BHW: Tensor) -> Tensor:
    """Log of densities over the uniform one, bounded below by a thousandth."""
    cells = density_BHW.shape[-1] * density_BHW.shape[-2]
    return ((1 - _FLOOR) * density_BHW * cells + _FLOOR).log()


def _blur(density_Bhw: Tensor) -> Tensor:
    """Gaussian blur on the basis grid; what would leave the image stays at its border."""
    radius = round(3 * _BLUR_CELLS)
    offset = torch.arange(-radius, radius + 1, device=density_Bhw.device, dtype=density_Bhw.dtype)
    kernel = torch.exp(-0.5 * (offset / _BLUR_CELLS).square())
    kernel = kernel / kernel.sum()
    padded = functional.pad(density_Bhw[:, None], (radius,) * 4, mode="replicate")
    blurred = functional.conv2d(padded, kernel.view(1, 1, 1, -1))
    return functional.conv2d(blurred, kernel.view(1, 1, -1, 1))[:, 0]


def _cosines(size_hw: tuple[int, int]) -> Tensor:
    """Low spatial frequencies without the constant: (1, rows x columns - 1, h, w)."""
    y = (torch.arange(size_hw[0]) + 0.5) / size_hw[0]
    x = (torch.arange(size_hw[1]) + 0.5) / size_hw[1]
    waves = [
        torch.cos(math.pi * a * y)[:, None] * torch.cos(math.pi * b * x)[None]
        for a in range(_COSINES_HW[0])
        for b in range(_COSINES_HW[1])
        if a + b > 0
    ]
    return torch.stack(waves)[None]
