"""The worth of an embedding when the people it learns from saw only part of the images each.

Shape legend: N images, O observers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gazeapp.types import Json
from trainer.analyses.ablation import AblationSettings, identify_each
from trainer.data.dataset import Dataset
from trainer.data.tensors import TensorDataset
from trainer.engine.configs import EmbeddingConfig, PosteriorConfig


def exposed(dataset: Dataset, share: float, seed: int) -> TensorDataset:
    """The data as if every observer had seen a random share of the images; of the others nothing of theirs is left."""
    seen_NO = exposure_of(dataset, share, seed)
    table = np.array(dataset.fixations)
    row = np.full(len(dataset.image_names), -1)
    row[dataset.image_index] = np.arange(dataset.n_images)
    column = np.full(len(dataset.observer_names), -1)
    column[dataset.observer_index] = np.arange(dataset.n_observers)
    n, o = row[table["image"]], column[table["observer"]]
    in_use = (n >= 0) & (o >= 0)
    table = table[in_use & seen_NO[n, o]]
    part = TensorDataset(replace(dataset, fixations=table))
    hidden_NO = torch.from_numpy(~seen_NO)
    part.maps_NOHW[hidden_NO] = 0
    part.has_map_NO[hidden_NO] = False
    return part


def exposure_of(dataset: Dataset, share: float, seed: int) -> NDArray[np.bool_]:
    """(N, O) who is shown what: each observer the same number of images, drawn on their own."""
    rng = np.random.default_rng([seed, 23])
    n_shown = max(1, round(share * dataset.n_images))
    order_ON = np.stack([rng.permutation(dataset.n_images) for _ in range(dataset.n_observers)])
    shown: NDArray[np.bool_] = (order_ON < n_shown).T
    return shown


def exposure(
    ablation: AblationSettings,
    training: Dataset,
    config: PosteriorConfig | EmbeddingConfig,
    shares: Sequence[float],
    support_sizes: Sequence[int],
    runs: Path,
    store: Callable[[list[Json]], None],
) -> list[Json]:
    """Train an embedding per share, and recognise people on images that nobody in training saw.

    Args:
        ablation: Data and sizes.
        training: The part to train on.
        config: Of each training.
        shares: Of the images that each observer saw, above 0, at most 1.
        support_sizes: Values of m.
        runs: Folder for the trainings.
        store: Called with the rows so far after each training.
    """
    trainings = ((f"{share:.0%} seen", exposed(training, share, ablation.seed), config) for share in shares)
    return identify_each(ablation, trainings, support_sizes, runs, store)
