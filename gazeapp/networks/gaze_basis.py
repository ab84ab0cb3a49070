"""Basis maps: a few maps of an image along which people differ.

Shape legend: B images, C channels of the backbone, P directions of them, S fixed spatial waves, K basis maps, H W map
grid, h w basis grid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.networks.map_grid import to_density

_FLOOR = 1e-3
"""Of the uniform density; keeps the logarithm of empty places finite."""
_COSINES_HW = (5, 6)
N_WAVES = math.prod(_COSINES_HW) - 1
N_DENSITY = 2
"""Channels of the universal density: its logarithm, and how much a blurred copy lies above it."""
_BLUR_DEG_CELLS = 2.9
"""Of the blurred copy, basis cells: about 2 degrees of visual angle."""


class GazeBasis(nn.Module):
    """log p(x | image, person) = log p_universal(x) + sum_k z_k B_k(x) - log Z.

    The coefficients z are measured from the average person: with none, the density *is* the universal one. B_k are
    linear combinations of what the shared backbone sees, of low spatial frequencies and of the universal density
    itself, which some sharpen and some spread. Few numbers are learnt, because there are few people to learn from; what
    is one person's are the K coefficients.

    Args:
        channels: Of the backbone's features, one number per level.
        n_axes: P; directions in which natural images differ most, found without any gaze.
        n_basis: K.
        backbone: sha256 of the backbone.

    Source:
        Own. A log-linear point-process model of gaze (Barthelmé et al. 2013, Modeling fixation locations using spatial
        point processes) on the features of a network trained on ImageNet (Kümmerer et al. 2015, DeepGaze I).
    """

    def __init__(
        self,
        *,
        channels: tuple[int, ...] = (24, 40, 80, 112, 192, 320),
        n_axes: int = 128,
        n_basis: int = 24,
        backbone: str = "",
    ) -> None:
        super().__init__()
        self.backbone_sha256 = backbone
        self.channels = tuple(channels)
        n_channels = sum(channels)
        self.weight = nn.Parameter(torch.randn(n_axes + N_WAVES + N_DENSITY, n_basis) / n_axes)
        self.register_buffer("mean", torch.zeros(n_channels))
        self.register_buffer("axes", torch.zeros(n_channels, n_axes))
        """Channels to directions of mean 0 and variance 1 over natural images."""
        self.register_buffer("contrast", torch.tensor([0.0, 1.0]))
        """Mean and standard deviation of the log universal density."""
        self.mean: Tensor
        self.axes: Tensor
        self.contrast: Tensor

    @property
    def n_basis(self) -> int:
        """K."""
        return self.weight.shape[1]

    @property
    def n_axes(self) -> int:
        """P."""
        return self.axes.shape[1]

    def directions(self, features: Sequence[Tensor]) -> Tensor:
        """The image along the axes, (B, P, h, w): what training keeps of it.

        Args:
            features: From `Backbone`.
        """
        return combine_levels(features, self.mean, self.axes)

    def project_directions(self, direction_BPhw: Tensor) -> Tensor:
        """The image's part of the basis maps (B, K, h, w), from `directions`."""
        seen_BKhw = torch.einsum("bphw,pk->bkhw", direction_BPhw, self.weight[: self.n_axes])
        return seen_BKhw + self._waves((direction_BPhw.shape[-2], direction_BPhw.shape[-1]))

    def project(self, features: Sequence[Tensor]) -> Tensor:
        """The image's part of the basis maps (B, K, h, w), from what the backbone sees."""
        seen_BKhw = combine_levels(features, self.mean, self.axes @ self.weight[: self.n_axes])
        return seen_BKhw + self._waves((seen_BKhw.shape[-2], seen_BKhw.shape[-1]))

    def basis(self, projected_BKhw: Tensor, usm_Bhw: Tensor) -> Tensor:
        """Basis maps (B, K, h, w): the image's part and that of the universal density.

        Args:
            projected_BKhw: From `project`.
            usm_Bhw: Universal densities on the basis grid.
        """
        density_B2hw = self.density_channels(usm_Bhw)
        return projected_BKhw + torch.einsum("bchw,ck->bkhw", density_B2hw, self.weight[-N_DENSITY:])

    def density_channels(self, usm_Bhw: Tensor) -> Tensor:
        """(B, 2, h, w) log universal density, standardised, and how much its blurred copy lies above it."""
        log_Bhw = log_contrast(usm_Bhw)
        mean, sd = self.contrast
        return torch.stack([(log_Bhw - mean) / sd, log_contrast(_blur(usm_Bhw)) - log_Bhw], dim=1)

    def log_density(self, projected_BKhw: Tensor, density_BHW: Tensor, user_BD: Tensor, log_scale_K: Tensor) -> Tensor:
        """Log personal densities (B, H, W), natural logarithm, exponentials summing to 1.

        Args:
            projected_BKhw: From `project`.
            density_BHW: Universal densities, on the map grid or on the basis grid.
            user_BD: Embeddings, of which the first K numbers are coefficients.
            log_scale_K: Log of what one unit of each coefficient means.
        """
        size = (projected_BKhw.shape[-2], projected_BKhw.shape[-1])
        basis_BKhw = self.basis(projected_BKhw, on_basis_grid(density_BHW, size))
        z_BK = user_BD[:, : self.n_basis] * log_scale_K.exp()
        change_BHW = torch.einsum("bk,bkhw->bhw", z_BK, basis_BKhw)
        if change_BHW.shape != density_BHW.shape:
            change_BHW = functional.interpolate(
                change_BHW[:, None], size=density_BHW.shape[-2:], mode="bilinear", align_corners=False
            )[:, 0]
        logits_BHW = log_contrast(density_BHW) + change_BHW
        return logits_BHW.flatten(1).log_softmax(dim=1).view_as(logits_BHW)

    def _waves(self, size_hw: tuple[int, int]) -> Tensor:
        waves_Shw = spatial_waves(size_hw, device=self.weight.device).to(self.weight)
        return torch.einsum("shw,sk->khw", waves_Shw, self.weight[self.n_axes : self.n_axes + N_WAVES])


