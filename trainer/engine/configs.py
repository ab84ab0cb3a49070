"""The configuration of every training on maps: a frozen class per network, and a function per preset that returns one.

`--set KEY=VALUE` overrides fields that exist.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from gazeapp.errors import SettingsError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True, slots=True, kw_only=True)
class PosteriorConfig:
    """Posterior embedding: basis maps, prior and evidence, learnt by predicting gaze on other images."""

    steps: int = 100
    learning_rate: float = 1e-2
    cc_weight: float = 1.0
    sim_weight: float = 2.0
    """KLD alone rewards maps that are too flat for SIM."""
    n_axes: int = 128
    """Directions of the backbone's features that basis maps are made of."""
    n_basis: int = 24
    n_habits: int = 12
    query_images: int = 32
    """Predicted in each step."""
    observers_per_step: int = 4
    m_min: int = 4
    m_max: int = 64
    """Pairs per embedding in training; the closed form holds for any number."""
    predicted_usm: float = 0.5
    """Share of steps on the universal map that the universal network predicts for images it was not trained on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisPersonalConfig:
    """Personal network on a posterior embedding's coefficients."""

    steps: int = 0
    """Of further training; with none the embedding's own basis maps are taken: unseen people gain as much from them."""
    shrinkage: float = 0.7
    """Share of what the embedding says of a person that is believed; chosen anew where validation observers are named.
    The basis maps explain those they were learnt from better than anybody else."""
    batch: int = 32
    learning_rate: float = 3e-3
    cc_weight: float = 1.0
    sim_weight: float = 2.0
    m_min: int = 4
    m_max: int = 64
    predicted_usm: float = 0.5
    """As for the embedding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UniversalConfig:
    """Universal network: AdamW, cosine schedule, KLD + CC against where all observers looked."""

    steps: int = 1200
    batch: int = 8
    learning_rate: float = 2e-3
    weight_decay: float = 2e-2
    cc_weight: float = 0.5
    width: int = 64
    """Channels between the backbone's features and the readout."""
    dropout: float = 0.25
    average_from: float = 0.4
    """Share of the run after which weights are averaged exponentially."""
    average_decay: float = 0.995
    truth: str = "pooled"
    """`pooled`: every fixation counts the same; `mean`: every observer's map, scaled to maximum 1, does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingConfig:
    """Siamese embedding network of Strohm et al. (2024), in full resolution.

    Steps and the images of a step are not given there. The loss lies at its margin for some hundred steps before people
    come apart.
    """

    steps: int = 2000
    margin: float = 0.05
    m: tuple[int, ...] = (4, 8, 16, 32)
    """Pairs per embedding; one of these in each step. One number makes a network for this m alone."""
    spare: float = 0.5
    """Images of each set beyond m, as a share of m: embeddings of one person on one set must differ."""
    batch: int = 256
    """Embeddings in each step."""
    image_sets: int = 3
    """3: anchors, positives and negatives share no image; 2: positives and negatives may."""
    hard_from: float = 0.5
    """Share of the run after which triplets are mined hard instead of semi-hard."""
    optimizer: str = "adamw"
    """`adamw`, or `sgd` with momentum .9."""
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    decay_all: bool = False
    """Biases and norms decay too, as torch does where nobody says otherwise."""
    clip: float = 5.0
    """Norm to which gradients are clipped; 0 leaves them."""
    mirrored: bool = True
    """Whether half of the steps are."""
    n_axes: int = 0
    """Directions of the shared backbone's features that are seen in place of RGB; 0 learns to see from nothing."""
    widths: tuple[int, ...] = (32, 64, 128, 256)
    dim: int = 32
    dropout: float = 0.5
    downsample: int = 1
    pool_hw: tuple[int, int] = (1, 1)
    pooling: str = "average"
    """How pairs become an embedding: `average`, or by a network of their set, `recurrent` or `transformer`."""
    normalisation: str = "batch"
    """`batch` in every block as in the paper, `none`, or `standardised`: in every block and of the features."""
    precision: str = "auto"
    """`float32`, `bfloat16`, or `auto`: bfloat16 for convolutions where the device computes in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalConfig:
    """Personal network of Strohm et al. (2024).

    Steps are not given there: 8 000 are 34 epochs on OSIE, the rate being halved once.
    """

    widths: tuple[int, ...] = (128, 64, 32)
    """Channels after the stem and in the last two convolutions; a quarter of the time at half of them."""
    steps: int = 8000
    batch: int = 32
    optimizer: str = "sgd"
    """`sgd` or `adamw`."""
    learning_rate: float = 0.02
    weight_decay: float = 5e-4
    decay_all: bool = True
    """Biases decay too, as torch does where nobody says otherwise."""
    clip: float = 5.0
    """Norm to which gradients are clipped; 0 leaves them."""
    mirrored: bool = True
    """Whether half of the steps are."""
    schedule: str = "halving"
    """`cosine` to 0, or `halving` every `halve_every` epochs."""
    halve_every: int = 25
    m_min: int = 32
    m_max: int = 32
    pool: int = 100
    """Embeddings drawn in advance for each observer."""
    predicted_usm: float = 0.5
    """Share of steps on the predicted universal map, where a universal network is given."""
    self_inclusive: bool = False
    """Whether the true universal map holds the person's own, as printed: for `evaluate --usm self-inclusive` alone."""
    conditioned: bool = True
    precision: str = "auto"
    """`float32`, `bfloat16`, or `auto`: bfloat16 for convolutions where the device computes in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiCnnConfig:
    """One network per observer, all trained at once."""

    steps: int = 60
    batch: int = 32
    """Pairs of each observer in a step."""
    widths: tuple[int, ...] = (128, 64, 32)
    """As of the personal network; it must be the same where that one is started from."""
    optimizer: str = "sgd"
    """`sgd` or `adamw`."""
    learning_rate: float = 0.02
    weight_decay: float = 5e-4
    halve_every: int = 25
    """Epochs after which the rate is halved; in an epoch every network sees every image once."""
    predicted_usm: float = 0.5
    """Share of steps on the predicted universal map, where a universal network is given."""
    mirrored: bool = False
    """Whether half of the steps are; a preference for one side is then unlearnt."""
    precision: str = "auto"
    """`float32`, `bfloat16`, or `auto`: bfloat16 for convolutions where the device computes in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MultiTaskConfig:
    """Shared convolutions with one task per observer."""

    steps: int = 1500
    batch: int = 40
    """Pairs in a step, shared out among the observers."""
    widths: tuple[int, ...] = (128, 64, 64, 32)
    """Channels after the shared convolutions and in the observers' three."""
    optimizer: str = "sgd"
    """`sgd` or `adamw`."""
    learning_rate: float = 3e-4
    weight_decay: float = 5e-4
    schedule: str = "cosine"
    """`cosine` to 0 or `constant`."""
    universal: bool = True
    """With the universal map as input, to which the discrepancy is added; `false` sees RGB only, and predicts the
    personal map itself."""
    middle: bool = True
    """Whether the maps before the last are supervised too."""
    predicted_usm: float = 0.5
    """Share of steps on the predicted universal map, where a universal network is given."""
    mirrored: bool = True
    """Whether half of the steps are, as in the paper; a preference for one side is then unlearnt."""
    precision: str = "auto"
    """`float32`, `bfloat16`, or `auto`: bfloat16 for convolutions where the device computes in it."""


