"""Protocols: who is scored, who makes up the universal map, and that no weights meet what they were trained on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import NotEnoughData, SettingsError
from gazeapp.networks.checkpoint import Checkpoint
from trainer.data.dataset import Dataset
from trainer.data.gaze_frames import GazeFrames
from trainer.data.splits import split_images
from trainer.methods.provenance import trainings

PROTOCOLS = ("closed", "open", "cross")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assignment:
    """Parts of one evaluation, as positions in the data set's own order."""

    scored_observers: NDArray[np.int64]
    scored_images: NDArray[np.int64]
    group: NDArray[np.int64]
    """Observers whose mean map is the universal one; in the closed and cross protocols without the target of each
    case."""
    learning_images: NDArray[np.int64]


def assign(
    dataset: Dataset,
    checkpoints: Sequence[Checkpoint],
    protocol: str,
    *,
    images: Sequence[str] | None,
    observers: Sequence[str] | None,
    learning_images: Sequence[str] | None,
    seed: int = 0,
) -> Assignment:
    """Divide a data set by protocol.

    Without a list of images the test part of the seed's split is scored, and its training part is for learning.
    open: the group is all observers that are not scored. closed: the group is the observers whom the weights know (all,
    without weights), and without a list of observers all of them are scored. cross: the data set is new to the weights,
    and the group is everybody.

    Raises:
        SettingsError: Weights that know what is to be scored, or an empty part.
    """
    scored = dataset.only(images, observers)
    learning = dataset.only(learning_images, None).image_index
    if images is None:
        parts = split_images(len(dataset.image_names), seed)
        test = np.intersect1d(scored.image_index, parts["test"])
        scored = replace(scored, image_index=test)
        if learning_images is None:
            learning = np.intersect1d(learning, parts["train"])
    if protocol == "closed" and observers is None:
        for checkpoint in checkpoints:
            if dataset.source in _sources(checkpoint):
                left_out = checkpoint.provenance.get("exclude_observers", [])
                scored = scored.without([], left_out)
    require_unseen(checkpoints, dataset, scored, protocol)
    group = dataset.observer_index
    if protocol == "open":
        group = np.setdiff1d(group, scored.observer_index)
    elif protocol == "closed":
        group = scored.observer_index
        for checkpoint in checkpoints:
            if dataset.source in _sources(checkpoint):
                known = dataset.without([], checkpoint.provenance.get("exclude_observers", []))
                group = np.union1d(group, known.observer_index)
    learning = np.setdiff1d(learning, scored.image_index)
    for part, name in (
        (scored.image_index, "images to score"),
        (scored.observer_index, "observers to score"),
        (learning, "images to learn from"),
    ):
        if not len(part):
            raise SettingsError(f"evaluate: no {name} are left", key="images")
    if len(np.setdiff1d(group, scored.observer_index)) < 1 and len(group) < 2:
        raise NotEnoughData("evaluate: the universal map needs observers besides the target")
    return Assignment(
        scored_observers=scored.observer_index,
        scored_images=scored.image_index,
        group=group,
        learning_images=learning,
    )


def require_unseen(
    checkpoints: Iterable[Checkpoint],
    dataset: Dataset,
    scored: Dataset,
    protocol: str,
    *,
    know_people: bool = True,
    may_be_watched: bool = False,
    command: str = "evaluate",
) -> None:
    """Refuse to score weights on what they, or the networks they learnt from, were trained on.

    The one place that says so, for every command that scores weights.

    Args:
        checkpoints: The weights.
        dataset: All of it.
        scored: Its images and observers to score.
        protocol: Of `PROTOCOLS`.
        know_people: Whether the closed protocol asks them for everybody who is scored; universal networks know nobody.
        may_be_watched: Whether images may be scored by which a training was stopped, with other people's gaze.
        command: Named in errors.

    Raises:
        SettingsError: Says what overlaps, and how to leave it out.
    """
    for checkpoint in checkpoints:
        for who, facts in trainings(checkpoint):
            if dataset.source not in {entry["source"] for entry in facts.get("data", [])}:
                continue
            if protocol == "cross":
                raise SettingsError(f"{command} --protocol cross: {who} trained on {dataset.source}", key="protocol")
            trained = dataset.without(
                [*facts.get("exclude_images", []), *(watched_images(facts) if may_be_watched else [])],
                facts.get("exclude_observers", []),
            )
            seen_images = np.intersect1d(trained.image_index, scored.image_index)
            seen_observers = np.intersect1d(trained.observer_index, scored.observer_index)
            if seen_images.size and trained.n_observers:
                raise SettingsError(
                    f"{command}: {who} trained on {seen_images.size} of the images to score; train with "
                    "--exclude-images, and score those with --images",
                    key="images",
                )
            if protocol == "open" and seen_observers.size and trained.n_images:
                raise SettingsError(
                    f"{command}: {who} trained on observers {seen_observers.tolist()} of those to score; train "
                    "with --exclude-observers, and score those with --observers",
                    key="observers",
                )
            unknown = np.setdiff1d(scored.observer_index, trained.observer_index)
            if protocol == "closed" and know_people and facts is checkpoint.provenance and unknown.size:
                raise SettingsError(
                    f"evaluate --protocol closed: the weights do not know observers {unknown.tolist()}; score those "
                    "they were trained on, or use --protocol open",
                    key="observers",
                )


def watched_images(facts: Mapping[str, Any]) -> list[str]:
    """Images by which a training was stopped: not trained on, but decided on."""
    images: list[str] = (facts.get("validation") or [[]])[0]
    return images


def require_unseen_people(checkpoint: Checkpoint, scored: GazeFrames) -> None:
    """Refuse to score a gaze estimator on people whom it was trained on.

    Args:
        checkpoint: The weights; those from before they named their people are known by their data alone.
        scored: The people to score.

    Raises:
        SettingsError: Says who, and how to leave them out.
    """
    facts = checkpoint.provenance
    seen = set(facts.get("people", {}).get(scored.source, []))
    if "people" not in facts and scored.sha256 in {entry.get("sha256") for entry in facts.get("data", [])}:
        seen = set(scored.without(facts.get("exclude_observers", [])).people_in_use)
    if known := sorted(seen & set(scored.people_in_use)):
        raise SettingsError(
            f"evaluate: the weights were trained on {', '.join(known[:5])}{' and others' * (len(known) > 5)} of "
            f"{scored.source}; train with --exclude-observers, and score those with --observers",
            key="observers",
        )


def _sources(checkpoint: Checkpoint) -> set[str]:
    return {entry["source"] for entry in checkpoint.provenance.get("data", [])}
