"""EfficientNet-Lite as eyes: features of a network that learnt to name a thousand kinds of things in photographs.

Shape legend: B images, C channels, H W image rows and columns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.errors import CheckpointError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
TOTAL_STRIDE = 32
"""Pixels per cell of the deepest stage; images whose sides are multiples of it are padded alike on every level."""
_EPS = 1e-3
# repeats, kernel, stride, expansion, channels at width 1; first and last stage never repeat more often
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_VARIANTS = {"lite0": (1.0, 1.0, 224), "lite1": (1.0, 1.1, 240), "lite2": (1.1, 1.2, 260)}
"""Width, depth, and the side of the images for which each was trained: its padding follows from it."""
_UNUSED = ("_conv_head.", "_bn1.", "_fc.")
"""What the packages' files hold behind the last stage: the classifier."""


class EfficientNetLite(nn.Module):
    """The seven stages of EfficientNet-Lite without its classifier; always frozen.

    Parameters carry the names of the packages' state dicts. Its statistics are those of its own training whatever
    `train()` says.

    Args:
        variant: `lite0`, `lite1` or `lite2`.
        folded: Without batch norms, which `fold_norms` has taken into the convolutions: the same function, faster.

    Source:
        Tan & Le (2019), EfficientNet: rethinking model scaling; Liu (2020), EfficientNet-Lite: no squeeze and
        excitation, ReLU6. Padding is that of the published image size
        whatever the size at hand, as in the PyTorch port.
    """

    def __init__(self, *, variant: str = "lite0", folded: bool = False) -> None:
        super().__init__()
        width, depth, size = _VARIANTS[variant]
        self.variant = variant
        self.folded = folded
        c_in = 32
        self._conv_stem = _SameConv(3, c_in, 3, 2, size, bias=folded)
        self._bn0 = _norm(c_in, folded)
        size = math.ceil(size / 2)
        blocks: list[nn.Module] = []
        self.channels: tuple[int, ...] = tuple(_rounded(stage[-1] * width) for stage in _STAGES)
        """Channels of the seven stages."""
        self._ends: list[int] = []
        for k, (repeats, kernel, stride, expand, _) in enumerate(_STAGES):
            n_blocks = repeats if k in (0, len(_STAGES) - 1) else math.ceil(repeats * depth)
            for block in range(n_blocks):
                step = stride if block == 0 else 1
                blocks.append(_Block(c_in, self.channels[k], kernel, step, expand, size, folded))
                size, c_in = math.ceil(size / step), self.channels[k]
            self._ends.append(len(blocks) - 1)
        self._blocks = nn.ModuleList(blocks)
        self.requires_grad_(False)
        super().train(False)

    def forward(self, image_BCHW: Tensor) -> list[Tensor]:
        """Outputs of the seven stages, at 1/2, 1/4, 1/8, 1/16, 1/16, 1/32 and 1/32 of the image.

        Args:
            image_BCHW: RGB in [-1, 1].
        """
        # no buffers: a network built without memory for its weights to be assigned has none of its own
        mean, std = (image_BCHW.new_tensor(constant)[:, None, None] for constant in (IMAGENET_MEAN, IMAGENET_STD))
        values = ((image_BCHW + 1) / 2 - mean) / std
        values = functional.relu6(self._bn0(self._conv_stem(values)), inplace=True)
        found = []
        for k, block in enumerate(self._blocks):
            values = block(values)
            if k in self._ends:
                found.append(values)
        return found

    def train(self, mode: bool = True) -> EfficientNetLite:
        """Stay as it is: frozen statistics, whatever the network around it does."""
        return self


