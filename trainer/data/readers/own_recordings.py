"""Faces of one's own: sessions in which the webcam's pictures were kept, and videos of a face beside what it looked at.

A frame becomes an entry with the point that was looked at, or with the salient cells of what was viewed freely then: an
image has one map, a clip one for each of its frames.
"""

from __future__ import annotations

import csv
import io
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.camera.source import Frame, VideoFile, open_file
from gazeapp.errors import DatasetIncomplete
from gazeapp.gaze.display import Display
from gazeapp.saliency.maps import fixation_density
from gazeapp.store.events import TargetHidden, TargetShown
from gazeapp.store.identifier import require_below
from gazeapp.store.reader import SessionReader
from gazeapp.store.session_state import used
from gazeapp.store.stimuli import IMAGE_SUFFIXES, decode_image
from gazeapp.store.study import Study
from trainer.data.gaze_frames import MAP_CELLS, Entry, FrameSource, salient_cells
from trainer.data.readers.gazecapture import SETTLE_S
from trainer.data.source import load_text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EVERY_S = 1.0
"""One frame of this time is taken (Chang et al. 2019)."""
RECORDING = "recording.toml"
_MOST_S = 4 * 3600.0
Density = Callable[[Frame, str], NDArray[np.float32]]
"""(H, W, 3) of an image or of a clip, and its name → where people look."""
ScreenCm = tuple[float, float, float, float]
"""Left, top, width and height of a screen, or of a part of it, from the camera: right and down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What somebody looked at for some time: a point, or something to view freely."""

    onset_s: float
    end_s: float
    point_cm: tuple[float, float] | None = None
    cells: Callable[[float], NDArray[np.bool_]] | None = None
    """Seconds since the onset → salient cells."""


@dataclass(slots=True)
class _Gathered:
    """Entries of all recordings as they are found."""

    entries: list[Entry]
    reads: list[Callable[[], Frame]]
    salient: list[NDArray[np.bool_]]
    known: dict[int, int]

    def add(
        self, person: int, session: int, time_s: float, read: Callable[[], Frame], looked: Sequence[Looked]
    ) -> None:
        now = next((one for one in looked if one.onset_s + SETTLE_S <= time_s < one.end_s), None)
        if now is None:
            return
        place = -1
        if now.cells is not None:
            cells = now.cells(time_s - now.onset_s)
            if id(cells) not in self.known:
                self.known[id(cells)] = len(self.salient)
                self.salient.append(cells)
            place = self.known[id(cells)]
        self.entries.append(
            Entry(person=person, session=session, left_px=None, right_px=None, point_cm=now.point_cm, map=place)
        )
        self.reads.append(read)

    def source(self, name: str, people: Sequence[str]) -> FrameSource:
        none = np.zeros((0, MAP_CELLS, MAP_CELLS), dtype=bool)
        return FrameSource(
            name=name,
            people=tuple(people),
            entries=self.entries,
            read=lambda k: self.reads[k](),
            salient=np.stack(self.salient) if self.salient else none,
        )


def read_webcam_sessions(
    root: Path, density: Density | None, *, camera_mm: tuple[float, float] = (0.0, -10.0)
) -> FrameSource:
    """Sessions of a study that were recorded by a webcam with `eye_images=record`.

    Args:
        root: The study's folder.
        density: Where people look; None measures it by the gaze of the study's other people on the image.
        camera_mm: Where the camera was, from the middle of the screen's upper edge: right and down.

    Raises:
        DatasetIncomplete: No session with pictures, or, measured, an image that nobody else viewed.
    """
    found = _Gathered([], [], [], {})
    people: list[str] = []
    with Study.open(root) as study:
        folders = [session.path for session in study.sessions()]
        measured = None if density is not None else _Measured(folders)
        counts: dict[str, int] = {}
        for folder in folders:
            with SessionReader(folder) as reader:
                who = reader.pseudonym
                if who not in people:
                    people.append(who)
                looked = _looked_in(reader, density, measured, camera_mm)
                number = counts[who] = counts.get(who, -1) + 1
                last_s = -math.inf
                for image in reader.eye_images():
                    if image.time_s - last_s < EVERY_S * 0.999:
                        continue
                    last_s = image.time_s
                    read = _stored(image.image, f"{folder.name} at {image.time_s:.1f} s")
                    found.add(people.index(who), number, image.time_s, read, looked)
    if not found.entries:
        raise DatasetIncomplete(
            f"{root}: no session holds the webcam's pictures; record with --device webcam "
            "--device-option eye_images=record and a consent that names them"
        )
    return found.source("webcam", people)


