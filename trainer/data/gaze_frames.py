"""DATA for the gaze estimator: crops of faces and eyes in memory-mapped arrays, and what is known of where each looked.

A frame has a point (calibration targets), or a loss map (free viewing of an image or a clip), never both.
Points are centimetres in the plane of the screen from the camera: x to the person's right, y down.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gazeapp.camera.eye_crops import EyeCrops, FindEyes, Point
from gazeapp.errors import DatasetIncomplete
from gazeapp.networks.gaze_estimator import CROP_PX
from gazeapp.networks.gaze_predictor import box_shares, square_crop
from gazeapp.progress import Track
from gazeapp.saliency.loss_map import PERCENTILE, loss_map
from gazeapp.store.untrusted.arrays import load_array, map_array
from gazeapp.types import Image as Image
from trainer.data.source import load_meta

SCHEMA = 2
KIND = "gaze-frames"
MAP_CELLS = 101
"""Rows and columns of a loss map (Chang et al. 2019)."""
MAP_REACH_CM = 25.0
"""Loss maps reach that far from the camera on every side; the middle of a cell lies on each border."""
CELL_CM = 2 * MAP_REACH_CM / (MAP_CELLS - 1)
CROPS = ("face", "left_eye", "right_eye")
FRAME = np.dtype(
    [
        ("person", "i4"),
        ("session", "i4"),
        ("map", "i4"),
        ("point_cm", "f4", 2),
        ("face", "f4", 4),
        ("device", "i4"),
    ]
)
"""One frame: `map` is its loss map or -1; `point_cm` NaN without a point; `face` the box as shares of the frame;
`device` the kind of screen it was at."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entry:
    """One frame of a source, not read yet."""

    person: int
    session: int
    left_px: Point | None
    """Middle of the person's own left eye; None where a finder is to look for it."""
    right_px: Point | None
    point_cm: tuple[float, float] | None = None
    device: str = ""
    """Kind of screen, such as phone, tablet, tablet landscape; empty where it is not known."""
    map: int = -1
    """Which of the source's salient sets the person was looking at; -1 where the point is known."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameSource:
    """What a reader finds: who, when, and how to get the picture."""

    name: str
    people: tuple[str, ...]
    entries: Sequence[Entry]
    read: Callable[[int], Image]
    """Number of an entry to its frame, (H, W, 3) RGB."""
    salient: NDArray[np.bool_]
    """(M, 101, 101) cells where something salient was shown."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GazeFrames:
    """DATA opened, or a part of it."""

    source: str
    sha256: str
    people: tuple[str, ...]
    index: NDArray[np.int64]
    """(N,) frames in use."""
    crops: dict[str, NDArray[np.uint8]]
    """Name in `CROPS` to (all frames, 64, 64, 3), memory-mapped."""
    table: NDArray[np.void]
    """(all frames,) of `FRAME`."""
    salient: NDArray[np.bool_]
    """(M, 101, 101), memory-mapped."""
    devices: tuple[str, ...] = ("",)
    """Kinds of screens."""

    @property
    def used(self) -> NDArray[np.void]:
        """(N,) rows in use."""
        return self.table[self.index]

    @property
    def people_in_use(self) -> list[str]:
        """Names of those who have frames in use, in their order."""
        return [self.people[k] for k in np.unique(self.used["person"])]

    def without(self, people: Sequence[str]) -> GazeFrames:
        """Leave out people given by name or 0-based position."""
        return self._part(~np.isin(self.used["person"], self._positions(people)))

    def only(self, people: Sequence[str]) -> GazeFrames:
        """Keep people given by name or 0-based position."""
        return self._part(np.isin(self.used["person"], self._positions(people)))

    def of_sessions(self, sessions: Sequence[int]) -> GazeFrames:
        """Keep frames of these sessions."""
        return self._part(np.isin(self.used["session"], list(sessions)))

    def with_points(self) -> GazeFrames:
        """Keep frames whose point is known."""
        return self._part(self.used["map"] < 0)

    def with_maps(self) -> GazeFrames:
        """Keep frames of free viewing."""
        return self._part(self.used["map"] >= 0)

    def of_device(self, device: str) -> GazeFrames:
        """Keep frames at one kind of screen."""
        return self._part(self.used["device"] == self.devices.index(device))

    def average_saliency(self) -> NDArray[np.float64]:
        """(101, 101) share of the frames of free viewing in which a cell was salient; zeros without any."""
        which, count = np.unique(self.used["map"][self.used["map"] >= 0], return_counts=True)
        total = np.zeros((MAP_CELLS, MAP_CELLS))
        for k, n in zip(which, count, strict=True):
            total += n * self.salient[k]
        share: NDArray[np.float64] = total / max(1, count.sum())
        return share

    def loss_maps(self) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Loss maps of the frames in use, and which one each frame has.

        Returns:
            (K, 101, 101) distance to what is salient, cm; and (N,) place in it, -1 for frames with a point.
        """
        which, place = np.unique(self.used["map"], return_inverse=True)
        has_none = int(which.size > 0 and which[0] < 0)
        maps = [loss_map(self.salient[k].astype(float)).values * CELL_CM for k in which[has_none:]]
        stack = np.stack(maps) if maps else np.zeros((0, MAP_CELLS, MAP_CELLS))
        return stack.astype(np.float32), place.astype(np.int64) - has_none

    def _part(self, kept: NDArray[np.bool_]) -> GazeFrames:
        return replace(self, index=self.index[kept])

    def _positions(self, people: Sequence[str]) -> list[int]:
        known = {name: k for k, name in enumerate(self.people)}
        return [
            known[text] if text in known else int(text)
            for text in people
            if text in known or (text.isdigit() and int(text) < len(known))
        ]


def salient_cells(
    saliency: ArrayLike,
    screen_cm: tuple[float, float, float, float],
    *,
    percentile: float = PERCENTILE,
) -> NDArray[np.bool_]:
    """Where on the grid around the camera the salient places of a screen lie.

    The percentile is taken over the screen, not over the grid, of which a screen is a small part.

    Args:
        saliency: (H, W) map of what filled the screen, any scale.
        screen_cm: Left, top, width and height of the screen.
        percentile: λ: values below this percentile are not salient.

    Returns:
        (101, 101), True in at least one cell.

    Raises:
        ValueError: As `saliency.loss_map`; or a screen beyond the grid.
    """
    left, top, width, height = screen_cm
    values = loss_map(saliency, percentile=percentile).values
    # at least one row and one column of the map for every cell, so that nothing falls between
    factor = int(np.ceil(2 * max(width / values.shape[1], height / values.shape[0]) / CELL_CM))
    inside = np.kron(values == 0, np.ones((max(1, factor), max(1, factor)), dtype=bool))
    rows, columns = np.nonzero(inside)
    x_cm = left + (columns + 0.5) / inside.shape[1] * width
    y_cm = top + (rows + 0.5) / inside.shape[0] * height
    place = np.rint((np.stack([x_cm, y_cm]) + MAP_REACH_CM) / CELL_CM).astype(int)
    known = ((place >= 0) & (place < MAP_CELLS)).all(axis=0)
    if not known.any():
        raise ValueError(f"screen_cm {screen_cm} lies beyond {MAP_REACH_CM:g} cm from the camera")
    cells = np.zeros((MAP_CELLS, MAP_CELLS), dtype=bool)
    cells[place[1, known], place[0, known]] = True
    return cells


def write_frames(
    source: FrameSource,
    folder: Path,
    *,
    find_eyes: FindEyes | None = None,
    progress: Track = lambda items, _label, _total: items,
) -> int:
    """Write DATA; meta.json comes last, so that a folder with it is complete.

    Args:
        source: What a reader found.
        folder: Destination; made where absent, its arrays replaced.
        find_eyes: Finds eyes as the webcam does, in the place of what the source says; frames where it finds none
            are left out, as they are while gaze is measured.
        progress: Wraps the loop over frames.

    Returns:
        How many frames were kept.

    Raises:
        DatasetIncomplete: No frames, none with eyes, or one that cannot be read.
    """
    n = len(source.entries)
    if not n:
        raise DatasetIncomplete(f"{source.name}: no frame with a face and two eyes was found")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "meta.json").unlink(missing_ok=True)
    shape = (n, CROP_PX, CROP_PX, 3)
    crops = {name: np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.uint8, shape) for name in CROPS}
    rows: list[tuple[object, ...]] = []
    devices = sorted({entry.device for entry in source.entries})
    digest = hashlib.sha256()
    for k in progress(range(n), f"prepare {source.name}", n):
        entry, frame_rgb = source.entries[k], source.read(k)
        eyes = _eyes(entry, frame_rgb, find_eyes)
        if eyes is None:
            continue
        for name in CROPS:
            crops[name][len(rows)] = square_crop(frame_rgb, getattr(eyes, name))
            digest.update(crops[name][len(rows)].tobytes())
        point = (np.nan, np.nan) if entry.point_cm is None else entry.point_cm
        box, device = box_shares(frame_rgb, eyes.face), devices.index(entry.device)
        rows.append((entry.person, entry.session, entry.map, point, box, device))
    if not rows:
        raise DatasetIncomplete(f"{source.name}: in none of {n} frames one person's face with two eyes was found")
    table = np.array(rows, dtype=FRAME)
    for array in crops.values():
        array.flush()  # rows after the last frame that was kept stay empty
    digest.update(table.tobytes())
    digest.update(np.packbits(source.salient).tobytes())
    np.save(folder / "frames.npy", table)
    np.save(folder / "salient.npy", source.salient)
    meta = {
        "schema": SCHEMA,
        "kind": KIND,
        "source": source.name,
        "people": list(source.people),
        "devices": devices,
        "n_frames": len(rows),
        "n_without_eyes": n - len(rows),
        "n_points": int((table["map"] < 0).sum()),
        "crop_px": CROP_PX,
        "map_cells": MAP_CELLS,
        "map_reach_cm": MAP_REACH_CM,
        "sha256": digest.hexdigest(),
    }
    (folder / "meta.json").write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")
    return len(rows)


def _eyes(entry: Entry, frame_rgb: Image, find_eyes: FindEyes | None) -> EyeCrops | None:
    if find_eyes is not None:
        return find_eyes(frame_rgb)
    if entry.left_px is None or entry.right_px is None:
        return None
    return EyeCrops(frame_rgb=frame_rgb, left_px=entry.left_px, right_px=entry.right_px)


def open_frames(folder: Path) -> GazeFrames:
    """Open DATA.

    Raises:
        DatasetIncomplete: Not a folder of frames that was finished, or of another kind or schema.
    """
    meta = load_meta(folder, SCHEMA, kind=KIND)
    try:
        crops = {name: map_array(folder / f"{name}.npy") for name in CROPS}
        table = load_array(folder / "frames.npy")
        salient = map_array(folder / "salient.npy")
    except (OSError, ValueError) as error:
        raise DatasetIncomplete(f"{folder}: not a complete DATA folder ({error}); prepare it again") from error
    try:
        frames = GazeFrames(
            source=str(meta["source"]),
            sha256=str(meta["sha256"]),
            people=tuple(map(str, meta["people"])),
            index=np.arange(len(table)),
            crops=crops,
            table=table,
            salient=salient,
            devices=tuple(map(str, meta["devices"])),
        )
    except (KeyError, TypeError) as error:
        raise DatasetIncomplete(f"{folder / 'meta.json'}: damaged ({error!r}); prepare it again") from error
    _require_whole(frames, folder)
    return frames


def _require_whole(frames: GazeFrames, folder: Path) -> None:
    """What was written together belongs together: DatasetIncomplete where an index leads beyond it."""
    table, places = frames.table, {"person": len(frames.people), "device": len(frames.devices)}
    if (
        table.dtype != FRAME
        or any(crop.ndim != 4 or crop.dtype != np.uint8 or len(crop) < len(table) for crop in frames.crops.values())
        or any(len(table) and not (0 <= table[key].min() <= table[key].max() < n) for key, n in places.items())
        or (len(table) and not (-1 <= table["map"].min() <= table["map"].max() < len(frames.salient)))
    ):
        raise DatasetIncomplete(f"{folder}: its files do not belong together; prepare it again")
