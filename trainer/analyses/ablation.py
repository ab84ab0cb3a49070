"""Small networks on a part of the data, as the ablations train them, and how well they identify people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gazeapp.errors import NotEnoughData
from gazeapp.networks.checkpoint import build_network
from gazeapp.types import Json
from trainer.data.dataset import Dataset
from trainer.data.tensors import TensorDataset
from trainer.engine.configs import BasisPersonalConfig, EmbeddingConfig, PosteriorConfig
from trainer.engine.runs import RunFolder
from trainer.evaluation.identify import identification_rows, identify
from trainer.methods.checkpoints import load_weights
from trainer.methods.pair_features import embed_by, pair_features
from trainer.methods.registry import Job, train

_LEAST_IMAGES = 12
_CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class AblationSettings:
    """What an ablation trains on and tests with."""

    dataset: Dataset
    """Everything."""
    test_images: tuple[str, ...]
    """Images that nobody in training saw: people are enrolled and recognised, or predicted, on these."""
    unseen_observers: tuple[str, ...]
    """Observers who are not trained on."""
    universal: Path | None
    """Run or weights of the universal network, trained without both, that posterior embeddings are made with."""
    steps: int
    seed: int
    draws: int

    @property
    def training(self) -> Dataset:
        """What may be trained on; NotEnoughData if there are fewer than two observers or images."""
        found = self.dataset.without(self.test_images, self.unseen_observers)
        if found.n_observers < 2 or found.n_images < 2:
            raise NotEnoughData("two observers and two images must be left for training")
        return found

    def settings(self, task: str) -> Json:
        """What a run of this ablation stores about its data."""
        return {
            "task": task,
            "seed": self.seed,
            "data": [{"source": self.dataset.source, "sha256": self.dataset.sha256}],
            "exclude_images": list(self.test_images),
            "exclude_observers": list(self.unseen_observers),
        }


def part_of(dataset: Dataset, n_images: int, n_observers: int, seed: int) -> Dataset:
    """A random part; a smaller one of the same seed lies within a larger one.

    Raises:
        NotEnoughData: There are not so many.
    """
    if n_images > dataset.n_images or n_observers > dataset.n_observers:
        raise NotEnoughData(
            f"{dataset.source}: {n_images} images of {n_observers} observers were asked for, there are "
            f"{dataset.n_images} and {dataset.n_observers} to train on"
        )
    rng = np.random.default_rng([seed, 17])
    images = rng.permutation(dataset.image_index)[:n_images]
    observers = rng.permutation(dataset.observer_index)[:n_observers]
    return replace(dataset, image_index=np.sort(images), observer_index=np.sort(observers))


def train_small_embedding(
    ablation: AblationSettings, part: TensorDataset, folder: Path, config: PosteriorConfig | EmbeddingConfig
) -> Path:
    """Train an embedding network on the true universal maps; returns its run folder.

    Raises:
        NotEnoughData: Too few images to predict some from others.
    """
    if part.n_images < _LEAST_IMAGES:
        raise NotEnoughData(f"{part.n_images} images are too few to train an embedding on; {_LEAST_IMAGES} at least")
    run = RunFolder(folder, ablation.settings("embedding") | {"config": asdict(config)}, resume=False)
    universal = [] if ablation.universal is None else [ablation.universal]
    job = Job(data=[part], run=run, seed=ablation.seed, device=_CPU, universal=universal, embedding=None)
    train(job, config)
    return folder


def train_small_personal(
    ablation: AblationSettings, part: TensorDataset, folder: Path, embedding: Path, config: BasisPersonalConfig
) -> Path:
    """Train a personal network on a posterior embedding's coefficients; returns its run folder."""
    run = RunFolder(folder, ablation.settings("personal") | {"config": asdict(config)}, resume=False)
    job = Job(data=[part], run=run, seed=ablation.seed, device=_CPU, universal=[], embedding=embedding)
    train(job, config)
    return folder


