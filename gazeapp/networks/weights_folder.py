"""Where weights lie and which they are, told without PyTorch."""

from __future__ import annotations

import hashlib
from pathlib import Path

from gazeapp.errors import CheckpointError
from gazeapp.locations import assets_dir
from gazeapp.store.untrusted.files import TooLarge, read_bytes
from gazeapp.store.untrusted.limits import WEIGHTS_BYTES

UNIVERSAL, EMBEDDING, PERSONAL = "universal.safetensors", "embedding.safetensors", "personal.safetensors"


def weights_dir() -> Path:
    """The shipped weights."""
    return assets_dir() / "weights"


def people_sha256(folder: Path | None = None) -> str:
    """SHA-256 of the embedding and personal weights together, which every embedding of theirs carries.

    Args:
        folder: Of the weights; None takes the shipped ones.

    Raises:
        CheckpointError: One of them is missing or cannot be read.
    """
    folder = weights_dir() if folder is None else folder
    try:
        files = [read_bytes(folder / name, WEIGHTS_BYTES) for name in (EMBEDDING, PERSONAL)]
    except (OSError, TooLarge) as error:
        raise CheckpointError(f"{folder}: {error}; pass the folder of the weights") from error
    return joined_sha256(*(hashlib.sha256(content).hexdigest() for content in files))


def joined_sha256(embedding: str, personal: str) -> str:
    """One SHA-256 for two files that belong together, from that of each."""
    return hashlib.sha256((embedding + personal).encode()).hexdigest()