C = TypeVar("C", bound="DataclassInstance")


def universal(preset: str) -> UniversalConfig:
    """Preset of the universal network; `paper` has none of its own and equals `best`, `finetune` is for `--from`."""
    if preset == "finetune":
        return UniversalConfig(
            steps=400,
            learning_rate=2e-4,
            average_from=0.0,
            average_decay=0.98,
        )
    if preset == "tiny":
        return UniversalConfig(steps=8, batch=4, width=8)
    return UniversalConfig()


def embedding(preset: str) -> EmbeddingConfig | PosteriorConfig:
    """Preset of the embedding network; `tiny` is a small `best`."""
    if preset == "paper":
        return EmbeddingConfig()
    if preset == "tiny":
        return PosteriorConfig(
            steps=8, n_axes=16, n_basis=4, n_habits=2, query_images=4, observers_per_step=2, m_min=1, m_max=4
        )
    return PosteriorConfig()


def personal(preset: str) -> PersonalConfig | BasisPersonalConfig:
    """Preset of the personal network; `tiny` is a small `best`."""
    if preset == "paper":
        return PersonalConfig()
    if preset == "tiny":
        return BasisPersonalConfig(steps=8, batch=4, m_min=1, m_max=4)
    return BasisPersonalConfig()


def multicnn(preset: str) -> MultiCnnConfig:
    """Preset of the networks per observer; `best` equals `paper`, which is Strohm et al. (2024) with a warm start."""
    tiny = MultiCnnConfig(steps=8, batch=2, precision="float32")
    return tiny if preset == "tiny" else MultiCnnConfig()


