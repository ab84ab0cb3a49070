"""Networks that a training or evaluation starts from: found in a RUN or a WEIGHTS folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gazeapp.errors import CheckpointError, DatasetIncomplete
from gazeapp.networks.checkpoint import Checkpoint, build_network, load_checkpoint
from gazeapp.networks.personal_saliency import PersonalNetwork
from gazeapp.networks.universal import UniversalNetwork
from gazeapp.networks.universal_models import NAMES
from gazeapp.networks.user_embedding import UserEncoder
from gazeapp.networks.user_posterior import UserPosterior
from trainer.data.dataset import Dataset
from trainer.data.tensors import TensorDataset, predict_universal
from trainer.engine.runs import WEIGHTS

_LEAST_OVERLAP = 0.8
"""Share of (image, observer) pairs that must exist: below it, a network can tell people by their images."""
_FAMILY = {
    "universal": ("universal",),
    "embedding": ("user_embedding", "user_set_embedding", "user_posterior"),
    "personal": ("personal_paper", "personal_basis"),
    "multitask": ("multitask",),
}


def find_weights(folder: Path, task: str) -> Path:
    """The weights file of a task in a run folder, a weights folder, or the file itself."""
    if folder.is_file():
        return folder
    for candidate in (folder / f"{task}.safetensors", folder / WEIGHTS):
        if candidate.is_file():
            return candidate
    raise CheckpointError(f"{folder}: holds no {task} weights ({task}.safetensors, or a finished run's {WEIGHTS})")


def load_weights(folder: Path, task: str) -> Checkpoint:
    """The checkpoint of a task; CheckpointError if absent, damaged or of another task."""
    return load_checkpoint(find_weights(folder, task), architectures=_FAMILY[task])


def architectures_of(folders: Sequence[Path]) -> set[str]:
    """Architectures of runs and weights files; "" stands for a WEIGHTS folder, which carries all the networks."""
    paths = [folder if folder.is_file() else folder / WEIGHTS for folder in folders]
    return {load_checkpoint(path).architecture if path.is_file() else "" for path in paths}


def load_encoder(folder: Path, device: torch.device) -> UserEncoder:
    """The embedding network."""
    checkpoint = load_checkpoint(find_weights(folder, "embedding"), architectures=("user_embedding",))
    network = build_network(checkpoint, folder)
    assert isinstance(network, UserEncoder)
    return network.to(device)


def load_posterior(folder: Path, device: torch.device) -> UserPosterior:
    """The posterior embedding network."""
    checkpoint = load_checkpoint(find_weights(folder, "embedding"), architectures=("user_posterior",))
    network = build_network(checkpoint, folder)
    assert isinstance(network, UserPosterior)
    return network.to(device)


def load_unconditioned(folder: Path) -> PersonalNetwork:
    """The unconditioned variant of the paper's personal network, on the CPU.

    Raises:
        CheckpointError: The weights hold another network.
    """
    network = build_network(load_weights(folder, "personal"), folder)
    if not isinstance(network, PersonalNetwork) or network.conditioned:
        raise CheckpointError(
            f"{folder}: holds another personal network than the one needed; `python -m trainer train personal "
            "--preset paper --set conditioned=false` makes it"
        )
    return network


def attach_universal(data: list[TensorDataset], folders: list[Path], device: torch.device) -> None:
    """Predict the universal map of every image, by networks that were not trained on it where there are such.

    Where all were, the mean of all is taken and `out_of_sample_N` says so: a network predicts the images of its own
    training better than any it will meet.
    """
    if not folders:
        return
    checkpoints = [load_weights(folder, "universal") for folder in folders]
    networks = [build_network(c, f).to(device) for c, f in zip(checkpoints, folders, strict=True)]
    for part in data:
        index = np.arange(part.n_images)
        usable = np.stack([unseen_images(checkpoint, part.dataset) for checkpoint in checkpoints])
        part.out_of_sample_N = np.asarray(usable.any(axis=0))
        usable[:, ~part.out_of_sample_N] = True
        total = torch.zeros(part.n_images, *part.maps_NOHW.shape[-2:])
        for network, use in zip(networks, usable, strict=True):
            assert isinstance(network, UniversalNetwork)
            if use.any():
                total[use] += predict_universal(network, part, index[use]).cpu()
        count = torch.from_numpy(usable.sum(axis=0)).float()[:, None, None]
        part.predicted_NHW = (total / count).to(part.device)


def is_model_name(folder: Path) -> bool:
    """Whether `--universal` names a universal model rather than a run or weights."""
    return str(folder) in NAMES and not folder.exists()


def unseen_images(checkpoint: Checkpoint, dataset: Dataset) -> NDArray[np.bool_]:
    """(N,) whether the network was trained without each image in use."""
    trained_on = {entry["source"] for entry in checkpoint.provenance.get("data", [])}
    if dataset.source not in trained_on:
        return np.ones(dataset.n_images, dtype=bool)
    excluded = dataset.only(checkpoint.provenance.get("exclude_images", []), None).image_index
    return np.isin(dataset.image_index, excluded)


def require_overlap(dataset: Dataset) -> None:
    """Refuse data whose observers saw different images: a network would identify people by their images."""
    overlap = dataset.overlap()
    if overlap < _LEAST_OVERLAP:
        raise DatasetIncomplete(
            f"{dataset.source}: observers share {overlap:.0%} of the images, {_LEAST_OVERLAP:.0%} are needed; "
            "with less, embeddings would learn the images instead of the people",
            overlap=overlap,
        )
