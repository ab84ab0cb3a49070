"""Identification of people by an embedding network, and by what else would tell them apart.

Shape legend: O observers, N images, M pairs, D features of a pair, E embedding size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from gazeapp.networks.checkpoint import Checkpoint, build_network
from gazeapp.networks.encoder import Encoder
from trainer.data.dataset import Dataset
from trainer.data.tensors import TensorDataset
from trainer.evaluation.identify import (
    equal_counts,
    identification_rows,
    identify,
    spatial_features,
    without_mean_offset,
)
from trainer.methods.checkpoints import attach_universal
from trainer.methods.pair_features import Embed, embed_by, pair_features


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signature:
    """One way to tell people apart."""

    name: str
    features: Callable[[Dataset], Tensor]
    """Data to features (O, N, D)."""
    embed: Embed | None
    """Features (O, M, D) to embeddings (O, E); None takes the mean."""
    match: Callable[[Tensor, Tensor], Tensor] | None = None
    """See `identify`."""


def run_identification(
    checkpoint: Checkpoint,
    where: Path,
    used: Dataset,
    support_sizes: Sequence[int],
    *,
    universal: Path | None,
    seed: int,
    draws: int,
    is_controlled: bool = True,
) -> list[dict[str, Any]]:  # Any: JSON values
    """The embedding network and its controls, as rows of results.json.

    Every signature is tried on the data as they are, with each observer's mean offset removed (a calibration error
    or a habit of looking to one side), and with equal fixation counts.

    Args:
        checkpoint: Embedding network.
        where: Named in errors.
        used: Observers to tell apart, and the images to do it with.
        support_sizes: Values of m.
        universal: Universal network that predicts the universal maps; None takes the true ones without the observer.
        seed: Of the splits.
        draws: Random splits per m.
        is_controlled: Whether the changed data are tried too.
    """
    network = build_network(checkpoint, where)
    controls: dict[str, Callable[[], Dataset]] = {
        "": lambda: used,
        ", mean offset removed": lambda: without_mean_offset(used),
        ", equal fixation counts": lambda: equal_counts(used, seed),
    }
    rows = []
    for suffix, control in controls.items():
        if suffix and not is_controlled:
            continue
        dataset = control()
        features: dict[int, Tensor] = {}
        for signature in _signatures(network, universal):
            key = id(signature.features)
            if key not in features:
                features = {key: signature.features(dataset)}
            found = identify(
                features[key], support_sizes, n_draws=draws, seed=seed, embed=signature.embed, match=signature.match
            )
            rows += identification_rows(signature.name + suffix, found)
    return rows


def _signatures(network: torch.nn.Module, universal: Path | None) -> list[_Signature]:
    def features(dataset: Dataset) -> Tensor:
        return pair_features(network, _tensors(dataset, universal))

    encoder, embed = cast(Encoder, network), embed_by(network)
    found = [_Signature(name="embedding", features=features, embed=embed)]
    if encoder.has_posterior:  # and an embedding of two parts
        k = encoder.n_coefficients
        for name, part in (("spatial features", slice(k)), ("habits", slice(k, None))):
            found.append(_Signature(name=f"embedding, {name} only", features=features, embed=_part_of(embed, part)))
        found.append(_Signature(name="posterior ratio", features=features, embed=None, match=_ratio_of(encoder)))
        spatial = _ratio_of(encoder, has_habits=False)
        found.append(
            _Signature(name="posterior ratio, spatial features only", features=features, embed=None, match=spatial)
        )
    return [*found, _Signature(name="spatial map alone", features=spatial_features, embed=None)]


def _part_of(embed: Embed, part: slice) -> Embed:
    return lambda pairs_OMD: embed(pairs_OMD)[:, part]


def _ratio_of(encoder: Encoder, *, has_habits: bool = True) -> Callable[[Tensor, Tensor], Tensor]:
    """How much likelier queries (O, M, S) and the gallery are one person's than two people's, (queries, gallery)."""
    k = encoder.n_coefficients
    n_spatial = k + k * (k + 1) // 2

    def totals(pairs_OMS: Tensor) -> Tensor:
        total_OS = pairs_OMS.sum(dim=1).double()
        if not has_habits:
            total_OS[:, n_spatial:] = 0  # as of viewings whose habits are not known
        return total_OS

    def log_marginal(total_OS: Tensor) -> Tensor:
        found = encoder.log_marginal(total_OS)
        assert found is not None
        return found

    @torch.no_grad()
    def match(query_OMS: Tensor, gallery_OMS: Tensor) -> Tensor:
        query_OS, gallery_OS = totals(query_OMS), totals(gallery_OMS)
        # all pairs, each person's own part once
        both_QGS = query_OS[:, None] + gallery_OS
        both_QG = log_marginal(both_QGS.flatten(0, 1)).view(both_QGS.shape[:2])
        return both_QG - log_marginal(query_OS)[:, None] - log_marginal(gallery_OS)

    return match


def _tensors(dataset: Dataset, universal: Path | None) -> TensorDataset:
    part = TensorDataset(dataset)
    if universal is not None:
        attach_universal([part], [universal], torch.device("cpu"))
    return part
