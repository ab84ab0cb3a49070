"""The paper's personal saliency network: image, universal map and user embedding to the person's density.

Shape legend: B users with one image each, C channels, H W grid rows and columns, D embedding size.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.networks.encoder import SeenImage
from gazeapp.networks.map_grid import scale_to_peak, to_density
from gazeapp.networks.user_embedding import shrink


class PersonalNetwork(nn.Module):
    """Predicts the discrepancy PSM - USM with kernels that come from the embedding.

    Args:
        dim: Size of the user embedding.
        widths: Channels of the stem's last two and of the decoder's three convolutions.
        usm_peak: Average maximum of the training universal maps; densities are scaled to it (`scale_to_peak`).
        conditioned: False puts `mean_user` in the place of every embedding: the unconditioned refiner.

    Source:
        Strohm, Bâce, Bulling (2024), Learning user embeddings from human gaze. Layer sizes are our reading: stem 7x7
        s2,
        5x5 s2, 3x3 s2, 3x3; predicted 3x3 kernels are depthwise; three 5x5 convolutions, each with a 1x1 tanh head. So
        is the start: He et al. (2015), predicted kernels that pass the features on, and no discrepancy.
    """

    def __init__(
        self,
        *,
        dim: int = 32,
        widths: tuple[int, ...] = (128, 64, 32),
        usm_peak: float = 0.5,
        conditioned: bool = True,
    ) -> None:
        super().__init__()
        wide, middle, narrow = widths
        self.widths = tuple(widths)
        self.conditioned = conditioned
        self.dim = dim
        self.usm_peak = usm_peak
        self.stem = strided_stem(wide)
        self.hypernetwork = nn.Sequential(
            nn.Linear(dim, 128),
            nn.ReLU(inplace=True),
            nn.Linear(128, 256),
            nn.ReLU(inplace=True),
            nn.Linear(256, wide * 9),
        )
        self.decoder = nn.ModuleList(
            nn.Conv2d(c_in, c_out, 5, padding=2) for c_in, c_out in ((wide, wide), (wide, middle), (middle, narrow))
        )
        self.heads = nn.ModuleList(nn.Conv2d(c, 1, 1) for c in (wide, middle, narrow))
        if not conditioned:
            self.register_buffer("mean_user", torch.zeros(dim))
        self.mean_user: Tensor
        self._start()

    @torch.no_grad()
    def _start(self) -> None:
        """Weights before training: with torch's own, the signal of eight layers is lost and SGD stands still."""
        start_convolutions([self.stem, self.decoder], self.heads)
        last = self.hypernetwork[-1]
        assert isinstance(last, nn.Linear)
        last.bias.view(-1, 9)[:] = torch.eye(9)[4]

    def discrepancies(self, image_BCHW: Tensor, usm_BHW: Tensor, user_BD: Tensor) -> list[Tensor]:
        """The three predicted discrepancy maps, coarse supervision first, each (B, H/8, W/8) in [-1, 1].

        Args:
            image_BCHW: RGB in [-1, 1].
            usm_BHW: Universal map in the training maps' scale.
            user_BD: Unit embeddings.
        """
        image_BCHW = shrink(image_BCHW, (usm_BHW.shape[-2], usm_BHW.shape[-1]))
        pair_BCHW = torch.cat([image_BCHW, usm_BHW[:, None]], dim=1)
        features: Tensor = self.stem(pair_BCHW.contiguous(memory_format=torch.channels_last))
        batch, channels, height, width = features.shape
        if not self.conditioned:
            user_BD = self.mean_user.expand_as(user_BD)
        with torch.autocast(user_BD.device.type, enabled=False):
            kernels = self.hypernetwork(user_BD).view(batch * channels, 1, 3, 3)
        # one group per user and channel: a depthwise convolution with other kernels for everyone in the batch
        grouped = functional.conv2d(
            features.reshape(1, batch * channels, height, width),
            kernels,
            padding=1,
            groups=batch * channels,
        )
        features = functional.relu(grouped.view(batch, channels, height, width))
        maps = []
        for convolution, head in zip(self.decoder, self.heads, strict=True):
            features = functional.relu(convolution(features))
            maps.append(torch.tanh(head(features).float())[:, 0])
        return maps

    def kernels(self) -> Tensor:
        """The kernels (C, 1, 3, 3) that everybody gets from the unconditioned network."""
        kernels: Tensor = self.hypernetwork(self.mean_user[None])
        return kernels.view(-1, 1, 3, 3)

    @property
    def backbone_sha256(self) -> None:
        """None: it learnt to see by itself."""
        return None

    @property
    def similarity(self) -> None:
        """None: the paper compares embeddings by their cosine."""
        return None

    def densities(self, seen: SeenImage, density_BHW: Tensor, user_BD: Tensor) -> Tensor:
        """Personal densities (B, H, W) from universal densities."""
        density: Tensor = self(seen.image_BCHW, density_BHW, user_BD)
        return density

    def forward(self, image_BCHW: Tensor, density_BHW: Tensor, user_BD: Tensor) -> Tensor:
        """Personal densities (B, H, W) from universal densities."""
        usm_BHW = scale_to_peak(density_BHW, self.usm_peak)
        delta_BHW = self.discrepancies(image_BCHW, usm_BHW, user_BD)[-1]
        return to_density(usm_BHW + upsample(delta_BHW, (usm_BHW.shape[-2], usm_BHW.shape[-1])))


def strided_stem(width: int, c_in: int = 4) -> nn.Sequential:
    """Four convolutions to an eighth of the grid: 7x7 s2, 5x5 s2, 3x3 s2, 3x3, each with ReLU."""
    return nn.Sequential(
        nn.Conv2d(c_in, width // 4, 7, stride=2, padding=3),
        nn.ReLU(inplace=True),
        nn.Conv2d(width // 4, width // 2, 5, stride=2, padding=2),
        nn.ReLU(inplace=True),
        nn.Conv2d(width // 2, width, 3, stride=2, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(width, width, 3, padding=1),
        nn.ReLU(inplace=True),
    )


@torch.no_grad()
def start_convolutions(bodies: Iterable[nn.Module], heads: Iterable[nn.Module]) -> None:
    """Weights before training: He et al. (2015) for convolutions before a ReLU, next to nothing for the heads."""
    for body in bodies:
        for layer in body.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # these layers have a bias
    for head in heads:
        assert isinstance(head, nn.Conv2d)
        nn.init.normal_(head.weight, std=0.01)
        nn.init.zeros_(head.bias)  # type: ignore[arg-type]  # these layers have a bias


def upsample(map_BHW: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """Interpolate maps bilinearly to a larger grid."""
    large_B1HW = functional.interpolate(map_BHW[:, None], size=size_hw, mode="bilinear", align_corners=False)
    return large_B1HW[:, 0]
