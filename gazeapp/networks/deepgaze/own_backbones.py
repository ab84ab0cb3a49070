"""Backbones that readouts can stand on: ImageNet networks from the user's files, and our own encoders.

A backbone is named by plain values, so that a weights file can say on which ones it stands:
`{"kind": "imagenet", "name": "resnet50"}`, `{"kind": "shared", "variant": "lite0", "folded": true}` for the one that
all shipped networks see through, or `{"kind": "encoder", "view": "grey", ...}` with the arguments of
`SaliencyEncoder`.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.errors import CheckpointError
from gazeapp.networks.deepgaze.backbones import DenseNet201, EfficientNetB5, ResNet50, TappedBackbone
from gazeapp.networks.deepgaze.encoder import EncoderNetwork
from gazeapp.networks.deepgaze.model import BACKBONES, BackboneSpec
from gazeapp.networks.efficientnet_lite import EfficientNetLite

_LUMA = (0.299, 0.587, 0.114)
"""ITU-R BT.601."""
_COARSE = 8
"""Cells of the half-size image that the coarse view averages, along each axis."""
_CONTRAST_SIDE = 15
"""Side of the window, in cells of the half-size image, over which the fine view evens out contrast."""
_CONTRAST_FLOOR = 0.05
"""Added to the local contrast, so that flat areas do not become noise; the image spans -1 to 1."""


def whole(image_BCHW: Tensor) -> Tensor:
    """The image as it is, at its full size."""
    return image_BCHW


def colour(image_BCHW: Tensor) -> Tensor:
    """The image at half its size."""
    return functional.avg_pool2d(image_BCHW, 2)


def grey(image_BCHW: Tensor) -> Tensor:
    """Luminance alone, at half the image's size."""
    return _luminance(colour(image_BCHW)).expand(-1, 3, -1, -1)


