"""How far what is said of a person can be trusted: the likelihood ratio of two embeddings, and what a posterior leaves
open.

Shape legend: O observers, N images, R draws, S statistics, D embedding size, K basis maps, L habits, T tiles of an
image, h w basis grid.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression
from scipy.stats import norm
from torch import Tensor

from gazeapp.errors import NotEnoughData
from gazeapp.networks.similarity import CAUTION, Similarity
from gazeapp.networks.user_posterior import (
    HABIT_WIDTH,
    BasisPersonalNetwork,
    UserPosterior,
)
from gazeapp.types import Json
from trainer.methods.basis_features import BasisData
from trainer.methods.posterior_embedding import all_statistics

LEVELS = (0.5, 0.8, 0.95)
CAUTIONS = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Factors of the ratio that are tried beside the one in use; `analyse constants` chooses among them."""
TRIED_CAUTION = "caution"
"""Rows of a factor that was tried: this and the factor."""
_TILES_HW = (3, 4)
_SURE = math.log(9)
_N_BINS = 10
_MAP_IMAGES = 40
"""On which maps are judged: over many more, what no basis map holds of a person outgrows chance."""
_FIXATIONS_PER_INDEPENDENT = 2.05
"""Fixations of one viewing that scatter over tiles as one independent one does; the most likely on unseen people of
OSIE and EyeCrowd (1.9 to 2.3 where two folds choose for the third)."""
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """What a data set's observers looked at, as the embedding network takes it."""

    prepared: BasisData
    statistics_NOS: Tensor
    is_predicted: bool
    """Whether on predicted universal maps."""


@torch.no_grad()
def read(encoder: UserPosterior, prepared: BasisData, *, is_predicted: bool) -> Seen:
    """Statistics of every pair, on images that everybody saw."""
    return Seen(
        prepared=prepared,
        statistics_NOS=all_statistics(encoder, prepared, predicted=is_predicted),
        is_predicted=is_predicted,
    )


def usable_images(seen: Seen) -> NDArray[np.intp]:
    """Images on which every observer has gaze."""
    looked_NO = seen.prepared.observed_density_NOhw.amax(dim=(2, 3)) > 0
    return np.flatnonzero(looked_NO.all(dim=1).cpu().numpy())


@torch.no_grad()
def ratio_rows(
    similarity: Similarity, encoder: UserPosterior, seen: Seen, support_sizes: Sequence[int], *, draws: int, seed: int
) -> list[Json]:
    """Calibration of the likelihood ratio over all pairs of people, embeddings of disjoint images.

    Rows `ratio` know nothing of the laboratory, rows `ratio, others known` where its other observers lie. Metrics:
    `cllr` (bit; 0 is perfect, 1 says nothing), `cllr_least` (after the best monotone recalibration), `ece` (expected
    calibration error of the probability at even odds), `error` (share on the wrong side), `two_called_one` and
    `one_called_two` (odds of nine to one), `named_wrong` and `named_wrong_said` (1 - share of the likeliest).

    Source:
        Brümmer and du Preez (2006), Application-independent evaluation of speaker detection.
    """
    images = usable_images(seen)
    n_people = seen.statistics_NOS.shape[1]
    if n_people < 2:
        raise NotEnoughData(f"two people or more are compared, got {n_people}", found=n_people, needed=2)
    rows = []
    for m in support_sizes:
        if 2 * m > len(images):
            continue
        rng = np.random.default_rng([seed, m])
        found: dict[str, list[_Floats]] = {"ratio": [], "ratio, others known": []}
        for _ in range(draws):
            order = torch.from_numpy(rng.permutation(images)[: 2 * m])
            gallery_OD, query_OD = (
                encoder.pool(seen.statistics_NOS[part].sum(dim=0)) for part in (order[:m], order[m:])
            )
            for name, ratios in found.items():
                ratios.append(_ratios(similarity, gallery_OD, query_OD, m, are_others_known=name != "ratio"))
        for name, ratios in found.items():
            rows += [
                {"model": name, "m": m, "metric": metric, "value": round(value, 4)}
                for metric, value in calibration(np.stack(ratios)).items()
            ]
        as_is = np.stack(found["ratio"])
        rows += [
            {
                "model": f"{TRIED_CAUTION} {tried:g}",
                "m": m,
                "metric": "cllr",
                "value": round(calibration(as_is * (tried / CAUTION))["cllr"], 4),
            }
            for tried in CAUTIONS
        ]
    return rows


