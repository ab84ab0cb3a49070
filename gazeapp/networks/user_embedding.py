"""Siamese encoder: (image, personal map) pairs to a user embedding.

Shape legend: B pairs, C channels, H W grid rows and columns, D embedding size, M pairs of one user.
"""

from __future__ import annotations

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

PSM = ("psm",)
PSM_AND_UNIVERSAL = ("usm", "psm", "difference")
"""Map channels; all in the training maps' scale (personal map maximum 1, universal map their mean)."""


class UserEncoder(nn.Module):
    """Four strided convolution blocks, global average pooling, dropout, linear.

    Args:
        map_channels: Which maps follow RGB, of `usm`, `psm`, `difference` (psm - usm).
        widths: Channels of the four blocks.
        dim: Size of the embedding.
        dropout: Probability before the linear layer.
        downsample: Factor by which the map grid is averaged before the first block.
        pool_hw: Grid to which the last features are averaged; 1x1 forgets where on the image something was.
        centred: Standardise the features over people and images. What all pairs share would otherwise dominate the
            direction of every embedding, and nobody could be told from anybody (measured: the contrastive loss then
            stays at chance for hundreds of steps).

    Source:
        Strohm, Bâce, Bulling (2024), Learning user embeddings from human gaze. Widths are not given there: 32, 64,
        128, 256 is our reading; channels beyond the personal map, the pooling grid and the standardisation are ours.
    """

    def __init__(
        self,
        *,
        map_channels: tuple[str, ...] = PSM,
        widths: tuple[int, ...] = (32, 64, 128, 256),
        dim: int = 32,
        dropout: float = 0.5,
        downsample: int = 1,
        pool_hw: tuple[int, int] = (1, 1),
        centred: bool = False,
    ) -> None:
        super().__init__()
        self.map_channels = tuple(map_channels)
        self.dim = dim
        self.downsample = downsample
        self.pool_hw = (pool_hw[0], pool_hw[1])
        channels = (3 + len(self.map_channels), *widths)
        self.blocks = nn.Sequential(
            *(
                nn.Sequential(
                    nn.Conv2d(c_in, c_out, 3, stride=2, padding=1, bias=False),
                    nn.BatchNorm2d(c_out),
                    nn.ReLU(inplace=True),
                )
                for c_in, c_out in itertools.pairwise(channels)
            )
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(widths[-1] * pool_hw[0] * pool_hw[1], dim)
        self.standardise = nn.BatchNorm1d(dim, affine=False) if centred else nn.Identity()

    def forward(
        self, image_BCHW: Tensor, psm_BHW: Tensor, usm_BHW: Tensor, *, is_shrunk: bool = False
    ) -> Tensor:
        """Features of single pairs, (B, D), not normalised.

        Args:
            image_BCHW: RGB in [-1, 1], of the map's size or a multiple of it.
            psm_BHW: Personal maps, maximum 1.
            usm_BHW: Universal maps in the same scale; not used when the channels are `psm` alone.
            is_shrunk: The maps were averaged by `downsample` already.
        """
        maps = {"psm": psm_BHW, "usm": usm_BHW, "difference": psm_BHW - usm_BHW}
        factor = 1 if is_shrunk else self.downsample
        size = (psm_BHW.shape[-2] // factor, psm_BHW.shape[-1] // factor)
        channels_BCHW = torch.stack([maps[name] for name in self.map_channels], dim=1)
        pair_BCHW = torch.cat([shrink(image_BCHW, size), shrink(channels_BCHW, size)], dim=1)
        # convolutions of 4 channels are nearly twice as fast when the channels lie together
        pair_BCHW = pair_BCHW.contiguous(memory_format=torch.channels_last)
        features_BCHW: Tensor = self.blocks(pair_BCHW).float()
        pooled_BC = functional.adaptive_avg_pool2d(features_BCHW, self.pool_hw).flatten(1)
        # features differ by little between people: never computed in 8 bits, whatever the convolutions are
        with torch.autocast(pooled_BC.device.type, enabled=False):
            feature_BD: Tensor = self.standardise(self.head(self.dropout(pooled_BC)))
        return feature_BD


def pool_features(feature_BMD: Tensor) -> Tensor:
    """Average the features of each user's pairs and scale to unit length: (B, D)."""
    return functional.normalize(feature_BMD.mean(dim=1), dim=-1)


def shrink(values_BCHW: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """Average to a smaller grid; returned as it is when it has that size already."""
    if values_BCHW.shape[-2:] == size_hw:
        return values_BCHW
    return functional.adaptive_avg_pool2d(values_BCHW, size_hw)
