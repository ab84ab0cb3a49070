"""MIT1003 (Judd et al. 2009)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gazeapp.errors import DatasetIncomplete
from gazeapp.gaze.detection.registry import detect_fixations
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.stimuli import image_size
from trainer.data.source import DatasetSource, fixation_table, load_mat, need

_RATE_HZ = 240.0
# 1024 px wide images subtend about 29 degrees (Judd et al. 2009): 35 px each
_DISPLAY = Display(width_px=1280, height_px=1024, width_mm=376.0, height_mm=301.0, distance_mm=587.0)


def read_mit1003(root: Path, stimuli: Path | None) -> DatasetSource:
    """MIT1003 (Judd et al. 2009): raw 240 Hz gaze per observer; fixations are detected by this program's I-VT.

    The published MATLAB detector is not used: the count of fixations differs somewhat from other loaders'.
    """
    folder = stimuli or need(root / "ALLSTIMULI", "the folder of images")
    data = need(root / "DATA", "the folder with one folder of gaze per observer")
    paths = sorted(p for p in folder.iterdir() if p.suffix.lower() in (".jpeg", ".jpg"))
    observers = sorted(p.name for p in data.iterdir() if p.is_dir())
    if not paths or not observers:
        raise DatasetIncomplete(f"{root}: {len(paths)} images and {len(observers)} observers found")
    rows, absent = [], []
    for image, path in enumerate(paths):
        width, height = image_size(path)
        for observer, name in enumerate(observers):
            file = data / name / f"{path.stem}.mat"
            if not file.is_file():
                absent.append(f"{name}/{file.name}")
                continue
            gaze = _gaze_of(file)
            points = gaze[:, :2].astype(float)
            points[(points <= 0).any(axis=1)] = np.nan
            samples = GazeSamples.build(np.arange(len(points)) / _RATE_HZ, eyes="cyclopean", left_px=points)
            for order, f in enumerate(detect_fixations(samples, _DISPLAY)):
                if 0 <= f.x_px < width and 0 <= f.y_px < height:
                    rows.append((image, observer, 1, order, f.x_px, f.y_px, f.duration_s))
    if absent:
        raise DatasetIncomplete(
            f"{data}: {len(absent)} gaze files are missing, the first is {absent[0]}",
            missing=tuple(absent),
        )
    return DatasetSource(
        name="mit1003",
        image_paths=tuple(paths),
        observers=tuple(observers),
        image_size_wh=None,
        px_per_deg=_DISPLAY.px_per_deg,
        fixations=fixation_table(rows),
    )


def _gaze_of(file: Path) -> Any:  # Any: (N, 3) array out of a MATLAB struct
    content = load_mat(file)
    # MATLAB cuts variable names at 63 characters, so the file has one variable of nearly its own name
    variable = next(value for key, value in content.items() if not key.startswith("__"))
    first = np.atleast_1d(variable["DATA"])[0]
    return np.atleast_2d(first["eyeData"])