class _SameConv(nn.Conv2d):
    """Padded as TensorFlow pads images of one fixed size: more right and below than left and above."""

    def __init__(
        self, c_in: int, c_out: int, kernel: int, stride: int, size: int, *, groups: int = 1, bias: bool
    ) -> None:
        total = max((math.ceil(size / stride) - 1) * stride + kernel - size, 0)
        # a dilated kernel of one cell is the same kernel; but on one thread PyTorch gives plain ones to a routine that
        # takes twice as long
        dilation = 2 if kernel == 1 else 1
        super().__init__(
            c_in, c_out, kernel, stride, padding=(total + 1) // 2, dilation=dilation, groups=groups, bias=bias
        )
        self._is_uneven = total % 2 == 1

    def forward(self, values: Tensor) -> Tensor:
        weight = self.weight
        if self._is_uneven:
            # a row and column of zeros before the kernel instead of a padded copy of all values
            weight = functional.pad(weight, (1, 0, 1, 0))
        convolved: Tensor = self._conv_forward(values, weight, self.bias)
        return convolved


class _Block(nn.Module):
    """Mobile inverted bottleneck."""

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int, expand: int, size: int, folded: bool) -> None:
        super().__init__()
        wide = c_in * expand
        self._is_expanding = expand != 1
        if self._is_expanding:
            self._expand_conv = _SameConv(c_in, wide, 1, 1, size, bias=folded)
            self._bn0 = _norm(wide, folded)
        self._depthwise_conv = _SameConv(wide, wide, kernel, stride, size, groups=wide, bias=folded)
        self._bn1 = _norm(wide, folded)
        self._project_conv = _SameConv(wide, c_out, 1, 1, size, bias=folded)
        self._bn2 = _norm(c_out, folded)
        self._has_shortcut = stride == 1 and c_in == c_out

    def forward(self, values: Tensor) -> Tensor:
        inner = values
        if self._is_expanding:
            inner = functional.relu6(self._bn0(self._expand_conv(inner)), inplace=True)
        inner = functional.relu6(self._bn1(self._depthwise_conv(inner)), inplace=True)
        projected: Tensor = self._bn2(self._project_conv(inner))
        return projected + values if self._has_shortcut else projected


def load_published(state: Mapping[str, Tensor], *, variant: str = "lite0") -> EfficientNetLite:
    """The network of a package's state dict; its classifier is left out.

    Args:
        state: As `torch.load(file, weights_only=True)` returns it.
        variant: Whose.

    Raises:
        CheckpointError: Other names or shapes than this variant has.
    """
    network = EfficientNetLite(variant=variant)
    own = {k: v for k, v in state.items() if not k.startswith(_UNUSED)}
    try:
        network.load_state_dict(own, strict=True)
    except RuntimeError as error:
        raise CheckpointError(f"not the weights of EfficientNet-{variant}: {error}") from error
    return network


def fold_norms(network: EfficientNetLite) -> EfficientNetLite:
    """The same function without batch norms."""
    folded = EfficientNetLite(variant=network.variant, folded=True)
    source = dict(network.named_modules())
    pairs = {
        "_conv_stem": "_bn0",
        "_expand_conv": "_bn0",
        "_depthwise_conv": "_bn1",
        "_project_conv": "_bn2",
    }
    with torch.no_grad():
        for name, module in folded.named_modules():
            if not isinstance(module, _SameConv):
                continue
            parent, _, own = name.rpartition(".")
            norm = source[f"{parent}.{pairs[own]}" if parent else pairs[own]]
            convolution = source[name]
            assert isinstance(norm, nn.BatchNorm2d)
            assert isinstance(convolution, nn.Conv2d)
            assert norm.running_mean is not None
            assert norm.running_var is not None
            assert module.bias is not None
            gain = norm.weight.double() / (norm.running_var.double() + norm.eps).sqrt()
            module.weight.copy_(convolution.weight.double() * gain[:, None, None, None])
            module.bias.copy_(norm.bias.double() - norm.running_mean.double() * gain)
    return folded


def _norm(channels: int, folded: bool) -> nn.Module:
    return nn.Identity() if folded else nn.BatchNorm2d(channels, eps=_EPS)


def _rounded(channels: float) -> int:
    """To the nearest multiple of 8 that is not more than a tenth below."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded
