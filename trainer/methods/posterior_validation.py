"""What early stopping watches in the trainings of basis maps: how well the gaze of unseen observers is predicted.

Shape legend: N images, O observers, S statistics, D embedding size, K basis maps, H W map grid, h w basis grid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gazeapp.networks.backbone import Backbone
from gazeapp.networks.gaze_basis import GazeBasis, on_basis_grid
from gazeapp.networks.map_grid import to_density
from gazeapp.networks.user_posterior import BasisPersonalNetwork, UserPosterior
from trainer.data.tensors import TensorDataset
from trainer.engine.early_stopping import Validation
from trainer.engine.losses import correlation
from trainer.methods.basis_features import BasisData
from trainer.methods.validation import ValidationPlan

Reader = Callable[[Any], tuple[UserPosterior, GazeBasis, "Predict"]]  # Any: the network that is trained
"""The network that is trained to the encoder of the embeddings, its basis, and how it predicts."""
Predict = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Projected images, universal densities (N, H, W) and embeddings to personal densities on the basis grid."""


def read_embedding(model: UserPosterior) -> tuple[UserPosterior, GazeBasis, Predict]:
    """A posterior embedding is its own encoder, and predicts on the basis grid."""

    def predict(projected_NKhw: Tensor, usm_NHW: Tensor, user_ND: Tensor) -> Tensor:
        return model.log_density(projected_NKhw, on_basis_grid(usm_NHW, _size_of(projected_NKhw)), user_ND).exp()

    return model, model.basis, predict


def read_personal(encoder: UserPosterior) -> Reader:
    """A personal network has an encoder besides, and predicts on the map grid."""

    def read(model: BasisPersonalNetwork) -> tuple[UserPosterior, GazeBasis, Predict]:
        def predict(projected_NKhw: Tensor, usm_NHW: Tensor, user_ND: Tensor) -> Tensor:
            density_NHW = model.log_density_on(projected_NKhw, usm_NHW, user_ND).exp()
            return on_basis_grid(density_NHW, _size_of(projected_NKhw))

        return encoder, model.basis, predict

    return read


def _size_of(projected_NKhw: Tensor) -> tuple[int, int]:
    return projected_NKhw.shape[-2], projected_NKhw.shape[-1]


def validate_posterior(
    plan: ValidationPlan, basis: GazeBasis, backbone: Backbone, *, seed: int, read: Reader = read_embedding
) -> Validation:
    """CC with the right user's embedding from one half of the validation images, on the other half, basis grid.

    Args:
        plan: On whom and what.
        basis: Along whose axes the images are kept.
        backbone: What sees the images.
        seed: Of the halves.
        read: How the network that is trained is asked.
    """
    held = [
        _HeldOut(validation_data, reference_data, basis, backbone, seed)
        for validation_data, reference_data in zip(plan.validation_data, plan.reference_data, strict=True)
    ]

    @torch.no_grad()
    def measure(model: nn.Module) -> float:
        found = [part.scores(*read(model)) for part in held]
        return float(torch.cat(found).mean())

    return Validation(
        name="validation_cc",
        measure=measure,
        higher_is_better=True,
        every=plan.every,
        patience=plan.patience,
    )


class _HeldOut:
    """One data set's validation people on its validation images."""

    def __init__(
        self,
        validation_data: TensorDataset,
        reference_data: TensorDataset,
        basis: GazeBasis,
        backbone: Backbone,
        seed: int,
    ) -> None:
        self._data = BasisData(validation_data, basis, backbone)
        is_predicted = validation_data.predicted_NHW is not None
        universal = validation_data.predicted if is_predicted else reference_data.universal
        index = np.arange(validation_data.n_images)
        self._usm_NHW = torch.cat([universal(index[i : i + 32]) for i in index[::32]])
        order = np.random.default_rng([seed, 2]).permutation(validation_data.n_images)
        half = validation_data.n_images // 2
        self._support, self._query = order[:half], order[half:]

    def scores(self, encoder: UserPosterior, basis: GazeBasis, predict: Predict) -> Tensor:
        """CC of every (observer, image)."""
        user_OD = encoder.pool(self._totals(encoder))
        projected = basis.project_directions(self._data.directions(self._query))
        usm_NHW = to_density(self._usm_NHW[torch.from_numpy(self._query)])
        found = []
        for observer, user_D in enumerate(user_OD):
            truth_Nhw = self._data.observed_density_NOhw[torch.from_numpy(self._query), observer]
            seen = truth_Nhw.amax(dim=(1, 2)) > 0
            user_ND = user_D.expand(int(seen.sum()), -1)
            density_Nhw = predict(projected[seen], usm_NHW[seen], user_ND)
            found.append(correlation(density_Nhw.flatten(1), truth_Nhw[seen].flatten(1)))
        return torch.cat(found)

    def _totals(self, encoder: UserPosterior) -> Tensor:
        """(O, S) statistics summed over the support images."""
        projected = encoder.basis.project_directions(self._data.directions(self._support))
        usm_Nhw = on_basis_grid(to_density(self._usm_NHW[torch.from_numpy(self._support)]), self._data.size_hw)
        totals = []
        for observer in range(self._data.part.n_observers):
            observed_Nhw = self._data.observed_density_NOhw[torch.from_numpy(self._support), observer]
            seen = observed_Nhw.amax(dim=(1, 2)) > 0
            spatial_NS = encoder.spatial_statistics(projected[seen], observed_Nhw[seen], usm_Nhw[seen])
            n_fixations_N = self._data.n_fixations_NO[torch.from_numpy(self._support), observer][seen]
            totals.append(encoder.pair_statistics(spatial_NS, n_fixations_N, None).sum(dim=0))
        return torch.stack(totals)
