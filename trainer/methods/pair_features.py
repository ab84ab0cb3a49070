"""What an embedding network says of single pairs, and how it makes embeddings of several: the same for every kind.

Shape legend: O observers, N images, M pairs, D numbers that a pair adds, E embedding size.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from typing import cast

import torch
from torch import Tensor, nn

from gazeapp.networks.backbone import find_backbone
from gazeapp.networks.encoder import Encoder
from gazeapp.networks.user_embedding import UserEncoder
from gazeapp.networks.user_posterior import UserPosterior
from trainer.data.tensors import TensorDataset
from trainer.methods.basis_features import BasisData
from trainer.methods.posterior_embedding import all_statistics
from trainer.methods.siamese_embedding import encode_data

Embed = Callable[[Tensor], Tensor]
"""(O, M, D) of everyone's pairs to embeddings (O, E)."""


@singledispatch
def pair_features(network: nn.Module, part: TensorDataset) -> Tensor:
    """(O, N, D) of all pairs, NaN where an observer has no fixation; on predicted universal maps where there are any.

    Raises:
        TypeError: No embedding network.
    """
    raise TypeError(f"{type(network).__name__} makes no embeddings")


@pair_features.register
def _(network: UserEncoder, part: TensorDataset) -> Tensor:
    return encode_data(network, part)


@pair_features.register
def _(network: UserPosterior, part: TensorDataset) -> Tensor:
    backbone = find_backbone(sha256=network.backbone_sha256 or None)
    prepared = BasisData(part, network.basis, backbone)
    return all_statistics(network, prepared, predicted=part.predicted_NHW is not None).transpose(0, 1)


def embed_by(network: nn.Module) -> Embed:
    """How an embedding network makes an embedding of several pairs."""
    encoder = cast(Encoder, network)

    @torch.no_grad()
    def embed(pairs_OMD: Tensor) -> Tensor:
        return encoder.gather(pairs_OMD)

    return embed
