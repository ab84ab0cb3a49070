"""Trained readouts on their backbones, with NumPy in and out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from gazeapp.errors import SettingsError
from gazeapp.networks.checkpoint import build_network, load_checkpoint
from gazeapp.networks.deepgaze.mixture import ReadoutMixture
from gazeapp.networks.map_grid import Image, Map, image_on_grid, map_size, upsample_density

UNKNOWN = "unknown"
"""Category that takes mean weights."""
_WEIGHTS = "weights.safetensors"


class ReadoutPredictor:
    """Where people look, by a mixture that `train universal --preset readout` or `category-weights` wrote.

    Args:
        path: Weights file or run.
        category: Of the images; None lets the network's own classifier say, `UNKNOWN` takes mean weights.

    Raises:
        CheckpointError: Missing, damaged, or another network.
        SettingsError: A category that the weights do not know; lists those they know.
    """

    def __init__(self, path: Path, category: str | None = None) -> None:
        path = path / _WEIGHTS if path.is_dir() else path
        checkpoint = load_checkpoint(path, architectures=("readout_mixture",))
        network = build_network(checkpoint, path)
        assert isinstance(network, ReadoutMixture)
        if category is not None and category not in (*network.categories, UNKNOWN):
            known = ", ".join(network.categories) or "none"
            raise SettingsError(
                f"category {category!r}: {path} knows {known}; {UNKNOWN} takes mean weights", key="category"
            )
        self.sha256 = checkpoint.sha256
        self.name = f"readout-{network.mixture}"
        self.categories = network.categories
        self._network, self._category = network, category

    @torch.inference_mode()
    def predict(self, image_rgb: Image) -> Map:
        """Density of the image's size.

        Args:
            image_rgb: (H, W, 3) or grey (H, W), uint8, any size.

        Returns:
            (H, W) float32, sums to 1.
        """
        size_wh = (int(image_rgb.shape[1]), int(image_rgb.shape[0]))
        image = image_on_grid(image_rgb, map_size(size_wh))
        image_BCHW = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))[None].float()
        density_BHW = self._network(image_BCHW, self._category).exp()
        return upsample_density(density_BHW[0].numpy(), size_wh)
