"""A shared network with one task per person: Xu et al.'s multi-task CNN.

Shape legend: B samples, O observers, C channels, H W grid rows and columns.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.networks.multicnn import ObserverConv2d, observer_density, observer_discrepancy
from gazeapp.networks.personal_saliency import start_convolutions, strided_stem


class MultiTaskNetwork(nn.Module):
    """Four shared convolutions, then for every observer three more, whose 1x1 heads predict the discrepancy.

    Args:
        n_observers: Number of observers.
        widths: Channels of the last shared convolution and of the observers' three.
        universal: With the universal map as fourth input channel, to which the predicted discrepancy is added; False
            sees RGB only and predicts the personal map itself.
        usm_peak: Average maximum of the training universal maps.

    Source:
        Xu, Li, Wu, Yu, Gao (2017), Beyond universal saliency. The paper's layers (of DeepNet: nine convolutions,
        pooling to
        40x30) and its output of 15x20 do not fit together. Our layout: conv1-4 are the stem of `PersonalNetwork` (7x7
        s2, 5x5 s2, 3x3 s2, 3x3; 32 to 128 channels), conv5-7 are 3x3 with 64, 64 and 32 channels and ReLU, heads are
        linear.
    """

    def __init__(
        self,
        *,
        n_observers: int,
        widths: tuple[int, ...] = (128, 64, 64, 32),
        universal: bool = True,
        usm_peak: float = 0.5,
    ) -> None:
        super().__init__()
        self.n_observers = n_observers
        self.widths = tuple(widths)
        self.universal = universal
        self.usm_peak = usm_peak
        self.shared = strided_stem(widths[0], c_in=3 + int(universal))
        start_convolutions([self.shared], [])
        self.tasks = nn.ModuleList(
            ObserverConv2d(n_observers, c_in, c_out, 3) for c_in, c_out in itertools.pairwise(widths)
        )
        self.heads = nn.ModuleList(ObserverConv2d(n_observers, c, 1, 1) for c in widths[1:])
        for head in self.heads:
            assert isinstance(head, ObserverConv2d)
            nn.init.normal_(head.weight, std=0.01)

    def discrepancies(self, image_BOCHW: Tensor, usm_BOHW: Tensor, observers: slice = slice(None)) -> list[Tensor]:
        """The three predicted discrepancy maps of each observer, each (B, O, H/8, W/8).

        Args:
            image_BOCHW: RGB in [-1, 1] of the map's size: what each observer in `observers` looks at.
            usm_BOHW: Universal maps in the training maps' scale; not looked at by the RGB-only variant.
            observers: Whose tasks are used.
        """
        return self.task_maps(self.shared_features(image_BOCHW, usm_BOHW), observers)

    def shared_features(self, image_BOCHW: Tensor, usm_BOHW: Tensor) -> Tensor:
        """What the shared convolutions say, (B, O, C, H/8, W/8); arguments as of `discrepancies`."""
        batch, n_observers = image_BOCHW.shape[:2]
        values = image_BOCHW
        if self.universal:
            values = torch.cat([values, usm_BOHW[:, :, None]], dim=2)
        flat = values.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        features: Tensor = self.shared(flat)
        return features.reshape(batch, n_observers, *features.shape[1:])

    def task_maps(self, features: Tensor, observers: slice = slice(None)) -> list[Tensor]:
        """The three predicted discrepancy maps from `shared_features`."""
        maps = []
        for layer, head in zip(self.tasks, self.heads, strict=True):
            features = functional.relu(layer(features, observers))
            maps.append(head(features, observers).float()[:, :, 0])
        return maps

    def task_parameters(self) -> list[nn.Parameter]:
        """What a new observer trains: the last three convolutions and their heads."""
        return [*self.tasks.parameters(), *self.heads.parameters()]

    def for_new_observers(self, n_observers: int) -> MultiTaskNetwork:
        """The shared convolutions of this network under new tasks; each starts as the average of the present ones."""
        network = MultiTaskNetwork(
            n_observers=n_observers, widths=self.widths, universal=self.universal, usm_peak=self.usm_peak
        )
        network.shared.load_state_dict(self.shared.state_dict())
        with torch.no_grad():
            for new, old in zip(
                (*network.tasks.parameters(), *network.heads.parameters()),
                self.task_parameters(),
                strict=True,
            ):
                new.copy_(old[:1].expand_as(new))
        return network

    def predict(self, image_BCHW: Tensor, usm_BHW: Tensor, observer: int) -> Tensor:
        """Discrepancy (B, H, W) on the map grid, as one observer's task predicts it.

        Args:
            image_BCHW: RGB in [-1, 1].
            usm_BHW: Universal map in the training maps' scale.
            observer: Position among the training observers.
        """
        return observer_discrepancy(self, image_BCHW, usm_BHW, observer)

    def forward(self, image_BCHW: Tensor, density_BHW: Tensor, observer: int) -> Tensor:
        """Personal densities (B, H, W) of one training observer from universal densities."""
        return observer_density(self, image_BCHW, density_BHW, observer)
