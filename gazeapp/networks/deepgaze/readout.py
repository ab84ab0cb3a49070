"""Readouts of DeepGaze: pointwise layers on frozen features, computed for all components of a backbone at once.

Shape legend: B images, C channels, H W rows and columns of the readout grid, M components, N places.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

_NORM_EPSILON = 1e-12


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


def pointwise_layers(widths: tuple[int, ...], *, first: str = "", last_plain: bool = False) -> nn.Sequential:
    """Norm, 1×1 convolution, bias, softplus, as often as there are steps between widths; the names are the published
    ones.

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


def read_out(taps: Sequence[Tensor], size_hw: tuple[int, int], networks: Iterable[nn.Module]) -> Tensor:
    """All components' readouts of a backbone's taps.

    The same as bringing the taps to the grid by repeating cells, putting them side by side and applying each network by
    itself. Neither is done: a 1×1 convolution commutes with repeating cells, so every tap is convolved at its own size
    and only the eight results per component are enlarged; and the first norm's mean and deviation are the same for all
    components.

    Args:
        taps: (B, C, rows, columns) each, in the order of the networks' input channels.
        size_hw: Grid of the readout.
        networks: `pointwise_layers` of all taps' channels, alike in their widths.

    Returns:
        (B, M, H, W).
    """
    layers = [_unwrapped(network) for network in networks]
    norms, convolutions = [each[0] for each in layers], [each[1] for each in layers]
    taps = [tap if tap.shape[-2] * tap.shape[-1] <= size_hw[0] * size_hw[1] else _on_grid(tap, size_hw) for tap in taps]
    mean_B, deviation_B = _moments(taps, size_hw)
    weight_MOC = torch.stack([_kernel(c) for c in convolutions])
    gain_MC = torch.stack([_vector(norm, "weight") for norm in norms])
    shift_MC = torch.stack([_vector(norm, "bias") for norm in norms])
    scaled = (weight_MOC * gain_MC[:, None]).flatten(0, 1)[:, :, None, None]
    split = torch.split(scaled, [tap.shape[1] for tap in taps], dim=1)
    total = torch.zeros(())
    for tap, kernel in zip(taps, split, strict=True):
        total = total + _on_grid(functional.conv2d(tap, kernel), size_hw)
    # what the mean, subtracted before the convolution, would have given
    constant = scaled.sum(dim=1)[None] * mean_B[:, None, None, None]
    shifted = torch.einsum("moc,mc->mo", weight_MOC, shift_MC).flatten()[:, None, None]
    x = (total - constant) / deviation_B[:, None, None, None] + shifted
    return _side_by_side([each[2:] for each in layers], x)


def select(readout_BMHW: Tensor, networks: Iterable[nn.Module]) -> Tensor:
    """Fixation selection of every component; (B, M, H, W) to the same shape."""
    return _side_by_side([_unwrapped(network) for network in networks], readout_BMHW)


def _side_by_side(layers: Sequence[Sequence[nn.Module]], x_BCHW: Tensor) -> Tensor:
    """Networks alike in kind and width, each on its own group of channels."""
    n = len(layers)
    batch, _, height, width = x_BCHW.shape
    for alike in zip(*layers, strict=True):
        first = alike[0]
        if isinstance(first, ChannelNorm):
            weight, bias = (torch.cat([_vector(norm, name) for norm in alike]) for name in ("weight", "bias"))
            x_BCHW = functional.group_norm(x_BCHW, n, weight, bias, _NORM_EPSILON)
        elif isinstance(first, nn.Conv2d):
            weight_MOI = torch.stack([_kernel(convolution) for convolution in alike])
            x_BMIN = x_BCHW.reshape(batch, n, -1, height * width)
            x_BCHW = (weight_MOI @ x_BMIN).reshape(batch, -1, height, width)
        elif isinstance(first, _Bias):
            x_BCHW = x_BCHW + torch.cat([_vector(bias, "bias") for bias in alike])[:, None, None]
        else:
            x_BCHW = functional.softplus(x_BCHW)
    return x_BCHW


def _unwrapped(network: nn.Module) -> list[nn.Module]:
    return [next(iter(layer)) if isinstance(layer, nn.Sequential) else layer for layer in network.children()]


def _kernel(convolution: nn.Module) -> Tensor:
    assert isinstance(convolution, nn.Conv2d)
    return convolution.weight[:, :, 0, 0]


def _vector(layer: nn.Module, name: str) -> Tensor:
    vector: Tensor = getattr(layer, name)
    return vector


def _on_grid(x_BCHW: Tensor, size_hw: tuple[int, int]) -> Tensor:
    if (x_BCHW.shape[-2], x_BCHW.shape[-1]) == size_hw:
        return x_BCHW
    return functional.interpolate(x_BCHW, size_hw)


def _moments(taps: Sequence[Tensor], size_hw: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """(B,) mean and deviation over all taps as if their cells were repeated on the grid."""
    repeats = [repeat_counts((tap.shape[-2], tap.shape[-1]), size_hw, tap) for tap in taps]
    n = sum(tap.shape[1] for tap in taps) * size_hw[0] * size_hw[1]
    sums = [(tap.sum(dim=1) * count).sum(dim=(1, 2)) for tap, count in zip(taps, repeats, strict=True)]
    mean_B = torch.stack(sums).sum(dim=0) / n
    squares = [
        ((tap - mean_B[:, None, None, None]).square().sum(dim=1) * count).sum(dim=(1, 2))
        for tap, count in zip(taps, repeats, strict=True)
    ]
    variance_B = torch.stack(squares).sum(dim=0) / n
    return mean_B, (variance_B + _NORM_EPSILON).sqrt()


def repeat_counts(from_hw: tuple[int, int], to_hw: tuple[int, int], like: Tensor) -> Tensor:
    """(H, W) how many cells of the larger grid repeat each cell of the smaller one."""
    counts = []
    for n_in, n_out in zip(from_hw, to_hw, strict=True):
        cells = torch.arange(n_in, device=like.device, dtype=torch.float32)
        source = functional.interpolate(cells[None, None], size=n_out)[0, 0].long()
        counts.append(torch.bincount(source, minlength=n_in).to(like.dtype))
    return counts[0][:, None] * counts[1]
