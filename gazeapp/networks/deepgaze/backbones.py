"""The four ImageNet networks that DeepGaze IIE reads its features from, in plain torch.

Parameter names are those of the published weights: torchvision's for ResNet-50, ResNeXt-50 and DenseNet-201, and those
of the PyTorch port of EfficientNet for B5. The classifiers are built, so that state dicts fit, and never run.

Shape legend: B images, C channels, H W rows and columns.
"""

from __future__ import annotations

import contextlib
import math
from collections import OrderedDict
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
FOLLOWED_BY_NORM = (
    ("conv1", "bn1"),
    ("conv2", "bn2"),
    ("conv3", "bn3"),
    ("0", "1"),
    ("conv0", "norm0"),
    ("conv1", "norm2"),
    ("_conv_stem", "_bn0"),
    ("_expand_conv", "_bn0"),
    ("_depthwise_conv", "_bn1"),
    ("_project_conv", "_bn2"),
)
"""Convolutions, by name within one module, whose output goes nowhere but into the batch norm named beside them."""


class _EveryTapRead(Exception):
    """Ends a backbone's run where nothing more is needed of it."""


class TappedBackbone(nn.Module):
    """A network whose inner layers are read while it runs; not for several threads at once.

    It stops after the last tapped layer: what lies behind is of no use here.

    Args:
        network: The backbone; its `forward` must run every tapped layer.
        taps: Names of layers within it.
        prefix: Name under which the published file keeps the network.
        mean: Of the colours that the network expects, images scaled to 0 to 1.
        std: Likewise.
    """

    def __init__(
        self,
        network: nn.Module,
        taps: Sequence[str],
        prefix: str = "",
        *,
        mean: tuple[float, float, float] = IMAGENET_MEAN,
        std: tuple[float, float, float] = IMAGENET_STD,
    ) -> None:
        super().__init__()
        inner = nn.Sequential(OrderedDict([(prefix, network)])) if prefix else network
        # position 1: the published file has the normalisation, which holds no weights, at position 0
        self.features = nn.Sequential(OrderedDict([("1", inner)]))
        self._found: dict[str, Tensor] = {}
        self._taps = tuple(taps)
        self._prefixed = bool(prefix)
        self._mean, self._std = mean, std
        layers = dict(network.named_modules())
        for name in taps:
            layers[name].register_forward_hook(self._keep(name))

    def forward(self, image_BCHW: Tensor) -> list[Tensor]:
        """Outputs of the tapped layers for RGB images in 0 to 255."""
        mean = image_BCHW.new_tensor(self._mean)[:, None, None]
        std = image_BCHW.new_tensor(self._std)[:, None, None]
        self._found.clear()
        with contextlib.suppress(_EveryTapRead):
            self.features((image_BCHW / 255.0 - mean) / std)
        found = [self._found[name] for name in self._taps]
        self._found.clear()
        return found

    @property
    def network(self) -> nn.Module:
        """The backbone itself, without the published file's wrapping."""
        inner = self.features[0]
        return next(iter(inner)) if isinstance(inner, nn.Sequential) and self._prefixed else inner

    def _keep(self, name: str):  # type: ignore[no-untyped-def]  # torch types hooks loosely
        def keep(_module: nn.Module, _inputs: object, output: Tensor) -> None:
            # no backbone here works in place on what a tapped layer gives, so it need not be copied
            self._found[name] = output
            if len(self._found) == len(self._taps):
                raise _EveryTapRead

        return keep


class _Bottleneck(nn.Module):
    def __init__(self, c_in: int, width: int, c_out: int, stride: int, groups: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, c_out, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(c_out)
        self.downsample: nn.Module | None = None
        if stride != 1 or c_in != c_out:
            self.downsample = nn.Sequential(nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out))

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        x = functional.relu(self.bn2(self.conv2(x)), inplace=True)
        x = self.bn3(self.conv3(x))
        x += shortcut
        return functional.relu(x, inplace=True)


class ResNet50(nn.Module):
    """ResNet-50, or with 32 groups of width 4 ResNeXt-50.

    Args:
        groups: Groups of each 3×3 convolution.
        width_per_group: Their width, as in torchvision: 64 for ResNet, 4 for ResNeXt 32×4d.
        base: Channels of the first stage; less makes a small network for tests.

    Source:
        He et al. (2016), Deep residual learning; Xie et al. (2017), Aggregated residual transformations.
    """

    def __init__(self, *, groups: int = 1, width_per_group: int = 64, base: int = 64) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, base, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(base)
        c_in = base
        for k, n_blocks in enumerate((3, 4, 6, 3)):
            planes = base * 2**k
            width = planes * width_per_group // 64 * groups
            blocks: list[nn.Module] = []
            for block in range(n_blocks):
                stride = 2 if k > 0 and block == 0 else 1
                blocks.append(_Bottleneck(c_in, width, 4 * planes, stride, groups))
                c_in = 4 * planes
            setattr(self, f"layer{k + 1}", nn.Sequential(*blocks))
        self.fc = nn.Linear(c_in, 1000)

    def forward(self, image_BCHW: Tensor) -> Tensor:
        """The last feature map."""
        x = functional.relu(self.bn1(self.conv1(image_BCHW)), inplace=True)
        x = functional.max_pool2d(x, 3, 2, 1)
        for k in range(1, 5):
            x = getattr(self, f"layer{k}")(x)
        return x


