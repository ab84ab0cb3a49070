"""What an embedding's scatter within and between people says of two embeddings: fitted after the embedding is trained.

Shape legend: N images, O observers, S statistics, D embedding size, L axes, R draws, P pairs of embeddings.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor

from gazeapp.networks.encoder import Encoder
from gazeapp.networks.similarity import CAUTION, SUPPORT_SIZES, Similarity
from trainer.methods.posterior_embedding import discriminant

_DRAWS = 40
_AXES_AT = 16
"""Pairs per embedding at which the axes are found."""
_CALIBRATION_PAIRS = 2000


@torch.no_grad()
def fit_similarity(similarity: Similarity, encoder: Encoder, statistics: Sequence[Tensor], *, seed: int) -> None:
    """Set axes, variances and scale.

    Args:
        similarity: Filled in place.
        encoder: Whose embeddings are compared.
        statistics: (N, O, S) of each data set, zeros where an observer saw nothing.
        seed: Of the draws.
    """
    drawn = {m: [_draw(encoder, of_data, m, seed) for of_data in statistics] for m in SUPPORT_SIZES}
    mean, axes, _ = discriminant([values.double().numpy() for values in drawn[_AXES_AT]], similarity.axes.shape[1])
    similarity.mean.copy_(torch.from_numpy(mean))
    similarity.axes.copy_(torch.from_numpy(axes))
    for k, m in enumerate(SUPPORT_SIZES):
        within, between = [], []
        for values_ROD in drawn[m]:
            placed_ROL = values_ROD @ similarity.axes
            person_OL = placed_ROL.mean(dim=0)
            within.append((placed_ROL - person_OL).square().mean(dim=(0, 1)) * _DRAWS / (_DRAWS - 1))
            between.append(person_OL.var(dim=0) - within[-1] / _DRAWS)
        similarity.within[k] = torch.stack(within).mean(dim=0).clamp_min(1e-6)
        similarity.between[k] = torch.stack(between).mean(dim=0).clamp_min(0)
    similarity.scale.fill_(_calibrate(similarity, drawn, seed))


def _draw(encoder: Encoder, statistics_NOS: Tensor, m: int, seed: int) -> Tensor:
    """(R, O, D) embeddings of everybody from m random images, the same images for all."""
    rng = np.random.default_rng([seed, 23, m])
    n = len(statistics_NOS)
    found = []
    for _ in range(_DRAWS):
        images = torch.from_numpy(rng.permutation(n)[: min(m, n // 2)])
        found.append(encoder.pool(statistics_NOS[images].sum(dim=0)))
    return torch.stack(found)


def _calibrate(similarity: Similarity, drawn: dict[int, list[Tensor]], seed: int) -> float:
    """The factor at which as many pairs are of one person as the ratios say, one in two being so."""
    rng = np.random.default_rng([seed, 29])
    home = similarity.laboratory(is_home=True)
    ratios, same = [], []
    for _ in range(_CALIBRATION_PAIRS):
        m = int(rng.choice(SUPPORT_SIZES))
        values_ROD = drawn[m][rng.integers(len(drawn[m]))]
        first, second = rng.choice(len(values_ROD), 2, replace=False)
        is_same = bool(rng.random() < 0.5)
        one = int(rng.integers(values_ROD.shape[1]))
        others = [k for k in range(values_ROD.shape[1]) if k != one]
        other = one if is_same else int(rng.choice(others))
        a_D, b_D = values_ROD[first, one], values_ROD[second, other]
        # without the caution for people who are not trained on: the scale would take it back
        ratios.append(similarity.log_likelihood_ratio(a_D, m, b_D, m, home) / CAUTION)
        same.append(1.0 if is_same else -1.0)
    signed = np.array(ratios) * np.array(same)
    found = minimize_scalar(
        lambda log_scale: float(np.logaddexp(0, -np.exp(log_scale) * signed).mean()),
        bounds=(-4.0, 1.0),
        method="bounded",
    )
    return float(np.exp(found.x))
