"""Which size and shape of embedding network tells people apart, of those it learnt from and of others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from trainer.configs import EmbeddingConfig
from trainer.data.dataset import Dataset
from trainer.data.resident import Resident
from trainer.posterior_configs import PosteriorConfig
from trainer.small_models import (
    Check,
    Recogniser,
    groups_of_known,
    posterior_config,
    strangers_of,
    train_small_embedding,
)

Json = dict[str, Any]  # Any: JSON values

_SIAMESE: dict[str, Json] = {
    "Siamese": {},
    "Siamese, half width": {"widths": (8, 16, 32, 48)},
    "Siamese, double width": {"widths": (32, 64, 128, 192)},
    "Siamese, three blocks": {"widths": (16, 32, 64)},
    "Siamese, half resolution": {"downsample": 8},
    "Siamese, pooled to 1x1": {"pool_hw": (1, 1)},
    "Siamese, not standardised": {"centred": False},
}
"""Changes to our Siamese network, one at a time."""


def variants(check: Check, n_basis: Sequence[int]) -> dict[str, PosteriorConfig | EmbeddingConfig]:
    """Name to configuration: posterior encoders of several sizes, and the Siamese network changed in one way each."""
    siamese = EmbeddingConfig(steps=check.steps, predicted_usm=0.0, precision="float32")
    posterior: dict[str, PosteriorConfig | EmbeddingConfig] = {
        f"posterior, {k} basis maps": posterior_config(check, k) for k in n_basis
    }
    return posterior | {name: replace(siamese, **change) for name, change in _SIAMESE.items()}


def encoder_check(
    check: Check, training: Dataset, n_basis: Sequence[int], support_sizes: Sequence[int], runs: Path,
    store: Callable[[list[Json]], None],
) -> list[Json]:  # fmt: skip
    """Train every variant alike, and recognise unseen and known people on unseen images: the gap is overfitting.

    Args:
        check: Data and sizes.
        training: The part to train on.
        n_basis: Numbers of basis maps of the posterior encoder.
        support_sizes: Values of m.
        runs: Folder for the trainings.
        store: Called with the rows so far after each training.
    """
    strangers = strangers_of(check)
    part = Resident(training)
    recogniser = Recogniser(check)
    rows: list[Json] = []
    for k, (name, config) in enumerate(variants(check, n_basis).items()):
        folder = train_small_embedding(check, part, runs / f"encoder-{k}", config)
        for who, people in (
            ("unseen people", [strangers]),
            ("training people", groups_of_known(check, len(strangers))),
        ):
            if people:
                rows += recogniser.rows(folder, people, f"{name}, {who}", support_sizes)
        store(rows)
    return rows
