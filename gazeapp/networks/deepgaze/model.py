"""DeepGaze IIE: four frozen ImageNet networks, thirty light readouts on each, mixed as probabilities.

Shape legend: B images, C channels, H W rows and columns, K components.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.networks.deepgaze.backbones import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    DenseNet201,
    EfficientNetB5,
    ResNet50,
    TappedBackbone,
)
from gazeapp.networks.deepgaze.readout import pointwise_layers, read_out, repeat_counts, select

INITIAL_SIGMA = 8.0
"""Standard deviation of the last blur, in pixels of the map at half the image's size."""


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
        Linardos et al. (2021); Galván Díaz for the progressive steps, there 8×15 → 16×30 → 64×120 → 512×960 →
        1080×1920.
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


N_COMPONENTS = 30
"""Readouts on each backbone: 3 instances × 10 folds."""
MAP_FACTOR = 2
"""Pixels of the image per cell of the map on which components are mixed, along each axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackboneSpec:
    """Which layers of which network the readouts see."""

    build: Callable[[], nn.Module]
    taps: tuple[str, ...]
    channels: int
    """Channels of all taps together."""
    prefix: str = ""
    """Name that the published file puts before the network's own names."""
    downsample: int = 2
    """Factor by which the image is reduced before the backbone."""
    readout_factor: int = 16
    """Pixels of what the backbone is given per cell of the readout, along each axis."""
    selection: tuple[int, ...] = (1, 128, 16, 1)
    """Channels of the fixation selection."""
    sigma: float = INITIAL_SIGMA
    """Standard deviation of the last blur at the start of training, cells of the map at half the image's size."""
    bicubic: bool = False
    """Enlarge readouts by progressive bicubic steps instead of repeating cells."""
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD


BACKBONES: dict[str, BackboneSpec] = {
    "shapenet_c": BackboneSpec(
        build=ResNet50,
        channels=2048,
        prefix="module",
        taps=(
            "layer3.0.conv2",
            "layer3.3.conv2",
            "layer3.5.conv1",
            "layer3.5.conv2",
            "layer4.1.conv2",
            "layer4.2.conv2",
        ),
    ),
    "efficientnet_b5": BackboneSpec(
        build=EfficientNetB5,
        channels=2416,
        taps=("_blocks.24._depthwise_conv", "_blocks.26._depthwise_conv", "_blocks.35._project_conv"),
    ),
    "densenet201": BackboneSpec(
        build=DenseNet201,
        channels=2048,
        taps=(
            "features.denseblock4.denselayer32.norm1",
            "features.denseblock4.denselayer32.conv1",
            "features.denseblock4.denselayer31.conv2",
        ),
    ),
    "resnext50": BackboneSpec(
        build=lambda: ResNet50(groups=32, width_per_group=4),
        channels=2560,
        taps=("layer3.5.conv1", "layer3.5.conv2", "layer3.4.conv2", "layer4.2.conv2"),
    ),
}
"""In the order of the published file."""


