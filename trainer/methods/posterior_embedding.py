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

from gazeapp.errors import SettingsError
from gazeapp.networks.checkpoint import load_checkpoint, save_checkpoint
from gazeapp.networks.gaze_basis import log_contrast
from gazeapp.networks.user_posterior import UserPosterior
from trainer.data.tensors import Index, TensorDataset, send
from trainer.engine.configs import PosteriorConfig
from trainer.engine.loop import Values, fit
from trainer.engine.losses import cosine, density_loss
from trainer.engine.runs import RunFolder
from trainer.methods.basis_features import BasisData, require_pairs
from trainer.methods.checkpoints import attach_universal, find_weights
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
        SettingsError: No universal network.
        NotEnoughData: Too few images, or an observer who saw too few.
    """
    if not universal:
        raise SettingsError(
            "train embedding --preset best: needs --universal RUN|WEIGHTS, whose features it builds on",
            key="universal",
        )
    for part in data:
        for predicted in {False, _modes(part, config.predicted_usm) > 0}:
            require_pairs(part, _LEAST_QUERIES + config.m_min, predicted=predicted)
    trunk = load_checkpoint(find_weights(universal[0], "universal"), architectures=("universal",))
    torch.manual_seed(seed)
    arguments = {
        "trunk": trunk.config,
        "n_basis": config.n_basis,
        "n_habits": config.n_habits,
    }
    model = UserPosterior(**arguments)  # type: ignore[arg-type]  # a dict of mixed types
    model.basis.trunk.load_state_dict({k: v.float() for k, v in trunk.tensors.items()})
    model.to(device)
    prepared = [BasisData(part, model.basis) for part in data]
    modes = [_modes(part, config.predicted_usm) for part in data]
    _standardise(model, prepared, modes)
    _start_from_discriminant(model, prepared, modes)
    watch = None
    if plan is not None:
        if config.predicted_usm > 0:
            attach_universal(plan.validation_data, universal, device)
        watch = validate_posterior(plan, model.basis, seed=seed)
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
        user_OD = model.posterior_mean(total_OS)
        truth_QOhw = prepared[k].observed_density_NOhw[query][:, who]
        usm_QOhw = prepared[k].coarse_universal(query, predicted=predicted)[:, who]
        projected_QKhw = model.basis.project(prepared[k].channels(query))
        log_BHW = model.log_density(
            projected_QKhw.repeat_interleave(len(observers), dim=0)[seen_B],
            usm_QOhw.flatten(0, 1)[seen_B],
            user_OD.repeat(len(query), 1)[seen_B],
            corrected=True,
        )
        truth_BHW = truth_QOhw.flatten(0, 1)[seen_B]
        loss, kld, cc = density_loss(log_BHW, truth_BHW, config.cc_weight)
        sim = torch.minimum(log_BHW.exp(), truth_BHW).sum(dim=(1, 2)).mean()
        values = {"kld": kld, "cc": cc, "sim": sim}
        return loss - config.sim_weight * sim, values

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
    corrected: bool = True,
) -> Tensor:
    """(M, O, S) what every pair says; zero, which says nothing, where an observer has no fixation.

    Training corrects predicted maps as well: these are of people whom the universal network knows. Those of unseen
    observers are used as they are, which suits them better (`trainer/RESULTS.md`).
    """
    image_M, who = prepared.part.to_index(images), prepared.part.to_index(observers)
    observed_MOhw = prepared.observed_density_NOhw[image_M][:, who]
    projected_MKhw = model.basis.project(prepared.channels(image_M))
    spatial_BS = model.spatial_statistics(
        projected_MKhw.repeat_interleave(len(observers), dim=0),
        observed_MOhw.flatten(0, 1),
        prepared.coarse_universal(image_M, predicted=predicted)[:, who].flatten(0, 1),
        corrected=corrected,
    )
    habits_BT = prepared.habits_NOT[image_M][:, who].flatten(0, 1)
    habits_BS = model.habit_statistics(habits_BT, len(habits_BT))
    seen_B = (observed_MOhw.amax(dim=(2, 3)) > 0).flatten().float()
    statistics_BS = torch.cat([spatial_BS, habits_BS], dim=1) * seen_B[:, None]
    return statistics_BS.view(len(images), len(observers), -1)


@torch.no_grad()
def all_statistics(
    model: UserPosterior,
    prepared: BasisData,
    *,
    predicted: bool,
    corrected: bool = True,
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
            corrected=corrected,
        )
        for i in range(0, prepared.part.n_images, chunk)
    ]
    return torch.cat(found)


def _modes(part: TensorDataset, share: float) -> float:
    """Share of steps on the predicted universal map."""
    return share if part.predicted_NHW is not None else 0.0


@torch.no_grad()
def _standardise(model: UserPosterior, prepared: list[BasisData], modes: list[float]) -> None:
    """Give the channels mean 0 and deviation 1; data sets weigh the same."""
    found = [data.channel_statistics(predicted=mode > 0) for data, mode in zip(prepared, modes, strict=True)]
    mean = torch.stack([mean for mean, _ in found])
    spread = torch.stack([variance for _, variance in found]).mean(dim=0) + mean.var(dim=0, correction=0)
    model.basis.channel_mean.copy_(mean.mean(dim=0))
    model.basis.channel_sd.copy_(spread.clamp_min(1e-8).sqrt())


@torch.no_grad()
def _start_from_discriminant(model: UserPosterior, prepared: list[BasisData], modes: list[float]) -> None:
    """Basis maps along which the training people differ most; from random ones the first hundred steps are lost."""
    basis = model.basis
    scores, habits = [], []
    for data, mode in zip(prepared, modes, strict=True):
        part, predicted = data.part, mode > 0
        usable = part.images_to_draw(predicted=predicted)
        score_NOC = np.full((len(usable), part.n_observers, len(basis.weight)), np.nan)
        for row, image in enumerate(usable):
            only = np.array([image])
            observed_Ohw = data.observed_density_NOhw[image]
            usm_Ohw = data.coarse_universal(only, predicted=predicted)[0]
            channels = data.channels(only).expand(part.n_observers, -1, -1, -1)
            every = torch.cat([channels, log_contrast(usm_Ohw)[:, None]], dim=1)
            every = (every - basis.channel_mean[:, None, None]) / basis.channel_sd[:, None, None]
            score_OC = torch.einsum("ohw,ochw->oc", observed_Ohw - usm_Ohw, every)
            seen = observed_Ohw.amax(dim=(1, 2)) > 0
            score_NOC[row, seen.cpu().numpy()] = score_OC[seen].cpu().double().numpy()
        scores.append(score_NOC)
        habits.append(data.habits_NOT[torch.from_numpy(usable)].cpu().double().numpy())
    _, axes, _ = discriminant(scores, basis.n_basis)
    basis.weight[:, : axes.shape[1]] = torch.from_numpy(axes).to(basis.weight) * _INITIAL_SCALE
    if model.n_habits:
        mean, axes, variance = discriminant(habits, model.n_habits)
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
