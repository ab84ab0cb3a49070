"""Adaptive category weights: how much each component of a mixture counts, by the category of the image.

Shape legend: B images, K components, N categories, H W rows and columns.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

CAT2000 = (
    "Action",
    "Affective",
    "Art",
    "BlackWhite",
    "Cartoon",
    "Fractal",
    "Indoor",
    "Inverted",
    "Jumbled",
    "LineDrawing",
    "LowResolution",
    "Noisy",
    "Object",
    "OutdoorManMade",
    "OutdoorNatural",
    "Pattern",
    "Random",
    "Satelite",
    "Sketch",
    "Social",
)
"""Names of the folders of CAT2000, spelt as there."""


class CategoryWeights(nn.Module):
    """Mixes log densities with one learnt weight vector per category, as probabilities.

    log p = logsumexp over components of (log_softmax(weights of the category) + log p of the component). The result is
    a density whatever the weights; all zero, the start, is the plain mixture.

    Args:
        n_components: Components of the mixture.
        categories: Names.

    Source:
        Galván Díaz, adaptive category weights for DeepGaze IIE. Changed: the report multiplies maps by weights after
        the softmax, so that they no longer sum to 1; `multiply_maps` does that, to show what it costs.
    """

    def __init__(self, n_components: int, categories: tuple[str, ...] = CAT2000) -> None:
        super().__init__()
        self.categories = categories
        self.weights_NK = nn.Parameter(torch.zeros(len(categories), n_components))

    def index(self, category: str) -> int:
        """Row of a category by name; -1 for one that is not known."""
        return self.categories.index(category) if category in self.categories else -1

    def log_weights(self, category_B: Tensor) -> Tensor:
        """(B, K) log weights that sum to 1 as probabilities; an unknown category (-1) takes the mean of all."""
        mean_K = self.weights_NK.mean(dim=0)
        known = self.weights_NK[category_B.clamp(min=0)]
        chosen = torch.where((category_B >= 0)[:, None], known, mean_K)
        return chosen.log_softmax(dim=1)

    def one_hot(self, category_B: Tensor) -> Tensor:
        """(B, N) certainty of the given categories; an unknown one (-1) believes in all of them alike."""
        known = functional.one_hot(category_B.clamp(min=0), len(self.categories))
        even = torch.full_like(self.weights_NK[:, 0], 1 / len(self.categories))
        return torch.where((category_B >= 0)[:, None], known.to(even.dtype), even)

    def forward(self, each_BKHW: Tensor, category_B: Tensor) -> Tensor:
        """(B, H, W) log density.

        Args:
            each_BKHW: Log density of every component.
            category_B: Rows of the categories, -1 where unknown.
        """
        log_weights = self.log_weights(category_B)
        return (each_BKHW + log_weights[:, :, None, None]).logsumexp(dim=1)

    def forward_soft(self, each_BKHW: Tensor, belief_BN: Tensor) -> Tensor:
        """(B, H, W) log density when a classifier gives probabilities of the categories: a mixture of their
        mixtures.
        """
        weights_BK = belief_BN @ self.weights_NK.softmax(dim=1)
        return (each_BKHW + weights_BK.log()[:, :, None, None]).logsumexp(dim=1)

    def multiply_maps(self, each_BKHW: Tensor, belief_BN: Tensor) -> Tensor:
        """(B, H, W) the report's own formulation: log of the maps' mean, each times (1 + its weight); not a density."""
        weights_BK = belief_BN @ (1 + self.weights_NK)
        total = (each_BKHW.exp() * weights_BK[:, :, None, None]).mean(dim=1)
        return total.clamp(min=torch.finfo(total.dtype).tiny).log()

    def multiply_log_maps(self, each_BKHW: Tensor, belief_BN: Tensor) -> Tensor:
        """(B, H, W) another reading of the report: the mean of log maps, each times (1 + its weight); not a density."""
        weights_BK = belief_BN @ (1 + self.weights_NK)
        return (each_BKHW * weights_BK[:, :, None, None]).mean(dim=1)
