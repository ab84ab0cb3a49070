"""Siamese encoder: (image, personal map) pairs to a user embedding.

Shape legend: B pairs, C channels, H W grid rows and columns, D embedding size, M pairs of one user, P directions of a
backbone's features.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.networks.encoder import ViewedImage
from gazeapp.networks.gaze_basis import combine_levels

NORMALISATIONS = ("batch", "none", "standardised")
POOLINGS = ("recurrent", "transformer")
"""How a `SetEncoder` makes one embedding of several pairs."""
_HEADS = 4


class UserEncoder(nn.Module):
    """Strided convolution blocks, average pooling, dropout, linear.

    Args:
        widths: Channels of the blocks.
        dim: Size of the embedding.
        dropout: Probability before the linear layer.
        downsample: Factor by which the map grid is averaged before the first block.
        pool_hw: Grid to which the last features are averaged; 1x1 forgets where on the image something was.
        normalisation: `batch` in every block, `none`, or `standardised`: in every block, and the features over people
            and images too, so that what all pairs share does not decide the direction of every embedding.
        n_axes: P; with them the blocks see, in place of RGB, what the shared backbone sees at a sixteenth of the image
            along these directions, weighted by the personal map: with all of the image beside it, what all people share
            hides them for a thousand steps. 0 learns to see from nothing.
        channels: Of the backbone's features.
        backbone: sha256 of the backbone.

    Raises:
        ValueError: Another normalisation.

    Source:
        Strohm, Bâce, Bulling (2024), Learning user embeddings from human gaze. Widths are not given there: 32, 64,
        128, 256 is our reading. Its network is the one of the default arguments; the others are what
        `trainer analyse encoder` compares it with.
    """

    def __init__(
        self,
        *,
        widths: tuple[int, ...] = (32, 64, 128, 256),
        dim: int = 32,
        dropout: float = 0.5,
        downsample: int = 1,
        pool_hw: tuple[int, int] = (1, 1),
        normalisation: str = "batch",
        n_axes: int = 0,
        channels: tuple[int, ...] = (),
        backbone: str = "",
    ) -> None:
        super().__init__()
        if normalisation not in NORMALISATIONS:
            raise ValueError(f"normalisation must be one of {', '.join(NORMALISATIONS)}, got {normalisation!r}")
        self.dim = dim
        self.downsample = downsample
        self.pool_hw = (pool_hw[0], pool_hw[1])
        self.n_axes = n_axes
        self._backbone = backbone
        if n_axes:
            self.register_buffer("mean", torch.zeros(sum(channels)))
            self.register_buffer("axes", torch.zeros(sum(channels), n_axes))
        self.mean: Tensor
        self.axes: Tensor
        is_normalised = normalisation != "none"
        self.blocks = nn.Sequential(
            *(
                nn.Sequential(
                    nn.Conv2d(c_in, c_out, 3, stride=2, padding=1, bias=not is_normalised),
                    nn.BatchNorm2d(c_out) if is_normalised else nn.Identity(),
                    nn.ReLU(inplace=True),
                )
                for c_in, c_out in itertools.pairwise(((n_axes or 3) + 1, *widths))
            )
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(widths[-1] * pool_hw[0] * pool_hw[1], dim)
        self.standardise = nn.BatchNorm1d(dim, affine=False) if normalisation == "standardised" else nn.Identity()

    def forward(self, image_BCHW: Tensor, psm_BHW: Tensor, *, is_downsampled: bool = False) -> Tensor:
        """Features of single pairs, (B, D), not normalised.

        Args:
            image_BCHW: RGB in [-1, 1], of the map's size or a multiple of it; with `n_axes` what `see` gives.
            psm_BHW: Personal maps, maximum 1.
            is_downsampled: The maps were averaged by `downsample` already.
        """
        factor = 1 if is_downsampled else self.downsample
        size = (psm_BHW.shape[-2] // factor, psm_BHW.shape[-1] // factor)
        if self.n_axes:
            size = (image_BCHW.shape[-2], image_BCHW.shape[-1])
        image_BCHW, psm_B1HW = shrink(image_BCHW, size), shrink(psm_BHW[:, None], size)
        image_BCHW = image_BCHW * psm_B1HW if self.n_axes else image_BCHW
        pair_BCHW = torch.cat([image_BCHW, psm_B1HW], dim=1)
        # convolutions of 4 channels are nearly twice as fast when the channels lie together
        pair_BCHW = pair_BCHW.contiguous(memory_format=torch.channels_last)
        features_BCHW: Tensor = self.blocks(pair_BCHW).float()
        pooled_BC = functional.adaptive_avg_pool2d(features_BCHW, self.pool_hw).flatten(1)
        # features differ by little between people: never computed in 8 bits, whatever the convolutions are
        with torch.autocast(pooled_BC.device.type, enabled=False):
            feature_BD: Tensor = self.standardise(self.head(self.dropout(pooled_BC)))
        return feature_BD

    @property
    def feature_size(self) -> int:
        """Numbers that a pair adds."""
        return self.dim

    @property
    def backbone_sha256(self) -> str | None:
        """Of the backbone; None where it learnt to see by itself."""
        return self._backbone if self.n_axes else None

    def see(self, features: Sequence[Tensor]) -> Tensor:
        """Images (B, P, h, w) along the network's directions, from what the shared backbone sees."""
        return functional.avg_pool2d(combine_levels(features, self.mean, self.axes), 2)

    def encode(self, viewed: ViewedImage) -> Tensor:
        """Features of single pairs, (B, D)."""
        image_BCHW = self.see(viewed.features) if self.n_axes else viewed.image_BCHW
        feature_BD: Tensor = self(image_BCHW, viewed.psm_BHW)
        return feature_BD

    def pool(self, total_BS: Tensor) -> Tensor:
        """Unit embeddings (B, D) from summed features."""
        return functional.normalize(total_BS, dim=1)

    def gather(self, feature_BMD: Tensor) -> Tensor:
        """Unit embeddings (B, D) from the features of M pairs each."""
        return self.pool(feature_BMD.mean(dim=1))

    @property
    def n_coefficients(self) -> int:
        """All of them."""
        return self.dim

    @property
    def has_posterior(self) -> bool:
        """An average has none."""
        return False

    def open_variance(self, total_BS: Tensor) -> None:
        """None: there is no posterior."""

    def expected_information(self, features: Sequence[Tensor], density_BHW: Tensor) -> None:
        """None: there is no posterior."""

    def log_marginal(self, total_BS: Tensor) -> None:
        """None: there is no posterior."""


