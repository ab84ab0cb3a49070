"""MPIIFaceGaze (Zhang et al. 2017)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from gazeapp.errors import DatasetIncomplete
from gazeapp.networks.gaze_predictor import Box
from gazeapp.store.identifier import require_below
from trainer.data.gaze_frames import Entry, FrameSource
from trainer.data.readers.faces import frames_of, square

EYE_CORNER_FACTOR = 1.8
"""Side of an eye's crop over the distance of its corners (Chang et al. 2019)."""
_FACE_FACTOR = 2.0
"""Side of a face's box over the distance between the middles of eyes and mouth; our choice, because the set has no
boxes."""


def read_mpiifacegaze(root: Path) -> FrameSource:
    """MPIIFaceGaze (Zhang et al. 2017): p00 to p14, each with pNN.txt and a folder of pictures per day, its sessions.

    Points are the 3D targets in the camera's coordinates, of which x points to the person's left and is turned round
    here, and the few millimetres of depth are dropped. Boxes come from the six landmarks.
    """
    files = sorted(root.glob("p[0-9][0-9]/p[0-9][0-9].txt"))
    if not files:
        raise DatasetIncomplete(f"{root}: no pNN/pNN.txt with annotations, such as p00/p00.txt")
    entries: list[Entry] = []
    paths: list[Path] = []
    for person, file in enumerate(files):
        lines = [line.split() for line in file.read_text(encoding="utf-8").splitlines() if line]
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
            face, left_eye, right_eye = _boxes_of_landmarks(landmarks)
            entries.append(
                Entry(
                    person=person,
                    session=days.index(parts[0].split("/")[0]),
                    point_cm=(-float(target_mm[0]) / 10, float(target_mm[1]) / 10),
                    face=face,
                    left_eye=left_eye,
                    right_eye=right_eye,
                )
            )
            paths.append(require_below(file.parent, parts[0], file))
    return frames_of("mpiifacegaze", [file.stem for file in files], entries, paths)


def _boxes_of_landmarks(points: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[Box, Box, Box]:
    """Face, own left and own right eye of four eye corners and two mouth corners, in any order of left and right."""
    eyes = sorted((points[0:2], points[2:4]), key=lambda corners: float(corners[:, 0].mean()))
    middles = [corners.mean(axis=0) for corners in eyes]
    squares = [
        square(middle, EYE_CORNER_FACTOR * math.dist(*corners.tolist()))
        for middle, corners in zip(middles, eyes, strict=True)
    ]
    between, mouth = np.mean(middles, axis=0), points[4:6].mean(axis=0)
    # as high as wide, so that it does not depend on how far the mouth is open
    apart = max(math.dist(between, mouth), math.dist(*middles))
    face = square((between + mouth) / 2, _FACE_FACTOR * apart)
    # a camera sees the person's right eye on the left
    return face, squares[1], squares[0]
