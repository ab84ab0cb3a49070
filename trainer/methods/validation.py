"""Validation during training: people and images that are not trained on, and one number for each kind of network.

Shape legend: O observers, N images, D embedding size, B samples, H W map grid rows and columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.errors import NotEnoughData
from gazeapp.networks.map_grid import scale_to_peak, to_density
from gazeapp.networks.personal_saliency import PersonalNetwork
from gazeapp.networks.user_embedding import UserEncoder
from trainer.data.dataset import Dataset
from trainer.data.tensors import TensorDataset, predict_universal
from trainer.engine.early_stopping import Validation
from trainer.evaluation.metrics import evaluate_maps
from trainer.methods.siamese_embedding import encode_data
from trainer.methods.universal import observer_weights, true_maps

_N_DRAWS = 100
_M_MOST = 32
_M = (4, 8, 16, 32)
"""Pairs with which validation observers are recognised."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ValidationPlan:
    """The data that early stopping measures on, how often, and when it gives up."""

    validation_data: list[TensorDataset]
    """Images and observers measured on, of each data set that has any."""
    reference_data: list[TensorDataset]
    """The same images with the observers of training: whose mean is the universal map."""
    every: int
    """Steps between two measurements."""
    patience: int
    """Measurements without a better one after which training stops."""


def plan_validation(
    datasets: Sequence[Dataset],
    images: Sequence[str],
    observers: Sequence[str],
    *,
    every: int,
    patience: int,
    device: torch.device,
) -> ValidationPlan:
    """Keep the data of a validation ready.

    Args:
        datasets: Data without exclusions of any kind.
        images: Measured on, by name or position; all that the data sets hold where empty.
        observers: The same of observers.
        every: Steps between two measurements.
        patience: Measurements without a better one after which training stops.
        device: Where the network will be.

    Raises:
        NotEnoughData: None of the data sets has such images and observers.
    """
    validation_data, reference_data = [], []
    for dataset in datasets:
        part = dataset.only(images or None, observers or None)
        if part.n_images and part.n_observers:
            validation_data.append(TensorDataset(part, device))
            reference_data.append(TensorDataset(dataset.only(images or None, None).without([], observers), device))
    if not validation_data:
        raise NotEnoughData("train: the validation lists name nobody and nothing in the data")
    return ValidationPlan(
        validation_data=validation_data, reference_data=reference_data, every=every, patience=patience
    )


def validate_universal(plan: ValidationPlan, truth: str) -> Validation:
    """KLD to where all observers looked, on images that are not trained on."""
    weights = [observer_weights(part) if truth == "pooled" else None for part in plan.validation_data]

    def measure(model: nn.Module) -> float:
        values = []
        for part, weight_NO in zip(plan.validation_data, weights, strict=True):
            for index in _chunks(part.n_images):
                truth_BHW = to_density(true_maps(part, index, weight_NO))
                density_BHW = predict_universal(model, part, index)
                values.append(evaluate_maps(density_BHW, truth_BHW=truth_BHW, metrics=["kld"])["kld"])
        return float(torch.cat(values).mean())

    return _validation(plan, "validation_kld", measure, higher_is_better=False)


def validate_embedding(plan: ValidationPlan, *, seed: int) -> Validation:
    """Precision at 1 of observers that are not trained on, among everybody who is not tested; mean over `_M`, as far as
    the images allow.

    Two or three people alone are told apart by chance too often to stop a training by. Those trained on stand in the
    gallery only.
    """

    def measure(model: nn.Module) -> float:
        assert isinstance(model, UserEncoder)
        values = []
        for part, reference in zip(plan.validation_data, plan.reference_data, strict=True):
            feature_OND = torch.cat([encode_data(model, part), encode_data(model, reference)])
            values.append(_p_at_1(feature_OND, part.n_observers, model.gather, seed))
        return float(np.mean(values))

    return _validation(plan, "validation_p_at_1", measure)


