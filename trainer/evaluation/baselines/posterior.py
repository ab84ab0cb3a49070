"""Models of the personal network on a posterior embedding: with the right user, a wrong one, or the average observer.

Shape legend: N images, M pairs, C channels of the trunk, S statistics, D embedding size, H W map grid, h w basis grid.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gazeapp.networks.backbone import find_backbone
from gazeapp.networks.gaze_basis import GazeBasis, on_basis_grid
from gazeapp.networks.map_grid import to_density
from gazeapp.networks.user_posterior import BasisPersonalNetwork, UserPosterior
from trainer.evaluation.baselines.interface import Query, SupportSet
from trainer.evaluation.data import EvaluationData

_CHUNK = 16


class ProjectedImages:
    """The image's part of a network's basis maps, computed once for every image of a data.

    Args:
        basis: Whose.
    """

    def __init__(self, basis: GazeBasis) -> None:
        self._basis = basis
        self._backbone = find_backbone(sha256=basis.backbone_sha256 or None)
        self._known: dict[int, Tensor] = {}

    @torch.inference_mode()
    def of(self, data: EvaluationData, images: NDArray[np.int64]) -> Tensor:
        """(N, K, h, w)."""
        missing = np.array([i for i in images.tolist() if i not in self._known], dtype=np.int64)
        for k in range(0, len(missing), _CHUNK):
            part = missing[k : k + _CHUNK]
            features = data.tensors.features(self._backbone, part)
            self._known.update(zip(part.tolist(), self._basis.project(features), strict=True))
        return torch.stack([self._known[i] for i in images.tolist()])


class PosteriorEmbedder:
    """A posterior encoder's view of the evaluated people; habits are left out, they say nothing about where.

    Args:
        encoder: The network.
    """

    def __init__(self, encoder: UserPosterior) -> None:
        self.encoder = encoder.eval()
        self._projected = ProjectedImages(encoder.basis)
        self._known: dict[tuple[int, int], Tensor] = {}

    @torch.inference_mode()
    def embed(self, data: EvaluationData, support: SupportSet) -> Tensor:
        """(D,) posterior mean from one observer's pairs."""
        wanted = support.images.tolist()
        observer = support.observer
        missing = np.array([i for i in wanted if (observer, i) not in self._known], np.int64)
        for k in range(0, len(missing), _CHUNK):
            part = missing[k : k + _CHUNK]
            projected = self._projected.of(data, part)
            size = (projected.shape[-2], projected.shape[-1])
            spatial_BS = self.encoder.spatial_statistics(
                projected,
                on_basis_grid(to_density(data.personal(observer, part)), size),
                on_basis_grid(to_density(data.base(observer, part)), size),
            )
            n_fixations_B = torch.tensor([float(len(points)) for points in data.fixations(observer, part)])
            every = self.encoder.pair_statistics(spatial_BS, n_fixations_B, None)
            for image, statistics_S in zip(part.tolist(), every, strict=True):
                self._known[observer, image] = statistics_S
        total_S = torch.stack([self._known[observer, i] for i in wanted]).sum(dim=0)
        return self.encoder.pool(total_S[None])[0]


class PersonalBasisModel:
    """The personal network with the embedding of the support pairs' owner.

    Args:
        network: The network.
        embedder: Where embeddings come from.
        projected: Its images, shared with `AverageObserverModel`.
    """

    name, wrong_name, needs_support = "personal_best", "personal_wrong_user", True

    def __init__(
        self,
        network: BasisPersonalNetwork,
        embedder: PosteriorEmbedder,
        projected: ProjectedImages,
    ) -> None:
        self._network, self.embedder, self._projected = network.eval(), embedder, projected

    def fit(self, data: EvaluationData) -> None:
        """Nothing is learnt."""

    def predict(self, data: EvaluationData, query: Query) -> Tensor:
        """Densities (N, H, W) of the images of a query."""
        assert query.support is not None
        user_D = self.embedder.embed(data, query.support)
        return _densities(self._network, self._projected, data, query, user_D)


class AverageObserverModel:
    """The same network with the embedding 0, which is the average observer: what it gives to whom it knows nothing of.

    Args:
        network: The network.
        projected: Its images.
    """

    name, wrong_name, needs_support = "personal_mean_user", "", False

    def __init__(self, network: BasisPersonalNetwork, projected: ProjectedImages) -> None:
        self._network, self._projected = network.eval(), projected

    def fit(self, data: EvaluationData) -> None:
        """Nothing is learnt."""

    def predict(self, data: EvaluationData, query: Query) -> Tensor:
        """Densities (N, H, W) of the images of a query."""
        user_D = torch.zeros(self._network.dim)
        return _densities(self._network, self._projected, data, query, user_D)


@torch.inference_mode()
def _densities(
    network: BasisPersonalNetwork,
    projected: ProjectedImages,
    data: EvaluationData,
    query: Query,
    user_D: Tensor,
) -> Tensor:
    projected_NKhw = projected.of(data, query.images)
    log_NHW = network.log_density_on(
        projected_NKhw,
        to_density(query.base_NHW),
        user_D.expand(len(query.images), -1),
    )
    return log_NHW.exp()