def _ratios(similarity: Similarity, gallery_OD: Tensor, query_OD: Tensor, m: int, *, are_others_known: bool) -> _Floats:
    """(queries, gallery)."""
    found = np.empty((len(query_OD), len(gallery_OD)))
    for k, known_D in enumerate(gallery_OD):
        others = [(other_D, m) for other, other_D in enumerate(gallery_OD) if other != k] if are_others_known else []
        laboratory = similarity.laboratory(others)
        for q, asked_D in enumerate(query_OD):
            found[q, k] = similarity.log_likelihood_ratio(asked_D, m, known_D, m, laboratory)
    return found


def calibration(ratios_RQG: _Floats) -> dict[str, float]:
    """Metrics of log-likelihood ratios (draws, queries, gallery); person q is q of the gallery.

    One and two people weigh the same.
    """
    is_one = np.broadcast_to(np.eye(ratios_RQG.shape[1], dtype=bool), ratios_RQG.shape)
    one, two = ratios_RQG[is_one], ratios_RQG[~is_one]
    ratio = np.concatenate([one, two])
    truth = np.concatenate([np.ones(len(one)), np.zeros(len(two))])
    weight = np.concatenate([np.full(len(one), 0.5 / len(one)), np.full(len(two), 0.5 / len(two))])
    probability = 1 / (1 + np.exp(-ratio))
    bins = np.minimum((probability * _N_BINS).astype(int), _N_BINS - 1)
    order = np.argsort(ratio)
    best = isotonic_regression(truth[order], weights=weight[order]).x.clip(1e-6, 1 - 1e-6)
    least = np.empty_like(ratio)
    least[order] = np.log(best / (1 - best))
    largest = ratios_RQG.max(axis=2, keepdims=True)
    share = 1 / np.exp(ratios_RQG - largest).sum(axis=2)
    return {
        "cllr": _cllr(ratio, truth, weight),
        "cllr_least": _cllr(least, truth, weight),
        "ece": float(sum(abs((weight * (probability - truth))[bins == k].sum()) for k in range(_N_BINS))),
        "error": float((weight * ((ratio > 0) != truth)).sum()),
        "two_called_one": float((two >= _SURE).mean()),
        "one_called_two": float((one <= -_SURE).mean()),
        "named_wrong": float((ratios_RQG.argmax(axis=2) != np.arange(ratios_RQG.shape[1])).mean()),
        "named_wrong_said": float(1 - share.mean()),
    }


def _cllr(ratio: _Floats, truth: _Floats, weight: _Floats) -> float:
    return float((weight * np.logaddexp(0, np.where(truth > 0, -ratio, ratio))).sum() / math.log(2))


@torch.no_grad()
def coverage_rows(
    encoder: UserPosterior,
    personal: BasisPersonalNetwork,
    seen: Seen,
    support_sizes: Sequence[int],
    *,
    draws: int,
    seed: int,
) -> list[Json]:
    """How often what is left of an observer's images falls within the intervals that m of them gave.

    Rows `coefficients`: scores of the images left, along every basis map. Rows `habits`: their mean habits. Rows
    `maps`: shares of gaze in twelve tiles of 40 images, summed, of the predicted personal maps. Metrics:
    `within_50`, `within_80`, `within_95`, and `variance` of the residuals in units of the predicted one.
    """
    images = usable_images(seen)
    rows = []
    for m in support_sizes:
        if 2 * m > len(images):
            continue
        rng = np.random.default_rng([seed, 41, m])
        found: dict[str, list[Tensor]] = {}
        for _ in range(draws):
            order = rng.permutation(images)
            for name, residuals in _residuals(encoder, personal, seen, order[:m], order[m:]):
                found.setdefault(name, []).append(residuals.flatten())
        for name, parts in found.items():
            u = torch.cat(parts).double()
            shares = {f"within_{100 * q:.0f}": float((u.abs() < norm.ppf(0.5 + q / 2)).double().mean()) for q in LEVELS}
            shares["variance"] = float(u.square().mean())
            rows += [
                {"model": name, "m": m, "metric": metric, "value": round(value, 4)} for metric, value in shares.items()
            ]
    return rows


