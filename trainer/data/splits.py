"""Splits: images 80/10/10 by seed, observers in folds; kept as small lists beside the results.

A list holds one `SOURCE:POSITION` a line (0-based, the data set's own order), as `--images`, `--observers` and
`--exclude-*` read it; several data sets share one list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from trainer.data.dataset import Dataset

N_FOLDS = 3
PARTS = ("train", "validation", "test")
_HELD_OUT_SHARE = 0.1


def split_images(n_images: int, seed: int = 0) -> dict[str, list[int]]:
    """Positions of the training (80 %), validation (10 %) and test (10 %) images, each sorted.

    >>> {part: len(positions) for part, positions in split_images(630).items()}
    {'train': 504, 'validation': 63, 'test': 63}
    """
    order = np.random.default_rng(seed).permutation(n_images)
    n_held_out = round(n_images * _HELD_OUT_SHARE)
    cuts = np.split(order, [n_images - 2 * n_held_out, n_images - n_held_out])
    return {part: sorted(cut.tolist()) for part, cut in zip(PARTS, cuts, strict=True)}


def observer_folds(n_observers: int, n_folds: int = N_FOLDS) -> list[list[int]]:
    """Positions of the observers that each fold leaves out: every n-th, so that each is left out once.

    >>> observer_folds(7)
    [[0, 3, 6], [1, 4], [2, 5]]
    """
    return [list(range(fold, n_observers, n_folds)) for fold in range(n_folds)]


def shared_images(dataset: Dataset, other: Dataset) -> list[int]:
    """Positions of the images of `dataset` whose names `other` holds too."""
    names = set(other.image_names)
    return [i for i, name in enumerate(dataset.image_names) if name in names]


def write_splits(
    datasets: Sequence[Dataset],
    folder: Path,
    *,
    seed: int = 0,
    test_only: Mapping[str, Dataset] | None = None,
) -> list[Path]:
    """Write the lists of several data sets.

    Args:
        datasets: Prepared data; those of one laboratory share their observers' positions.
        folder: Destination.
        seed: Of the order of the images.
        test_only: Data set name to another data set that tests alone: its images are left out of the training lists
            too.

    Returns:
        The files: `SOURCE-train|validation|test.txt`; `held-out.txt` (validation and test images of all, and the
        images of `test_only`); `fold-K.txt` (observers of all).
    """
    lists: dict[str, list[str]] = {"held-out": []}
    for dataset in datasets:
        parts = split_images(len(dataset.image_names), seed)
        other = (test_only or {}).get(dataset.source)
        shared = set(shared_images(dataset, other)) if other is not None else set()
        parts["train"] = [i for i in parts["train"] if i not in shared]
        for part, positions in parts.items():
            lists[f"{dataset.source}-{part}"] = _entries(dataset, positions)
        held_out = sorted({*parts["validation"], *parts["test"], *shared})
        lists["held-out"] += _entries(dataset, held_out)
        for fold, observers in enumerate(observer_folds(len(dataset.observer_names))):
            lists.setdefault(f"fold-{fold}", []).extend(_entries(dataset, observers))
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, entries in lists.items():
        path = folder / f"{name}.txt"
        path.write_text(f"# seed {seed}\n" + "\n".join(entries) + "\n", encoding="utf-8")
        paths.append(path)
    return paths


def _entries(dataset: Dataset, positions: Iterable[int]) -> list[str]:
    return [f"{dataset.source}:{position}" for position in positions]
