"""Where people look, from the image alone: the shipped universal network, and what it sees through.

Use from one thread: the one that loaded it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch

from gazeapp.networks.backbone import Backbone, feature_image_size, find_backbone
from gazeapp.networks.checkpoint import Checkpoint, build_network, load_checkpoint
from gazeapp.networks.map_grid import Image, Map, image_tensor, map_size, resize_image, upsample_density
from gazeapp.networks.placement import Placement, on_device
from gazeapp.networks.universal import UniversalNetwork, predict_density
from gazeapp.networks.weights_folder import UNIVERSAL, weights_dir

RUN_WEIGHTS = "weights.safetensors"
"""What a finished training run holds."""


class Eye:
    """The shared backbone with the last image it saw: universal and personal map of one image look once.

    Args:
        backbone: Frozen.
        placement: Where it runs.
    """

    def __init__(self, backbone: Backbone, placement: Placement) -> None:
        self.backbone = backbone
        self._placement = placement
        self._known: tuple[bytes, torch.device] | None = None
        self._seen: list[torch.Tensor] = []

    def look(self, image_rgb: Image) -> list[torch.Tensor]:
        """Features (1, C, h, w) of an image of any size."""
        return [level[:1] for level in self._levels(image_rgb, least=1)]

    def look_twice(self, image_rgb: Image) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        """Features of an image and of its mirror image; together they cost less than one after the other."""
        levels = self._levels(image_rgb, least=2)
        return [level[:1] for level in levels], [level[1:] for level in levels]

    def _levels(self, image_rgb: Image, *, least: int) -> list[torch.Tensor]:
        image = resize_image(image_rgb, feature_image_size(size_wh(image_rgb)))
        device = self._placement.device
        known = hashlib.sha256(image.tobytes()).digest(), device
        if known != self._known or len(self._seen[0]) < least:
            image_BCHW = image_tensor(image, device)
            if least > 1:
                image_BCHW = torch.cat([image_BCHW, image_BCHW.flip(-1)])
            self._seen, self._known = self._placement.of(self.backbone)(image_BCHW), known
        return self._seen


class UniversalPredictor:
    """Predicts where people look, from the image alone.

    Args:
        path: Weights file, or a folder or training run with one; None takes the shipped one.
        device: `auto`, `cpu` or `cuda`, or where the networks beside it run.
    """

    def __init__(self, path: Path | None = None, device: str | Placement = "auto") -> None:
        path = weights_dir() / UNIVERSAL if path is None else path
        if path.is_dir():
            of_run = path / RUN_WEIGHTS
            path = of_run if of_run.is_file() else path / UNIVERSAL
        checkpoint = load_checkpoint(path, architectures=("universal",))
        network = build_network(checkpoint, path)
        assert isinstance(network, UniversalNetwork)
        self.placement = device if isinstance(device, Placement) else Placement(device)
        self.eye = Eye(find_backbone(path, network.backbone_sha256 or None), self.placement)
        self.sha256 = checkpoint.sha256
        self.name = model_name(checkpoint)
        self._network = network

    def predict(self, image_rgb: Image) -> Map:
        """Density of the image's size.

        Args:
            image_rgb: (H, W, 3) or grey (H, W), uint8, any size.

        Returns:
            (H, W) float32, sums to 1.
        """
        return upsample_density(self.on_grid(image_rgb), size_wh(image_rgb))

    @on_device
    def on_grid(self, image_rgb: Image) -> Map:
        """Density on the image's map grid (`map_grid.map_size`)."""
        width, height = map_size(size_wh(image_rgb))
        with torch.inference_mode():
            features, mirrored = self.eye.look_twice(image_rgb)
            density_BHW = predict_density(
                self.placement.of(self._network), features, (height, width), mirrored=mirrored
            )
        return np.asarray(density_BHW[0].cpu().numpy(), dtype=np.float32)


def model_name(checkpoint: Checkpoint) -> str:
    """Short name for reports: architecture and preset."""
    preset = checkpoint.provenance.get("preset", "")
    return f"{checkpoint.architecture}-{preset}" if preset else checkpoint.architecture


def size_wh(image_rgb: Image) -> tuple[int, int]:
    """Width and height of an image; ValueError for what is none."""
    if image_rgb.ndim not in (2, 3) or 0 in image_rgb.shape:
        raise ValueError(f"image_rgb must be (H, W, 3) or (H, W), got shape {image_rgb.shape}")
    return int(image_rgb.shape[1]), int(image_rgb.shape[0])
