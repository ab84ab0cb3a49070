"""The layout that OSIE and EyeCrowd share: one MATLAB struct per image, in it one per observer."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gazeapp.errors import DatasetIncomplete
from gazeapp.store.identifier import require_below
from trainer.data.source import DatasetSource, fixation_table, load_mat, need


def read_subject_structs(
    name: str,
    root: Path,
    stimuli: Path | None,
    image_size_wh: tuple[int, int],
    px_per_deg: float,
) -> DatasetSource:
    """Read `data/eye/fixations.mat` and `data/stimuli`.

    Args:
        name: The data set's name.
        root: Its folder.
        stimuli: Folder of images, where they are not under `root`.
        image_size_wh: (width, height) in which fixations are given, pixels.
        px_per_deg: Pixels of that size per degree of visual angle.

    Raises:
        DatasetIncomplete: Says which file or image is missing.
    """
    eye = need(root / "data" / "eye" / "fixations.mat", "the fixations")
    folder = stimuli or need(root / "data" / "stimuli", "the folder of images")
    records = np.atleast_1d(load_mat(eye)["fixations"])
    paths = [require_below(folder, str(record["img"]), eye) for record in records]
    absent = [path.name for path in paths if not path.is_file()]
    if absent:
        raise DatasetIncomplete(
            f"{folder}: {len(absent)} of {len(paths)} images are missing, the first is {absent[0]}",
            missing=tuple(absent),
        )
    rows = []
    for image, record in enumerate(records):
        for observer, subject in enumerate(np.atleast_1d(record["subjects"])):
            x_px, y_px = np.atleast_1d(subject["fix_x"]), np.atleast_1d(subject["fix_y"])
            duration_s = np.atleast_1d(subject["fix_duration"]) / 1000
            for order, (x, y, d) in enumerate(zip(x_px, y_px, duration_s, strict=True)):
                rows.append((image, observer, 1, order, x, y, d))
    n_observers = len(np.atleast_1d(records[0]["subjects"]))
    return DatasetSource(
        name=name,
        image_paths=tuple(paths),
        observers=tuple(str(k) for k in range(n_observers)),
        image_size_wh=image_size_wh,
        px_per_deg=px_per_deg,
        fixations=fixation_table(rows),
    )
