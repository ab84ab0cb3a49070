"""DeepGaze IIE: four frozen ImageNet networks, thirty light readouts on each, mixed as probabilities.

Shape legend: B images, C channels, H W rows and columns, K components.
"""

from __future__ import annotations

import itertools
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.networks.backbones import DenseNet201, EfficientNetB5, ResNet50, TappedBackbone

N_COMPONENTS = 30
"""Of each backbone: 3 instances × 10 folds."""
DOWNSAMPLE = 2
READOUT_FACTOR = 16
MAP_FACTOR = 2
INITIAL_SIGMA = 8.0
"""Of the last blur, in pixels of the map at half the image's size."""
_NORM_EPSILON = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class BackboneSpec:
    """Which layers of which network the readouts see."""

    build: Callable[[], nn.Module]
    taps: tuple[str, ...]
    channels: int
    """Of all taps together."""
    prefix: str = ""
    """Name that the published file puts before the network's own names."""


BACKBONES: dict[str, BackboneSpec] = {
    "shapenet_c": BackboneSpec(
        build=ResNet50, channels=2048, prefix="module",
        taps=("layer3.0.conv2", "layer3.3.conv2", "layer3.5.conv1", "layer3.5.conv2", "layer4.1.conv2", "layer4.2.conv2"),
    ),
    "efficientnet_b5": BackboneSpec(
        build=EfficientNetB5, channels=2416,
        taps=("_blocks.24._depthwise_conv", "_blocks.26._depthwise_conv", "_blocks.35._project_conv"),
    ),
    "densenet201": BackboneSpec(
        build=DenseNet201, channels=2048,
        taps=("features.denseblock4.denselayer32.norm1", "features.denseblock4.denselayer32.conv1",
              "features.denseblock4.denselayer31.conv2"),
    ),
    "resnext50": BackboneSpec(
        build=lambda: ResNet50(groups=32, width_per_group=4), channels=2560,
        taps=("layer3.5.conv1", "layer3.5.conv2", "layer3.4.conv2", "layer4.2.conv2"),
    ),
}  # fmt: skip
"""In the order of the published file."""


