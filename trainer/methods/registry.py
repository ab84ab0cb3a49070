"""Every network that is trained on maps: its presets and its training. Heavy modules are imported when a training
starts.

The gaze estimator is trained on faces: see `commands/train_gaze.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from gazeapp.errors import SettingsError
from trainer.data.tensors import TensorDataset
from trainer.engine import configs
from trainer.engine.runs import RunFolder

if TYPE_CHECKING:
    from trainer.methods.validation import ValidationPlan


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """What a training is given besides its configuration."""

    data: list[TensorDataset]
    run: RunFolder
    seed: int
    device: torch.device
    universal: list[Path]
    """Runs or weights with universal networks that predict the training images."""
    embedding: Path | None
    """Run or weights with the embedding network."""
    start: Path | None = None
    """Run or weights that training starts from; what is taken from them, each task says."""
    backbones: Sequence[str] = ()
    """NAME or NAME=FILE of the backbones that readouts are trained on."""
    categories: Path | None = None
    """Table of the images' categories."""
    validation: ValidationPlan | None = None
    """What early stopping watches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One network."""

    configure: Callable[[str], Any]  # Any: each task has its own configurations
    """Preset name to configuration, whose type decides the method: see `train`."""
    learns_people: bool
    """Whether its data must show the same images to all observers."""


def train(job: Job, config: Any) -> None:  # Any: one of the keys of `METHODS`
    """Train by the method that the configuration belongs to, and write the run's weights."""
    METHODS[type(config)](job, config)


def _backbone(job: Job, config: configs.BackboneConfig) -> None:
    from trainer.methods.deepgaze_readouts import train_backbone

    train_backbone(job.data, config, job.run, job.seed, job.device)


def _readouts(job: Job, config: configs.ReadoutConfig) -> None:
    from trainer.methods.deepgaze_readouts import train_readouts

    train_readouts(job.data, job.backbones, job.categories, job.start, config, job.run, job.seed, job.device)


def _universal(job: Job, config: configs.UniversalConfig) -> None:
    from trainer.methods.universal import train_universal

    if job.start is not None:
        from trainer.methods.fine_tuning import fine_tune

        fine_tune(job.data, job.start, config, job.run, job.seed, job.device, job.validation)
        return
    watch, held_out = None, []
    if job.validation is not None:
        from trainer.methods.validation import validate_universal

        watch = validate_universal(job.validation, config.truth)
        held_out = job.validation.validation_data
    train_universal(job.data, config, job.run, job.seed, job.device, watch, held_out=held_out)


def _posterior(job: Job, config: configs.PosteriorConfig) -> None:
    from trainer.methods.checkpoints import attach_universal
    from trainer.methods.posterior_embedding import train_posterior

    attach_universal(job.data, job.universal, job.device)
    train_posterior(job.data, job.universal, config, job.run, job.seed, job.device, job.validation)


def _siamese(job: Job, config: configs.EmbeddingConfig) -> None:
    from trainer.methods.siamese_embedding import train_embedding

    watch = None
    if job.validation is not None:
        from trainer.methods.validation import validate_embedding

        watch = validate_embedding(job.validation, seed=job.seed)
    train_embedding(job.data, config, job.run, job.seed, job.device, watch)


def _basis_personal(job: Job, config: configs.BasisPersonalConfig) -> None:
    from trainer.methods.checkpoints import attach_universal, load_posterior
    from trainer.methods.personal_basis import train_basis_personal

    embedding = _embedding_of(job)
    attach_universal(job.data, job.universal, job.device)
    if job.validation is not None and config.predicted_usm > 0:
        attach_universal(job.validation.validation_data, job.universal, job.device)
    posterior = load_posterior(embedding, job.device)
    train_basis_personal(job.data, posterior, config, job.run, job.seed, job.device, job.validation)


def _personal(job: Job, config: configs.PersonalConfig) -> None:
    from trainer.methods.checkpoints import attach_universal, load_encoder
    from trainer.methods.personal_paper import train_personal

    embedding = _embedding_of(job)
    attach_universal(job.data, job.universal, job.device)
    encoder = load_encoder(embedding, job.device)
    watch = None
    if job.validation is not None:
        from trainer.methods.validation import validate_personal

        attach_universal(job.validation.validation_data, job.universal, job.device)
        watch = partial(validate_personal, job.validation, encoder, self_inclusive=config.self_inclusive, seed=job.seed)
    train_personal(job.data, encoder, config, job.run, job.seed, job.device, watch)


def _embedding_of(job: Job) -> Path:
    if job.embedding is None:
        raise SettingsError("train personal: --embedding RUN|WEIGHTS is needed", key="embedding")
    return job.embedding


def _multicnn(job: Job, config: configs.MultiCnnConfig) -> None:
    from trainer.evaluation.universal_predictions import attach_any
    from trainer.methods.multicnn import train_multicnn

    attach_any(job.data, job.universal, job.device)
    train_multicnn(job.data, job.start, config, job.run, job.seed, job.device)


def _multitask(job: Job, config: configs.MultiTaskConfig) -> None:
    from trainer.evaluation.universal_predictions import attach_any
    from trainer.methods.multitask import train_multitask

    attach_any(job.data, job.universal, job.device)
    train_multitask(job.data, job.start, config, job.run, job.seed, job.device)


def _configure_universal(preset: str) -> configs.UniversalConfig | configs.Config:
    return configs.configure(preset) if preset in configs.PRESETS else configs.universal(preset)


METHODS: dict[type, Callable[[Job, Any], None]] = {  # Any: of the key's type
    configs.BackboneConfig: _backbone,
    configs.ReadoutConfig: _readouts,
    configs.UniversalConfig: _universal,
    configs.PosteriorConfig: _posterior,
    configs.EmbeddingConfig: _siamese,
    configs.BasisPersonalConfig: _basis_personal,
    configs.PersonalConfig: _personal,
    configs.MultiCnnConfig: _multicnn,
    configs.MultiTaskConfig: _multitask,
}
"""Type of a configuration to the method that trains by it; a new method adds one entry."""

TASKS: dict[str, Task] = {
    "universal": Task(configure=_configure_universal, learns_people=False),
    "embedding": Task(configure=configs.embedding, learns_people=True),
    "personal": Task(configure=configs.personal, learns_people=True),
    "multicnn": Task(configure=configs.multicnn, learns_people=True),
    "multitask": Task(configure=configs.multitask, learns_people=True),
}
