"""MPIIFaceGaze (Zhang et al. 2017)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gazeapp.errors import DatasetIncomplete
from gazeapp.store.identifier import require_below
from trainer.data.gaze_frames import Entry, FrameSource
from trainer.data.readers.faces import frames_of
from trainer.data.source import load_text


def read_mpiifacegaze(root: Path) -> FrameSource:
    """MPIIFaceGaze (Zhang et al. 2017): p00 to p14, each with pNN.txt and a folder of pictures per day, its sessions.

    Points are the 3D targets in the camera's coordinates, of which x points to the person's left and is turned round
    here, and the few millimetres of depth are dropped. The middle of an eye is that of its two corners.
    """
    files = sorted(root.glob("p[0-9][0-9]/p[0-9][0-9].txt"))
    if not files:
        raise DatasetIncomplete(f"{root}: no pNN/pNN.txt with annotations, such as p00/p00.txt")
    entries: list[Entry] = []
    paths: list[Path] = []
    for person, file in enumerate(files):
        lines = [line.split() for line in load_text(file).splitlines() if line.strip()]
        days = sorted({parts[0].split("/")[0] for parts in lines})
        for number, parts in enumerate(lines, start=1):
            try:
                values = np.array([float(text) for text in parts[1:27]])
            except ValueError as error:
                raise DatasetIncomplete(f"{file}, line {number}: {error}") from error
            if len(values) < 26:
                raise DatasetIncomplete(f"{file}, line {number}: {len(parts)} columns, at least 27 are needed")
            landmarks = values[2:14].reshape(6, 2)
            target_mm = values[23:26]
            # a camera sees the person's right eye on the left
            right, left = sorted(corners.mean(axis=0).tolist() for corners in (landmarks[0:2], landmarks[2:4]))
            entries.append(
                Entry(
                    person=person,
                    session=days.index(parts[0].split("/")[0]),
                    point_cm=(-float(target_mm[0]) / 10, float(target_mm[1]) / 10),
                    left_px=(left[0], left[1]),
                    right_px=(right[0], right[1]),
                )
            )
            paths.append(require_below(file.parent, parts[0], file))
    return frames_of("mpiifacegaze", [file.stem for file in files], entries, paths)
