"""Any universal model over the images of a data set: the application's factory, with answers on the map grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch

from gazeapp.errors import SettingsError
from gazeapp.locations import assets_dir
from gazeapp.networks.checkpoint import SUFFIX, Checkpoint, load_checkpoint
from gazeapp.networks.universal_models import DEFAULT, UniversalChoice, load_universal
from gazeapp.saliency.maps import resize_map
from gazeapp.types import Map
from trainer.data.dataset import Dataset
from trainer.data.tensors import TensorDataset
from trainer.engine.runs import WEIGHTS
from trainer.methods.checkpoints import attach_universal, find_weights, is_model_name, unseen_images


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPredictor:
    """A universal model bound to a data set."""

    label: str
    """As tables call it: the model's name, or `usm` for our network."""
    sha256: str
    """SHA-256 of the weights; empty for a model without."""
    predict: Callable[[int], Map]
    """Stored image position to a density (H, W) on the map grid of the data set; computed once for each."""


def open_predictor(text: str | Path, dataset: Dataset, *, device: str = "auto") -> GridPredictor:
    """Load a model by name or path.

    Args:
        text: As `gazeapp universal --model` takes it: a name, an ONNX file, weights, a run, a folder of maps.
        dataset: Its stored images (twice the map grid) are predicted.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        SettingsError, CheckpointError, UnreadableTable: As `load_universal`.
    """
    choice = UniversalChoice.parse(str(text))
    model = load_universal(choice, device=device)
    height, width = dataset.maps.shape[-2:]

    @cache
    def predict(image: int) -> Map:
        rgb = np.asarray(dataset.images[image])
        if model.on_grid is not None:
            density = model.on_grid(rgb)
            if density.shape == (height, width):
                return density
        return resize_map(model(rgb, dataset.image_names[image]), (width, height))

    label = "usm" if choice.model == "default" else choice.model
    if choice.model == "folder":
        label = Path(text).name  # several folders may stand in one table
    return GridPredictor(label=label.replace("-", "_"), sha256=model.sha256, predict=predict)


def known_weights(text: str | Path) -> Checkpoint | None:
    """The weights behind a universal model, where they say what they were trained on; None for models that do not.

    Args:
        text: As `open_predictor` takes it.

    Raises:
        SettingsError, CheckpointError: As `open_predictor`.
    """
    choice = UniversalChoice.parse(str(text))
    path = choice.weights
    if choice.model == DEFAULT:
        path = path or assets_dir() / "weights"
    elif path is None or not (path.suffix == SUFFIX or (path / WEIGHTS).is_file()):
        return None
    return load_checkpoint(find_weights(path, "universal"))


def attach_model(data: TensorDataset, text: str, *, device: torch.device) -> str:
    """Predict the universal map of every image by any model, as `attach_universal` does by our networks.

    Of our networks it is known which images they were trained on; of the others nothing is, and all images count as
    unseen.

    Args:
        data: Gets the maps.
        text: As `open_predictor` takes it.
        device: Of our networks.

    Returns:
        The model's name for results: `usm` for our network.

    Raises:
        SettingsError, CheckpointError, UnreadableTable: As `open_predictor`.
    """
    choice = UniversalChoice.parse(text)
    if choice.model == DEFAULT and choice.weights is not None:
        attach_universal([data], [choice.weights], device)
        return "usm"
    predictor = open_predictor(text, data.dataset, device=device.type)
    maps_NHW = np.stack([predictor.predict(image) for image in data.dataset.image_index.tolist()])
    data.predicted_NHW = torch.from_numpy(maps_NHW).to(data.device)
    known = known_weights(text)
    data.out_of_sample_N = np.ones(data.n_images, dtype=bool) if known is None else unseen_images(known, data.dataset)
    return predictor.label


def attach_any(data: list[TensorDataset], universal: list[Path], device: torch.device) -> None:
    """Predict the universal maps of training data by our networks (`attach_universal`), or by a model given by name.

    Raises:
        SettingsError: A name beside others.
    """
    names = [str(folder) for folder in universal if is_model_name(folder)]
    if not names:
        attach_universal(data, universal, device)
        return
    if len(universal) > 1:
        raise SettingsError(f"--universal {names[0]}: a model's name stands alone", key="universal")
    for part in data:
        attach_model(part, names[0], device=device)
