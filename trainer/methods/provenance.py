"""Provenance of weights that training starts from: which they were, and all the data that they have seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gazeapp.locations import assets_dir
from gazeapp.networks.checkpoint import Checkpoint, load_checkpoint
from gazeapp.networks.universal_models import DEFAULT
from trainer.methods.checkpoints import find_weights, is_model_name

Facts = Mapping[str, Any]  # Any: JSON values of a checkpoint's provenance

_SEEN = ("data", "exclude_images", "exclude_observers")
"""What decides which images and people a training has seen."""
_BEGINS_FROM = {"multicnn": "personal"}
"""Task to the task whose weights it begins from, where that is not itself."""


def origin(start: Path, task: str) -> dict[str, str]:
    """What a run's settings say of `--from`: the weights themselves, not where they lay.

    Raises:
        CheckpointError: No such weights.
    """
    checkpoint = load_checkpoint(find_weights(start, _BEGINS_FROM.get(task, task)))
    return {"sha256": checkpoint.sha256, "architecture": checkpoint.architecture}


def learnt_from(role: str, folders: Sequence[Path], task: str = "") -> list[dict[str, Any]]:  # Any: JSON values
    """What a run's settings say of networks it learns from: the weights themselves, and all they have seen.

    Args:
        role: `embedding` or `universal`; `first` for what training begins from.
        folders: Runs or weights.
        task: Of a training that begins from them.

    Raises:
        CheckpointError: No such weights.
    """
    found = []
    for folder in folders:
        if str(folder) == DEFAULT and is_model_name(folder):
            folder = assets_dir() / "weights"  # the shipped network, which says what it has seen
        elif is_model_name(folder):
            found.append({"role": role, "sha256": "", "model": str(folder), **{key: [] for key in _SEEN}})
            continue
        checkpoint = load_checkpoint(find_weights(folder, _BEGINS_FROM.get(task, task) if task else role))
        own = {"role": role, "sha256": checkpoint.sha256, **{key: checkpoint.provenance.get(key, []) for key in _SEEN}}
        found += [own, *checkpoint.provenance.get("learnt_from", [])]
    return found


def trainings(checkpoint: Checkpoint) -> Iterator[tuple[str, Facts]]:
    """Everything that decided the weights: who learnt, in words, and the facts of that training."""
    yield "the weights were", checkpoint.provenance
    for facts in checkpoint.provenance.get("learnt_from", []):
        yield f"the {facts['role']} network that the weights learnt from was", facts


def is_of(checkpoint: Checkpoint, role: str, other: Checkpoint) -> bool:
    """Whether the weights learnt from `other` in a role, as far as they say; exported weights stand for their run."""
    wanted = {facts["sha256"] for facts in checkpoint.provenance.get("learnt_from", []) if facts["role"] == role}
    return not wanted or bool(wanted & {other.sha256, other.provenance.get("exported_from")})


def joined_people(own: Mapping[str, Sequence[str]], start: Facts) -> dict[str, list[str]]:
    """Names of all people of two trainings of a gaze estimator, by source."""
    first: Mapping[str, Sequence[str]] = start.get("people", {})
    return {source: sorted({*own.get(source, ()), *first.get(source, ())}) for source in {**first, **own}}


def joined_facts(own: Facts, start: Checkpoint) -> dict[str, Any]:
    """Provenance of both trainings: an image counts as unseen only where neither has seen it.

    Args:
        own: Settings of the fine-tuning.
        start: What it started from.
    """
    first = start.provenance
    parts = [first, own]
    data: dict[str, Any] = {}  # Any: one JSON entry for each source, the newest
    excluded: dict[str, list[str]] = {"exclude_images": [], "exclude_observers": []}
    counts: dict[str, dict[str, int]] = {"n_images": {}, "n_observers": {}}
    for facts in parts:
        for k, entry in enumerate(facts.get("data", [])):
            data[entry["source"]] = entry
            for name, of in counts.items():
                of[entry["source"]] = max(of.get(entry["source"], 0), facts.get(name, [0] * 99)[k])
    for source in data:
        using = [f for f in parts if source in {entry["source"] for entry in f.get("data", [])}]
        for key, entries in excluded.items():
            unseen = set.intersection(*(_entries_of(facts, key, source) for facts in using))
            entries += [f"{source}:{text}" for text in sorted(unseen)]
    return {
        **own,
        **excluded,
        "data": list(data.values()),
        **{name: [of[source] for source in data] for name, of in counts.items()},
        "from": {"sha256": start.sha256, "data": first.get("data", [])},
    }


def _entries_of(facts: Facts, key: str, source: str) -> set[str]:
    """Names and positions that a training left out of one data set."""
    found = set()
    for entry in facts.get(key, []):
        prefix, _, text = str(entry).rpartition(":")
        if prefix in ("", source):
            found.add(text)
    return found