def coarse(image_BCHW: Tensor) -> Tensor:
    """Patches of colour: neither texture nor noise comes through."""
    half = colour(image_BCHW)
    size = (half.shape[-2], half.shape[-1])
    cells = (max(1, size[0] // _COARSE), max(1, size[1] // _COARSE))
    patches = functional.adaptive_avg_pool2d(half, cells)
    return functional.interpolate(patches, size=size, mode="bilinear", align_corners=False)


def fine(image_BCHW: Tensor) -> Tensor:
    """Strength of edges over the local contrast: blind to colour, light and the sign of a contrast."""
    grey_BCHW = functional.pad(_luminance(colour(image_BCHW)), (0, 1, 0, 1), mode="replicate")
    across = grey_BCHW[..., :-1, 1:] - grey_BCHW[..., :-1, :-1]
    down = grey_BCHW[..., 1:, :-1] - grey_BCHW[..., :-1, :-1]
    edge = torch.sqrt(across**2 + down**2 + 1e-12)
    local = functional.avg_pool2d(edge, _CONTRAST_SIDE, stride=1, padding=_CONTRAST_SIDE // 2, count_include_pad=False)
    return (edge / (local + _CONTRAST_FLOOR) - 1.0).expand(-1, 3, -1, -1)


VIEWS: dict[str, Callable[[Tensor], Tensor]] = {
    "whole": whole,
    "colour": colour,
    "grey": grey,
    "coarse": coarse,
    "fine": fine,
}
"""By name: (B, 3, H, W) in [-1, 1] to what the backbone is given."""


def _luminance(image_BCHW: Tensor) -> Tensor:
    weights = image_BCHW.new_tensor(_LUMA)[:, None, None]
    return (image_BCHW * weights).sum(dim=1, keepdim=True)


TAPS = ("network.stages.2", "network.fuse", "network.stages.4")
"""Parts and fused features, at an eighth of what the network is given, and the deepest stage."""

SHARED_TAPS = ("_blocks.4", "_blocks.10", "_blocks.15")
"""Of the shared backbone: ends of the stages at 1/8, 1/16 and 1/32 of the image."""


class SaliencyEncoder(nn.Module):
    """A small saliency network that sees one view of the image.

    Args:
        view: Name in `VIEWS`.
        network: Arguments of `EncoderNetwork`; none are its own defaults.
    """

    def __init__(self, *, view: str = "colour", **network: object) -> None:
        super().__init__()
        if view not in VIEWS:
            raise ValueError(f"view {view!r}: must be one of {', '.join(VIEWS)}")
        self.view = view
        self.network = EncoderNetwork(**network)  # type: ignore[arg-type]  # arguments of a file

    def forward(self, image_BCHW: Tensor) -> Tensor:
        """(B, H, W) log density at half the size of the view, for RGB in [-1, 1]."""
        log_BHW: Tensor = self.network(VIEWS[self.view](image_BCHW))
        return log_BHW


Plain = Mapping[str, Any]  # Any: JSON values
READOUT_SIGMA = 1.2
"""Standard deviation of the last blur at the start, map cells: half a degree in training."""
SELECTION = (1, 32, 16, 1)
"""A quarter of the published width: a thousand images do not need more, and it is most of a training step."""
_HALF = (0.5, 0.5, 0.5)

IMAGENET: dict[str, tuple[Callable[..., nn.Module], tuple[str, ...]]] = {
    "resnet50": (ResNet50, BACKBONES["shapenet_c"].taps),
    "shapenet_c": (ResNet50, BACKBONES["shapenet_c"].taps),
    "resnext50": (
        lambda **more: ResNet50(**{"groups": 32, "width_per_group": 4, **more}),
        BACKBONES["resnext50"].taps,
    ),
    "densenet201": (DenseNet201, BACKBONES["densenet201"].taps),
    "efficientnet_b5": (EfficientNetB5, BACKBONES["efficientnet_b5"].taps),
}
"""By name: the network, and which of its layers are read."""


def build_spec(plain: Plain) -> BackboneSpec:
    """The backbone that plain values name.

    Raises:
        ValueError: Unknown kind or name.
    """
    given: dict[str, Any] = {  # Any: arguments of a network
        key: tuple(value) if isinstance(value, list) else value
        for key, value in plain.items()
        if key not in ("kind", "name", "selection")
    }
    build: Callable[[], nn.Module]
    taps: tuple[str, ...]
    if plain.get("kind") == "encoder":
        taps, factor, mean, std = TAPS, 16, _HALF, _HALF

        def build() -> nn.Module:
            return SaliencyEncoder(**given)
    elif plain.get("kind") == "shared":
        taps, factor, mean, std = SHARED_TAPS, 16, _HALF, _HALF

        def build() -> nn.Module:
            return EfficientNetLite(**given)
    elif plain.get("kind") == "imagenet" and plain.get("name") in IMAGENET:
        network, taps = IMAGENET[str(plain["name"])]
        factor = 16
        mean, std = BACKBONES["resnext50"].mean, BACKBONES["resnext50"].std

        def build() -> nn.Module:
            return network(**given)
    else:
        raise ValueError(f"backbone {dict(plain)!r} is not known")
    return BackboneSpec(
        build=build,
        taps=taps,
        channels=_count_channels(build, taps),
        downsample=1,
        readout_factor=factor,
        selection=(1, int(plain["selection"]), 16, 1) if "selection" in plain else SELECTION,
        sigma=READOUT_SIGMA,
        mean=mean,
        std=std,
    )


def load_imagenet_weights(network: nn.Module, path: Path) -> None:
    """Give a backbone the weights of a torchvision-compatible state dict.

    Raises:
        CheckpointError: Unreadable, or with missing, unexpected or misshapen keys.
    """
    try:
        stored = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, ValueError, KeyError, pickle.UnpicklingError) as error:
        # torch's own message advises to load the file without protection: it is not passed on
        raise CheckpointError(f"{path}: not a readable file of weights alone") from error
    if isinstance(stored, Mapping) and isinstance(stored.get("state_dict"), Mapping):
        stored = stored["state_dict"]
    if not isinstance(stored, Mapping) or not all(isinstance(v, Tensor) for v in stored.values()):
        raise CheckpointError(f"{path}: not a state dict; it must map names to tensors")
    tensors = {str(name).removeprefix("module."): value for name, value in stored.items()}
    wanted = network.state_dict()
    missing = [
        n for n in wanted if n not in tensors and not n.endswith("num_batches_tracked")
    ]  # older files lack these counters
    wrong = [n for n in tensors if n not in wanted or tensors[n].shape != wanted[n].shape]
    if missing or wrong:
        raise CheckpointError(
            f"{path}: does not fit the backbone: {len(missing)} keys missing, {len(wrong)} unexpected or misshapen, "
            f"such as {(missing + wrong)[0]}; give the state dict of the same network"
        )
    network.load_state_dict(tensors, strict=False)


def _count_channels(build: Callable[[], nn.Module], taps: tuple[str, ...]) -> int:
    with torch.device("meta"):
        found = TappedBackbone(build().eval(), taps)(torch.zeros(1, 3, 96, 128))
    return sum(tap.shape[1] for tap in found)