class SetEncoder(UserEncoder):
    """The encoder whose embeddings are made by a network from all pairs at once, in place of their average.

    It needs every pair's features where an average needs their sum; the application does not use it.

    Args:
        pooling: One of `POOLINGS`: `recurrent` reads pair after pair, `transformer` lets pairs attend to each other.
        arguments: Of `UserEncoder`.

    Raises:
        ValueError: Another pooling.

    Source:
        Strohm, Bâce, Bulling (2024), who tried both and found that they overfit; of no size that is given there.
    """

    def __init__(self, *, pooling: str, **arguments: Any) -> None:  # Any: of `UserEncoder`
        super().__init__(**arguments)
        if pooling not in POOLINGS:
            raise ValueError(f"pooling must be one of {', '.join(POOLINGS)}, got {pooling!r}")
        self.pooling: nn.Module = (
            nn.GRU(self.dim, self.dim, batch_first=True)
            if pooling == "recurrent"
            else nn.TransformerEncoderLayer(self.dim, _HEADS, 2 * self.dim, batch_first=True)
        )

    def gather(self, feature_BMD: Tensor) -> Tensor:
        """Unit embeddings (B, D) from the features of M pairs each."""
        output = self.pooling(feature_BMD)
        last_BD = output[1][-1] if isinstance(output, tuple) else output.mean(dim=1)
        return functional.normalize(last_BD, dim=1)


def shrink(values_BCHW: Tensor, size_hw: tuple[int, int]) -> Tensor:
    """Average to a smaller grid; returned as it is when it has that size already."""
    if values_BCHW.shape[-2:] == size_hw:
        return values_BCHW
    return functional.adaptive_avg_pool2d(values_BCHW, size_hw)
