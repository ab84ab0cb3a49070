"""The universal network: what the shared backbone sees becomes the log density of where people look.

Shape legend: B images, C channels, H W map grid, h w an eighth of the image the backbone sees.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

_BLUR_RADIUS = 4
"""Cells of the finest features; their learnt blur is about half a degree."""


class UniversalNetwork(nn.Module):
    """Features from coarse to fine, a learnt blur, and a learnt centre bias that can be taken away.

    Args:
        channels: Of the backbone's features, from fine to coarse, two of each resolution.
        width: Channels in between.
        dropout: Probability per channel.
        centre_hw: Grid of the centre bias, over the whole image whatever its size.
        backbone: sha256 of the backbone whose features it reads.

    Source:
        Own. Features of a network trained on ImageNet under a small readout, and log density = readout + centre bias
        - logsumexp, as in Kümmerer et al. (2016), DeepGaze II.
    """

    def __init__(
        self,
        *,
        channels: tuple[int, ...] = (24, 40, 80, 112, 192, 320),
        width: int = 64,
        dropout: float = 0.25,
        centre_hw: tuple[int, int] = (9, 12),
        backbone: str = "",
    ) -> None:
        super().__init__()
        self.backbone_sha256 = backbone
        # dilated: the same, and quicker on one thread (see `_SameConv`)
        self.laterals = nn.ModuleList(nn.Conv2d(c, width, 1, dilation=2) for c in channels)
        self.context = nn.Linear(channels[-1], width)
        self.fuse = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(len(channels) // 2))
        self.dropout = nn.Dropout2d(dropout)
        self.readout = nn.Conv2d(width, 1, 1)
        nn.init.normal_(self.readout.weight, std=0.01)
        self.log_blur = nn.Parameter(torch.tensor(0.5))
        """Log of the blur's standard deviation, cells of the finest features."""
        self.centre = nn.Parameter(torch.zeros(centre_hw))
        for k, c in enumerate(channels):
            self.register_buffer(f"mean_{k}", torch.zeros(c))
            self.register_buffer(f"sd_{k}", torch.ones(c))

    def forward(self, features: Sequence[Tensor], grid_hw: tuple[int, int], *, centre_weight: float = 1.0) -> Tensor:
        """Log densities (B, H, W) on the map grid, natural logarithm, exponentials summing to 1.

        Args:
            features: From `Backbone`.
            grid_hw: Rows and columns of the map grid.
            centre_weight: 0 takes the centre bias away, 1 is what was learnt.
        """
        # in float32 whatever came before: logits of eight bits would show as steps in the map
        score_B1hw = self._blur(self._score(features)).float()
        score_BHW = functional.interpolate(score_B1hw, size=grid_hw, mode="bicubic", align_corners=False)[:, 0]
        centre_BHW = functional.interpolate(self.centre[None, None], size=grid_hw, mode="bicubic", align_corners=False)[
            :, 0
        ]
        logits_BHW = score_BHW + centre_weight * centre_BHW
        return logits_BHW.flatten(1).log_softmax(dim=1).view_as(logits_BHW)

    @torch.no_grad()
    def standardise(self, mean: Sequence[Tensor], sd: Sequence[Tensor]) -> None:
        """Set the mean (C,) and standard deviation (C,) of every feature, taken from training images."""
        for k, (mean_C, sd_C) in enumerate(zip(mean, sd, strict=True)):
            getattr(self, f"mean_{k}").copy_(mean_C)
            getattr(self, f"sd_{k}").copy_(sd_C)

    def _score(self, features: Sequence[Tensor]) -> Tensor:
        top: Tensor | None = None
        for k in range(len(self.fuse) - 1, -1, -1):
            level: Tensor | None = None
            for tap in (2 * k, 2 * k + 1):
                mean_C11, sd_C11 = (getattr(self, f"{name}_{tap}")[:, None, None] for name in ("mean", "sd"))
                standard_BChw = (features[tap] - mean_C11) / sd_C11
                read_BChw = self.laterals[tap](self.dropout(standard_BChw))
                level = read_BChw if level is None else level + read_BChw
            assert level is not None
            if top is None:
                # one vector for the whole image, so that a lone face and a crowd can be told apart
                level = level + self.context(standard_BChw.mean(dim=(-2, -1)))[:, :, None, None]
            else:
                level = level + functional.interpolate(top, size=level.shape[-2:], mode="bilinear", align_corners=False)
            level = functional.relu(level)
            top = level + functional.relu(self.fuse[k](level))
        score: Tensor = self.readout(self.dropout(top))
        return score

    def _blur(self, score_B1hw: Tensor) -> Tensor:
        offset = torch.arange(-_BLUR_RADIUS, _BLUR_RADIUS + 1, device=score_B1hw.device, dtype=score_B1hw.dtype)
        kernel = torch.exp(-0.5 * (offset / self.log_blur.exp()).square())
        kernel = kernel / kernel.sum()
        padded = functional.pad(score_B1hw, (_BLUR_RADIUS,) * 4, mode="replicate")
        blurred = functional.conv2d(padded, kernel.view(1, 1, 1, -1))
        return functional.conv2d(blurred, kernel.view(1, 1, -1, 1))


def predict_density(
    network: UniversalNetwork,
    features: Sequence[Tensor],
    grid_hw: tuple[int, int],
    *,
    mirrored: Sequence[Tensor] | None = None,
    centre_weight: float = 1.0,
) -> Tensor:
    """Densities (B, H, W) of images, and of their mirror images where given: what is predicted then mirrors as they do.

    Args:
        network: In evaluation mode.
        features: Of the images.
        grid_hw: Rows and columns of the map grid.
        mirrored: Features of the mirror images; twice the time, and CC .003 to .006 above either on images that were
            not trained on.
        centre_weight: See `UniversalNetwork`.
    """
    if mirrored is None:
        mean_BHW: Tensor = network(features, grid_hw, centre_weight=centre_weight)
    else:
        both = [torch.cat(pair) for pair in zip(features, mirrored, strict=True)]
        log_BHW, mirrored_BHW = network(both, grid_hw, centre_weight=centre_weight).chunk(2)
        mean_BHW = (log_BHW + mirrored_BHW.flip(-1)) / 2
    return mean_BHW.flatten(1).softmax(dim=1).view_as(mean_BHW)
