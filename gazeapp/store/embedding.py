"""A user embedding as a value and as the file EMBEDDING.json."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from gazeapp.errors import CheckpointError, UnreadableTable
from gazeapp.store.new_file import write_whole
from gazeapp.store.untrusted.files import parse_json, read_text
from gazeapp.store.untrusted.limits import SETTINGS_BYTES

SCHEMA = 1
_LARGEST = 1e6
"""No network makes larger values; far above it, maps in single precision overflow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEmbedding:
    """Where a person lies among people, as one network family sees them."""

    vector: tuple[float, ...]
    """Those of one model compare by cosine."""
    n_pairs: int
    """(image, personal map) pairs it was computed from."""
    spread: float
    """Bootstrap spread over the pairs (1 - mean cosine to the embedding); NaN for fewer than two pairs."""
    model_name: str
    model_sha256: str
    sigma_deg: float
    """Blur of the personal maps, degrees of visual angle."""

    def require_model(self, sha256: str, *, where: str) -> None:
        """Raise CheckpointError unless the embedding was made by the weights in use."""
        if self.model_sha256 != sha256:
            raise CheckpointError(
                f"{where}: this embedding was made by other weights (sha256 {self.model_sha256[:12]}) than those in "
                f"use "
                f"({sha256[:12]}); enrol again, or pass the weights it was made with by --weights",
                found=self.model_sha256,
                supported=sha256,
            )


def write_embedding(embedding: UserEmbedding, path: Path) -> None:
    """Write EMBEDDING.json."""
    document = {
        "schema": SCHEMA,
        "vector": list(embedding.vector),
        "n_pairs": embedding.n_pairs,
        "spread": embedding.spread if math.isfinite(embedding.spread) else None,
        "model": {"name": embedding.model_name, "sha256": embedding.model_sha256},
        "sigma_deg": embedding.sigma_deg,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(document, indent=1) + "\n", is_private=True)


def read_embedding(path: Path) -> UserEmbedding:
    """Read EMBEDDING.json; UnreadableTable names the file and the key that is wrong."""
    try:
        document = parse_json(read_text(path, SETTINGS_BYTES))
    except (OSError, ValueError) as error:
        raise UnreadableTable(f"{path}: not a readable embedding file ({error})") from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        found = document.get("schema") if isinstance(document, dict) else type(document).__name__
        raise UnreadableTable(f"{path}: embedding schema {found!r} is not supported, {SCHEMA} is", found=found)
    key = "vector"
    try:
        vector = tuple(float(v) for v in document["vector"])
        if not vector or not all(abs(v) <= _LARGEST for v in vector):
            raise ValueError(f"must be finite numbers of at most {_LARGEST:g}")
        key = "n_pairs"
        n_pairs = int(document["n_pairs"])
        if n_pairs < 1:
            raise ValueError("must be 1 or more")
        key = "spread"
        spread = math.nan if document["spread"] is None else float(document["spread"])
        key = "model"
        name, sha256 = str(document["model"]["name"]), str(document["model"]["sha256"])
        key = "sigma_deg"
        sigma_deg = float(document["sigma_deg"])
        if not 0 < sigma_deg < math.inf:
            raise ValueError("must be above 0")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise UnreadableTable(f"{path}: key {key!r} is missing or wrong ({error})") from error
    return UserEmbedding(
        vector=vector,
        n_pairs=n_pairs,
        spread=spread,
        model_name=name,
        model_sha256=sha256,
        sigma_deg=sigma_deg,
    )