class BackboneMixture(nn.Module):
    """One backbone with its readouts, mixed evenly."""

    def __init__(self, spec: BackboneSpec, n_components: int = N_COMPONENTS) -> None:
        super().__init__()
        self.spec = spec
        self.features = TappedBackbone(spec.build(), spec.taps, spec.prefix, mean=spec.mean, std=spec.std)
        self.features.requires_grad_(False)
        self.saliency_networks = nn.ModuleList(pointwise_layers((spec.channels, 8, 16, 1)) for _ in range(n_components))
        self.fixation_selection_networks = nn.ModuleList(
            pointwise_layers(spec.selection, first="part0", last_plain=True) for _ in range(n_components)
        )
        self.finalizers = nn.ModuleList(Finalizer(spec.sigma, bicubic=spec.bicubic) for _ in range(n_components))

    def train(self, mode: bool = True) -> BackboneMixture:
        """Train the readouts; the backbone always stays as it is."""
        super().train(mode)
        self.features.eval()
        return self

    def forward(self, image_BCHW: Tensor, centre_BHW: Tensor) -> Tensor:
        """(B, H, W) log density for RGB images in 0 to 255."""
        size_hw = (centre_BHW.shape[-2], centre_BHW.shape[-1])
        centre = half_size(centre_BHW)
        # the last upsampling repeats cells, so all components are normalised and mixed before it, a quarter of the work
        log_n_HW = repeat_counts((centre.shape[-2], centre.shape[-1]), size_hw, centre).log()
        readout_BMHW = self.read_out(self.read_taps(image_BCHW), size_hw)
        mixed = _log_mean(
            score - (score + log_n_HW).logsumexp(dim=(1, 2), keepdim=True)
            for score in self.scores(readout_BMHW, centre)
        )
        return functional.interpolate(mixed[:, None], size=size_hw)[:, 0]

    @torch.no_grad()
    def read_taps(self, image_BCHW: Tensor) -> list[Tensor]:
        """Every tap at its own size; these can be stored, the backbone never changes."""
        if self.spec.downsample != 1:
            image_BCHW = functional.interpolate(
                image_BCHW, scale_factor=1 / self.spec.downsample, recompute_scale_factor=False
            )
        found: list[Tensor] = self.features(image_BCHW)
        return found

    def grid(self, image_hw: tuple[int, int]) -> tuple[int, int]:
        """Rows and columns of the readout."""
        height, width = (math.ceil(n / self.spec.downsample / self.spec.readout_factor) for n in image_hw)
        return height, width

    def read_out(self, taps: Sequence[Tensor], image_hw: tuple[int, int]) -> Tensor:
        """(B, components, rows, columns) readouts after fixation selection."""
        readout_BMHW = read_out(taps, self.grid(image_hw), self.saliency_networks)
        return select(readout_BMHW, self.fixation_selection_networks)

    def scores(self, readout_BMHW: Tensor, centre_BHW: Tensor) -> Iterator[Tensor]:
        """(B, H, W) unnormalised log density of each component, one after the other, so that one is held at a time."""
        for k, finalizer in enumerate(self.finalizers):
            yield finalizer(readout_BMHW[:, k : k + 1], centre_BHW)


def half_size(centre_BHW: Tensor) -> Tensor:
    """A map at the size at which components are mixed."""
    return functional.interpolate(centre_BHW[:, None], scale_factor=1 / MAP_FACTOR, recompute_scale_factor=False)[:, 0]


def _log_mean(log_densities: Iterable[Tensor]) -> Tensor:
    """Log of the mean density."""
    if torch.is_grad_enabled():
        components = list(log_densities)
        return torch.stack(components, dim=1).logsumexp(dim=1) - math.log(len(components))
    # one sum instead of all components at once; densities below e^-87 count as that
    total, n = torch.zeros(()), 0
    for component in log_densities:
        total, n = total + component.exp_(), n + 1
    return (total / n).clamp_min_(torch.finfo(total.dtype).smallest_normal).log_()


class DeepGazeIIE(nn.Module):
    """The average of four `BackboneMixture`s as probabilities.

    Source:
        Linardos, Kümmerer, Press & Bethge (2021), DeepGaze IIE: calibrated prediction in and out-of-domain for
        state-of-the-art saliency modeling. Parameter names are those of the published `deepgaze2e.pth`.
    """

    def __init__(
        self,
        backbones: dict[str, BackboneSpec] | None = None,
        *,
        n_components: int = N_COMPONENTS,
    ) -> None:
        super().__init__()
        specs = BACKBONES if backbones is None else backbones
        self.names = tuple(specs)
        self.models = nn.ModuleList(BackboneMixture(s, n_components) for s in specs.values())

    def forward(self, image_BCHW: Tensor, centre_BHW: Tensor) -> Tensor:
        """(B, H, W) natural log density.

        Args:
            image_BCHW: RGB in 0 to 255.
            centre_BHW: Log density of the centre bias at the image's size.
        """
        each_BKHW = self.each_backbone(image_BCHW, centre_BHW)
        mixed: Tensor = each_BKHW.logsumexp(dim=1) - math.log(each_BKHW.shape[1])
        return mixed

    def each_backbone(self, image_BCHW: Tensor, centre_BHW: Tensor) -> Tensor:
        """(B, K, H, W) log density of every backbone, for a mixture with other weights."""
        return torch.stack([model(image_BCHW, centre_BHW) for model in self.models], dim=1)

    def mixtures(self) -> list[BackboneMixture]:
        """One for each backbone."""
        return [model for model in self.models if isinstance(model, BackboneMixture)]
