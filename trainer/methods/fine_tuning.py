"""Fine-tuning of a universal network on another study: where it starts, what it watches, and what it has then seen.

A user's study is small, so the network is trained little: a low rate, statistics of the norms kept as they were, an end
when left-out images get no better, and a temperature fitted to those.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from gazeapp.errors import NotEnoughData
from trainer.data.tensors import TensorDataset
from trainer.engine.configs import UniversalConfig
from trainer.engine.runs import RunFolder
from trainer.methods.checkpoints import load_weights
from trainer.methods.universal import train_universal
from trainer.methods.validation import ValidationPlan, validate_universal

HELD_OUT_SHARE = 0.15
"""Share of the images of each data set that is held out where no validation images are named."""
_LEAST_IMAGES = 5
_WATCH_EVERY, _PATIENCE = 20, 5
"""Steps between two looks, and looks without a better one before the end."""


def fine_tune(
    data: list[TensorDataset],
    start: Path,
    config: UniversalConfig,
    run: RunFolder,
    seed: int,
    device: torch.device,
    validation: ValidationPlan | None = None,
) -> None:
    """Go on with the training of a universal network, on another study.

    Args:
        data: The study.
        start: Run or weights to start from.
        config: `configs.universal("finetune")`, or another.
        run: Where states and weights go.
        seed: Of everything random, and of the images held out.
        device: To train on.
        validation: What to watch; None holds `HELD_OUT_SHARE` of the images out.
    """
    checkpoint = load_weights(start, "universal")
    if validation is None:
        data, watched = hold_out(data, seed)
        validation = ValidationPlan(
            validation_data=watched, reference_data=watched, every=_WATCH_EVERY, patience=_PATIENCE
        )
    train_universal(
        data,
        config,
        run,
        seed,
        device,
        validate_universal(validation, config.truth),
        start=checkpoint,
        held_out=validation.validation_data,
    )


def hold_out(data: list[TensorDataset], seed: int) -> tuple[list[TensorDataset], list[TensorDataset]]:
    """Part the images of each data set, by seed, into those trained on and those watched.

    Raises:
        NotEnoughData: Too few images to hold any out.
    """
    kept: list[TensorDataset] = []
    watched: list[TensorDataset] = []
    for part in data:
        dataset = part.dataset
        if dataset.n_images < _LEAST_IMAGES:
            raise NotEnoughData(
                f"{dataset.source}: {dataset.n_images} images; fine-tuning needs at least {_LEAST_IMAGES}, some to "
                f"train on "
                "and some to tell when to stop"
            )
        order = np.random.default_rng([seed, 1]).permutation(dataset.image_index)
        n_watched = max(1, round(len(order) * HELD_OUT_SHARE))
        for chosen, group in ((order[n_watched:], kept), (order[:n_watched], watched)):
            group.append(TensorDataset(replace(dataset, image_index=np.sort(chosen)), part.device))
    return kept, watched
