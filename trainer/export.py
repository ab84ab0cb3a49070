"""Finished runs to WEIGHTS: the files the application loads, and a card that says where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from gazeapp.networks.checkpoint import load_checkpoint, save_checkpoint
from trainer.results import read_results
from trainer.runs import WEIGHTS
from trainer.tables import format_table

_TASKS = {
    "universal": "universal",
    "user_embedding": "embedding",
    "user_posterior": "embedding",
    "personal_paper": "personal",
    "gaze_estimator": "gaze",
    "personal_basis": "personal",
}
"""Architecture to the name under which the application looks for it; the others are stored under their own."""


def export_weights(
    runs: list[Path], folder: Path, *, dtype: str = "float32", results: Sequence[Path] = ()
) -> list[str]:
    """Copy each run's weights to FOLDER/universal|embedding|personal.safetensors and write MODEL_CARD.md.

    Args:
        runs: Finished runs, or weights files.
        folder: Destination.
        dtype: How numbers are stored; networks always compute in float32.
        results: RESULTS to quote in the card: of the same recipe, trained without the people and images it is scored on.

    Returns:
        One line per file: name, architecture, size, sha256.
    """
    lines, sections = [], []
    for run in runs:
        checkpoint = load_checkpoint(run if run.is_file() else run / WEIGHTS)
        task = _TASKS.get(checkpoint.architecture, checkpoint.architecture)
        kind = torch.float16 if dtype == "float16" else torch.float32
        tensors = {
            name: tensor.to(kind) if tensor.is_floating_point() else tensor
            for name, tensor in checkpoint.tensors.items()
        }
        path = folder / f"{task}.safetensors"
        digest = save_checkpoint(
            path, architecture=checkpoint.architecture, config=checkpoint.config, tensors=tensors,
            provenance={**checkpoint.provenance, "stored_as": dtype},
        )  # fmt: skip
        n_parameters = sum(t.numel() for t in tensors.values() if t.is_floating_point())
        size_mb = path.stat().st_size / 1e6
        lines.append(f"{path}: {checkpoint.architecture}, {size_mb:.2f} MB, sha256 {digest}")
        facts = checkpoint.provenance
        data = ", ".join(
            f"{entry['source']} ({n} images, {o} observers)"
            for entry, n, o in zip(
                facts.get("data", []),
                facts.get("n_images") or facts.get("n_frames", []),
                facts.get("n_observers", []),
                strict=False,
            )
        )
        sections.append(
            f"## {path.name}\n\n"
            f"| | |\n|---|---|\n"
            f"| architecture | `{checkpoint.architecture}` {checkpoint.config} |\n"
            f"| parameters | {n_parameters:,} |\n"
            f"| stored as | {dtype}, {size_mb:.2f} MB |\n"
            f"| sha256 | `{digest}` |\n"
            f"| trained on | {data} |\n"
            f"| left out | images: {len(facts.get('exclude_images', []))} entries, "
            f"observers: {', '.join(facts.get('exclude_observers', [])) or 'none'} |\n"
            f"| chosen by | {_watched(facts.get('validation'))} |\n"
            f"| sigma | {facts.get('sigma_deg')} degree of visual angle |\n"
            f"| seed | {facts.get('seed')} |\n"
            f"| training | preset `{facts.get('preset')}`: {facts.get('config')} |\n"
        )
    card = (
        "# Model card\n\nWritten by `python -m trainer export`; read by `gazeapp`. Licence: MIT, as the program. The "
        "training data (OSIE, EyeCrowd; both MIT) are not part of it.\n\n"
        "The files are safetensors: tensors and one JSON header, nothing that can be executed. An embedding is only valid "
        "with the embedding and personal weights it was made with.\n\n" + "\n".join(sections)
    )
    if results:
        card += (
            "\n## Measured\n\nWith the same recipe, trained without the observers and images scored here. In brackets: "
            "difference to the universal map, and for how many observers it is better. `wrong_user`: the embedding of another "
            "unseen observer; right minus wrong is what the person's own gaze contributes.\n\n"
            + format_table([read_results(path) for path in results], "md")
            + "\n"
        )
    (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    lines.append(f"{folder / 'MODEL_CARD.md'}")
    return lines


def _watched(validation: list[Any] | None) -> str:  # Any: JSON values
    """What early stopping chose the weights by, in words."""
    if validation is None:
        return "nothing: the last step, or the average of the last ones"
    images, observers, every, patience = validation
    return (
        f"{len(images)} validation images, {len(observers)} validation observers, not trained on; "
        f"looked at every {every} steps, patience {patience}"
    )
