"""One refining network per person, side by side: the paper's baseline for knowing a person without an embedding.

Shape legend: B samples, O observers, C channels, H W grid rows and columns.
"""

from __future__ import annotations

import itertools
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.networks.map_grid import scale_to_peak, to_density
from gazeapp.networks.personal_saliency import upsample
from gazeapp.networks.user_embedding import shrink


class ObserverConv2d(nn.Module):
    """A convolution with own weights for every observer, computed for any of them at once as one grouped convolution.

    Args:
        n_observers: Number of observers.
        c_in: Channels of one observer's input.
        c_out: Channels of one observer's output.
        size: Side of the kernel; the input is padded so that only the stride changes the grid.
        stride: Of the kernel.
        depthwise: Every channel is convolved by itself; needs `c_in` = `c_out`.
    """

    def __init__(
        self, n_observers: int, c_in: int, c_out: int, size: int, *, stride: int = 1, depthwise: bool = False
    ) -> None:
        super().__init__()
        c_kernel = 1 if depthwise else c_in
        self.stride = stride
        self.depthwise = depthwise
        self.weight = nn.Parameter(torch.empty(n_observers, c_out, c_kernel, size, size))
        self.bias = nn.Parameter(torch.zeros(n_observers, c_out))
        # He et al. (2015)
        nn.init.normal_(self.weight, std=(2 / (c_kernel * size * size)) ** 0.5)

    def forward(self, values_BOCHW: Tensor, observers: slice = slice(None)) -> Tensor:
        """Convolve each observer's channels with that observer's weights.

        Args:
            values_BOCHW: Inputs of the observers in `observers`, in their order.
            observers: Whose weights are used.
        """
        weight = self.weight[observers].flatten(0, 1)
        bias = self.bias[observers].flatten()
        n_observers, channels = values_BOCHW.shape[1:3]
        result = functional.conv2d(
            values_BOCHW.flatten(1, 2),
            weight,
            bias,
            stride=self.stride,
            padding=weight.shape[-1] // 2,
            groups=n_observers * (channels if self.depthwise else 1),
        )
        batch, _, height, width = result.shape
        return result.reshape(batch, n_observers, -1, height, width)


class ObserverNetwork(Protocol):
    """A network with a part of its own for every training observer."""

    usm_peak: float
    universal: bool
    """Whether what it predicts is added to the universal map; otherwise it is the personal map itself."""

    def discrepancies(self, image_BOCHW: Tensor, usm_BOHW: Tensor, observers: slice = slice(None)) -> list[Tensor]:
        """The predicted discrepancy maps of these observers, (B, O, H/8, W/8) each; the last is the final one."""
        ...


def observer_discrepancy(network: ObserverNetwork, image_BCHW: Tensor, usm_BHW: Tensor, observer: int) -> Tensor:
    """Discrepancy (B, H, W) on the map grid, as one training observer's part of a network predicts it."""
    size = (usm_BHW.shape[-2], usm_BHW.shape[-1])
    one = slice(observer, observer + 1)
    last_BOHW = network.discrepancies(shrink(image_BCHW, size)[:, None], usm_BHW[:, None], one)[-1]
    return upsample(last_BOHW[:, 0], size)


def observer_density(network: ObserverNetwork, image_BCHW: Tensor, density_BHW: Tensor, observer: int) -> Tensor:
    """Personal densities (B, H, W) of one training observer from universal densities."""
    usm_BHW = scale_to_peak(density_BHW, network.usm_peak)
    map_BHW = observer_discrepancy(network, image_BCHW, usm_BHW, observer)
    return to_density(usm_BHW + map_BHW if network.universal else map_BHW)


class MultiCnn(nn.Module):
    """For every observer a network that predicts the discrepancy PSM - USM of that observer alone.

    Nothing is shared: what one observer's network learns or predicts depends on no other.

    Args:
        n_observers: Number of observers.
        widths: Channels of the stem's last two and of the decoder's three convolutions, as in `PersonalNetwork`.
        usm_peak: Average maximum of the training universal maps.

    Attributes:
        universal: True; it always sees the universal map.

    Source:
        Strohm, Bâce, Bulling (2024), the MultiCNN baseline, after Xu et al. (2017): the personal network without the
        embedding path. Where that one convolves with predicted kernels, this one has learnt ones.
    """

    def __init__(
        self,
        *,
        n_observers: int,
        widths: tuple[int, ...] = (128, 64, 32),
        usm_peak: float = 0.5,
    ) -> None:
        super().__init__()
        wide, middle, narrow = widths
        self.widths = tuple(widths)
        self.n_observers = n_observers
        self.usm_peak = usm_peak
        self.universal = True
        self.stem = nn.ModuleList(
            ObserverConv2d(n_observers, c_in, c_out, size, stride=stride)
            for c_in, c_out, size, stride in (
                (4, wide // 4, 7, 2),
                (wide // 4, wide // 2, 5, 2),
                (wide // 2, wide, 3, 2),
                (wide, wide, 3, 1),
            )
        )
        self.mixing = ObserverConv2d(n_observers, wide, wide, 3, depthwise=True)
        decoded = (wide, wide, middle, narrow)
        self.decoder = nn.ModuleList(
            ObserverConv2d(n_observers, c_in, c_out, 5) for c_in, c_out in itertools.pairwise(decoded)
        )
        self.heads = nn.ModuleList(ObserverConv2d(n_observers, c, 1, 1) for c in decoded[1:])
        with torch.no_grad():
            # features pass unchanged at first, and no discrepancy comes out
            self.mixing.weight[:] = torch.eye(9)[4].view(3, 3)
            for head in self.heads:
                assert isinstance(head, ObserverConv2d)
                nn.init.normal_(head.weight, std=0.01)

    def discrepancies(self, image_BOCHW: Tensor, usm_BOHW: Tensor, observers: slice = slice(None)) -> list[Tensor]:
        """The three predicted discrepancy maps of each observer, each (B, O, H/8, W/8) in [-1, 1].

        Args:
            image_BOCHW: RGB in [-1, 1] of the map's size: what each observer in `observers` looks at.
            usm_BOHW: Universal maps in the training maps' scale.
            observers: Whose networks are used.
        """
        features = torch.cat([image_BOCHW, usm_BOHW[:, :, None]], dim=2)
        for layer in (*self.stem, self.mixing):
            features = functional.relu(layer(features, observers))
        maps = []
        for layer, head in zip(self.decoder, self.heads, strict=True):
            features = functional.relu(layer(features, observers))
            maps.append(torch.tanh(head(features, observers).float())[:, :, 0])
        return maps

    def predict(self, image_BCHW: Tensor, usm_BHW: Tensor, observer: int) -> Tensor:
        """Discrepancy (B, H, W) on the map grid, as one observer's network predicts it.

        Args:
            image_BCHW: RGB in [-1, 1].
            usm_BHW: Universal map in the training maps' scale.
            observer: Position among the training observers.
        """
        return observer_discrepancy(self, image_BCHW, usm_BHW, observer)

    def forward(self, image_BCHW: Tensor, density_BHW: Tensor, observer: int) -> Tensor:
        """Personal densities (B, H, W) of one training observer from universal densities."""
        return observer_density(self, image_BCHW, density_BHW, observer)
