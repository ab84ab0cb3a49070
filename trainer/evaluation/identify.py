"""Identification against the number of pairs, with controls.

Shape legend: O observers, N images, D embedding size, Q queries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from gazeapp.errors import NotEnoughData
from gazeapp.networks.map_grid import personal_map_on_grid
from trainer.data.dataset import Dataset
from trainer.data.tensors import TensorDataset


@dataclass(frozen=True, slots=True, kw_only=True)
class Identification:
    """Precision at 1 for one number of pairs."""

    m: int
    p_at_1: float
    ci95: tuple[float, float]
    """Over observers."""
    n_observers: int
    chance: float


def identify(
    feature_OND: Tensor,
    support_sizes: Sequence[int],
    *,
    n_draws: int,
    seed: int,
    embed: Callable[[Tensor], Tensor] | None = None,
    match: Callable[[Tensor, Tensor], Tensor] | None = None,
) -> list[Identification]:
    """Precision at 1 of single queries against a gallery of everyone.

    Gallery and query embeddings of m pairs each come from disjoint images, the same images for all observers; the
    nearest gallery embedding (cosine) must be the query's own person.

    Args:
        feature_OND: Features, NaN where an observer has no fixation.
        support_sizes: Values of m; those above half of the images are left out.
        n_draws: Random splits per m.
        seed: Of the splits.
        embed: Features (O, m, D) of everyone's pairs to embeddings (O, E); None takes their mean.
        match: Features (O, m, D) of queries and of the gallery to how alike they are, (queries, gallery); None takes
            the cosine of their embeddings.

    Raises:
        NotEnoughData: No m fits.
    """
    embed = embed or (lambda feature_OMD: feature_OMD.mean(dim=1))
    match = match or (lambda query_OMD, gallery_OMD: _cosines(embed(query_OMD), embed(gallery_OMD)))
    usable = torch.isfinite(feature_OND).all(dim=2).all(dim=0)
    feature_OND = feature_OND[:, usable]
    n_observers, n_images = feature_OND.shape[:2]
    found = []
    for m in support_sizes:
        if 2 * m > n_images:
            continue
        rng = np.random.default_rng([seed, m])
        hits = np.zeros((n_draws, n_observers))
        for draw in range(n_draws):
            order = rng.permutation(n_images)
            alike_OO = match(feature_OND[:, order[m : 2 * m]], feature_OND[:, order[:m]])
            nearest = alike_OO.argmax(dim=1).numpy()
            hits[draw] = nearest == np.arange(n_observers)
        per_observer = hits.mean(axis=0)
        resampled = per_observer[rng.integers(n_observers, size=(1000, n_observers))].mean(axis=1)
        low, high = np.percentile(resampled, [2.5, 97.5])
        found.append(
            Identification(
                m=m,
                p_at_1=float(hits.mean()),
                ci95=(float(low), float(high)),
                n_observers=n_observers,
                chance=1 / n_observers,
            )
        )
    if not found:
        raise NotEnoughData(f"identification: {n_images} images are too few for m = {min(support_sizes)}")
    return found


def _cosines(query_OD: Tensor, gallery_OD: Tensor) -> Tensor:
    return functional.normalize(query_OD, dim=-1) @ functional.normalize(gallery_OD, dim=-1).T


def rebuilt_maps(dataset: Dataset, fixations: NDArray[np.void]) -> Dataset:
    """The data set with personal maps made anew from changed fixations (for controls)."""
    height, width = dataset.maps.shape[-2:]
    maps = np.zeros_like(dataset.maps, shape=dataset.maps.shape)
    first = np.searchsorted(fixations["image"], np.arange(len(dataset.image_names) + 1))
    for image in dataset.image_index.tolist():
        rows = fixations[first[image] : first[image + 1]]
        for observer in dataset.observer_index.tolist():
            own = rows[rows["observer"] == observer]
            density = personal_map_on_grid(
                np.stack([own["x_px"], own["y_px"]], axis=1).astype(np.float64),
                dataset.size_of(image),
                (width, height),
                float(dataset.px_per_deg[image]),
                dataset.sigma_deg,
            )
            maps[image, observer] = density / max(float(density.max()), 1e-12)
    return replace(dataset, maps=maps, fixations=fixations)


def without_mean_offset(dataset: Dataset) -> Dataset:
    """Every observer's fixations moved so that all observers have the same mean position.

    A calibration offset, or a habit of looking left, then no longer tells people apart.
    """
    table = np.array(dataset.fixations)
    used = np.isin(table["image"], dataset.image_index)
    for axis in ("x_px", "y_px"):
        means = {o: float(table[axis][used & (table["observer"] == o)].mean()) for o in dataset.observer_index.tolist()}
        centre = float(np.mean(list(means.values())))
        for observer, mean in means.items():
            table[axis][table["observer"] == observer] += centre - mean
    return rebuilt_maps(dataset, table)


def equal_counts(dataset: Dataset, seed: int) -> Dataset:
    """As many fixations for every observer on an image as the one with the fewest has, drawn at random."""
    table = np.array(dataset.fixations)
    keep = np.zeros(len(table), dtype=bool)
    first = np.searchsorted(table["image"], np.arange(len(dataset.image_names) + 1))
    for image in dataset.image_index.tolist():
        rows = np.arange(first[image], first[image + 1])
        groups = [rows[table["observer"][rows] == o] for o in dataset.observer_index.tolist()]
        fewest = min((len(group) for group in groups if len(group)), default=0)
        rng = np.random.default_rng([seed, image])
        for group in groups:
            keep[rng.permutation(group)[:fewest]] = True
    return rebuilt_maps(dataset, table[keep])


def spatial_features(dataset: Dataset, grid_hw: tuple[int, int] = (6, 8)) -> Tensor:
    """Features (O, N, D) that know where, but not on what: coarse personal minus universal maps."""
    part = TensorDataset(dataset)
    features = []
    for observer in range(part.n_observers):
        index = np.arange(part.n_images)
        psm_NHW = part.personal(index, np.full(part.n_images, observer))
        usm_NHW = torch.cat(
            [
                part.universal(index[i : i + 32], np.full(len(index[i : i + 32]), observer))
                for i in range(0, len(index), 32)
            ]
        )
        coarse = functional.adaptive_avg_pool2d((psm_NHW - usm_NHW)[:, None], grid_hw).flatten(1)
        coarse[~part.has_map_NO[:, observer]] = float("nan")
        features.append(coarse)
    return torch.stack(features)


def identification_rows(model: str, found: Sequence[Identification]) -> list[dict[str, Any]]:  # Any: JSON values
    """Rows of results.json."""
    return [
        {
            "model": model,
            "m": entry.m,
            "p_at_1": round(entry.p_at_1, 4),
            "ci95": [round(x, 4) for x in entry.ci95],
            "n_observers": entry.n_observers,
            "chance": round(entry.chance, 4),
        }
        for entry in found
    ]
