"""Scenes of people who differ on purpose: half of them look left, half right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.trainer.synthetic_data import write_synthetic
from trainer.data.dataset import Dataset, open_data
from trainer.data.prepare import write_data
from trainer.data.tensors import TensorDataset
from trainer.evaluation.data import EvaluationData

N_IMAGES, N_OBSERVERS = 24, 6
SCORED_IMAGES = np.arange(16, 24)
LEARNING_IMAGES = np.arange(16)
UNKNOWN = (4, 5)
"""Observers whom the open scenes leave out of the group: one who looks left, one right."""


def write_people(folder: Path) -> Path:
    source = write_synthetic(folder / "images", n_images=N_IMAGES, n_observers=N_OBSERVERS)
    write_data(source, folder / "DATA", map_size_wh=(32, 24))
    return folder / "DATA"


def open_group(folder: Path, **changes) -> EvaluationData:
    """Four known observers, two unknown ones."""
    return evaluation_data(open_data(folder), group=range(4), **changes)


def closed_group(folder: Path, **changes) -> EvaluationData:
    return evaluation_data(open_data(folder), group=range(N_OBSERVERS), **changes)


def evaluation_data(dataset: Dataset, *, group, **changes) -> EvaluationData:
    return EvaluationData(TensorDataset(dataset), group=list(group), learning_images=LEARNING_IMAGES, **changes)


def with_other_gaze(data: EvaluationData, observer: int, images) -> EvaluationData:
    """The same data after somebody looked elsewhere on some images."""
    dataset = data.tensors.dataset
    maps = np.array(dataset.maps)
    maps[np.ix_(images, [observer])] = np.random.default_rng(5).random((len(images), 1, 24, 32))
    changed = replace(dataset, maps=maps)
    return EvaluationData(TensorDataset(changed), group=data.group, learning_images=data.learning_images)
