"""CAT2000 (Borji and Itti 2015), its train set."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gazeapp.errors import DatasetIncomplete
from trainer.data.source import DatasetSource, fixation_table, load_mat, need

_PX_PER_DEG = 38.0


def read_cat2000(root: Path, stimuli: Path | None) -> DatasetSource:
    """CAT2000 train set (Borji and Itti 2015): fixation locations of all observers together, as one "observer".

    `allFixData.mat` keeps observers apart, but in a MATLAB class that only MATLAB reads; universal networks do not
    need it, and personal ones cannot be trained from it.
    """
    folder = stimuli or need(root / "Stimuli", "the folder of categories")
    locations = need(root / "FIXATIONLOCS", "the folder with fixation locations by category")
    paths = sorted(p for p in folder.glob("*/*.jpg") if "output" not in p.parent.name.lower())
    if not paths:
        raise DatasetIncomplete(f"{folder}: holds no CATEGORY/NNN.jpg")
    rows = []
    for image, path in enumerate(paths):
        file = need(locations / path.parent.name / f"{path.stem}.mat", f"fixations of {path.name}")
        ys, xs = np.nonzero(load_mat(file)["fixLocs"])
        rows += [
            (image, 0, 1, order, x + 0.5, y + 0.5, np.nan) for order, (x, y) in enumerate(zip(xs, ys, strict=True))
        ]
    return DatasetSource(
        name="cat2000",
        image_paths=tuple(paths),
        observers=("all",),
        image_size_wh=None,
        px_per_deg=_PX_PER_DEG,
        fixations=fixation_table(rows),
        categories=tuple(path.parent.name for path in paths),
    )