def posterior_config(ablation: AblationSettings, n_basis: int | None = None) -> PosteriorConfig:
    """The best recipe at the ablation's number of steps, on true universal maps."""
    config = PosteriorConfig(steps=ablation.steps, predicted_usm=0.0)
    return config if n_basis is None else replace(config, n_basis=n_basis)


class IdentificationScorer:
    """Identification on the images that nobody in training saw; what does not depend on the network is made once.

    Universal maps are the mean of everybody but the person, also where a few are to be told apart.

    Args:
        ablation: Data and draws.
    """

    def __init__(self, ablation: AblationSettings) -> None:
        self._ablation = ablation
        self._part = TensorDataset(ablation.dataset.only(ablation.test_images, None))

    def rows(
        self, embedding: Path, groups: Sequence[NDArray[np.int64]], label: str, support_sizes: Sequence[int]
    ) -> list[Json]:
        """Precision at 1 within each group of people; groups of one size, averaged.

        Args:
            embedding: Run folder of the embedding network.
            groups: Stored positions of observers.
            label: Name of the rows.
            support_sizes: Values of m.

        Returns:
            Rows of results.json; an interval is over the observers of a group, its bounds averaged over groups.
        """
        network = build_network(load_weights(embedding, "embedding"), embedding)
        feature_OND = pair_features(network, self._part)
        place = np.searchsorted(self._part.dataset.observer_index, np.concatenate(groups))
        found = [
            identify(
                feature_OND[torch.from_numpy(own)],
                support_sizes,
                n_draws=self._ablation.draws,
                seed=self._ablation.seed,
                embed=embed_by(network),
            )
            for own in np.split(place, len(groups))
        ]
        rows = []
        for same in zip(*found, strict=True):
            (row,) = identification_rows(label, same[:1])
            row["p_at_1"] = round(float(np.mean([entry.p_at_1 for entry in same])), 4)
            row["ci95"] = np.mean([entry.ci95 for entry in same], axis=0).round(4).tolist()
            rows.append(row | {"n_groups": len(same)})
        return rows


def identify_each(
    ablation: AblationSettings,
    trainings: Iterable[tuple[str, TensorDataset, PosteriorConfig | EmbeddingConfig]],
    support_sizes: Sequence[int],
    runs: Path,
    store: Callable[[list[Json]], None],
) -> list[Json]:
    """Train one embedding network after the other, and identify unseen observers and people trained on with each.

    Args:
        ablation: Data and sizes.
        trainings: Name, data and configuration of each.
        support_sizes: Values of m.
        runs: Folder for the trainings.
        store: Called with the rows so far after each training.

    Returns:
        Rows of results.json, named `NAME, unseen people` and `NAME, training people`.
    """
    unseen_observers = unseen_observers_of(ablation)
    groups = {
        "unseen people": [unseen_observers],
        "training people": groups_of_known(ablation, len(unseen_observers)),
    }
    scorer = IdentificationScorer(ablation)
    rows: list[Json] = []
    for k, (name, part, config) in enumerate(trainings):
        folder = train_small_embedding(ablation, part, runs / str(k), config)
        for who, people in groups.items():
            if people:
                rows += scorer.rows(folder, people, f"{name}, {who}", support_sizes)
        store(rows)
    return rows


def unseen_observers_of(ablation: AblationSettings) -> NDArray[np.int64]:
    """Stored positions of the observers who are not trained on.

    Raises:
        NotEnoughData: Fewer than two.
    """
    found = ablation.dataset.only(None, ablation.unseen_observers).observer_index
    if len(found) < 2:
        raise NotEnoughData("fewer than two of --observers are in the data; nobody could be confused")
    return found


def groups_of_known(ablation: AblationSettings, size: int) -> list[NDArray[np.int64]]:
    """Disjoint groups of those trained on, as large as the group of unseen observers so that chance is the same."""
    known = ablation.training.observer_index
    return [known[i : i + size] for i in range(0, len(known) - size + 1, size)]
