"""Models that say the same of everybody: the universal map, the papers' variant of it, and a predictor's."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.networks.map_grid import to_density
from trainer.data.tensors import predict_universal
from trainer.evaluation.baselines.interface import Query
from trainer.evaluation.baselines.ridge import learning_queries
from trainer.evaluation.baselines.uniform_mixing import SHARES, best_share, with_floor
from trainer.evaluation.data import EvaluationData, mean_density


class UniversalModel:
    """The universal map that all models start from."""

    name, wrong_name, needs_support = "usm", "", False

    def fit(self, data: EvaluationData) -> None:
        """Nothing is learnt."""

    def predict(self, data: EvaluationData, query: Query) -> Tensor:
        """Densities (N, H, W) of the images of a query."""
        return to_density(query.base_NHW)


class SelfInclusiveModel:
    """The mean of everybody's maps with the target's own among them, as published tables have it; for comparison
    only.
    """

    name, wrong_name, needs_support = "usm_self_inclusive", "", False

    def fit(self, data: EvaluationData) -> None:
        """Nothing is learnt."""

    def predict(self, data: EvaluationData, query: Query) -> Tensor:
        """Densities (N, H, W) of the images of a query."""
        return to_density(data.tensors.universal(query.images))


class PredictorModel:
    """A universal network's own prediction, such as one fine-tuned on the training part.

    Args:
        network: `UniversalNetwork`.
        name: Model name.
    """

    wrong_name, needs_support = "", False

    def __init__(self, network: nn.Module, name: str = "finetuned_usm") -> None:
        self.name = name
        self._network = network
        self._known: dict[int, Tensor] = {}

    def fit(self, data: EvaluationData) -> None:
        """Nothing is learnt."""

    def predict(self, data: EvaluationData, query: Query) -> Tensor:
        """Densities (N, H, W) of the images of a query."""
        missing = np.array([i for i in query.images.tolist() if i not in self._known], np.int64)
        if missing.size:
            predicted = predict_universal(self._network, data.tensors, missing).cpu()
            self._known |= dict(zip(missing.tolist(), predicted, strict=True))
        return to_density(torch.stack([self._known[i] for i in query.images.tolist()]))


_FLOOR = 1e-3
"""Share of uniform mass: as the baseline of information gain it must be positive everywhere."""


class CentreModel:
    """Mean density of the group's maps of the learning images, without the target."""

    name, wrong_name, needs_support = "centre", "", False

    def __init__(self) -> None:
        self._of: dict[int, Tensor] = {}

    def fit(self, data: EvaluationData) -> None:
        """Average every observer of the group."""
        self._of = {observer: mean_density(data, observer, data.usable(observer)) for observer in data.group}

    def density(self, observer: int) -> Tensor:
        """(H, W) for one target, or, with -1, of the whole group."""
        mean_HW = torch.stack([d for o, d in self._of.items() if o != observer]).mean(dim=0)
        return with_floor(mean_HW / mean_HW.sum(), _FLOOR)

    def predict(self, data: EvaluationData, query: Query) -> Tensor:
        """Densities (N, H, W) of the images of a query."""
        return self.density(query.observer).expand(len(query.images), -1, -1)


_COARSE_HW = (6, 8)
_PSEUDO_PAIRS = (4.0, 16.0, 64.0, 256.0)
"""Candidates for how many pairs of an average person are added: few pairs then say little."""
_TINY = 1e-6


class SpatialPriorModel:
    """log p = log USM + log ratio of the person's to the universal mass on the support images, shrunk to 0.

    Shrinkage and floor are chosen on the group: each of its observers from random pairs, on other learning images.
    """

    name, wrong_name, needs_support = "spatial_prior", "spatial_prior_wrong_user", True

    def __init__(self) -> None:
        self.pseudo_pairs = _PSEUDO_PAIRS[-1]
        self.floor = SHARES[1]

    def fit(self, data: EvaluationData) -> None:
        """Choose shrinkage and floor on the group."""
        queries = learning_queries(data)
        truths = [data.personal(query.observer, query.images) for query in queries]
        found = []
        for pseudo_pairs in _PSEUDO_PAIRS:
            raw = [self._weighted(data, query, pseudo_pairs) for query in queries]
            share, kld = best_share(raw, truths)
            found.append((kld, pseudo_pairs, share))
        _, self.pseudo_pairs, self.floor = min(found)

    def predict(self, data: EvaluationData, query: Query) -> Tensor:
        """Densities (N, H, W) of the images of a query."""
        return with_floor(self._weighted(data, query, self.pseudo_pairs), self.floor)

    def _weighted(self, data: EvaluationData, query: Query, pseudo_pairs: float) -> Tensor:
        assert query.support is not None
        who, images = query.support.observer, query.support.images
        own_hw = _mass(data.personal(who, images))
        usual_hw = _mass(data.base(who, images)) + _TINY
        weight = pseudo_pairs / max(1, len(images))
        ratio_hw = (own_hw / usual_hw + weight) / (1 + weight)
        log_HW = functional.interpolate(ratio_hw.clamp_min(_TINY).log()[None, None], size=data.grid_hw, mode="bicubic")[
            0, 0
        ]
        return to_density(to_density(query.base_NHW) * log_HW.exp())


def _mass(map_MHW: Tensor) -> Tensor:
    """(h, w) mean mass per coarse cell of densities."""
    coarse = functional.adaptive_avg_pool2d(to_density(map_MHW)[:, None], _COARSE_HW)[:, 0]
    mean: Tensor = coarse.mean(dim=0)
    return mean / torch.clamp(mean.sum(), min=_TINY)
