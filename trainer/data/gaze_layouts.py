"""Published sets of faces that look at known points, as their authors lay them out on disk."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from gazeapp.errors import DatasetIncomplete
from gazeapp.networks.gaze_predictor import Box
from gazeapp.store.identifier import require_below
from trainer.data.gaze_frames import MAP_CELLS, Entry, FrameRecording, read_frame
from trainer.data.source import need

SETTLE_S = 0.5
"""Frames earlier than that after a point appears are left out: the eyes are on their way (Chang et al. 2019)."""
EYE_CORNER_FACTOR = 1.8
"""Side of an eye's crop over the distance of its corners (the same)."""
_FACE_FACTOR = 2.0
"""Side of a face's box over the distance between the middles of eyes and mouth; our choice, because the set has no
boxes."""
_NO_MAPS = np.zeros((0, MAP_CELLS, MAP_CELLS), dtype=bool)


def read_gazecapture(root: Path) -> FrameRecording:
    """GazeCapture (Krafka et al. 2016): one folder per recording, with frames and JSON files.

    Frames without a valid face, both eyes and grid are left out, and those within `SETTLE_S` of a new point. Every
    recording counts as a person with one session. Its y points up and is turned round here.
    """
    folders = sorted(p for p in root.iterdir() if (p / "dotInfo.json").is_file())
    if not folders:
        raise DatasetIncomplete(f"{root}: no folder with dotInfo.json, such as 00002")
    entries: list[Entry] = []
    paths: list[Path] = []
    for person, folder in enumerate(folders):
        names = _json(folder / "frames.json")
        dots = _columns(folder / "dotInfo.json", ("XCam", "YCam", "Time"), len(names))
        boxes = {
            part: _columns(folder / f"apple{part}.json", ("X", "Y", "W", "H", "IsValid"), len(names))
            for part in ("Face", "LeftEye", "RightEye")
        }
        grid = _columns(folder / "faceGrid.json", ("IsValid",), len(names))
        valid = np.all([grid[:, 0] > 0, *(box[:, 4] > 0 for box in boxes.values())], axis=0)
        for k in np.nonzero(valid & (dots[:, 2] >= SETTLE_S))[0]:
            face = _box(*boxes["Face"][k, :4])
            # boxes of eyes count from the face's own corner
            eyes = [
                _box(*(boxes[part][k, :4] + np.array([face[0], face[1], 0, 0]))) for part in ("LeftEye", "RightEye")
            ]
            entries.append(
                Entry(
                    person=person,
                    session=0,
                    face=face,
                    left_eye=eyes[0],
                    right_eye=eyes[1],
                    point_cm=(float(dots[k, 0]), -float(dots[k, 1])),
                )
            )
            paths.append(require_below(folder / "frames", str(names[k]), folder / "frames.json"))
    return _recording("gazecapture", [folder.name for folder in folders], entries, paths)


def read_mpiifacegaze(root: Path) -> FrameRecording:
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
    return _recording("mpiifacegaze", [file.stem for file in files], entries, paths)


LAYOUTS: dict[str, Callable[[Path], FrameRecording]] = {
    "gazecapture": read_gazecapture,
    "mpiifacegaze": read_mpiifacegaze,
}


def read_gaze_layout(source: str, root: Path) -> FrameRecording:
    """Read a published data set.

    Args:
        source: Name in `LAYOUTS`.
        root: Folder that holds the data set as its authors publish it.

    Raises:
        DatasetIncomplete: Says which file or folder is missing, or what is wrong in it.
    """
    if not root.is_dir():
        raise DatasetIncomplete(f"{root}: no such folder; --root takes the data set's folder")
    return LAYOUTS[source](root)


def _recording(source: str, people: list[str], entries: list[Entry], paths: list[Path]) -> FrameRecording:
    return FrameRecording(
        source=source,
        people=tuple(people),
        entries=entries,
        read=lambda k: read_frame(paths[k]),
        salient=_NO_MAPS,
    )


def _boxes_of_landmarks(points: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[Box, Box, Box]:
    """Face, own left and own right eye of four eye corners and two mouth corners, in any order of left and right."""
    eyes = sorted((points[0:2], points[2:4]), key=lambda corners: float(corners[:, 0].mean()))
    middles = [corners.mean(axis=0) for corners in eyes]
    squares = [
        _square(middle, EYE_CORNER_FACTOR * math.dist(*corners.tolist()))
        for middle, corners in zip(middles, eyes, strict=True)
    ]
    between, mouth = np.mean(middles, axis=0), points[4:6].mean(axis=0)
    # as high as wide, so that it does not depend on how far the mouth is open
    apart = max(math.dist(between, mouth), math.dist(*middles))
    face = _square((between + mouth) / 2, _FACE_FACTOR * apart)
    # a camera sees the person's right eye on the left
    return face, squares[1], squares[0]


def _square(middle: np.ndarray[Any, np.dtype[np.float64]], side: float) -> Box:
    return _box(middle[0] - side / 2, middle[1] - side / 2, side, side)


def _box(left: float, top: float, width: float, height: float) -> Box:
    return round(float(left)), round(float(top)), round(float(width)), round(float(height))


def _json(file: Path) -> Any:  # Any: JSON values
    try:
        return json.loads(need(file, "a file of the recording").read_text(encoding="utf-8"))
    except ValueError as error:
        raise DatasetIncomplete(f"{file}: not readable JSON ({error})") from error


def _columns(file: Path, names: tuple[str, ...], n: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(n, columns) of a file with one list per name."""
    content = _json(file)
    try:
        columns = np.array([content[name] for name in names], dtype=float).T
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetIncomplete(f"{file}: needs lists {', '.join(names)} ({error})") from error
    if columns.shape != (n, len(names)):
        raise DatasetIncomplete(f"{file}: {len(columns)} values, frames.json names {n} frames")
    return columns
