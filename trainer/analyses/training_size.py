"""Prediction of unseen observers against the number of training images and training people.

Source:
    Xu, Li, Wu, Yu & Gao (2017), Beyond universal saliency: Fig. 6 (200 to 600 training images).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from gazeapp.progress import track
from trainer.analyses.ablation import (
    AblationSettings,
    part_of,
    posterior_config,
    train_small_embedding,
    train_small_personal,
    unseen_observers_of,
)
from trainer.data.tensors import TensorDataset
from trainer.engine.configs import BasisPersonalConfig
from trainer.evaluation.baselines.interface import SaliencyModel
from trainer.evaluation.baselines.registry import load_models
from trainer.evaluation.baselines.universal import UniversalModel
from trainer.evaluation.data import EvaluationData
from trainer.evaluation.evaluate import ModelScores, evaluate

_SCORED = {"personal_best": "", "personal_wrong_user": "_wrong_user", "personal_mean_user": "_mean_user"}


def training_size(
    ablation: AblationSettings,
    sizes: Sequence[tuple[int, int]],
    m: int,
    runs: Path,
    store: Callable[[list[ModelScores]], object],
) -> list[ModelScores]:
    """Train embedding and personal network per size, and predict unseen observers on unseen images.

    The universal map is the same for all sizes: the mean of all training people.

    Args:
        ablation: Data and sizes.
        sizes: (images, observers) to train on.
        m: Pairs of support.
        runs: Folder for the trainings.
        store: Called with the scores so far after each size.

    Returns:
        Scores whose models are `IMAGES images OBSERVERS people`, the same with `_wrong_user` and `_mean_user`, and
        `usm`.
    """
    training = ablation.training
    for n_images, n_observers in sizes:
        part_of(training, n_images, n_observers, ablation.seed)
    data, observers, images = _evaluation_data(ablation)
    found: list[ModelScores] = []

    def score(models: Sequence[SaliencyModel]) -> list[ModelScores]:
        return evaluate(
            models,
            data,
            observers=observers,
            images=images,
            support_sizes=[m],
            n_draws=ablation.draws,
            progress=track,
        )

    found += [scores for scores in score([UniversalModel()]) if scores.model == "usm"]
    for n_images, n_observers in sizes:
        folder = runs / f"size-{n_images}-{n_observers}"
        part = TensorDataset(part_of(training, n_images, n_observers, ablation.seed))
        embedding = train_small_embedding(ablation, part, folder / "embedding", posterior_config(ablation))
        config = BasisPersonalConfig(steps=ablation.steps, predicted_usm=0.0)
        personal = train_small_personal(ablation, part, folder / "personal", embedding, config)
        models, _ = load_models([embedding, personal])
        name = f"{n_images} images {n_observers} people"
        found += [
            replace(scores, model=name + _SCORED[scores.model]) for scores in score(models) if scores.model in _SCORED
        ]
        store(found)
    return found


def all_sizes(n_images: Sequence[int], n_observers: Sequence[int]) -> list[tuple[int, int]]:
    """More images with the most people, and more people with the most images.

    >>> all_sizes([100, 200], [4, 8])
    [(100, 8), (200, 4), (200, 8)]
    """
    most = max(n_images), max(n_observers)
    return [(i, o) for i, o in product(sorted(n_images), sorted(n_observers)) if i == most[0] or o == most[1]]


def _evaluation_data(
    ablation: AblationSettings,
) -> tuple[EvaluationData, list[int], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    unseen_observers = unseen_observers_of(ablation)
    group = ablation.training.observer_index
    people = np.union1d(unseen_observers, group)
    tensors = TensorDataset(replace(ablation.dataset, observer_index=people))
    test = ablation.dataset.only(ablation.test_images, None).image_index
    images = np.searchsorted(ablation.dataset.image_index, test)
    data = EvaluationData(
        tensors,
        group=np.searchsorted(people, group).tolist(),
        learning_images=np.setdiff1d(np.arange(tensors.n_images), images),
        seed=ablation.seed,
    )
    return data, np.searchsorted(people, unseen_observers).tolist(), images
