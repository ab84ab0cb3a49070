"""SALICON (Jiang et al. 2015), its train part."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gazeapp.errors import DatasetIncomplete
from trainer.data.source import DatasetSource, fixation_table, load_mat, need

# 640 x 480 px images; mouse-contingent blur was set for about 30 px to a degree (Jiang et al. 2015)
_PX_PER_DEG = 30.0


def read_salicon(root: Path, stimuli: Path | None) -> DatasetSource:
    """SALICON (Jiang et al. 2015), train part: mouse fixations of people who saw different images.

    Whoever was n-th on an image becomes observer n; the same number on two images is not the same person, so this
    data set trains universal networks only.
    """
    images = stimuli or need(root / "images" / "train", "the training images")
    folder = need(root / "fixations" / "train", "the folder with one .mat per image")
    rows: list[tuple[float, ...]] = []
    paths: list[Path] = []
    most = 0
    for file in sorted(folder.glob("*.mat")):
        path = need(images / f"{file.stem}.jpg", "an image that has fixations")
        people = np.atleast_1d(load_mat(file)["gaze"])
        for observer, person in enumerate(people):
            points = np.asarray(person["fixations"], dtype=float).reshape(-1, 2)
            rows += [(len(paths), observer, 1, order, x - 0.5, y - 0.5, np.nan) for order, (x, y) in enumerate(points)]
        most = max(most, len(people))
        paths.append(path)
    if not paths:
        raise DatasetIncomplete(f"{folder}: holds no .mat files")
    return DatasetSource(
        name="salicon",
        image_paths=tuple(paths),
        observers=tuple(f"viewer-{k}" for k in range(most)),
        image_size_wh=(640, 480),
        px_per_deg=_PX_PER_DEG,
        fixations=fixation_table(rows),
    )
