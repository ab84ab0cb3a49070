"""Universal map times where one person looks more, or less, than others do on the same images. No image content.

Shape legend: N images, M pairs, H W map grid, h w coarse grid.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from gazeapp.networks.grid import to_density
from trainer.rows.floor import SHARES, best_share, with_floor
from trainer.rows.ridge import learning_cases
from trainer.rows.row import Case
from trainer.rows.scene import Scene

_COARSE_HW = (6, 8)
_PSEUDO_PAIRS = (4.0, 16.0, 64.0, 256.0)
"""Candidates for how many pairs of an average person are added: few pairs then say little."""
_TINY = 1e-6


class SpatialPriorRow:
    """log p = log USM + log ratio of the person's to the universal mass on the support images, shrunk to 0.

    Shrinkage and floor are chosen on the group: each of its observers from random pairs, on other learning images.
    """

    name, wrong_name, needs_support = "spatial_prior", "spatial_prior_wrong_user", True

    def __init__(self) -> None:
        self.pseudo_pairs = _PSEUDO_PAIRS[-1]
        self.floor = SHARES[1]

    def fit(self, scene: Scene) -> None:
        """Choose shrinkage and floor on the group."""
        cases = learning_cases(scene)
        truths = [scene.personal(case.observer, case.images) for case in cases]
        found = []
        for pseudo_pairs in _PSEUDO_PAIRS:
            raw = [self._weighted(scene, case, pseudo_pairs) for case in cases]
            share, kld = best_share(raw, truths)
            found.append((kld, pseudo_pairs, share))
        _, self.pseudo_pairs, self.floor = min(found)

    def predict(self, scene: Scene, case: Case) -> Tensor:
        """Densities (N, H, W) of the images of a case."""
        return with_floor(self._weighted(scene, case, self.pseudo_pairs), self.floor)

    def _weighted(self, scene: Scene, case: Case, pseudo_pairs: float) -> Tensor:
        assert case.support is not None
        who, images = case.support.observer, case.support.images
        own_hw = _mass(scene.personal(who, images))
        usual_hw = _mass(scene.base(who, images)) + _TINY
        weight = pseudo_pairs / max(1, len(images))
        ratio_hw = (own_hw / usual_hw + weight) / (1 + weight)
        log_HW = functional.interpolate(
            ratio_hw.clamp_min(_TINY).log()[None, None], size=scene.grid_hw, mode="bicubic"
        )[0, 0]
        return to_density(to_density(case.base_NHW) * log_HW.exp())


def _mass(map_MHW: Tensor) -> Tensor:
    """(h, w) mean mass per coarse cell of densities."""
    coarse = functional.adaptive_avg_pool2d(to_density(map_MHW)[:, None], _COARSE_HW)[:, 0]
    mean: Tensor = coarse.mean(dim=0)
    return mean / torch.clamp(mean.sum(), min=_TINY)
