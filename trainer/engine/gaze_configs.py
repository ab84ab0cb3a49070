"""The configurations of the gaze estimator's trainings, and a function per preset that returns one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class GazeConfig:
    """Training on many people who look at known points."""

    steps: int = 700
    batch: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    power: int = 1
    """Exponent of the distance in the loss: 1 or 2."""
    widths: tuple[int, ...] = (16, 24, 32, 16)
    """Channels of the four convolutions of a tower."""
    first_kernel: int = 5
    first_stride: int = 2
    fused: int = 128
    """Width of the fully connected layers."""
    light_jitter: float = 0.15
    """Standard deviation of a factor on each frame's crops, and of the shift of their box in the frame's grid (x
    0.1)."""
    precision: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalGazeConfig:
    """Fine-tuning the last two fully connected layers on one person (Chang et al. 2019)."""

    person: str = ""
    """Name or position in DATA; may be left empty where DATA holds one person."""
    sessions: tuple[int, ...] = (-1,)
    """Which sessions; -1 stands for all."""
    use: str = "views"
    """`views` (loss maps), `points` (calibration targets) or `both`."""
    power: int = 1
    """1 is the published map loss, 2 the squared one; of points it is the same power of the distance."""
    outlier_share: float = 0.05
    """Share of the frames left that is dropped, those with the largest losses; 0 drops none."""
    outlier_every: int = 2
    """Epochs between two such droppings."""
    epochs: int = 4
    batch: int = 16
    learning_rate: float = 1e-3


def pretraining(preset: str) -> GazeConfig:
    """Preset of the training on many; `paper` is the published size and length."""
    if preset == "tiny":
        return GazeConfig(steps=20, batch=16, widths=(4, 4, 4, 4), fused=16)
    if preset == "paper":
        return GazeConfig(
            steps=75_000,
            batch=256,
            learning_rate=1e-3,
            weight_decay=0.0,
            power=2,
            widths=(96, 256, 384, 64),
            first_kernel=11,
            first_stride=4,
            light_jitter=0.0,
        )
    return GazeConfig()


def personalising(preset: str) -> PersonalGazeConfig:
    """Preset of the training on one person; `paper` is the map loss with outlier removal as published, `best` the
    same.
    """
    return PersonalGazeConfig(epochs=2, batch=8) if preset == "tiny" else PersonalGazeConfig()
