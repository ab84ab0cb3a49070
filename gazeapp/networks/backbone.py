"""What every saliency network here sees an image through: one frozen network, in one file that all weights share.

Shape legend: B images, C channels, H W image rows and columns, h w rows and columns of an eighth of them.
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from gazeapp.errors import CheckpointError
from gazeapp.locations import assets_dir
from gazeapp.networks.efficientnet_lite import TOTAL_STRIDE, EfficientNetLite
from gazeapp.store.new_file import write_whole
from gazeapp.store.untrusted.files import read_bytes

BACKBONE = "backbone.safetensors"
"""Name of the shared file; it lies beside the weights that stand on it, or among the shipped ones."""
FEATURE_STRIDE = 8
"""Pixels per cell of the finest features."""
_IMAGE_AREA_PX = 384 * 288
_MOST_ELONGATED = 4.0
_KIND = "efficientnet"
_MOST_BYTES = 64 * 2**20
"""A file larger than this is not ours."""


class Backbone(nn.Module):
    """Features of an image at three resolutions; frozen.

    Args:
        network: Folded EfficientNet-Lite.
        sha256: Of the shared file; heads name it.
    """

    def __init__(self, network: EfficientNetLite, sha256: str) -> None:
        super().__init__()
        self.network = network
        self.sha256 = sha256
        self.requires_grad_(False)
        self.eval()

    @property
    def channels(self) -> tuple[int, ...]:
        """C of each entry of `forward`."""
        return self.network.channels[1:]

    @torch.no_grad()
    def forward(self, image_BCHW: Tensor) -> list[Tensor]:
        """Outputs of stages two to seven at 1/8, 1/8, 1/16, 1/16, 1/32 and 1/32 of the image; the first is averaged.

        Args:
            image_BCHW: RGB in [-1, 1], sides as `feature_image_size` gives them.
        """
        stages: list[Tensor] = self.network(image_BCHW.contiguous(memory_format=torch.channels_last))
        return [functional.avg_pool2d(stages[1], 2), *stages[2:]]

    def train(self, mode: bool = True) -> Backbone:
        """Stay as it is, whatever the network around it does."""
        return self


def feature_image_size(image_size_wh: tuple[int, int]) -> tuple[int, int]:
    """Size at which the backbone sees an image.

    Args:
        image_size_wh: (width, height) of the image, pixels.

    Returns:
        (width, height), multiples of 32, area near 384 x 288, the image's own aspect up to 4:1.

    >>> feature_image_size((800, 600)), feature_image_size((1920, 1080)), feature_image_size((600, 800))
    ((384, 288), (448, 256), (288, 384))
    """
    width, height = image_size_wh
    aspect = min(_MOST_ELONGATED, max(1 / _MOST_ELONGATED, width / height))
    return (
        max(TOTAL_STRIDE, round(math.sqrt(_IMAGE_AREA_PX * aspect) / TOTAL_STRIDE) * TOTAL_STRIDE),
        max(TOTAL_STRIDE, round(math.sqrt(_IMAGE_AREA_PX / aspect) / TOTAL_STRIDE) * TOTAL_STRIDE),
    )


def save_backbone(network: EfficientNetLite, path: Path, *, origin: str) -> str:
    """Write the shared file, in half precision; the same network gives the same bytes.

    Args:
        network: Folded.
        path: Destination.
        origin: What it was made from, with its sha256.

    Returns:
        sha256 of the file.
    """
    tensors = {name: value.half().contiguous() for name, value in network.state_dict().items()}
    content = save(tensors, metadata={"kind": _KIND, "variant": network.variant, "origin": origin})
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    return hashlib.sha256(content).hexdigest()


def find_backbone(near: Path | None = None, sha256: str | None = None) -> Backbone:
    """The shared backbone.

    Args:
        near: File or folder beside which it is looked for first; then among the shipped weights.
        sha256: Which; None takes the first found.

    Raises:
        CheckpointError: Missing, damaged, or another one than asked for.
    """
    folders = [] if near is None else [near if near.is_dir() else near.parent]
    folders.append(assets_dir() / "weights")
    found = {}
    for folder in folders:
        path = folder / BACKBONE
        if path.is_file():
            status = path.stat()
            backbone = _load(path, status.st_size, status.st_mtime_ns)
            if sha256 in (None, backbone.sha256):
                return backbone
            found[path] = backbone.sha256
    if not found:
        raise CheckpointError(
            f"{folders[0] / BACKBONE}: missing; every saliency network sees through it: copy it from the program's "
            "assets/weights, or install the program again"
        )
    path, other = next(iter(found.items()))
    raise CheckpointError(
        f"{path}: the weights stand on backbone {sha256 or '':.8}, this is {other:.8}; put the backbone that came with "
        "them beside them",
        found=other,
        supported=(sha256 or "",),
    )


@lru_cache(maxsize=4)
def _load(path: Path, size: int, modified_ns: int) -> Backbone:
    """One backbone in memory for all who see through it; read again when the file has changed."""
    try:
        if size > _MOST_BYTES:
            raise ValueError(f"{size} bytes")
        content = read_bytes(path, _MOST_BYTES)
        with safe_open(path, framework="pt", device="cpu") as file:
            facts = file.metadata() or {}
            if facts.get("kind") != _KIND:
                raise ValueError("another kind of file")
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        with torch.random.fork_rng(devices=[]):  # a training must not depend on whether this was loaded before
            network = EfficientNetLite(variant=facts.get("variant", ""), folded=True)
        network.load_state_dict(tensors, strict=True)
    except (OSError, SafetensorError, ValueError, KeyError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise CheckpointError(
            f"{path}: a damaged backbone ({reason}); copy it again from the program's assets/weights"
        ) from error
    if not all(bool(torch.isfinite(value).all()) for value in tensors.values()):
        raise CheckpointError(f"{path}: a damaged backbone (numbers that are not finite); copy it again")
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stub lacks it
    return Backbone(network, hashlib.sha256(content).hexdigest())