def multitask(preset: str) -> MultiTaskConfig:
    """Preset of the multi-task network; `paper` is Xu et al. (2017), `best` the same in fewer steps."""
    if preset == "tiny":
        return MultiTaskConfig(steps=8, batch=8, precision="float32")
    if preset == "paper":
        return MultiTaskConfig(steps=40_000, schedule="constant")
    return MultiTaskConfig()


def override(config: C, assignments: list[str]) -> C:
    """Apply KEY=VALUE texts; the field's present type decides how VALUE is read.

    Raises:
        SettingsError: Names the key, or the value and the type it needs.
    """
    names = [field.name for field in dataclasses.fields(config)]
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or key not in names:
            raise SettingsError(f"--set {assignment!r}: needs KEY=VALUE with KEY one of {', '.join(names)}", key=key)
        present = getattr(config, key)
        try:
            changed: dict[str, Any] = {key: _read(text, present)}  # Any: a field of any type
            config = replace(config, **changed)
        except ValueError as error:
            raise SettingsError(f"--set {key}: {text!r} is not a {type(present).__name__}", key=key) from error
    return config


def _read(text: str, present: object) -> object:
    if isinstance(present, bool):
        if text.lower() not in ("true", "false"):
            raise ValueError(text)
        return text.lower() == "true"
    if isinstance(present, tuple):
        return tuple(_read(part, present[0]) for part in text.split(",") if part)
    return type(present)(text)  # type: ignore[call-arg]  # int, float or str


PRESETS = ("backbone", "readout", "category-weights", "report")
"""Presets of `train universal`, beside those of the universal network itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackboneConfig:
    """A backbone of one's own: the universal network on one view of the image, for readouts to stand on."""

    view: str = "colour"
    """What it sees: colour, grey, coarse or fine at half size, or whole."""
    steps: int = 600
    batch: int = 16
    learning_rate: float = 2e-3
    weight_decay: float = 2e-2
    cc_weight: float = 0.5
    widths: tuple[int, ...] = (12, 24, 32, 64, 96)
    fused: int = 48
    dropout: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadoutConfig:
    """Readouts on frozen backbones, mixed by fixed or learnt weights.

    Source:
        Linardos et al. (2021) for readouts and mixture; Galván Díaz for the weights: 5 folds, 3 seeds, rates of 1e-4
        (readouts) and ten times that (weights), lowered on plateaus down to 1e-6, where training stops.
    """

    mixture: str = "plain"
    """`plain` (even), `category` (ours, as probabilities), `report` (maps times weights) or `report-log` (log maps)."""
    folds: int = 5
    """Each fold leaves one part of the images out altogether, and another one for the plateaus."""
    fold: int = -1
    """Just this one; -1 trains all."""
    seeds: int = 1
    """Members per fold, with other beginnings."""
    batch: int = 32
    warm_up_epochs: int = 12
    """In which every backbone's readout learns by itself, at `warm_up_rate`; none where readouts are given by
    `--from`."""
    warm_up_rate: float = 2e-3
    epochs: int = 60
    """At most; plateaus end training earlier."""
    learning_rate: float = 1e-4
    """Learning rate of readouts; that of the category weights is ten times as large."""
    weights_factor: float = 10.0
    patience: int = 2
    """Epochs without a better validation loss before the rates are divided by ten."""
    least_rate: float = 1e-6
    classifier_weight: float = 0.1
    """Weight of the cross-entropy of the predicted category in the loss."""
    cache: str = ""
    """Folder that keeps the backbones' features for the next training on the same images."""
    bicubic: bool = True
    """Enlarge readouts by progressive bicubic steps; otherwise by repeating cells."""
    selection: int = 0
    """Width of the fixation selection's first layer; 0 keeps that of our small backbones, the published one is 128."""
    validates_within: bool = False
    """Whether the images for the plateaus come from what is not tested: 64, 16 and 20 % of five folds."""


Config = BackboneConfig | ReadoutConfig


def configure(preset: str) -> Config:
    """Preset by name."""
    if preset == "backbone":
        return BackboneConfig()
    if preset == "readout":
        return ReadoutConfig(seeds=1)
    if preset == "report":
        return ReadoutConfig(
            mixture="report", seeds=3, batch=2, warm_up_epochs=0, selection=128, validates_within=True, patience=10
        )
    return ReadoutConfig(mixture="category", seeds=3)
