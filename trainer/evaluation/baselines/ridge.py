"""Per-person ridge regression of the discrepancy on the universal map and position, without image content.

Shape legend: N images, P cells of the coarse grid, K features.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from gazeapp.networks.map_grid import to_density
from trainer.evaluation.baselines.interface import Query, SupportSet
from trainer.evaluation.baselines.uniform_mixing import SHARES, best_share, with_floor
from trainer.evaluation.data import EvaluationData

_SHRINK = 8
"""Map cells per coarse cell along each axis: 15x20 for maps of 120x160."""
_PRIOR_PAIRS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
"""Candidates for the penalty, in pairs: how much the group's mean counts against the person's own pairs."""
_N_SUPPORT = 32
_N_SCORED = 24
_CHUNK = 64

Matrix = NDArray[np.float64]


class RidgeModel:
    """PSM = USM + features · w, with w drawn towards the mean of the group's, who are fitted on all their pairs.

    Features: 1, x, y, x², y², xy, and each of them times the universal map. Penalty and floor are chosen on the group.

    Source:
        Own; the baseline that a method with image content has to beat.
    """

    name, wrong_name, needs_support = "ridge", "ridge_wrong_user", True

    def __init__(self) -> None:
        self.prior_pairs = _PRIOR_PAIRS[-1]
        self.floor = SHARES[1]
        self._moments: dict[int, tuple[Matrix, Matrix]] = {}
        self._group_weights: dict[int, Matrix] = {}
        self._scale: Matrix = np.ones(1)

    def fit(self, data: EvaluationData) -> None:
        """Fit the group, then choose penalty and floor on it."""
        self._moments.clear()
        grams = [self._of(data, o)[0][data.usable(o)].mean(axis=0) for o in data.group]
        self._scale = np.diag(np.mean(grams, axis=0)) + 1e-12
        zero = np.zeros(len(self._scale))
        self._group_weights = {o: self._solve(data, o, data.usable(o), zero, 1.0) for o in data.group}
        queries = learning_queries(data)
        errors = {prior: 0.0 for prior in _PRIOR_PAIRS}
        for query in queries:
            gram, product = (part[query.images].sum(axis=0) for part in self._of(data, query.observer))
            for prior in _PRIOR_PAIRS:
                w = self._weights(data, query, prior)
                errors[prior] += float(w @ gram @ w - 2 * w @ product)
        self.prior_pairs = min(errors, key=lambda prior: errors[prior])
        truths = [data.personal(query.observer, query.images) for query in queries]
        self.floor, _ = best_share([self._raw(data, query) for query in queries], truths)

    def predict(self, data: EvaluationData, query: Query) -> Tensor:
        """Densities (N, H, W) of the images of a query."""
        return with_floor(self._raw(data, query), self.floor)

    def _raw(self, data: EvaluationData, query: Query) -> Tensor:
        weights = torch.from_numpy(self._weights(data, query, self.prior_pairs)).float()
        delta_Nhw = features_of(coarse(query.base_NHW)) @ weights
        delta_NHW = functional.interpolate(delta_Nhw[:, None], size=data.grid_hw, mode="bilinear", align_corners=False)[
            :, 0
        ]
        return to_density(query.base_NHW + delta_NHW)

    def _weights(self, data: EvaluationData, query: Query, prior_pairs: float) -> Matrix:
        assert query.support is not None
        who = query.support.observer
        # neither the target's own pairs beyond the support nor those of the person who stands in for them
        others = data.others(query.observer, who) or list(data.group)
        mean = np.mean([self._group_weights[o] for o in others], axis=0)
        return self._solve(data, who, query.support.images, mean, prior_pairs)

    def _solve(
        self, data: EvaluationData, who: int, images: NDArray[np.int64], mean: Matrix, prior_pairs: float
    ) -> Matrix:
        gram, product = (part[images].sum(axis=0) for part in self._of(data, who))
        penalty = prior_pairs * np.diag(self._scale)
        return np.asarray(mean + np.linalg.solve(gram + penalty, product - gram @ mean))

    def _of(self, data: EvaluationData, observer: int) -> tuple[Matrix, Matrix]:
        """Per image the mean outer product of the features and their mean product with the discrepancy.

        Sums over any set of images are then sums of small matrices: ten draws cost no more than one.
        """
        if observer not in self._moments:
            grams, products = [], []
            every = np.arange(data.tensors.n_images)
            for i in range(0, len(every), _CHUNK):
                images = every[i : i + _CHUNK]
                base_Nhw = coarse(data.base(observer, images))
                delta_NP = (coarse(data.personal(observer, images)) - base_Nhw).flatten(1)
                x_NPK = features_of(base_Nhw).flatten(1, 2)
                grams.append(torch.einsum("npk,npl->nkl", x_NPK, x_NPK) / x_NPK.shape[1])
                products.append(torch.einsum("npk,np->nk", x_NPK, delta_NP) / x_NPK.shape[1])
            self._moments[observer] = (
                torch.cat(grams).double().numpy(),
                torch.cat(products).double().numpy(),
            )
        return self._moments[observer]


def coarse(map_NHW: Tensor) -> Tensor:
    """Average to the grid on which the paper's discrepancies live."""
    size = (map_NHW.shape[-2] // _SHRINK, map_NHW.shape[-1] // _SHRINK)
    return functional.adaptive_avg_pool2d(map_NHW[:, None], (max(3, size[0]), max(4, size[1])))[:, 0]


def features_of(base_Nhw: Tensor) -> Tensor:
    """(N, h, w, K) features of every coarse cell."""
    height, width = base_Nhw.shape[-2:]
    y = ((torch.arange(height) + 0.5) / height * 2 - 1)[:, None].expand(height, width)
    x = ((torch.arange(width) + 0.5) / width * 2 - 1)[None, :].expand(height, width)
    position = torch.stack([torch.ones_like(x), x, y, x * x, y * y, x * y], dim=-1)
    position = position.expand(len(base_Nhw), -1, -1, -1)
    return torch.cat([position, position * base_Nhw[..., None]], dim=-1)


def learning_queries(data: EvaluationData) -> list[Query]:
    """Each observer of the group as if unknown: support pairs and scored images, both from the learning images."""
    queries = []
    for observer in data.group:
        rng = np.random.default_rng([data.seed, 7, observer])
        order = rng.permutation(data.usable(observer))
        n_support = min(_N_SUPPORT, len(order) // 2)
        images = np.sort(order[n_support : n_support + _N_SCORED])
        queries.append(
            Query(
                observer=observer,
                images=images,
                base_NHW=data.base(observer, images),
                support=SupportSet(observer=observer, images=np.sort(order[:n_support])),
            )
        )
    return queries
