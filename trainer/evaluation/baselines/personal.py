"""Models of the paper's personal network: with the right user, a wrong one, the mean user, or none.

Shape legend: N images, B images of one pass, D embedding size, H W map grid rows and columns.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gazeapp.networks.map_grid import scale_to_peak, to_density
from gazeapp.networks.personal_saliency import PersonalNetwork, upsample
from gazeapp.networks.user_embedding import UserEncoder
from trainer.evaluation.baselines.interface import Query, SupportSet
from trainer.evaluation.data import EvaluationData

_CHUNK = 32
_N_KNOWN = 96
"""Learning images per observer of the group for the mean user: more change its direction by less than 1 degree."""


class Embedder:
    """One encoder's view of the people of a data.

    Args:
        encoder: The network.
    """

    def __init__(self, encoder: UserEncoder) -> None:
        self._encoder = encoder.eval()
        self._known: dict[tuple[int, int], Tensor] = {}

    def embed(self, data: EvaluationData, support: SupportSet) -> Tensor:
        """(D,) unit embedding from one observer's pairs."""
        feature_MD = self.features(data, support.observer, support.images)
        return self._encoder.gather(feature_MD[None])[0]

    def mean_user(self, data: EvaluationData, left_out: int) -> Tensor:
        """(D,) mean of the group's embeddings without the target: the average observer.

        Not brought to unit length, which would make an extreme somebody of it.
        """
        users = []
        for observer in data.others(left_out) or list(data.group):
            usable = data.usable(observer)
            rng = np.random.default_rng([data.seed, 11, observer])
            picked = np.sort(rng.choice(usable, min(_N_KNOWN, len(usable)), replace=False))
            users.append(self.embed(data, SupportSet(observer=observer, images=picked)))
        return torch.stack(users).mean(dim=0)

    @torch.inference_mode()
    def features(self, data: EvaluationData, observer: int, images: NDArray[np.int64]) -> Tensor:
        """(M, D) features of single pairs."""
        wanted = images.tolist()
        missing = np.array([i for i in wanted if (observer, i) not in self._known], np.int64)
        for k in range(0, len(missing), _CHUNK):
            part = missing[k : k + _CHUNK]
            feature_BD = self._encoder(data.tensors.seen_by(self._encoder, part), data.personal(observer, part))
            for image, feature_D in zip(part.tolist(), feature_BD, strict=True):
                self._known[observer, image] = feature_D
        return torch.stack([self._known[observer, i] for i in wanted])


class PersonalModel:
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

    def fit(self, data: EvaluationData) -> None:
        """Nothing is learnt."""

    def predict(self, data: EvaluationData, query: Query) -> Tensor:
        """Densities (N, H, W) of the images of a query."""
        assert query.support is not None
        user_D = self.embedder.embed(data, query.support)
        return run_network(self._network, data, query, user_D, self._peak)


class MeanUserModel:
    """A personal network with the mean embedding of the group: what it gives to somebody it knows nothing about.

    Also the unconditioned refiner, whose network knows no user.
    """

    wrong_name, needs_support = "", False

    def __init__(self, network: PersonalNetwork, embedder: Embedder, *, name: str, peak: float) -> None:
        self.name = name
        self._network, self._embedder, self._peak = network, embedder, peak

    def fit(self, data: EvaluationData) -> None:
        """Nothing is learnt."""

    def predict(self, data: EvaluationData, query: Query) -> Tensor:
        """Densities (N, H, W) of the images of a query."""
        user_D = self._embedder.mean_user(data, query.observer)
        return run_network(self._network, data, query, user_D, self._peak)


@torch.inference_mode()
def run_network(network: PersonalNetwork, data: EvaluationData, query: Query, user_D: Tensor, peak: float) -> Tensor:
    """Densities (N, H, W) of a personal network for one user."""
    network.eval()
    parts = []
    for i in range(0, len(query.images), _CHUNK):
        image_BCHW = data.tensors.images(query.images[i : i + _CHUNK])
        base_BHW = query.base_NHW[i : i + _CHUNK]
        user_BD = user_D.expand(len(base_BHW), -1)
        if data.usm == "predicted":  # the true map keeps its own scale
            base_BHW = scale_to_peak(base_BHW, peak)
        delta_BHW = network.discrepancies(image_BCHW, base_BHW, user_BD)[-1]
        parts.append(to_density(base_BHW + upsample(delta_BHW, data.grid_hw)))
    return torch.cat(parts)