def read_clips(root: Path, density: Density) -> FrameSource:
    """Folders with a video of a face and `recording.toml`, which says what was on the screen when.

    Keys: `person`, `session`, `camera` (video or folder of pictures, below the folder), `camera_start_s` (of its first
    frame), `screen_cm` (left, top, width, height from the camera); `[[points]]` with `onset_s`, `duration_s`, `x`, `y`
    (shares of the screen); `[[views]]` with `onset_s`, `duration_s`, `file` (an image or a clip, filling the screen, or
    `place` of it: left, top, width, height, shares), and for measured saliency `fixations`, a CSV with `x_px,y_px` of
    other people on an image.

    Raises:
        DatasetIncomplete: No such folder, or what is wrong in one.
    """
    files = sorted(root.glob(f"**/{RECORDING}"))
    if not files:
        raise DatasetIncomplete(f"{root}: no folder with {RECORDING}")
    found = _Gathered([], [], [], {})
    people: list[str] = []
    for file in files:
        try:
            values = tomllib.loads(load_text(file))
            who, session = str(values["person"]), int(values.get("session", 0))
            left, top, width, height = (float(v) for v in values["screen_cm"])
            looked = _looked_at(file, values, (left, top, width, height), density)
            start_s = float(values.get("camera_start_s", 0.0))
            camera = open_file(require_below(file.parent, str(values["camera"]), file))
        except (OSError, RecursionError, KeyError, TypeError, ValueError) as error:
            raise DatasetIncomplete(f"{file}: {error!r}") from error
        if who not in people:
            people.append(who)
        rate_hz, n_before = camera.rate_hz, len(found.entries)
        step = max(1, round(EVERY_S * rate_hz))
        last_s = max((one.end_s for one in looked), default=0.0)
        reader = _Rewinding(camera)
        for n in range(0, min(int((last_s - start_s) * rate_hz) + 1, int(_MOST_S * rate_hz)), step):
            found.add(people.index(who), session, start_s + n / rate_hz, _nth(reader, n), looked)
        if len(found.entries) == n_before:
            raise DatasetIncomplete(f"{file}: no frame lies in what was looked at; is the video long enough?")
    return found.source("clips", people)


