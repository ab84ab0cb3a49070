"""Backbones by what a user types: NAME or NAME=FILE."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import nn

from gazeapp.errors import SettingsError
from gazeapp.locations import assets_dir
from gazeapp.networks.checkpoint import Checkpoint, build_network, load_checkpoint
from gazeapp.networks.readout_backbones import IMAGENET, load_imagenet_weights
from gazeapp.networks.readout_encoder import SaliencyEncoder
from gazeapp.networks.universal import UniversalNetwork
from trainer.runs import WEIGHTS

SHIPPED = "shipped"
Plain = dict[str, Any]  # Any: JSON values


def open_backbones(entries: Sequence[str]) -> tuple[list[Plain], list[nn.Module], list[Plain]]:
    """Plain values, networks with their weights, and the origin of each backbone.

    Raises:
        SettingsError: None, one twice, or a name without a file that needs one.
        CheckpointError: A file that does not fit.
    """
    if not entries:
        raise SettingsError(
            "--backbone: name one or more, such as colour=RUN of `train universal --preset backbone`", key="backbone"
        )
    plains, networks, origins = [], [], []
    for entry in entries:
        name, _, text = entry.partition("=")
        plain, network, origin = _open(name, Path(text) if text else None)
        plains.append({**plain, "name": name})
        networks.append(network)
        origins.append({"name": name, **origin})
    names = [plain["name"] for plain in plains]
    if len(set(names)) < len(names):
        raise SettingsError(f"--backbone: {', '.join(names)}: each needs its own name", key="backbone")
    return plains, networks, origins


def find_weights(folder: Path) -> Path:
    """The weights of a run, or the file itself."""
    return folder / WEIGHTS if folder.is_dir() else folder


def _open(name: str, path: Path | None) -> tuple[Plain, nn.Module, Plain]:
    if name in IMAGENET:
        if path is None:
            raise SettingsError(
                f"--backbone {name}: needs its weights, {name}=FILE with a torchvision-compatible state dict; nothing is "
                "downloaded",
                key="backbone",
            )
        network = IMAGENET[name][0]()
        load_imagenet_weights(network, path)
        return {"kind": "imagenet"}, network, {"file": path.name}
    if path is None and name != SHIPPED:
        raise SettingsError(
            f"--backbone {name}: needs NAME=RUN, {SHIPPED}, or one of {', '.join(IMAGENET)} with =FILE", key="backbone"
        )
    if path is None:
        path = assets_dir() / "weights" / "universal.safetensors"
    path = find_weights(path)
    checkpoint = load_checkpoint(path, architectures=("universal", "saliency_encoder"))
    origin = {"sha256": checkpoint.sha256, "trained_on": _facts(checkpoint)}
    network = build_network(checkpoint, path)
    if isinstance(network, UniversalNetwork):
        encoder = SaliencyEncoder(view="whole", **checkpoint.config)
        encoder.network = network
        return {"kind": "encoder", "view": "whole", **checkpoint.config}, encoder, origin
    return {"kind": "encoder", **checkpoint.config}, network, origin


def _facts(checkpoint: Checkpoint) -> Plain:
    kept = ("data", "n_images", "seed", "exclude_images")
    return {key: checkpoint.provenance[key] for key in kept if key in checkpoint.provenance}
