"""Rows of the paper's personal network: with the right user, a wrong one, the mean user, or none.

Shape legend: N images, B images of one pass, D embedding size, H W map grid rows and columns.
"""

from __future__ import annotations

import torch
from torch import Tensor

from gazeapp.networks.grid import scale_to_peak, to_density
from gazeapp.networks.personal_saliency import PersonalNetwork, upsample
from trainer.rows.embeddings import Embedder
from trainer.rows.row import Case
from trainer.rows.scene import Scene

_CHUNK = 32


class PersonalRow:
    """A personal network with the embedding of the support pairs' owner.

    Args:
        network: The network.
        embedder: Where embeddings come from.
        name: Model name.
        wrong_name: Name of its wrong-user control.
        peak: Average maximum of the universal maps it was trained on.
    """

    needs_support = True

    def __init__(
        self,
        network: PersonalNetwork,
        embedder: Embedder,
        *,
        name: str,
        wrong_name: str,
        peak: float,
    ) -> None:
        self.name, self.wrong_name = name, wrong_name
        self.embedder = embedder
        self._network, self._peak = network, peak

    def fit(self, scene: Scene) -> None:
        """Nothing is learnt."""

    def predict(self, scene: Scene, case: Case) -> Tensor:
        """Densities (N, H, W) of the images of a case."""
        assert case.support is not None
        user_D = self.embedder.embed(scene, case.support)
        return run_network(self._network, scene, case, user_D, self._peak)


class MeanUserRow:
    """A personal network with the mean embedding of the group: what it gives to somebody it knows nothing about.

    Also the unconditioned refiner, whose network knows no user.
    """

    wrong_name, needs_support = "", False

    def __init__(self, network: PersonalNetwork, embedder: Embedder, *, name: str, peak: float) -> None:
        self.name = name
        self._network, self._embedder, self._peak = network, embedder, peak

    def fit(self, scene: Scene) -> None:
        """Nothing is learnt."""

    def predict(self, scene: Scene, case: Case) -> Tensor:
        """Densities (N, H, W) of the images of a case."""
        user_D = self._embedder.mean_user(scene, case.observer)
        return run_network(self._network, scene, case, user_D, self._peak)


@torch.inference_mode()
def run_network(network: PersonalNetwork, scene: Scene, case: Case, user_D: Tensor, peak: float) -> Tensor:
    """Densities (N, H, W) of a personal network for one user."""
    network.eval()
    parts = []
    for i in range(0, len(case.images), _CHUNK):
        image_BCHW = scene.data.images(case.images[i : i + _CHUNK])
        base_BHW = case.base_NHW[i : i + _CHUNK]
        user_BD = user_D.expand(len(base_BHW), -1)
        if scene.usm != "true":  # the true map keeps its own scale
            base_BHW = scale_to_peak(base_BHW, peak)
        delta_BHW = network.discrepancies(image_BCHW, base_BHW, user_BD)[-1]
        parts.append(to_density(base_BHW + upsample(delta_BHW, scene.grid_hw)))
    return torch.cat(parts)
