"""Weights on disk: safetensors with one JSON header. Reading them never executes anything.

A file holds tensors, the architecture's name, the arguments it is built with, and where the weights come from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from gazeapp.errors import CheckpointError
from gazeapp.networks.deepgaze.mixture import ReadoutMixture
from gazeapp.networks.deepgaze.own_backbones import SaliencyEncoder
from gazeapp.networks.gaze_estimator import GazeEstimator
from gazeapp.networks.multicnn import MultiCnn
from gazeapp.networks.multitask import MultiTaskNetwork
from gazeapp.networks.personal_saliency import PersonalNetwork
from gazeapp.networks.universal import UniversalNetwork
from gazeapp.networks.user_embedding import SetEncoder, UserEncoder
from gazeapp.networks.user_posterior import BasisPersonalNetwork, UserPosterior
from gazeapp.store.new_file import write_whole
from gazeapp.store.untrusted.files import TooLarge, parse_json, read_bytes
from gazeapp.store.untrusted.limits import WEIGHTS_BYTES

SCHEMA = 1
_REASON = 200
"""Characters of what torch says that are told."""
_LARGEST, _MOST_ENTRIES = 100_000, 1000
"""Of numbers and lists in a configuration."""
SUFFIX = ".safetensors"
_HEADER = "gazeapp"

ARCHITECTURES: dict[str, Callable[..., nn.Module]] = {
    "universal": UniversalNetwork,
    "saliency_encoder": SaliencyEncoder,
    "readout_mixture": ReadoutMixture,
    "user_embedding": UserEncoder,
    "user_set_embedding": SetEncoder,
    "user_posterior": UserPosterior,
    "personal_paper": PersonalNetwork,
    "personal_basis": BasisPersonalNetwork,
    "multicnn": MultiCnn,
    "multitask": MultiTaskNetwork,
    "gaze_estimator": GazeEstimator,
}
"""Everything that a weights file may ask to be built."""

_METHODS = {"universal": "universal", "personal_basis": "personal", "personal_log": "personal"}
"""Architecture to the training that makes its successor, where that is not `embedding`."""
_RETIRED = ("personal_log",)
"""Architectures of earlier recipes."""
_FORMER_ARGUMENTS: dict[str, dict[str, object]] = {
    "user_embedding": {"map_channels": ["psm"], "centred": False},
    # networks that learnt to see by themselves, before the shared backbone
    "universal": {"widths": None, "fused": None},
    "user_posterior": {"trunk": None},
    "personal_basis": {"trunk": None},
}
"""Arguments that are no more, and the one value of each with which a file still means the network of today."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checkpoint:
    """One weights file in memory."""

    architecture: str
    config: dict[str, Any]  # Any: plain JSON arguments of the architecture
    tensors: dict[str, Tensor]
    provenance: dict[str, Any]  # Any: plain JSON facts; data, seed, metrics
    sha256: str
    """SHA-256 of the file's bytes."""


def save_checkpoint(
    path: Path,
    *,
    architecture: str,
    config: Mapping[str, Any],  # Any: plain JSON arguments
    tensors: Mapping[str, Tensor],
    provenance: Mapping[str, Any],  # Any: plain JSON facts
) -> str:
    """Write weights atomically; the same content gives the same bytes.

    Returns:
        sha256 of the file.
    """
    header = json.dumps(
        {
            "schema": SCHEMA,
            "architecture": architecture,
            "config": dict(config),
            "provenance": dict(provenance),
        },
        sort_keys=True,
    )
    content = save(
        {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()},
        metadata={_HEADER: header},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)
    return hashlib.sha256(content).hexdigest()


