"""Eye tracking of BIDS data sets (BIDS 1.11), our own exports among them."""

from __future__ import annotations

import csv
import io
import math
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from gazeapp.errors import UnreadableTable
from gazeapp.gaze.channels.layout import GazeLayout
from gazeapp.gaze.channels.reader import SETTLING_ROWS, GazeReader, lost_notes
from gazeapp.gaze.channels.timing import SECONDS, unit_by_values, unit_of_time, usual_step
from gazeapp.gaze.channels.unit import ORIGINS, Origin, UnclearReading, Unit, parse_unit
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import Eyes, Floats, GazeSamples
from gazeapp.store.delimited import read_delimited
from gazeapp.store.export.inert_cell import original_cell
from gazeapp.store.image_variables import COLUMN, parse_column
from gazeapp.store.imports.recording import (
    ImportedRecording,
    ImportSettings,
    Place,
    ShownImage,
    display_of,
    images_from_messages,
)
from gazeapp.store.spool import CHUNK_ROWS, Rows, collect
from gazeapp.store.typed_path import is_file
from gazeapp.store.untrusted.files import open_packed, parse_json, read_text
from gazeapp.store.untrusted.limits import SETTINGS_BYTES

_SIDES = {"left": "left", "right": "right", "cyclopean": "left"}
_MISSING = ("n/a", "", "nan", "NaN")
_NAME = re.compile(r"(?P<stem>.+?)(_recording-(?P<recording>[A-Za-z0-9]+))?_physio\.tsv(\.gz)?$")


