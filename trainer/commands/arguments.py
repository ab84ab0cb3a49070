"""Arguments that several commands read the same way."""

from __future__ import annotations

import argparse
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gazeapp.errors import DatasetIncomplete, SettingsError
from trainer.data.dataset import Dataset, open_data, read_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch

    from gazeapp.networks.checkpoint import Checkpoint


def require_some(dataset: Dataset) -> Dataset:
    """The data set, unless nothing is left of it."""
    if not dataset.n_images or not dataset.n_observers:
        raise DatasetIncomplete(f"{dataset.source}: nothing is left after the exclusions")
    return dataset


def open_one(folders: list[Path]) -> Dataset:
    """The one data set to score."""
    if len(folders) > 1:
        raise SettingsError("--data: one data set at a time is scored; give it once", key="data")
    return open_data(folders[0])


def open_part(args: argparse.Namespace) -> tuple[Dataset, Dataset]:
    """The data of `--data`, and the part of it that `--images` and `--observers` name."""
    dataset = open_one(args.data)
    return dataset, require_some(dataset.only(names_in(args.images), names_in(args.observers)))


def open_unseen(
    args: argparse.Namespace, checkpoints: Sequence[Checkpoint], universal: str = "true"
) -> tuple[Dataset, Dataset, str]:
    """`open_part` for weights that learnt from none of its people and images, and what they have seen of it, in words.

    Args:
        args: Of an analysis.
        checkpoints: Embedding and personal networks.
        universal: What predicts the universal maps, or `true`.

    Raises:
        SettingsError: Weights that were trained on what is analysed.
    """
    from trainer.evaluation.protocol import require_unseen, watched_images
    from trainer.evaluation.universal_predictions import known_weights

    dataset, used = open_part(args)
    command = f"analyse {args.analysis}"
    require_unseen(checkpoints, dataset, used, "open", may_be_watched=True, command=command)
    if universal != "true" and (known := known_weights(universal)) is not None:
        require_unseen([known], dataset, used, "closed", know_people=False, command=command)
    watched = used.only([image for c in checkpoints for image in watched_images(c.provenance)], None)
    stopped = f"; {watched.n_images} images stopped its training, by other people's gaze" if watched.n_images else ""
    return dataset, used, f"neither observers nor images{stopped}"


def names_in(path: Path | None) -> list[str] | None:
    """Names in a file; None without a file."""
    return None if path is None else read_names(path)


def read_integers(text: str, key: str) -> list[int]:
    """Positive integers, comma-separated."""
    try:
        values = [int(part) for part in text.split(",")]
    except ValueError:
        values = []
    if not values or min(values) < 1:
        raise SettingsError(f"--{key} {text!r}: needs numbers from 1, comma-separated", key=key)
    return values


def read_degrees(text: str) -> list[float]:
    """Degrees above 0, comma-separated."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if not values or not all(0 < value < 10 for value in values):
        raise SettingsError(f"--sigma-deg {text!r}: needs degrees above 0, comma-separated", key="sigma-deg")
    return values


def facts_of(scored: Dataset) -> dict[str, object]:
    """What every results file says of its data."""
    height, width = scored.maps.shape[-2:]
    return {
        "n_images": scored.n_images,
        "n_observers": scored.n_observers,
        "sigma_deg": scored.sigma_deg,
        "sigma_px": scored.sigma_px,
        "resolution": f"{width}x{height}",
        "data_sha256": scored.sha256,
    }


def pick_device(name: str) -> torch.device:
    """The device to compute on."""
    import torch

    if name == "cuda" and not torch.cuda.is_available():
        raise SettingsError("--device cuda: no CUDA GPU is usable here; use cpu", key="device")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


@contextmanager
def gpu_failures_told(command: str, device: torch.device) -> Iterator[None]:
    """A GPU that fails in a training: the CPU would take over for days, so it is told, with how to go on.

    Raises:
        SettingsError: It failed.
    """
    from gazeapp.networks.placement import in_a_line, is_gpu_failure

    try:
        yield
    except RuntimeError as error:
        if device.type == "cpu" or not is_gpu_failure(error):
            raise
        raise SettingsError(
            f"{command}: the GPU is lost or out of memory ({in_a_line(error)}); the same command with "
            "--resume --device cpu goes on from the last saved step",
            key="device",
        ) from error


def read_size(text: str) -> tuple[int, int]:
    """(width, height) in cells from WIDTHxHEIGHT."""
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) % 8 == 0 and int(height) % 8 == 0):
        raise SettingsError(f"--size {text!r}: needs WIDTHxHEIGHT, both multiples of 8", key="size")
    return int(width), int(height)