class _DenseLayer(nn.Module):
    def __init__(self, c_in: int, growth: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(c_in)
        self.conv1 = nn.Conv2d(c_in, 4 * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        new = self.conv1(functional.relu(self.norm1(x)))  # not in place: norm1 of the last layer is a tap
        new = self.conv2(functional.relu(self.norm2(new), inplace=True))
        return torch.cat([x, new], dim=1)


class DenseNet201(nn.Module):
    """DenseNet-201.

    Args:
        growth: Channels that each layer adds; less makes a small network for tests.

    Source:
        Huang et al. (2017), Densely connected convolutional networks.
    """

    def __init__(self, *, growth: int = 32) -> None:
        super().__init__()
        channels = 2 * growth
        self.features = nn.Sequential()
        self.features.add_module("conv0", nn.Conv2d(3, channels, 7, 2, 3, bias=False))
        self.features.add_module("norm0", nn.BatchNorm2d(channels))
        self.features.add_module("relu0", nn.ReLU(inplace=True))
        self.features.add_module("pool0", nn.MaxPool2d(3, 2, 1))
        for k, n_layers in enumerate((6, 12, 48, 32), start=1):
            block = nn.Sequential()
            for layer in range(1, n_layers + 1):
                block.add_module(f"denselayer{layer}", _DenseLayer(channels, growth))
                channels += growth
            self.features.add_module(f"denseblock{k}", block)
            if k < 4:
                transition = nn.Sequential()
                transition.add_module("norm", nn.BatchNorm2d(channels))
                transition.add_module("relu", nn.ReLU(inplace=True))
                transition.add_module("conv", nn.Conv2d(channels, channels // 2, 1, bias=False))
                transition.add_module("pool", nn.AvgPool2d(2, 2))
                self.features.add_module(f"transition{k}", transition)
                channels //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(channels))
        self.classifier = nn.Linear(channels, 1000)

    def forward(self, image_BCHW: Tensor) -> Tensor:
        """The last feature map."""
        features: Tensor = self.features(image_BCHW)
        return features


_PADDED_FOR = 456


class _SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow pads it for an input of 456×456: more right and below than left and above."""

    def __init__(
        self, c_in: int, c_out: int, kernel: int, stride: int = 1, *, groups: int = 1, bias: bool = False
    ) -> None:
        super().__init__(c_in, c_out, kernel, stride, groups=groups, bias=bias)
        total = max((math.ceil(_PADDED_FOR / stride) - 1) * stride + kernel - _PADDED_FOR, 0)
        self._before, self._after = total // 2, total - total // 2

    def forward(self, x: Tensor) -> Tensor:
        if self._after:
            x = functional.pad(x, (self._before, self._after, self._before, self._after))
        convolved: Tensor = super().forward(x)
        return convolved


class _MobileBlock(nn.Module):
    """Mobile inverted bottleneck with squeeze and excitation."""

    def __init__(self, c_in: int, c_out: int, expand: int, kernel: int, stride: int) -> None:
        super().__init__()
        wide = c_in * expand
        if expand != 1:
            self._expand_conv = _SameConv(c_in, wide, 1)
            self._bn0 = _efficient_norm(wide)
        self._depthwise_conv = _SameConv(wide, wide, kernel, stride, groups=wide)
        self._bn1 = _efficient_norm(wide)
        squeezed = max(1, c_in // 4)
        self._se_reduce = _SameConv(wide, squeezed, 1, bias=True)
        self._se_expand = _SameConv(squeezed, wide, 1, bias=True)
        self._project_conv = _SameConv(wide, c_out, 1)
        self._bn2 = _efficient_norm(c_out)
        self._is_expanding = expand != 1
        self._has_shortcut = stride == 1 and c_in == c_out

    def forward(self, x: Tensor) -> Tensor:
        inner = x
        if self._is_expanding:
            inner = functional.silu(self._bn0(self._expand_conv(inner)), inplace=True)
        inner = functional.silu(self._bn1(self._depthwise_conv(inner)), inplace=True)
        squeezed = self._se_reduce(functional.adaptive_avg_pool2d(inner, 1))
        inner = torch.sigmoid(self._se_expand(functional.silu(squeezed))) * inner
        projected: Tensor = self._bn2(self._project_conv(inner))
        return projected + x if self._has_shortcut else projected


class EfficientNetB5(nn.Module):
    """EfficientNet-B5, 39 blocks.

    Convention: every layer is padded as if its own input were 456×456, whatever it is, as in the port with which the
    published weights were used.

    Args:
        width: Multiplier of the channels; less than the published 1.6 makes a small network for tests.

    Source:
        Tan & Le (2019), EfficientNet: rethinking model scaling.
    """

    # repeats at depth 2.2, kernel, stride, expansion, channels at width 1
    _STAGES = (
        (3, 3, 1, 1, 16),
        (5, 3, 2, 6, 24),
        (5, 5, 2, 6, 40),
        (7, 3, 2, 6, 80),
        (7, 5, 1, 6, 112),
        (9, 5, 2, 6, 192),
        (3, 3, 1, 6, 320),
    )

    def __init__(self, *, width: float = 1.6) -> None:
        super().__init__()
        c_in = _rounded(32 * width)
        self._conv_stem = _SameConv(3, c_in, 3, 2)
        self._bn0 = _efficient_norm(c_in)
        blocks: list[nn.Module] = []
        for n_blocks, kernel, stride, expand, base in self._STAGES:
            c_out = _rounded(base * width)
            for k in range(n_blocks):
                step = stride if k == 0 else 1
                blocks.append(_MobileBlock(c_in, c_out, expand, kernel, step))
                c_in = c_out
        self._blocks = nn.ModuleList(blocks)
        c_head = _rounded(1280 * width)
        self._conv_head = _SameConv(c_in, c_head, 1)
        self._bn1 = _efficient_norm(c_head)
        self._fc = nn.Linear(c_head, 1000)

    def forward(self, image_BCHW: Tensor) -> Tensor:
        """The last feature map before the head."""
        x = functional.silu(self._bn0(self._conv_stem(image_BCHW)), inplace=True)
        for block in self._blocks:
            x = block(x)
        return x


def _efficient_norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def _rounded(channels: float) -> int:
    """To the nearest multiple of 8 that is not more than a tenth below."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded
