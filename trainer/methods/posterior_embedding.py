"""Training of the posterior embedding: it is good if it predicts the person's gaze on images it was not made from.

Shape legend: N images, O observers, M support images, Q query images, K basis maps, S statistics, D embedding size,
h w basis grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gazeapp.networks.backbone import find_backbone
from gazeapp.networks.checkpoint import save_checkpoint
from gazeapp.networks.gaze_basis import log_contrast, spatial_waves
from gazeapp.networks.user_posterior import UserPosterior
from trainer.data.tensors import Index, TensorDataset, send
from trainer.engine.configs import PosteriorConfig
from trainer.engine.loop import Values, fit
from trainer.engine.losses import cosine, shared_mass_loss
from trainer.engine.runs import RunFolder
from trainer.methods.basis_features import BasisData, natural_axes, require_pairs
from trainer.methods.checkpoints import attach_universal
from trainer.methods.posterior_validation import validate_posterior
from trainer.methods.validation import ValidationPlan

_Floats = NDArray[np.float64]


def discriminant(
    values_NOT: Sequence[_Floats], n_directions: int, *, shrinkage: float = 0.1
) -> tuple[_Floats, _Floats, _Floats]:
    """Fit between- and within-person covariances and diagonalise both.

    Args:
        values_NOT: (N, O, T) features of each data set, which may differ in people and images; NaN rows are left out.
        n_directions: L.
        shrinkage: Share of the within-person covariance that is replaced by its diagonal.

    Returns:
        Mean (T,), axes (T, L) along which the variance within a person is 1, and the variance over people (L,) along
        them, never negative.

    Source:
        Ioffe (2006), Probabilistic linear discriminant analysis.
    """
    size = values_NOT[0].shape[-1]
    within, between = np.zeros((size, size)), np.zeros((size, size))
    n_within = n_between = 0
    images_per_person = []
    for values in values_NOT:
        person_OT = np.nanmean(values, axis=0)
        rest = (values - person_OT).reshape(-1, size)
        rest = rest[np.isfinite(rest).all(axis=1)]
        within += rest.T @ rest
        n_within += len(rest) - len(person_OT)
        centred = person_OT - person_OT.mean(axis=0)
        between += centred.T @ centred
        n_between += len(person_OT) - 1
        images_per_person.append(len(rest) / len(person_OT))
    within /= max(1, n_within)
    # the means of people carry what is left of the noise within them
    between = between / max(1, n_between) - within / float(np.mean(images_per_person))
    within = (1 - shrinkage) * within + shrinkage * np.diag(np.diag(within))
    eigenvalues, vectors = np.linalg.eigh(within)
    whitening = vectors / np.sqrt(np.maximum(eigenvalues, 1e-10 * eigenvalues.max()))
    variance, rotation = np.linalg.eigh(whitening.T @ between @ whitening)
    order = np.argsort(-variance)[:n_directions]
    mean = np.mean([np.nanmean(values, axis=(0, 1)) for values in values_NOT], axis=0)
    return mean, whitening @ rotation[:, order], np.maximum(variance[order], 0.0)


_INITIAL_SCALE = 0.1
_HABIT_SHRINKAGE = 0.3
"""Habits hang together, and their covariance is learnt from few people."""
_LEAST_QUERIES = 8


def train_posterior(
    data: list[TensorDataset],
    universal: list[Path],
    config: PosteriorConfig,
    run: RunFolder,
    seed: int,
    device: torch.device,
    plan: ValidationPlan | None = None,
) -> None:
    """Train the basis maps and the prior end to end, and write the run's weights.

    Raises:
        NotEnoughData: Too few images, or an observer who saw too few.
    """
    for part in data:
        for predicted in {False, _modes(part, config.predicted_usm) > 0}:
            require_pairs(part, _LEAST_QUERIES + config.m_min, predicted=predicted)
    torch.manual_seed(seed)
    backbone = find_backbone().to(device)
    mean_C, axes_CP = natural_axes(data, backbone, config.n_axes)
    arguments = {
        "channels": backbone.channels,
        "n_axes": axes_CP.shape[1],
        "n_basis": config.n_basis,
        "n_habits": config.n_habits,
        "backbone": backbone.sha256,
    }
    model = UserPosterior(**arguments)  # type: ignore[arg-type]  # a dict of mixed types
    model.basis.mean.copy_(mean_C)
    model.basis.axes.copy_(axes_CP)
    model.to(device)
    prepared = [BasisData(part, model.basis, backbone) for part in data]
    modes = [_modes(part, config.predicted_usm) for part in data]
    _standardise(model, prepared, modes)
    _start_from_discriminant(model, prepared, modes)
    watch = None
    if plan is not None:
        if config.predicted_usm > 0:
            attach_universal(plan.validation_data, universal, device)
        watch = validate_posterior(plan, model.basis, backbone, seed=seed)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=config.learning_rate)
    share = np.array([part.n_images for part in data]) / sum(part.n_images for part in data)

    def step_loss(step: int, rng: np.random.Generator) -> tuple[Tensor, Values]:
        k = int(rng.choice(len(data), p=share))
        predicted = rng.random() < modes[k]
        order = rng.permutation(data[k].images_to_draw(predicted=predicted))
        n_query = min(config.query_images, max(_LEAST_QUERIES, len(order) // 3))
        drawn_query, drawn_support = order[:n_query], order[n_query : n_query + config.m_max]
        observers = rng.permutation(data[k].n_observers)[: config.observers_per_step]
        query, support, who, weight_OM, seen_B = send(
            data[k].device,
            drawn_query,
            drawn_support,
            observers,
            _random_subsets(len(observers), len(drawn_support), config.m_min, rng),
            np.flatnonzero(data[k].has_map[np.ix_(drawn_query, observers)]),
        )
        statistics_MOS = pair_statistics(model, prepared[k], support, who, predicted=predicted)
        total_OS = torch.einsum("om,mos->os", weight_OM, statistics_MOS)
        user_OD = model.pool(total_OS)
        truth_QOhw = prepared[k].observed_density_NOhw[query][:, who]
        usm_QOhw = prepared[k].coarse_universal(query, predicted=predicted)
        usm_QOhw = usm_QOhw.expand(-1, len(observers), -1, -1) if predicted else usm_QOhw[:, who]
        projected_QKhw = model.basis.project_directions(prepared[k].directions(query))
        log_BHW = model.log_density(
            projected_QKhw.repeat_interleave(len(observers), dim=0)[seen_B],
            usm_QOhw.flatten(0, 1)[seen_B],
            user_OD.repeat(len(query), 1)[seen_B],
        )
        truth_BHW = truth_QOhw.flatten(0, 1)[seen_B]
        return shared_mass_loss(log_BHW, truth_BHW, cc_weight=config.cc_weight, sim_weight=config.sim_weight)

    final = fit(
        model,
        optimizer,
        step_loss,
        run=run,
        n_steps=config.steps,
        seed=seed,
        learning_rate=cosine(config.learning_rate, config.steps, warm_up=config.steps // 20),
        validation=watch,
        label="embedding",
    )
    peak = float(np.mean([part.usm_peak() for part in data]))
    save_checkpoint(
        run.weights_path,
        architecture="user_posterior",
        config=arguments,
        tensors=final.state_dict(),
        provenance={**run.settings, "usm_peak": peak, "preset_values": asdict(config)},
    )


def pair_statistics(
    model: UserPosterior,
    prepared: BasisData,
    images: Index,
    observers: Index,
    *,
    predicted: bool,
) -> Tensor:
    """(M, O, S) what every pair says; zero, which says nothing, where an observer has no fixation."""
    image_M, who = prepared.part.to_index(images), prepared.part.to_index(observers)
    observed_MOhw = prepared.observed_density_NOhw[image_M][:, who]
    projected_MKhw = model.basis.project_directions(prepared.directions(image_M))
    usm_MOhw = prepared.coarse_universal(image_M, predicted=predicted)
    if predicted:
        spatial_BS = model.shared_statistics(projected_MKhw, observed_MOhw, usm_MOhw[:, 0]).flatten(0, 1)
    else:
        spatial_BS = model.spatial_statistics(
            projected_MKhw.repeat_interleave(len(observers), dim=0),
            observed_MOhw.flatten(0, 1),
            usm_MOhw[:, who].flatten(0, 1),
        )
    n_fixations_B = prepared.n_fixations_NO[image_M][:, who].flatten()
    habits_BT = prepared.habits_NOT[image_M][:, who].flatten(0, 1)
    seen_B = (observed_MOhw.amax(dim=(2, 3)) > 0).flatten().float()
    statistics_BS = model.pair_statistics(spatial_BS, n_fixations_B, habits_BT) * seen_B[:, None]
    return statistics_BS.view(len(images), len(observers), -1)


@torch.no_grad()
def all_statistics(
    model: UserPosterior,
    prepared: BasisData,
    *,
    predicted: bool,
    chunk: int = 16,
) -> Tensor:
    """(N, O, S) of a whole data set."""
    model.eval()
    observers = np.arange(prepared.part.n_observers)
    found = [
        pair_statistics(
            model,
            prepared,
            np.arange(i, min(i + chunk, prepared.part.n_images)),
            observers,
            predicted=predicted,
        )
        for i in range(0, prepared.part.n_images, chunk)
    ]
    return torch.cat(found)


def _modes(part: TensorDataset, share: float) -> float:
    """Share of steps on the predicted universal map."""
    return share if part.predicted_NHW is not None else 0.0


@torch.no_grad()
def _standardise(model: UserPosterior, prepared: list[BasisData], modes: list[float]) -> None:
    """Mean and deviation of the log universal density; data sets weigh the same."""
    means, variances = [], []
    for data, mode in zip(prepared, modes, strict=True):
        usable = data.part.images_to_draw(predicted=mode > 0)[::4]
        log_Bhw = log_contrast(data.coarse_universal(usable, predicted=mode > 0)[:, 0])
        means.append(log_Bhw.mean())
        variances.append(log_Bhw.var())
    model.basis.contrast.copy_(torch.stack([torch.stack(means).mean(), torch.stack(variances).mean().sqrt()]))


@torch.no_grad()
def _start_from_discriminant(model: UserPosterior, prepared: list[BasisData], modes: list[float]) -> None:
    """Basis maps along which the training people differ most; from random ones the first hundred steps are lost."""
    basis = model.basis
    scores, habits = [], []
    for data, mode in zip(prepared, modes, strict=True):
        part, predicted = data.part, mode > 0
        usable = part.images_to_draw(predicted=predicted)
        waves_Shw = spatial_waves(data.size_hw).to(part.device)
        score_NOC = np.full((len(usable), part.n_observers, len(basis.weight)), np.nan)
        for row, image in enumerate(usable):
            only = np.array([image])
            observed_Ohw = data.observed_density_NOhw[image]
            usm_Ohw = data.coarse_universal(only, predicted=predicted)[0]
            image_Chw = torch.cat([data.directions(only)[0], waves_Shw])
            difference_Ohw = observed_Ohw - usm_Ohw
            of_image_OC = torch.einsum("ohw,chw->oc", difference_Ohw, image_Chw)
            density_Ochw = basis.density_channels(usm_Ohw).expand(part.n_observers, -1, -1, -1)
            of_density_OC = torch.einsum("ohw,ochw->oc", difference_Ohw, density_Ochw)
            seen = observed_Ohw.amax(dim=(1, 2)) > 0
            score_NOC[row, seen.cpu().numpy()] = torch.cat([of_image_OC, of_density_OC], dim=1)[seen].cpu().numpy()
        scores.append(score_NOC)
        habits.append(data.habits_NOT[torch.from_numpy(usable)].cpu().double().numpy())
    _, axes, _ = discriminant(scores, basis.n_basis)
    basis.weight[:, : axes.shape[1]] = torch.from_numpy(axes).to(basis.weight) * _INITIAL_SCALE
    if model.n_habits:
        mean, axes, variance = discriminant(habits, model.n_habits, shrinkage=_HABIT_SHRINKAGE)
        model.habit_mean.copy_(torch.from_numpy(mean))
        model.habit_axes.copy_(torch.from_numpy(axes))
        model.habit_variance.copy_(torch.from_numpy(variance))


def _random_subsets(n: int, n_images: int, m_min: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(n, images) 0 or 1: a subset for each person, its size uniform in the logarithm."""
    chosen = np.zeros((n, n_images), dtype=np.float32)
    for row in chosen:
        m = round(float(np.exp(rng.uniform(np.log(min(m_min, n_images)), np.log(n_images)))))
        row[rng.choice(n_images, m, replace=False)] = 1
    return chosen
