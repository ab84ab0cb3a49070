"""A little mass everywhere: a density without any is infinitely wrong where somebody does look.

Shape legend: N images, H W map grid rows and columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from gazeapp.networks.map_grid import to_density

SHARES = (0.0, 0.003, 0.01, 0.03, 0.1, 0.2)
"""Candidates for the share of uniform mass."""


def with_floor(density_NHW: Tensor, share: float) -> Tensor:
    """Mix with the uniform density: CC, NSS and AUC do not change, KLD and information gain become finite."""
    cells = density_NHW.shape[-1] * density_NHW.shape[-2]
    return (1 - share) * density_NHW + share / cells


def mean_kld(density_NHW: Tensor, truth_NHW: Tensor) -> float:
    """Mean divergence of densities from the truth in nats; only for choosing among candidates."""
    tiny = 1e-12
    ratio = truth_NHW / (density_NHW + tiny) + tiny
    return float((truth_NHW * ratio.log()).sum(dim=(-2, -1)).mean())


def best_share(densities: Sequence[Tensor], truths: Sequence[Tensor]) -> tuple[float, float]:
    """The share of uniform mass with the lowest mean divergence, and that divergence.

    Args:
        densities: Predictions (N, H, W), one entry per observer.
        truths: Personal maps of any scale.
    """
    predicted, truth = torch.cat(list(densities)), to_density(torch.cat(list(truths)))
    scored = [(mean_kld(with_floor(predicted, share), truth), share) for share in SHARES]
    kld, share = min(scored)
    return share, kld
