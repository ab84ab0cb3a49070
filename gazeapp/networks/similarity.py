"""Whether two embeddings are of one person: a log-likelihood ratio, defined here and nowhere else.

Shape legend: D embedding size, L axes along which people differ, M numbers of pairs for which the scatter was measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

_N_AXES = 16
SUPPORT_SIZES = (2, 4, 8, 16, 32, 64)
"""Pairs per embedding at which scatter within and between people is measured."""
_LABORATORIES = 1.0
"""Variance of laboratories over that of people: as far as is known, another laboratory's average person lies as far
from that of training as any person does. Without it people of one strange laboratory look like each other."""
CAUTION = 0.7
"""What the ratio is worth on people who were not trained on: `trainer analyse constants` chooses it on unseen people of
OSIE and EyeCrowd, and says what the people of two folds would have chosen for those of the third."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Laboratory:
    """Where the average person of a laboratory lies, along the axes, in deviations of people."""

    place_L: Tensor
    open_L: Tensor
    """Variance of what is not known of it."""


class Similarity(nn.Module):
    """Two embeddings, and how many pairs each was made from, to the log-likelihood ratio that they are one person's.

    Along each axis an embedding is the person's own place plus scatter that falls with the number of pairs; both are
    normal, with variances learnt for several numbers of pairs and read between them. One person's two embeddings share
    the place, two people's do not. All people of a laboratory share its own place, which is open unless others of it
    are known. What the axes say together is scaled by one number, chosen on people who were trained on.

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

    def laboratory(self, people: Sequence[tuple[Tensor, int]] = (), *, is_home: bool = False) -> Laboratory:
        """What is known of a laboratory from embeddings of its people, each with its number of pairs.

        Nobody: as much as of any. Each person says where the average lies, less the more people differ and scatter.

        Args:
            people: Of the laboratory, each once.
            is_home: It is that of training.
        """
        known_L = torch.zeros(self.axes.shape[1])
        summed_L = torch.zeros(self.axes.shape[1])
        for vector_D, n_pairs in people:
            between_L, within_L = self._variances(n_pairs)
            # along an axis on which people do not differ nothing is said
            weight_L = between_L / (between_L + within_L)
            known_L = known_L + weight_L
            summed_L = summed_L + weight_L * ((vector_D - self.mean) @ self.axes) / between_L.clamp_min(1e-9).sqrt()
        precision_L = known_L + (1e9 if is_home else 1 / _LABORATORIES)
        return Laboratory(place_L=summed_L / precision_L, open_L=1 / precision_L)

    def log_likelihood_ratio(
        self, first_D: Tensor, n_first: int, second_D: Tensor, n_second: int, laboratory: Laboratory | None = None
    ) -> float:
        """Natural logarithm; above 0 for one person, below for two of the same laboratory.

        Args:
            first_D: Embedding.
            n_first: Pairs it was made from.
            second_D: Embedding.
            n_second: Pairs it was made from.
            laboratory: Of both; None knows nothing of it.
        """
        laboratory = laboratory or self.laboratory()
        between_a, within_a = self._variances(n_first)
        between_b, within_b = self._variances(n_second)
        a_L = (first_D - self.mean) @ self.axes - between_a.sqrt() * laboratory.place_L
        b_L = (second_D - self.mean) @ self.axes - between_b.sqrt() * laboratory.place_L
        # both so far from everybody: laboratories differ by more than was thought, and this says nothing of them
        weight_L = (between_a * between_b / (between_a + within_a) / (between_b + within_b)).sqrt()
        middle_L = (a_L / between_a.clamp_min(1e-9).sqrt() + b_L / between_b.clamp_min(1e-9).sqrt()) / 2
        strange = float((weight_L * middle_L.square()).sum() / weight_L.sum().clamp_min(1e-9)) - 1
        open_L = laboratory.open_L.clamp_min(strange)
        total_a = between_a * (1 + open_L) + within_a
        total_b = between_b * (1 + open_L) + within_b
        shared_L = (between_a * between_b).sqrt()

        def log_likelihood(covariance_L: Tensor) -> Tensor:
            determinant_L = (total_a * total_b - covariance_L.square()).clamp_min(1e-12)
            distance_L = total_b * a_L.square() - 2 * covariance_L * a_L * b_L + total_a * b_L.square()
            return -0.5 * (distance_L / determinant_L + determinant_L.log())

        # two people of a laboratory share where it lies, one person the place among its people, too
        same_L = log_likelihood(shared_L * (1 + open_L))
        apart_L = log_likelihood(shared_L * open_L)
        return float(CAUTION * self.scale * (same_L - apart_L).sum())

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