def combine_levels(features: Sequence[Tensor], mean_C: Tensor, weight_CK: Tensor) -> Tensor:
    """Weighted sums (B, K, h, w) of a backbone's features on the finest grid; each level is summed where it is small.

    Args:
        features: From `Backbone`.
        mean_C: Of the channels, taken off.
        weight_CK: Of the channels.
    """
    size = features[0].shape[-2:]
    offset_K = mean_C @ weight_CK
    by_size: dict[tuple[int, ...], Tensor] = {}
    parts = torch.split(weight_CK, [feature.shape[1] for feature in features])
    for feature_BChw, part_CK in zip(features, parts, strict=True):
        summed = torch.einsum("bchw,ck->bkhw", feature_BChw, part_CK)
        key = tuple(summed.shape[-2:])
        by_size[key] = by_size[key] + summed if key in by_size else summed
    total: Tensor | None = None
    for summed in by_size.values():
        if summed.shape[-2:] != size:
            summed = functional.interpolate(summed, size=size, mode="bilinear", align_corners=False)
        total = summed if total is None else total + summed
    assert total is not None
    return total - offset_K[:, None, None]


def on_basis_grid(density_BHW: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """Densities on the basis grid, (B, h, w), each summing to 1."""
    if tuple(density_BHW.shape[-2:]) == tuple(size_hw):
        return to_density(density_BHW)
    return to_density(functional.adaptive_avg_pool2d(density_BHW[:, None], size_hw)[:, 0])


def with_floor(density_BHW: Tensor) -> Tensor:
    """Densities with a thousandth of uniform density among them."""
    cells = density_BHW.shape[-1] * density_BHW.shape[-2]
    return (1 - _FLOOR) * density_BHW + _FLOOR / cells


def log_contrast(density_BHW: Tensor) -> Tensor:
    """Log of densities over the uniform one, bounded below by a thousandth."""
    cells = density_BHW.shape[-1] * density_BHW.shape[-2]
    return (with_floor(density_BHW) * cells).log()


@lru_cache(maxsize=8)  # every image of a size asks for the same ones
@torch.inference_mode(False)  # and whoever trains may ask after whoever predicts
def spatial_waves(size_hw: tuple[int, int], device: torch.device | None = None) -> Tensor:
    """Low spatial frequencies of variance near 1, without the constant: (S, h, w); not to be changed."""
    y = (torch.arange(size_hw[0], device=device) + 0.5) / size_hw[0]
    x = (torch.arange(size_hw[1], device=device) + 0.5) / size_hw[1]
    waves = [
        torch.cos(math.pi * a * y)[:, None] * torch.cos(math.pi * b * x)[None] * math.sqrt(2)
        for a in range(_COSINES_HW[0])
        for b in range(_COSINES_HW[1])
        if a + b > 0
    ]
    return torch.stack(waves)


def _blur(density_Bhw: Tensor) -> Tensor:
    """Gaussian blur on the basis grid; what would leave the image stays at its border."""
    radius = round(3 * _BLUR_DEG_CELLS)
    offset = torch.arange(-radius, radius + 1, device=density_Bhw.device, dtype=density_Bhw.dtype)
    kernel = torch.exp(-0.5 * (offset / _BLUR_DEG_CELLS).square())
    kernel = kernel / kernel.sum()
    padded = functional.pad(density_Bhw[:, None], (radius,) * 4, mode="replicate")
    blurred = functional.conv2d(padded, kernel.view(1, 1, 1, -1))
    return functional.conv2d(blurred, kernel.view(1, 1, -1, 1))[:, 0]
