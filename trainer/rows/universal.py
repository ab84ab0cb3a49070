"""Rows that say the same of everybody: the universal map, the papers' variant of it, and a predictor's."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from gazeapp.networks.grid import to_density
from trainer.data.resident import predict_universal
from trainer.rows.row import Case
from trainer.rows.scene import Scene


class UniversalRow:
    """The universal map that all rows start from."""

    name, wrong_name, needs_support = "usm", "", False

    def fit(self, scene: Scene) -> None:
        """Nothing is learnt."""

    def predict(self, scene: Scene, case: Case) -> Tensor:
        """Densities (N, H, W) of the images of a case."""
        return to_density(case.base_NHW)


class SelfInclusiveRow:
    """The mean of everybody's maps with the target's own among them, as published tables have it; for comparison only."""

    name, wrong_name, needs_support = "usm_self_inclusive", "", False

    def fit(self, scene: Scene) -> None:
        """Nothing is learnt."""

    def predict(self, scene: Scene, case: Case) -> Tensor:
        """Densities (N, H, W) of the images of a case."""
        return to_density(scene.data.universal(case.images))


class PredictorRow:
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

    def fit(self, scene: Scene) -> None:
        """Nothing is learnt."""

    def predict(self, scene: Scene, case: Case) -> Tensor:
        """Densities (N, H, W) of the images of a case."""
        missing = np.array([i for i in case.images.tolist() if i not in self._known], np.int64)
        if missing.size:
            predicted = predict_universal(self._network, scene.data, missing).cpu()
            self._known |= dict(zip(missing.tolist(), predicted, strict=True))
        return to_density(torch.stack([self._known[i] for i in case.images.tolist()]))
