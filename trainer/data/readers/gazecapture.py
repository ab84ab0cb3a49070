"""GazeCapture (Krafka et al. 2016)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gazeapp.errors import DatasetIncomplete
from gazeapp.store.identifier import require_below
from trainer.data.gaze_frames import Entry, FrameSource
from trainer.data.readers.faces import frames_of
from trainer.data.source import load_json, need

SETTLE_S = 0.5
"""Frames earlier than that after a point appears are left out: the eyes are on their way (Chang et al. 2019)."""


def read_gazecapture(root: Path) -> FrameSource:
    """GazeCapture (Krafka et al. 2016): one folder per recording, with frames and JSON files.

    The kind of device is that of info.json, turned as screen.json says. Frames without a valid face, both eyes and
    grid are left out, and those within `SETTLE_S` of a new point. Every recording counts as a person with one session.
    Its y points up and is turned round here.
    """
    folders = sorted(p for p in root.iterdir() if (p / "dotInfo.json").is_file())
    if not folders:
        raise DatasetIncomplete(f"{root}: no folder with dotInfo.json, such as 00002")
    entries: list[Entry] = []
    paths: list[Path] = []
    for person, folder in enumerate(folders):
        names = _json(folder / "frames.json", list)
        dots = _columns(folder / "dotInfo.json", ("XCam", "YCam", "Time"), len(names))
        boxes = {
            part: _columns(folder / f"apple{part}.json", ("X", "Y", "W", "H", "IsValid"), len(names))
            for part in ("Face", "LeftEye", "RightEye")
        }
        devices = _devices(folder, len(names))
        grid = _columns(folder / "faceGrid.json", ("IsValid",), len(names))
        valid = np.all([grid[:, 0] > 0, *(box[:, 4] > 0 for box in boxes.values())], axis=0)
        for k in np.nonzero(valid & (dots[:, 2] >= SETTLE_S))[0]:
            # boxes of eyes count from the face's own corner
            left, right = (
                boxes["Face"][k, :2] + boxes[part][k, :2] + boxes[part][k, 2:4] / 2 for part in ("LeftEye", "RightEye")
            )
            entries.append(
                Entry(
                    person=person,
                    session=0,
                    left_px=(float(left[0]), float(left[1])),
                    right_px=(float(right[0]), float(right[1])),
                    point_cm=(float(dots[k, 0]), -float(dots[k, 1])),
                    device=devices[k],
                )
            )
            paths.append(require_below(folder / "frames", str(names[k]), folder / "frames.json"))
    return frames_of("gazecapture", [folder.name for folder in folders], entries, paths)


def _devices(folder: Path, n: int) -> list[str]:
    """Phone, tablet or tablet landscape for each frame, by the device's name and how its screen was turned."""
    info = folder / "info.json"
    if not info.is_file():
        return [""] * n
    name = str(_json(info, dict).get("DeviceName", ""))
    if not name.startswith("iPad"):
        return ["phone"] * n
    turned = _columns(folder / "screen.json", ("Orientation",), n)[:, 0]
    # 1 and 2 are upright
    return ["tablet landscape" if turn > 2 else "tablet" for turn in turned]


def _json(file: Path, kind: type[list[Any]] | type[dict[str, Any]]) -> Any:  # Any: JSON values
    content = load_json(need(file, "a file of a recording"))
    if not isinstance(content, kind):
        raise DatasetIncomplete(f"{file}: holds no {'list' if kind is list else 'object'}")
    return content


def _columns(file: Path, names: tuple[str, ...], n: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(n, columns) of a file with one list per name."""
    content = _json(file, dict)
    try:
        columns = np.array([content[name] for name in names], dtype=float).T
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetIncomplete(f"{file}: needs lists {', '.join(names)} ({error})") from error
    if columns.shape != (n, len(names)):
        raise DatasetIncomplete(f"{file}: {len(columns)} values, frames.json names {n} frames")
    return columns
