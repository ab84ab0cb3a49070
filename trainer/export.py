"""Finished runs to WEIGHTS: the files the application loads, and a card that says where they come from."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from gazeapp.errors import CheckpointError
from gazeapp.locations import assets_dir
from gazeapp.networks.backbone import BACKBONE, find_backbone
from gazeapp.networks.checkpoint import load_checkpoint, save_checkpoint
from trainer.engine.runs import WEIGHTS
from trainer.reports.markdown import markdown_table
from trainer.reports.results import read_results
from trainer.reports.tables import format_table

_TASKS = {
    "universal": "universal",
    "user_embedding": "embedding",
    "user_posterior": "embedding",
    "personal_paper": "personal",
    "gaze_estimator": "gaze",
    "personal_basis": "personal",
}
"""Architecture to the name under which the application looks for it; the others are stored under their own."""

_NAMES = {"osie": "OSIE", "crowd": "EyeCrowd"}
"""Data sets that are known to stand under the program's own licence."""
_NEVER_SHIPPED = {"ps"}
"""Data sets that may be measured with, and no more."""


def export_weights(
    runs: list[Path], folder: Path, *, dtype: str = "float32", results: Sequence[Path] = ()
) -> list[str]:
    """Copy each run's weights to FOLDER/universal|embedding|personal.safetensors and write MODEL_CARD.md.

    Args:
        runs: Finished runs, or weights files.
        folder: Destination.
        dtype: How numbers are stored; networks always compute in float32.
        results: RESULTS to quote in the card: of the same recipe, trained without the people and images it is scored
            on.

    Returns:
        One line per file: name, architecture, size, sha256.
    """
    lines, sections = [], []
    sources: list[str] = []
    standing: set[str] = set()
    for run in runs:
        checkpoint = load_checkpoint(run if run.is_file() else run / WEIGHTS)
        if kept_back := set(_sources(checkpoint.provenance)) & _NEVER_SHIPPED:
            raise CheckpointError(
                f"{run}: trained on {', '.join(kept_back)}, data without a licence; such weights are for measuring only"
            )
        task = _TASKS.get(checkpoint.architecture, checkpoint.architecture)
        standing.add(str(checkpoint.config.get("backbone", "")))
        kind = torch.float16 if dtype == "float16" else torch.float32
        tensors = {
            name: tensor.to(kind) if tensor.is_floating_point() else tensor
            for name, tensor in checkpoint.tensors.items()
        }
        path = folder / f"{task}.safetensors"
        digest = save_checkpoint(
            path,
            architecture=checkpoint.architecture,
            config=checkpoint.config,
            tensors=tensors,
            provenance={**checkpoint.provenance, "stored_as": dtype, "exported_from": checkpoint.sha256},
        )
        n_parameters = sum(t.numel() for t in tensors.values() if t.is_floating_point())
        size_mb = path.stat().st_size / 1e6
        lines.append(f"{path}: {checkpoint.architecture}, {size_mb:.2f} MB, sha256 {digest}")
        rows = {
            "architecture": f"`{checkpoint.architecture}` {checkpoint.config}",
            "parameters": f"{n_parameters:,}",
            "stored as": f"{dtype}, {size_mb:.2f} MB",
            "sha256": f"`{digest}`",
            **_training(checkpoint.provenance),
        }
        table = markdown_table(["", ""], [[name, str(value)] for name, value in rows.items()])
        sections.append(f"## {path.name}\n\n{table}\n")
        sources = list(dict.fromkeys([*sources, *_sources(checkpoint.provenance)]))
    standing -= {""}
    if standing:
        lines.append(_copy_backbone(folder, standing))
        sections.append(_BACKBONE_SECTION.format(file=BACKBONE, sha256=", ".join(sorted(standing))))
    card = (
        f"# Model card\n\nWritten by `python -m trainer export`; read by `gazeapp`. {_terms(sources)}\n\n"
        "The files are safetensors: tensors and one JSON header, nothing that can be executed. An embedding is only "
        "valid "
        "with the embedding and personal weights it was made with.\n\n" + "\n".join(sections)
    )
    if results:
        card += (
            "\n## Measured\n\nWith the same recipe, trained without the observers and images scored here. In brackets: "
            "difference to the universal map, and for how many observers it is better. `wrong_user`: the embedding of "
            "another "
            "unseen observer; right minus wrong is what the person's own gaze contributes.\n\n"
            + format_table([read_results(path) for path in results], "md")
            + "\n"
        )
    (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    lines.append(f"{folder / 'MODEL_CARD.md'}")
    return lines


_BACKBONE_SECTION = """## {file}

What the networks above see an image through: EfficientNet-Lite0, trained on ImageNet, without its classifier; frozen.
float16, sha256 `{sha256}`. Apache License 2.0, see `BACKBONE_LICENSE.txt`; made by `python -m trainer backbone`.
"""


def _copy_backbone(folder: Path, standing: set[str]) -> str:
    """Put the shared backbone beside weights that stand on it, where it is not there already."""
    source = assets_dir() / "weights" / BACKBONE
    find_backbone(source, next(iter(standing)))
    for name in (BACKBONE, "BACKBONE_LICENSE.txt"):
        if not (folder / name).is_file():
            shutil.copyfile(source.with_name(name), folder / name)
    return str(folder / BACKBONE)


def _training(facts: dict[str, Any]) -> dict[str, str]:  # Any: JSON values
    """What a checkpoint's provenance says of its training, as rows of the card."""
    n_of = facts.get("n_images") or facts.get("n_frames") or []
    kind = "images" if facts.get("n_images") else "frames"
    data = ", ".join(
        f"{entry['source']} ({n} {kind}, {o} observers)"
        for entry, n, o in zip(facts.get("data", []), n_of, facts.get("n_observers", []), strict=False)
    )
    rows = {"trained on": data or "not recorded"}
    if origin := facts.get("from"):
        before = ", ".join(_sources({"data": origin.get("data", [])}))
        rows["began from"] = f"weights `{origin['sha256']}`" + (f" ({before})" if before else "")
    rows["left out"] = (
        f"images: {len(facts.get('exclude_images', []))} entries, "
        f"observers: {', '.join(facts.get('exclude_observers', [])) or 'none'}"
    )
    rows["chosen by"] = _watched(facts.get("validation"))
    if facts.get("sigma_deg") is not None:
        rows["sigma"] = f"{facts['sigma_deg']} degree of visual angle"
    rows["seed"] = str(facts.get("seed"))
    rows["training"] = f"preset `{facts.get('preset')}`: {facts.get('config')}"
    return rows


def _sources(facts: dict[str, Any]) -> list[str]:  # Any: JSON values
    """Data sets of a training, and of the one that it began from."""
    parts = [facts, facts.get("from") or {}, *facts.get("learnt_from", [])]
    return list(dict.fromkeys(str(entry["source"]) for part in parts for entry in part.get("data", [])))


def _terms(sources: list[str]) -> str:
    """Under what terms the weights stand, as far as their training data tell."""
    if not sources:
        return "What they were trained on is not recorded."
    names = ", ".join(_NAMES.get(source, f"`{source}`") for source in sources)
    if set(sources) <= set(_NAMES):
        return f"Licence: MIT, as the program. The training data ({names}; all MIT) are not part of it."
    return (
        f"The training data ({names}) are not part of it. Whoever trained the weights decides on their licence, within "
        f"the "
        "terms of these data."
    )


def _watched(validation: list[Any] | None) -> str:  # Any: JSON values
    """What early stopping chose the weights by, in words."""
    if validation is None:
        return "nothing: the last step, or the average of the last ones"
    images, observers, every, patience = validation
    return (
        f"{len(images)} validation images, {len(observers)} validation observers, not trained on; "
        f"looked at every {every} steps, patience {patience}"
    )