def _residuals(
    encoder: UserPosterior,
    personal: BasisPersonalNetwork,
    seen: Seen,
    support: NDArray[np.intp],
    query: NDArray[np.intp],
) -> Iterator[tuple[str, Tensor]]:
    """Residuals over their predicted standard deviations."""
    k, n_habits = encoder.basis.n_basis, encoder.n_habits
    support_OS, query_OS = (seen.statistics_NOS[torch.from_numpy(part)].sum(dim=0) for part in (support, query))
    mean_OK = encoder.pool(support_OS)[:, :k]
    width_O11, query_width_O11 = (encoder.width(part)[:, None, None] for part in (support_OS, query_OS))
    covariance_OKK = width_O11 * torch.linalg.inv(encoder.precision(support_OS))
    fisher_OKK = encoder.precision(query_OS) - torch.eye(k)
    score_OK = query_OS[:, :k] * encoder.log_evidence.exp()
    expected_OK = torch.einsum("okl,ol->ok", fisher_OKK, mean_OK)
    predicted_OKK = fisher_OKK @ covariance_OKK @ fisher_OKK + query_width_O11 * fisher_OKK
    yield "coefficients", (score_OK - expected_OK) / predicted_OKK.diagonal(dim1=1, dim2=2).sqrt()
    if n_habits:
        variance_L = encoder.habit_variance
        m_O1, n_O1 = support_OS[:, -1:], query_OS[:, -1:].clamp_min(1)
        latent_OL = support_OS[:, -1 - n_habits : -1] * variance_L.sqrt() / (1 + m_O1 * variance_L)
        observed_OL = query_OS[:, -1 - n_habits : -1] / n_O1
        spread_OL = HABIT_WIDTH * (variance_L / (1 + m_O1 * variance_L) + 1 / n_O1)
        yield "habits", (observed_OL - variance_L.sqrt() * latent_OL) / spread_OL.sqrt()
    if seen.is_predicted:
        yield "maps", _map_residuals(personal, seen, query[:_MAP_IMAGES], mean_OK, covariance_OKK)


def _map_residuals(
    personal: BasisPersonalNetwork, seen: Seen, query: NDArray[np.intp], mean_OK: Tensor, covariance_OKK: Tensor
) -> Tensor:
    """(O, T) shares of gaze in tiles, summed over the images.

    Three things make them differ from what is predicted: the person's coefficients, as uncertain as the posterior says;
    that a viewing has few fixations; and errors of the universal map, which all observers share and which are taken
    out.
    """
    data = seen.prepared
    n_people = len(mean_OK)
    scale_K = personal.log_scale.exp()
    observed_OT, expected_OT = torch.zeros(n_people, math.prod(_TILES_HW)), torch.zeros(n_people, math.prod(_TILES_HW))
    noise_OT = torch.zeros_like(expected_OT)
    slope_OTK = torch.zeros(n_people, math.prod(_TILES_HW), mean_OK.shape[1])
    tile_Thw = _tiles(data.size_hw)
    for image in query:
        only = np.array([image])
        usm_1hw = data.coarse_universal(only, predicted=True)[:, 0]
        projected_1Khw = personal.basis.project_directions(data.directions(only))
        basis_KN = personal.basis.basis(projected_1Khw, usm_1hw)[0].flatten(1) * scale_K[:, None]
        log_ON = personal.log_density_on(
            projected_1Khw.expand(n_people, -1, -1, -1), usm_1hw.expand(n_people, -1, -1), mean_OK
        ).flatten(1)
        density_ON = log_ON.exp()
        share_OT = density_ON @ tile_Thw.flatten(1).T
        centred_OKN = basis_KN[None] - (density_ON @ basis_KN.T)[:, :, None]
        slope_OTK += torch.einsum("on,okn,tn->otk", density_ON, centred_OKN, tile_Thw.flatten(1))
        n_O = data.n_fixations_NO[int(image)].clamp_min(1)
        noise_OT += share_OT * (1 - share_OT) * _FIXATIONS_PER_INDEPENDENT / n_O[:, None]
        expected_OT += share_OT
        observed_OT += data.observed_density_NOhw[int(image)].flatten(1) @ tile_Thw.flatten(1).T
    residual_OT = observed_OT - expected_OT
    variance_OT = torch.einsum("otk,okl,otl->ot", slope_OTK, covariance_OKK, slope_OTK) + noise_OT
    # with the mean over people goes 1 / O of their own variance
    return (residual_OT - residual_OT.mean(dim=0)) / (variance_OT * (1 - 1 / n_people)).sqrt()


def _tiles(size_hw: tuple[int, int]) -> Tensor:
    """(T, h, w) 1 where a cell belongs to a tile."""
    rows = torch.arange(size_hw[0]) * _TILES_HW[0] // size_hw[0]
    columns = torch.arange(size_hw[1]) * _TILES_HW[1] // size_hw[1]
    number_hw = rows[:, None] * _TILES_HW[1] + columns[None]
    return torch.stack([(number_hw == t).float() for t in range(math.prod(_TILES_HW))])
