"""A saliency network trained from nothing: what readouts stand on where no ImageNet network is at hand.

Shape legend: B images, C channels, H W grid rows and columns.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.networks.map_grid import IMAGE_SCALE


class EncoderNetwork(nn.Module):
    """Five-stage residual encoder, top-down fusion at a quarter of the map grid, learnt centre bias.

    Args:
        widths: Channels of the five stages; each halves the grid of the one before.
        fused: Channels of the top-down path.
        centre_hw: Grid of the learnt centre bias, over the whole image whatever its size.
        dropout: Probability per channel before the readout.

    Source:
        Own. The readout ends as in Kümmerer et al.: log density = readout + centre bias - logsumexp.
    """

    def __init__(
        self,
        *,
        widths: tuple[int, ...] = (16, 32, 48, 96, 160),
        fused: int = 64,
        centre_hw: tuple[int, int] = (9, 12),
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.centre_hw = (centre_hw[0], centre_hw[1])
        self.arguments: dict[str, tuple[int, ...] | int | float] = {
            "widths": tuple(widths),
            "fused": fused,
            "centre_hw": self.centre_hw,
            "dropout": dropout,
        }
        """With which another of the same shape is built."""
        self._widths = tuple(widths)
        stages: list[nn.Module] = []
        c_in = 3
        for k, c_out in enumerate(widths):
            layers: list[nn.Module] = [_convolution(c_in, c_out, 5 if k == 0 else 3, stride=2)]
            if k >= 2:  # the first two stages are too large for more than one convolution each
                layers += [_Residual(c_out), _Residual(c_out)]
            stages.append(nn.Sequential(*layers))
            c_in = c_out
        self.stages = nn.ModuleList(stages)
        self.laterals = nn.ModuleList(nn.Conv2d(c, fused, 1) for c in widths[2:])
        self.context = nn.Linear(widths[-1], fused)
        self.fuse = _convolution(fused, fused, 3)
        self.dropout = nn.Dropout2d(dropout)
        self.readout = nn.Sequential(
            nn.Conv2d(fused, fused // 2, 1), nn.ReLU(inplace=True), nn.Conv2d(fused // 2, 1, 1)
        )
        self.centre = nn.Parameter(torch.zeros(self.centre_hw))

    def forward(self, image_BCHW: Tensor) -> Tensor:
        """Log densities (B, H, W) on the map grid, natural logarithm, exponentials summing to 1.

        Args:
            image_BCHW: RGB in [-1, 1] at `IMAGE_SCALE` pixels per map cell.
        """
        grid = (image_BCHW.shape[-2] // IMAGE_SCALE, image_BCHW.shape[-1] // IMAGE_SCALE)
        fused = self._see(image_BCHW)[1]
        # in float32 whatever came before: logits of eight bits would show as steps in the map
        score_BCHW = self.readout(self.dropout(fused)).float()
        score_BHW = functional.interpolate(score_BCHW, size=grid, mode="bicubic", align_corners=False)[:, 0]
        centre_BHW = functional.interpolate(self.centre[None, None], size=grid, mode="bicubic", align_corners=False)[
            :, 0
        ]
        logits_BHW = score_BHW + centre_BHW
        return logits_BHW.flatten(1).log_softmax(dim=1).view_as(logits_BHW)

    def _see(self, image_BCHW: Tensor) -> tuple[list[Tensor], Tensor]:
        features, levels = image_BCHW, []
        for stage in self.stages:
            features = stage(features)
            levels.append(features)
        top: Tensor = self.laterals[-1](levels[-1])
        # one vector for the whole image, so that a lone face and a crowd can be told apart
        top = top + self.context(levels[-1].mean(dim=(-2, -1)))[:, :, None, None]
        for lateral, level in zip(list(self.laterals)[-2::-1], levels[-2:1:-1], strict=True):
            top = lateral(level) + functional.interpolate(
                top, size=tuple(level.shape[-2:]), mode="bilinear", align_corners=False
            )
        fused: Tensor = self.fuse(top)
        return levels, fused


class _Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _convolution(channels, channels, 3)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, values: Tensor) -> Tensor:
        return functional.relu(values + self.norm(self.second(self.first(values))))


def _convolution(c_in: int, c_out: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, kernel, stride=stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(c_out),
        nn.ReLU(inplace=True),
    )