class ChannelNorm(nn.Module):
    """Layer norm over channels and places together, with a weight and a bias per channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """The same shape."""
        return functional.group_norm(x_BCHW, 1, self.weight, self.bias, _NORM_EPSILON)


class _Bias(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW + self.bias[:, None, None]


def _pointwise_layers(
    widths: tuple[int, ...], *, first: str = "", last_plain: bool = False
) -> nn.Sequential:
    """Norm, 1×1 convolution, bias, softplus, as often as there are steps between widths; the names are the published ones.

    Args:
        widths: Channels before, between and after.
        first: Name of the one part that the first norm and convolution of the published networks consist of.
        last_plain: The last step is a convolution alone.
    """
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for k, (c_in, c_out) in enumerate(itertools.pairwise(widths)):
        norm: nn.Module = ChannelNorm(c_in)
        convolution: nn.Module = nn.Conv2d(c_in, c_out, 1, bias=False)
        if k == 0 and first:
            norm = nn.Sequential(OrderedDict([(f"layernorm_{first}", norm)]))
            convolution = nn.Sequential(OrderedDict([(f"conv_{first}", convolution)]))
        if last_plain and k == len(widths) - 2:
            layers[f"conv{k}"] = convolution
            break
        layers[f"layernorm{k}"] = norm
        layers[f"conv{k}"] = convolution
        layers[f"bias{k}"] = _Bias(c_out)
        layers[f"softplus{k}"] = nn.Softplus()
    return nn.Sequential(layers)


class _Gauss(nn.Module):
    """A Gaussian blur with a learnt σ, cut at 3 σ, edges repeated."""

    def __init__(self, sigma: float) -> None:
        super().__init__()
        self.sigma = nn.Parameter(torch.tensor(sigma))

    def enlarging(self, n_in: int, n_out: int) -> Tensor:
        """(n_out, n_in) matrix that repeats cells to the new size and blurs them, along one axis."""
        radius = math.ceil(3 * abs(float(self.sigma.detach())))
        grid = torch.arange(-radius, radius + 1, device=self.sigma.device, dtype=self.sigma.dtype)
        kernel = torch.exp(-0.5 * (grid / self.sigma) ** 2)
        cells = torch.eye(n_in, device=self.sigma.device, dtype=self.sigma.dtype)[:, None]
        repeated = functional.pad(
            functional.interpolate(cells, size=n_out), (radius, radius), mode="replicate"
        )
        return functional.conv1d(repeated, (kernel / kernel.sum())[None, None])[:, 0].T


class Finalizer(nn.Module):
    """A readout to a score per place: enlarged, blurred, with the weighted centre bias added."""

    def __init__(self, sigma: float = INITIAL_SIGMA) -> None:
        super().__init__()
        self.gauss = _Gauss(sigma)
        self.center_bias_weight = nn.Parameter(torch.ones(1))

    def forward(self, readout_BCHW: Tensor, centre_BHW: Tensor) -> Tensor:
        """(B, H, W) unnormalised log density of the size of `centre_BHW`."""
        height, width = centre_BHW.shape[-2:]
        # enlarging and blurring are linear along each axis: two thin matrices instead of a large convolution
        down = self.gauss.enlarging(readout_BCHW.shape[-2], height)
        across = self.gauss.enlarging(readout_BCHW.shape[-1], width)
        score: Tensor = down @ readout_BCHW[:, 0] @ across.T
        return score + self.center_bias_weight * centre_BHW


class BackboneMixture(nn.Module):
    """One backbone with its readouts, mixed evenly."""

    def __init__(self, spec: BackboneSpec, n_components: int = N_COMPONENTS) -> None:
        super().__init__()
        self.features = TappedBackbone(spec.build(), spec.taps, spec.prefix)
        self.features.requires_grad_(False)
        self.saliency_networks = nn.ModuleList(
            _pointwise_layers((spec.channels, 8, 16, 1)) for _ in range(n_components)
        )
        self.fixation_selection_networks = nn.ModuleList(
            _pointwise_layers((1, 128, 16, 1), first="part0", last_plain=True)
            for _ in range(n_components)
        )
        self.finalizers = nn.ModuleList(Finalizer() for _ in range(n_components))

    def train(self, mode: bool = True) -> BackboneMixture:
        """Train the readouts; the backbone always stays as it is."""
        super().train(mode)
        self.features.eval()
        return self

    def forward(self, image_BCHW: Tensor, centre_BHW: Tensor) -> Tensor:
        """(B, H, W) log density for RGB images in 0 to 255."""
        seen = self.read_features(image_BCHW)
        centre = functional.interpolate(
            centre_BHW[:, None], scale_factor=1 / MAP_FACTOR, recompute_scale_factor=False
        )[:, 0]
        size_hw = (centre_BHW.shape[-2], centre_BHW.shape[-1])
        # the last upsampling repeats cells, so all components are normalised and mixed before it, a quarter of the work
        log_n_HW = _log_repeats(centre, size_hw)
        components = []
        for readout, selection, finalizer in zip(
            self.saliency_networks, self.fixation_selection_networks, self.finalizers, strict=True
        ):
            score = finalizer(selection(readout(seen)), centre)
            components.append(score - (score + log_n_HW).logsumexp(dim=(1, 2), keepdim=True))
        mixed = torch.stack(components, dim=1).logsumexp(dim=1) - math.log(len(components))
        return functional.interpolate(mixed[:, None], size=size_hw)[:, 0]

    def read_features(self, image_BCHW: Tensor) -> Tensor:
        """(B, C, ceil(H/32), ceil(W/32)) all taps side by side; these can be stored, the backbone never changes."""
        height, width = image_BCHW.shape[-2:]
        size = tuple(math.ceil(n / DOWNSAMPLE / READOUT_FACTOR) for n in (height, width))
        small = functional.interpolate(
            image_BCHW, scale_factor=1 / DOWNSAMPLE, recompute_scale_factor=False
        )
        with torch.no_grad():
            taps = self.features(small)
            return torch.cat([functional.interpolate(tap, size) for tap in taps], dim=1)


def _log_repeats(map_BHW: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """(H, W) logarithm of how many pixels of the larger size repeat each cell."""
    counts = []
    for n_in, n_out in zip(map_BHW.shape[-2:], size_hw, strict=True):
        cells = torch.arange(n_in, device=map_BHW.device, dtype=map_BHW.dtype)
        source = functional.interpolate(cells[None, None], size=n_out)[0, 0].long()
        counts.append(torch.bincount(source, minlength=n_in).to(map_BHW.dtype))
    return (counts[0][:, None] * counts[1]).log()


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