class _Measured:
    """Where the other people of a study looked on an image."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._seen: dict[str, list[tuple[str, NDArray[np.float64], tuple[int, int], float]]] = {}
        for folder in folders:
            with SessionReader(folder) as reader:
                for trial in used(reader):
                    points = np.array([(f.x_px, f.y_px) for f in trial.fixations]).reshape(-1, 2)
                    size = (trial.frame.image_width_px, trial.frame.image_height_px)
                    scale = reader.display.px_per_deg / trial.frame.scale
                    self._seen.setdefault(trial.frame.stimulus_id, []).append((reader.pseudonym, points, size, scale))

    def __call__(self, stimulus_id: str, who: str) -> NDArray[np.float32] | None:
        others = [seen for seen in self._seen.get(stimulus_id, ()) if seen[0] != who and len(seen[1])]
        if not others:
            return None
        return fixation_density(np.concatenate([seen[1] for seen in others]), others[0][2], others[0][3])


def _looked_in(
    reader: SessionReader, density: Density | None, measured: _Measured | None, camera_mm: tuple[float, float]
) -> list[Looked]:
    """Targets and images of a session."""
    display, looked = reader.display, []
    shown: TargetShown | None = None
    for event in reader.events():
        if isinstance(event, TargetShown):
            shown = event
        elif isinstance(event, TargetHidden) and shown is not None:
            point = _on_screen_cm(display, shown.x_px, shown.y_px, camera_mm)
            looked.append(Looked(onset_s=shown.time_s, end_s=event.time_s, point_cm=point))
            shown = None
    names = {row.stimulus_id: row.name for row in reader.stimulus_rows()}
    for trial in used(reader):
        frame = trial.frame
        if density is not None:
            values = density(reader.stimuli.load(frame.stimulus_id).rgb, names.get(frame.stimulus_id, ""))
        else:
            found = measured(frame.stimulus_id, reader.pseudonym) if measured is not None else None
            if found is None:
                continue  # nobody else saw it: nothing was measured
            values = found
        left, top = _on_screen_cm(display, frame.left_px, frame.top_px, camera_mm)
        right, bottom = _on_screen_cm(
            display, frame.left_px + frame.width_px, frame.top_px + frame.height_px, camera_mm
        )
        cells = salient_cells(values, (left, top, right - left, bottom - top))
        looked.append(Looked(onset_s=trial.shown_s, end_s=trial.hidden_s, cells=_always(cells)))
    return looked


def _looked_at(file: Path, values: dict[str, Any], screen: ScreenCm, density: Density) -> list[Looked]:  # Any: TOML
    left, top, width, height = screen
    looked = []
    for point in values.get("points", ()):
        onset_s = float(point["onset_s"])
        at = (left + float(point["x"]) * width, top + float(point["y"]) * height)
        looked.append(Looked(onset_s=onset_s, end_s=onset_s + float(point["duration_s"]), point_cm=at))
    for view in values.get("views", ()):
        onset_s = float(view["onset_s"])
        x, y, w, h = (float(v) for v in view.get("place", (0.0, 0.0, 1.0, 1.0)))
        place = (left + x * width, top + y * height, w * width, h * height)
        path = require_below(file.parent, str(view["file"]), file)
        given = view.get("fixations")
        points = None if given is None else _fixations(require_below(file.parent, str(given), file))
        end_s = onset_s + float(view["duration_s"])
        looked.append(Looked(onset_s=onset_s, end_s=end_s, cells=_cells_of(path, place, density, points)))
    if not looked:
        raise ValueError("needs [[points]] or [[views]]")
    return looked


def _cells_of(
    path: Path, place: ScreenCm, density: Density, fixations: NDArray[np.float64] | None
) -> Callable[[float], NDArray[np.bool_]]:
    """Seconds since the onset → salient cells of the image, or of the clip's frame of that time."""
    if path.suffix.lower() in IMAGE_SUFFIXES:
        image = decode_image(path).rgb
        size = (image.shape[1], image.shape[0])
        values = density(image, path.name) if fixations is None else fixation_density(fixations, size, size[0] / 33.3)
        return _always(salient_cells(values, place))
    clip = VideoFile(path)
    rate_hz, reader = clip.rate_hz, _Rewinding(clip)

    @cache
    def of_frame(number: int) -> NDArray[np.bool_]:
        return salient_cells(density(reader.frame(number), f"{path.stem}-{number}"), place)

    return lambda time_s: of_frame(int(time_s * rate_hz))


def _always(cells: NDArray[np.bool_]) -> Callable[[float], NDArray[np.bool_]]:
    return lambda _time_s: cells


class _Rewinding:
    """Frames of a video or a folder by their numbers, in any order; forward is fast."""

    def __init__(self, file: Any) -> None:  # Any: a VideoFile or FrameFolder
        self._file, self._next = file, 0
        self._last: Frame | None = None

    def frame(self, number: int) -> Frame:
        """DatasetIncomplete beyond the end."""
        if number < self._next - 1:
            self._file.rewind()
            self._next = 0
        while self._next <= number:
            self._last = self._file.read()
            self._next += 1
            if self._last is None:
                raise DatasetIncomplete(
                    f"{self._file.name}: has no frame {number}; it is shorter than {RECORDING} says"
                )
        assert self._last is not None
        return self._last


def _nth(reader: _Rewinding, number: int) -> Callable[[], Frame]:
    return lambda: reader.frame(number)


def _stored(data: bytes, name: str) -> Callable[[], Frame]:
    return lambda: decode_image(data, name=name).rgb


def _fixations(path: Path) -> NDArray[np.float64]:
    lines = csv.DictReader(io.StringIO(load_text(path), newline=""))
    try:
        return np.array([(float(row["x_px"]), float(row["y_px"])) for row in lines]).reshape(-1, 2)
    except (csv.Error, KeyError, TypeError, ValueError) as error:
        raise DatasetIncomplete(f"{path}: needs columns x_px,y_px ({error!r})") from error


def _on_screen_cm(display: Display, x_px: float, y_px: float, camera_mm: tuple[float, float]) -> tuple[float, float]:
    return (
        ((x_px / display.width_px - 0.5) * display.width_mm - camera_mm[0]) / 10,
        (y_px / display.height_px * display.height_mm - camera_mm[1]) / 10,
    )