def read_bids(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Read a `_physio.tsv.gz` of an eye with its JSON; the other eye's file beside it is read too.

    The screen comes from `_events.json`, images from `_events.tsv`, messages from `_physioevents.tsv.gz`. Fixations
    that the data set lists are computed again.

    Raises:
        UnreadableTable: No eye tracking, no JSON beside it, or gaze that is not on the screen.
    """
    named = _NAME.fullmatch(path.name)
    if named is None:
        raise UnreadableTable(f"{path}: not named as BIDS wants (…_recording-eye1_physio.tsv.gz)")
    first = _read_eye(path, settings)
    eyes = [first]
    if named["recording"]:
        others = sorted(path.parent.glob(f"{named['stem']}_recording-*_physio.tsv*"))
        eyes += [_read_eye(other, settings) for other in others if other != path and _is_eye(other)]
    eyes = list({eye.side: eye for eye in reversed(eyes)}.values())[::-1][:2]
    notes: list[str] = []
    joined = _Joined(path, eyes, notes)
    presentation = _presentation(path, named["stem"])
    time_s, layout = joined.time_s, _with_origin(joined.layout, presentation, settings)
    display, assumed = _display(settings, presentation, path)
    reader = GazeReader(layout, display)
    try:
        reader.settle(joined.some())
    except UnclearReading as question:
        words = str(question).replace("say origin", "say --option origin")
        raise UnreadableTable(f"{path}: {words}") from None
    samples = collect(joined.read(reader), layout.eyes, len(time_s))
    notes += [words for _, words in reader.take_notes()]
    notes += lost_notes(reader.lost_counts, len(samples))
    start_s = _number(first.sidecar.get("StartTime"))
    shift_s = float(time_s[0]) - start_s if math.isfinite(start_s) and len(time_s) else 0.0
    messages = _messages(path)
    images = _images(path, named["stem"], shift_s)
    device = [str(first.sidecar.get(key, "")) for key in ("Manufacturer", "ManufacturersModelName")]
    return ImportedRecording(
        samples=samples,
        display=display,
        display_assumed=assumed,
        tracker=" ".join(filter(None, device)) or "BIDS",
        images=images or images_from_messages(messages, settings, float(time_s[-1]) if len(time_s) else 0.0, display),
        messages=messages,
        notes=tuple(notes),
        nominal_hz=_number(first.sidecar.get("SamplingFrequency")),
        form="bids",
    )


def recording_of(path: Path) -> Path:
    """The recording that a file is an eye of, without the eye's name; any other file itself."""
    named = _NAME.fullmatch(path.name)
    return path.with_name(named["stem"]) if named and named["recording"] else path


def _is_eye(path: Path) -> bool:
    return str(_sidecar(path).get("PhysioType", "")) == "eyetrack"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Eye:
    """The samples of one file."""

    side: str
    time_s: Floats
    rows: Rows
    columns: Mapping[str, int]
    """Of the rows, by the names of BIDS."""
    unit: Unit
    sidecar: Mapping[str, Any]  # Any: JSON values
    pupil_in_mm: bool


def _read_eye(path: Path, settings: ImportSettings) -> _Eye:
    sidecar = _sidecar(path)
    if not sidecar:
        raise UnreadableTable(f"{path}: the JSON beside it is missing; BIDS tables have no names of columns without it")
    if str(sidecar.get("PhysioType", "eyetrack")) != "eyetrack":
        raise UnreadableTable(f"{path}: PhysioType is {sidecar['PhysioType']!r}, not eyetrack")
    system = str(sidecar.get("SampleCoordinateSystem", "gaze-on-screen"))
    if system != "gaze-on-screen":
        raise UnreadableTable(f"{path}: SampleCoordinateSystem is {system!r}: its gaze is not on the screen")
    columns = [str(name) for name in sidecar.get("Columns", [])]
    if not {"timestamp", "x_coordinate", "y_coordinate"} <= set(columns):
        raise UnreadableTable(
            f"{path}: Columns are {', '.join(columns) or 'missing'}; needed: timestamp, x_coordinate, y_coordinate"
        )
    used = [name for name in ("timestamp", "x_coordinate", "y_coordinate", "pupil_size") if name in columns]
    rows = _rows(path, len(columns), [columns.index(name) for name in used], settings)
    stamps = np.concatenate([chunk[:, 0] for chunk in rows.chunks()])
    said = _units(sidecar, "timestamp")
    unit = unit_of_time(f"time {said}") if said else _unit_of_stamps(stamps, sidecar)
    side = str(sidecar.get("RecordedEye", "cyclopean")).lower()
    return _Eye(
        side=side if side in _SIDES else "cyclopean",
        time_s=stamps * SECONDS[unit or "s"],
        rows=rows,
        columns={name: index for index, name in enumerate(used)},
        unit=parse_unit(_units(sidecar, "x_coordinate")),
        sidecar=sidecar,
        pupil_in_mm=parse_unit(_units(sidecar, "pupil_size")) == "mm",
    )


def _unit_of_stamps(stamps: Floats, sidecar: Mapping[str, Any]) -> str:
    rate_hz = _number(sidecar.get("SamplingFrequency"))
    step = usual_step(stamps)
    for unit, seconds in SECONDS.items():
        if rate_hz > 0 and step > 0 and 0.5 < step * seconds * rate_hz < 2:
            return unit
    return unit_by_values(stamps) or "s"


def _units(sidecar: Mapping[str, Any], column: str) -> str:
    node = sidecar.get(column)
    return str(node.get("Units", "")) if isinstance(node, dict) else ""


def _with_origin(layout: GazeLayout, presentation: Mapping[str, Any], settings: ImportSettings) -> GazeLayout:
    """With where gaze counts from: as a person says, or the data set, or BIDS of degrees; else the values must fit."""
    said = settings.option("origin", ("", *ORIGINS), "")
    place = presentation.get("ScreenOrigin")
    words = {str(word).lower() for word in place} if isinstance(place, list) else set()
    told = next((o for o in ("top-left", "bottom-left") if words == set(o.split("-"))), "")
    origin = said or ("" if layout.unit == "degrees" else told)
    if origin:
        return replace(layout, origin=cast(Origin, origin), origin_is_known=True)
    return replace(layout, origin_is_known=layout.unit == "degrees")


class _Joined:
    """The eyes of a recording beside each other, read a part at a time."""

    def __init__(self, path: Path, eyes: list[_Eye], notes: list[str]) -> None:
        which: Eyes = "binocular" if {"left", "right"} <= {eye.side for eye in eyes} else cast(Eyes, eyes[0].side)
        if which == "binocular" and len({eye.unit for eye in eyes}) > 1:
            raise UnreadableTable(f"{path}: the two eyes are in different units")
        self._eyes = eyes if which == "binocular" else eyes[:1]
        self.time_s = self._eyes[0].time_s
        self._is_even = all(np.array_equal(self.time_s, eye.time_s) for eye in self._eyes)
        if not self._is_even:
            self.time_s = np.union1d(self.time_s, self._eyes[1].time_s)
            notes.append("the two eyes have different times; each sample has the eyes that were measured then")
        self._columns: list[tuple[int, int]] = []
        roles: dict[str, int] = {}
        for number, eye in enumerate(self._eyes):
            for role, name in (("x", "x_coordinate"), ("y", "y_coordinate"), ("pupil", "pupil_size")):
                if name in eye.columns and (role != "pupil" or eye.pupil_in_mm):
                    roles[f"{_SIDES[eye.side]}_{role}"] = len(self._columns)
                    self._columns.append((number, eye.columns[name]))
        if any("pupil_size" in eye.columns and not eye.pupil_in_mm for eye in self._eyes):
            notes.append("pupil sizes are left out: they are not in millimetres")
        self.layout = GazeLayout(
            eyes=which,
            columns=roles,
            unit=self._eyes[0].unit,
            origin="centre-up" if self._eyes[0].unit == "degrees" else "top-left",
            pupil_in_mm=True,
            found_by="type",
        )

    def some(self) -> Floats:
        """(N, C) rows, taken evenly, by which unit and origin are settled."""
        n = len(self.time_s)
        step = 1 + n // SETTLING_ROWS
        return np.concatenate([self._part(a, a + CHUNK_ROWS)[-a % step :: step] for a in range(0, n, CHUNK_ROWS)])

    def read(self, reader: GazeReader) -> Iterator[GazeSamples]:
        """All samples, in chunks."""
        for first in range(0, len(self.time_s), CHUNK_ROWS):
            time_s = self.time_s[first : first + CHUNK_ROWS]
            yield reader.read(self._part(first, first + CHUNK_ROWS), time_s=time_s, device_time_s=time_s)

    def _part(self, first: int, stop: int) -> Floats:
        time_s = self.time_s[first:stop]
        parts = []
        for eye in self._eyes:
            if self._is_even:
                parts.append(eye.rows[first:stop])
                continue
            begin, end = np.searchsorted(eye.time_s, [time_s[0], time_s[-1]], side="left")
            end += int(end < len(eye.time_s) and eye.time_s[end] == time_s[-1])
            values = np.full((len(time_s), len(eye.columns)), np.nan)
            values[np.searchsorted(time_s, eye.time_s[begin:end])] = eye.rows[int(begin) : int(end)]
            parts.append(values)
        return np.stack([parts[number][:, column] for number, column in self._columns], axis=1)


def _rows(path: Path, n: int, used: Sequence[int], settings: ImportSettings) -> Rows:
    """The numbers of the columns in use; the table has n."""
    rows = Rows(len(used))
    try:
        size = path.stat().st_size
        with open_packed(path) as packed:
            file = io.TextIOWrapper(packed, encoding="utf-8", newline="")
            for number, row in enumerate(csv.reader(file, delimiter="\t"), start=1):
                if settings.progress is not None and number % CHUNK_ROWS == 0:
                    settings.progress(min(packed.tell(), size), size)
                if len(row) != n:
                    raise UnreadableTable(f"{path}, line {number}: {len(row)} of {n} columns that its JSON names")
                if number == 1 and not _is_number(row[used[0]]):
                    continue  # an older draft of the standard had names here
                try:
                    rows.append([math.nan if row[c] in _MISSING else float(row[c]) for c in used])
                except ValueError:
                    raise UnreadableTable(f"{path}, line {number}: {row!r} are not numbers") from None
    except FileNotFoundError:
        raise UnreadableTable(f"{path}: no such file") from None
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise UnreadableTable(f"{path}: cannot be read, or is cut ({error})") from error
    if not len(rows):
        raise UnreadableTable(f"{path}: no samples in it")
    return rows


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell in _MISSING
    return True


def _sidecar(path: Path) -> dict[str, Any]:  # Any: JSON values
    """The JSON of a table; what it does not say, JSON files of fewer labels in the folders above say."""
    parts = set(re.sub(r"\.tsv(\.gz)?$", "", path.name).split("_"))
    found: dict[str, Any] = {}
    folder = path.parent
    for _ in range(5):
        candidates = []
        for file in folder.glob("*.json"):
            words = file.stem.split("_")
            if set(words) <= parts and words[-1] in parts and words[-1] in path.name:
                candidates.append((len(words), file))
        for _, file in sorted(candidates, reverse=True):
            found = {**_json(file), **found}
        if (folder / "dataset_description.json").is_file() or folder == folder.parent:
            break
        folder = folder.parent
    return found


def _json(path: Path) -> dict[str, Any]:  # Any: JSON values
    try:
        document = parse_json(read_text(path, SETTINGS_BYTES).lstrip("\ufeff"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise UnreadableTable(f"{path}: not a JSON file ({error})") from error
    return document if isinstance(document, dict) else {}


def _root(path: Path) -> Path:
    for folder in path.parents:
        if (folder / "dataset_description.json").is_file():
            return folder
    return path.parent


def _presentation(path: Path, stem: str) -> Mapping[str, Any]:
    table = path.with_name(f"{stem}_events.tsv")
    node = _sidecar(table).get("StimulusPresentation")
    return node if isinstance(node, dict) else {}


def _display(settings: ImportSettings, presentation: Mapping[str, Any], path: Path) -> tuple[Display, bool]:
    try:
        width_px, height_px = (int(v) for v in presentation["ScreenResolution"])
    except (KeyError, TypeError, ValueError):
        return display_of(settings, None, path)
    display, assumed = display_of(settings, (width_px, height_px), path)
    if settings.display is not None:
        return display, assumed
    try:
        width_m, height_m = (float(v) for v in presentation["ScreenSize"])
        return Display(
            width_px=width_px,
            height_px=height_px,
            width_mm=width_m * 1000,
            height_mm=height_m * 1000,
            distance_mm=float(presentation["ScreenDistance"]) * 1000,
        ), False
    except (KeyError, TypeError, ValueError):
        return display, assumed


def _messages(path: Path) -> tuple[tuple[float, str], ...]:
    table = path.with_name(path.name.replace("_physio.tsv", "_physioevents.tsv"))
    if not table.is_file():
        return ()
    columns = [str(name) for name in _sidecar(table).get("Columns", ["onset", "duration", "trial_type", "message"])]
    if not {"onset", "message"} <= set(columns):
        return ()
    found = []
    with open_packed(table) as packed:
        file = io.TextIOWrapper(packed, encoding="utf-8", newline="")
        for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if len(row) == len(columns):
                onset, text = row[columns.index("onset")], row[columns.index("message")]
                if text not in _MISSING and _is_number(onset) and onset not in _MISSING:
                    found.append((float(onset), text))
    return tuple(sorted(found))


def _images(path: Path, stem: str, shift_s: float) -> tuple[ShownImage, ...]:
    file = path.with_name(f"{stem}_events.tsv")
    if not file.is_file():
        return ()
    table = read_delimited(file, may_be_empty=True)
    if not {"onset", "duration", "stim_file"} <= set(table.header):
        return ()
    root = _root(path)
    onset, duration = table.numbers("onset"), table.numbers("duration")
    names = table.text("stimulus") if "stimulus" in table else ("",) * len(table)
    variables = {
        name.removeprefix(COLUMN): parse_column(
            ["" if cell in _MISSING else original_cell(cell) for cell in table.text(name)]
        )
        for name in table.header
        if name.startswith(COLUMN) and name != COLUMN
    }
    place = None
    if all(key in table for key in ("left", "top", "width", "height")):
        place = np.stack([table.numbers(key) for key in ("left", "top", "width", "height")], axis=1)
    shown = []
    for row, stim in enumerate(table.text("stim_file")):
        if stim in _MISSING or not (math.isfinite(onset[row]) and duration[row] > 0):
            continue
        image = (root / "stimuli" / stim).resolve()
        inside = (root / "stimuli").resolve() in image.parents and is_file(image)
        shown.append(
            ShownImage(
                name=names[row] if names[row] not in _MISSING else stim,
                shown_s=float(onset[row]) + shift_s,
                hidden_s=float(onset[row] + duration[row]) + shift_s,
                place=Place(
                    left_px=place[row, 0], top_px=place[row, 1], width_px=place[row, 2], height_px=place[row, 3]
                )
                if place is not None and np.isfinite(place[row]).all()
                else None,
                file=image if inside else None,
                variables=tuple(
                    (name, value) for name, cells in variables.items() if (value := cells[row]) is not None
                ),
            )
        )
    return tuple(shown)


def _number(value: Any) -> float:  # Any: JSON values
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