@torch.no_grad()
def _p_at_1(feature_OND: Tensor, n_queries: int, gather: Callable[[Tensor], Tensor], seed: int) -> float:
    """How often the first `n_queries` observers are nearest to themselves, from disjoint images; NaN without any."""
    feature_OND = feature_OND[:, torch.isfinite(feature_OND).all(dim=2).all(dim=0)]
    n_images = feature_OND.shape[1]
    hits = []
    for m in [m for m in _M if 2 * m <= n_images] or ([n_images // 2] if n_images > 1 else []):
        rng = np.random.default_rng([seed, m])
        for _ in range(_N_DRAWS):
            order = torch.from_numpy(rng.permutation(n_images))
            gallery_OD = gather(feature_OND[:, order[:m]])
            query_QD = gather(feature_OND[:n_queries, order[m : 2 * m]])
            nearest_Q = (query_QD @ gallery_OD.T).argmax(dim=1).cpu()
            hits.append(float((nearest_Q == torch.arange(n_queries)).float().mean()))
    return float(np.mean(hits)) if hits else float("nan")


def validate_personal(
    plan: ValidationPlan, encoder: UserEncoder, peak: float, *, seed: int, self_inclusive: bool = False
) -> Validation:
    """CC with the right user's embedding from one half of the images, on the other half.

    With `self_inclusive` on universal maps that hold the person's own.
    """
    users, scored = [], []
    for part in plan.validation_data:
        order = np.random.default_rng([seed, 2]).permutation(part.n_images)
        support, rest = np.sort(order[: part.n_images // 2]), np.sort(order[part.n_images // 2 :])
        feature_OND = encode_data(encoder, part)
        users.append(torch.stack([_embedding(own_ND[support]) for own_ND in feature_OND]))
        scored.append(rest)

    def measure(model: nn.Module) -> float:
        assert isinstance(model, PersonalNetwork)
        values = []
        for part, reference, user_OD, images in zip(
            plan.validation_data, plan.reference_data, users, scored, strict=True
        ):
            for observer in range(part.n_observers):
                seen = images[part.has_map_NO[images, observer].cpu().numpy()]
                for chunk in _chunks(len(seen)):
                    index = seen[chunk]
                    user_BD = user_OD[observer].expand(len(index), -1)
                    truth_BHW = part.personal(index, np.full(len(index), observer))
                    if part.predicted_NHW is not None:
                        base_BHW = scale_to_peak(part.predicted(index), peak)
                    else:
                        base_BHW = reference.universal(index)
                        if self_inclusive:
                            base_BHW = base_BHW + (truth_BHW - base_BHW) / (reference.n_observers + 1)
                    density_BHW = _personal_density(model, part.images(index), base_BHW, user_BD)
                    found = evaluate_maps(density_BHW, truth_BHW=truth_BHW, metrics=["cc"])
                    values.append(found["cc"])
        return float(torch.cat(values).mean()) if values else float("nan")

    return _validation(plan, "validation_cc", measure)


def _validation(
    plan: ValidationPlan,
    name: str,
    measure: Callable[[nn.Module], float],
    *,
    higher_is_better: bool = True,
) -> Validation:
    return Validation(
        name=name,
        measure=measure,
        higher_is_better=higher_is_better,
        every=plan.every,
        patience=plan.patience,
    )


@torch.no_grad()
def _personal_density(model: PersonalNetwork, image_BCHW: Tensor, base_BHW: Tensor, user_BD: Tensor) -> Tensor:
    delta_BHW = model.discrepancies(image_BCHW, base_BHW, user_BD)[-1]
    size = (base_BHW.shape[-2], base_BHW.shape[-1])
    delta_BHW = functional.interpolate(delta_BHW[:, None], size=size, mode="bilinear")[:, 0]
    return to_density(base_BHW + delta_BHW)


def _embedding(feature_ND: Tensor) -> Tensor:
    usable_ND = feature_ND[torch.isfinite(feature_ND).all(dim=1)][:_M_MOST]
    return functional.normalize(usable_ND.mean(dim=0), dim=0)


def _chunks(n: int) -> list[NDArray[np.int64]]:
    return [np.arange(i, min(i + 32, n)) for i in range(0, n, 32)]
