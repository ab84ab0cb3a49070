"""What the training of backbones, of readouts on them and of their mixture is made of."""

from __future__ import annotations

from dataclasses import dataclass

PRESETS = ("backbone", "readout", "category-weights")
"""Of `train universal`, beside those of the universal network itself."""


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
    seeds: int = 1
    """Members per fold, with other beginnings."""
    batch: int = 32
    warm_up_epochs: int = 12
    """In which every backbone's readout learns by itself, at `warm_up_rate`; none where readouts are given by `--from`."""
    warm_up_rate: float = 2e-3
    epochs: int = 60
    """At most; plateaus end training earlier."""
    learning_rate: float = 1e-4
    """Of readouts; the weights' is ten times that."""
    weights_factor: float = 10.0
    patience: int = 2
    """Epochs without a better validation loss before the rates are divided by ten."""
    least_rate: float = 1e-6
    classifier_weight: float = 0.1
    """Of the cross-entropy of the predicted category in the loss."""
    cache: str = ""
    """Folder that keeps the backbones' features for the next training on the same images."""
    bicubic: bool = True
    """Enlarge readouts by progressive bicubic steps; otherwise by repeating cells."""


Config = BackboneConfig | ReadoutConfig


def configure(preset: str) -> Config:
    """Preset by name."""
    if preset == "backbone":
        return BackboneConfig()
    if preset == "readout":
        return ReadoutConfig(seeds=1)
    return ReadoutConfig(mixture="category", seeds=3)
