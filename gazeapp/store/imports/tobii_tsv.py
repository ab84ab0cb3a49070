"""Text exports of Tobii Pro Lab and Tobii Studio, and tables of the Tobii SDK."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from gazeapp.store.delimited import Delimited, read_delimited
from gazeapp.store.imports.recording import (
    ImportedRecording,
    ImportSettings,
    Place,
    ShownImage,
    display_of,
    images_from_column,
)
from gazeapp.store.sample_dialects import recognise

_NO_IMAGE = frozenset({"", "eyetracker calibration", "calibration"})


def read_tobii_tsv(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Read one export.

    Images come from the column with the presented stimulus or media, their place from the columns beside it.

    Raises:
        UnreadableTable: The columns are not understood, or a row is wrong.
    """
    table = read_delimited(path)
    display, assumed = display_of(settings, _resolution(table), path)
    sensor = _find(table, "sensor")
    if sensor and "Eye Tracker" in table.text(sensor):  # rows of events and other sensors lie in between
        table = table.select(np.array([cell == "Eye Tracker" for cell in table.text(sensor)]))
    samples, _ = recognise(table).read(table, display)
    period_s = float(np.median(np.diff(samples.time_s))) if len(samples) > 1 else 0.0
    images = _images(table, period_s)
    name = _cell(table, r"eyetracker(name|model)?|recordingdevice|devicename") or "Tobii"
    return ImportedRecording(
        samples=samples,
        display=display,
        display_assumed=assumed,
        tracker=name,
        images=images,
    )


def _images(table: Delimited, period_s: float) -> tuple[ShownImage, ...]:
    name = _find(table, r"presented(stimulus|media)name|medianame|stimulusname")
    time = _find(table, r"recordingtimestamp(µs|μs|us|ms)?")
    if name is None or time is None:
        return ()
    simple = _simple(time)
    unit_s = 1e-3 if simple.endswith("ms") or time == "RecordingTimestamp" else 1e-6
    time_s = table.numbers(time) * unit_s
    names = ["" if cell.lower() in _NO_IMAGE else cell for cell in table.text(name)]
    known = np.isfinite(time_s)
    shown = images_from_column([n for n, ok in zip(names, known, strict=True) if ok], time_s[known].tolist(), period_s)
    places = _places(table, names)
    return tuple(
        ShownImage(name=i.name, shown_s=i.shown_s, hidden_s=i.hidden_s, place=places.get(i.name)) for i in shown
    )


def _places(table: Delimited, names: list[str]) -> dict[str, Place]:
    """Where each image lay, from the first row that says so."""
    columns = [
        _find(table, pattern)
        for pattern in (
            r"presented(stimulus|media)positionx(dacspx)?|mediaposxadcspx",
            r"presented(stimulus|media)positiony(dacspx)?|mediaposyadcspx",
            r"presented(stimulus|media)width(px)?|mediawidth",
            r"presented(stimulus|media)height(px)?|mediaheight",
        )
    ]
    if not all(columns):
        return {}
    values = np.stack([table.numbers(column) for column in columns if column], axis=1)
    places: dict[str, Place] = {}
    for name, (left, top, width, height) in zip(names, values.tolist(), strict=True):
        if name and name not in places and np.isfinite([left, top, width, height]).all() and width > 0 and height > 0:
            places[name] = Place(left_px=left, top_px=top, width_px=width, height_px=height)
    return places


def _resolution(table: Delimited) -> tuple[int, int] | None:
    width = _cell(table, r"recordingresolutionwidth(px)?|resolutionwidth")
    height = _cell(table, r"recordingresolutionheight(px)?|resolutionheight")
    if width.isdigit() and height.isdigit():
        return int(width), int(height)
    return None


def _cell(table: Delimited, pattern: str) -> str:
    """The first filled cell of a column; empty where there is none."""
    name = _find(table, pattern)
    return next((cell for cell in table.text(name) if cell), "") if name else ""


def _find(table: Delimited, pattern: str) -> str | None:
    return next((name for name in table.header if re.fullmatch(pattern, _simple(name))), None)


def _simple(name: str) -> str:
    return re.sub(r"[^a-zµμ0-9]", "", name.lower())
