"""Embedding networks of several sizes and shapes: how well each identifies people it learnt from, and others.

Source:
    Strohm, Bâce, Bulling (2024), which leaves open how width, depth, resolution, pooling and normalisation matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from gazeapp.types import Json
from trainer.analyses.ablation import AblationSettings, identify_each, posterior_config
from trainer.data.dataset import Dataset
from trainer.data.tensors import TensorDataset
from trainer.engine.configs import EmbeddingConfig, PosteriorConfig

SIAMESE = EmbeddingConfig(downsample=4, image_sets=2, m=(16, 32), hard_from=0.95)
"""The paper's network and loss where time is short: a sixteenth of the pixels; what that costs, a variant shows."""
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven")
_CHANGES: dict[str, Json] = {
    ", pooled to 2x3": {"pool_hw": (2, 3)},
    ", not normalised": {"normalisation": "none"},
    ", standardised": {"normalisation": "standardised"},
    ", recurrent pooling": {"pooling": "recurrent"},
    ", transformer pooling": {"pooling": "transformer"},
}
"""Changes to the Siamese network, one at a time. At a quarter of the resolution its last features are 2x3 cells."""
_RESOLUTIONS: dict[str, Json] = {", half resolution": {"downsample": 2}, ", full resolution": {"downsample": 1}}
"""The slowest, tried at the very end: an analysis that is stopped keeps what it has found."""


def variants(
    ablation: AblationSettings, siamese: EmbeddingConfig, n_basis: Sequence[int]
) -> dict[str, PosteriorConfig | EmbeddingConfig]:
    """Name to configuration: the Siamese network changed in one way each, and posterior encoders of several sizes."""
    own = siamese.widths
    widths: dict[str, Json] = {
        ", half width": {"widths": tuple(width // 2 for width in own)},
        ", double width": {"widths": tuple(width * 2 for width in own)},
        f", {_NUMBERS[len(own) - 1]} blocks": {"widths": own[:-1]},
        f", {_NUMBERS[len(own) + 1]} blocks": {"widths": (*own, own[-1] * 2)},
    }
    posterior = {f"posterior, {k} basis maps": posterior_config(ablation, k) for k in n_basis}
    # a network on the backbone's features has their resolution
    resolutions = {} if siamese.n_axes else _RESOLUTIONS
    return {"Siamese": siamese} | _changed(siamese, widths | _CHANGES) | posterior | _changed(siamese, resolutions)


def _changed(siamese: EmbeddingConfig, changes: dict[str, Json]) -> dict[str, PosteriorConfig | EmbeddingConfig]:
    """The network with each of the changes that make another one of it."""
    changed = {name: replace(siamese, **change) for name, change in changes.items()}
    return {f"Siamese{name}": config for name, config in changed.items() if config != siamese}


def encoder_ablation(
    ablation: AblationSettings,
    training: Dataset,
    siamese: EmbeddingConfig,
    n_basis: Sequence[int],
    support_sizes: Sequence[int],
    runs: Path,
    store: Callable[[list[Json]], None],
) -> list[Json]:
    """Train every variant, and recognise unseen and known people on unseen images: the gap is overfitting.

    Args:
        ablation: Data, and the steps of the posterior encoders.
        training: The part to train on.
        siamese: What is changed in one way at a time.
        n_basis: Numbers of basis maps of the posterior encoder.
        support_sizes: Values of m.
        runs: Folder for the trainings.
        store: Called with the rows so far after each training.
    """
    part = TensorDataset(training)
    trainings = ((name, part, config) for name, config in variants(ablation, siamese, n_basis).items())
    return identify_each(ablation, trainings, support_sizes, runs, store)
