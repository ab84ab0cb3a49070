"""Whether two embeddings are of one person: a log-likelihood ratio, defined here and nowhere else.

Shape legend: D embedding size, L axes along which people differ, M numbers of pairs for which the scatter was measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

_N_AXES = 16
SUPPORT_SIZES = (2, 4, 8, 16, 32, 64)
"""Pairs per embedding at which scatter within and between people is measured."""


class Similarity(nn.Module):
    """Two embeddings, and how many pairs each was made from, to the log-likelihood ratio that they are one person's.

    Along each axis an embedding is the person's own place plus scatter that falls with the number of pairs; both are
    normal, with variances learnt for several numbers of pairs and read between them. One person's two embeddings share
    the place, two people's do not. What the axes say together is scaled by one number, chosen on people who were
    trained on.

    Args:
        dim: D.
        n_axes: L.

    Source:
        Ioffe (2006), Probabilistic linear discriminant analysis; Brümmer & du Preez (2006), Application-independent
        evaluation of speaker detection, for the calibration.
    """

    def __init__(self, *, dim: int, n_axes: int = _N_AXES) -> None:
        super().__init__()
        n_axes = min(n_axes, dim)
        self.register_buffer("mean", torch.zeros(dim))
        self.register_buffer("axes", torch.zeros(dim, n_axes))
        self.register_buffer("between", torch.zeros(len(SUPPORT_SIZES), n_axes))
        """Variance over people; 0: nothing was learnt, and nothing is said."""
        self.register_buffer("within", torch.ones(len(SUPPORT_SIZES), n_axes))
        """Variance over embeddings of one person."""
        self.register_buffer("scale", torch.ones(()))
        self.mean: Tensor
        self.axes: Tensor
        self.between: Tensor
        self.within: Tensor
        self.scale: Tensor

    @property
    def is_learnt(self) -> bool:
        """Whether it can tell anything."""
        return bool((self.between > 0).any())

    def log_likelihood_ratio(
        self, first_D: Tensor, n_first: int, second_D: Tensor, n_second: int, *, mean_D: Tensor | None = None
    ) -> float:
        """Natural logarithm; above 0 for one person, below for two.

        Args:
            first_D: Embedding.
            n_first: Pairs it was made from.
            second_D: Embedding.
            n_second: Pairs it was made from.
            mean_D: Average person of the laboratory; None takes that of training.
        """
        mean_D = self.mean if mean_D is None else mean_D
        a_L, b_L = ((vector - mean_D) @ self.axes for vector in (first_D, second_D))
        between_a, within_a = self._variances(n_first)
        between_b, within_b = self._variances(n_second)
        total_a, total_b = between_a + within_a, between_b + within_b
        shared = (between_a * between_b).sqrt()
        determinant = (total_a * total_b - shared.square()).clamp_min(1e-12)
        together = (total_b * a_L.square() - 2 * shared * a_L * b_L + total_a * b_L.square()) / determinant
        apart = a_L.square() / total_a + b_L.square() / total_b
        ratio = 0.5 * (apart - together + (total_a * total_b).log() - determinant.log())
        return float(self.scale * ratio.sum())

    def _variances(self, n_pairs: int) -> tuple[Tensor, Tensor]:
        """Between (L,) and within (L,) for a number of pairs: read in its logarithm between those measured."""
        steps = [math.log(size) for size in SUPPORT_SIZES]
        place = min(max(math.log(max(1, n_pairs)), steps[0]), steps[-1])
        k = min(sum(step <= place for step in steps) - 1, len(steps) - 2)
        share = (place - steps[k]) / (steps[k + 1] - steps[k])
        return (
            (1 - share) * self.between[k] + share * self.between[k + 1],
            (1 - share) * self.within[k] + share * self.within[k + 1],
        )


def probability(log_likelihood_ratio: float, *, prior: float = 0.5) -> float:
    """Probability of one person, from the ratio and what was thought before.

    >>> round(probability(math.log(9)), 3)
    0.9
    """
    odds = log_likelihood_ratio + math.log(prior / (1 - prior))
    return 1 / (1 + math.exp(-odds)) if odds > -700 else 0.0


def shares(ratios: Sequence[float]) -> list[float]:
    """Probabilities that each of several candidates is the one, if one of them is: softmax of the ratios."""
    if not ratios:
        return []
    largest = max(ratios)
    weights = [math.exp(ratio - largest) for ratio in ratios]
    return [weight / sum(weights) for weight in weights]