def load_checkpoint(path: Path, *, architectures: tuple[str, ...] | None = None) -> Checkpoint:
    """Read weights.

    Args:
        path: File that `save_checkpoint` wrote.
        architectures: Accepted names; None accepts any.

    Raises:
        CheckpointError: Missing, damaged, foreign, of another schema or architecture, or of an earlier recipe; the
            message says which.
    """
    try:
        digest = hashlib.sha256(read_bytes(path, WEIGHTS_BYTES)).hexdigest()
    except TooLarge as error:
        raise CheckpointError(f"{path}: {error}; weights of this program are smaller") from error
    except OSError as error:
        raise CheckpointError(
            f"{path}: cannot be read ({error.strerror}); pass the folder or file of the weights"
        ) from error
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            text = (file.metadata() or {}).get(_HEADER)
            if text is None:
                raise CheckpointError(
                    f"{path}: foreign weights, not written by gazeapp; use `python -m trainer export`"
                )
            # without copying, the tensors would keep the file mapped and locked
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
        header = parse_json(text)
    except (SafetensorError, ValueError, OSError) as error:
        raise CheckpointError(
            f"{path}: damaged, or not a weights file ({error}); copy it again from its source"
        ) from error
    if not isinstance(header, dict) or header.get("schema") != SCHEMA:
        found = header.get("schema") if isinstance(header, dict) else None
        raise CheckpointError(
            f"{path}: weights schema {found!r}, this version reads {SCHEMA}; export them again",
            found=found,
            supported=SCHEMA,
        )
    name, config = header.get("architecture"), dict(header.get("config") or {})
    former = _FORMER_ARGUMENTS.get(str(name), {})
    if name in _RETIRED or any(key in config and config.pop(key) != value for key, value in former.items()):
        raise CheckpointError(
            f"{path}: a {name!r} network of an earlier recipe, which this version does not have; train again with "
            f"`python -m trainer train {_METHODS.get(str(name), 'embedding')} --preset best`, or use the shipped ones",
            found=name,
            supported=tuple(ARCHITECTURES),
        )
    if not _is_plausible(config):
        raise CheckpointError(f"{path}: its configuration asks for a network of an absurd size; export it again")
    if architectures is not None and name not in architectures:
        raise CheckpointError(
            f"{path}: holds a {name!r} network where {' or '.join(architectures)} is needed",
            found=name,
            supported=architectures,
        )
    return Checkpoint(
        architecture=str(name),
        config=config,
        tensors=tensors,
        provenance=dict(header.get("provenance") or {}),
        sha256=digest,
    )


def _is_plausible(value: Any) -> bool:  # Any: JSON values
    """Whether every number in a configuration is one of a network that can be; building one takes time for each."""
    if isinstance(value, dict | list):
        inner = list(value.values()) if isinstance(value, dict) else value
        return len(inner) <= _MOST_ENTRIES and all(map(_is_plausible, inner))
    return not isinstance(value, int | float) or -_LARGEST <= value <= _LARGEST


def build_network(checkpoint: Checkpoint, where: Path | str) -> nn.Module:
    """The network of a checkpoint, on the CPU, in evaluation mode, in float32.

    Args:
        checkpoint: From `load_checkpoint`.
        where: Named in errors.

    Raises:
        CheckpointError: Unknown architecture, or tensors that do not fit it.
    """
    build = ARCHITECTURES.get(checkpoint.architecture)
    if build is None:
        raise CheckpointError(
            f"{where}: unknown architecture {checkpoint.architecture!r}; this version knows {', '.join(ARCHITECTURES)}",
            found=checkpoint.architecture,
            supported=tuple(ARCHITECTURES),
        )
    config = {key: tuple(value) if isinstance(value, list) else value for key, value in checkpoint.config.items()}
    try:
        # on the meta device a forged configuration allocates nothing
        with torch.device("meta"):
            network = build(**config)
        tensors = {
            name: tensor.float() if tensor.is_floating_point() else tensor
            for name, tensor in checkpoint.tensors.items()
        }
        network.load_state_dict(tensors, strict=True, assign=True)
    except (TypeError, ValueError, RuntimeError, ZeroDivisionError) as error:
        # torch names all that does not fit, a line each, below a heading
        lines = [*str(error).splitlines(), type(error).__name__]
        reason = lines[min(1, len(lines) - 2)].strip(" \t.")[:_REASON]
        raise CheckpointError(
            f"{where}: its tensors do not fit a {checkpoint.architecture!r} network of this version ({reason}); take "
            "the shipped weights, or train and export them again"
        ) from error
    return network.eval()
