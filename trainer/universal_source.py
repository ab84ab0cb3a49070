"""Any universal model over the images of a data set: the application's factory, with answers on the map grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gazeapp.networks.universal_models import UniversalChoice, load_universal
from gazeapp.saliency.maps import resize_map
from trainer.data.dataset import Dataset

Map = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPredictor:
    """A universal model bound to a data set."""

    label: str
    """As tables call it: the model's name, or `usm` for our network."""
    sha256: str
    """Of the weights; empty for a model without."""
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
