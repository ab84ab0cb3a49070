"""Text exports of Tobii Pro Lab and Tobii Studio, tables of the Tobii SDK and of Titta."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np

from gazeapp.errors import UnreadableTable
from gazeapp.gaze.channels.timing import SECONDS, sampling_rate_hz, unit_by_values, unit_of_time
from gazeapp.gaze.samples import Bools
from gazeapp.store.delimited import Delimited
from gazeapp.store.imports.lab_tables import header_values, open_table, table_recording
from gazeapp.store.imports.recording import (
    ImportedRecording,
    ImportSettings,
    Place,
    ShownImage,
    display_of,
    images_from_column,
)
from gazeapp.store.imports.table_gaze import TableForm, find_column, first_cell, simple_name

_NO_IMAGE = frozenset({"", "eyetracker calibration", "calibration", "none"})
_TIMES = (
    r"recordingtimestamp(µs|μs|us|ms)?",
    r"reltimestamp",
    r"timestamp(µs|μs|us|ms)?",
    r"devicetimestamp",
    r"systemtimestamp",
    r"time",
)
_TUPLE = re.compile(r"\s*[\[(]\s*([^\s,()\[\]]+)\s*,\s*([^\s,()\[\]]+)\s*(?:,\s*([^\s,()\[\]]+)\s*)?[\])]\s*")


def read_tobii_tsv(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Read one export.

    Rows of events and of other sensors are no samples; the events become messages. Images come from the column with the
    presented stimulus or media, their place from the columns beside it; the screen from the columns or the lines above.

    Raises:
        UnreadableTable: The columns are not understood, or a row is wrong.
    """
    table = split_tuples(open_table(path, settings))
    time = find_column(table, *_TIMES)
    if time is None:
        raise UnreadableTable(
            f"{path}: no column of time stamps; found: {', '.join(table.header)}; needed: Recording timestamp",
            found=table.header,
            needed="Recording timestamp",
        )
    display = display_of(settings, _resolution(table), path)
    keep = _sample_rows(table)
    table_of_samples = table.select(keep) if not keep.all() else table
    if not len(table_of_samples):
        raise UnreadableTable(f"{path}: no row comes from the eye tracker, or none has gaze")
    stamps = table_of_samples.numbers(time)
    unit = unit_of_time(time) or _usual_unit(time) or unit_by_values(stamps) or "us"
    notes: tuple[str, ...] = ()
    messages = _events(table, time, unit)
    rate = re.search(r"\d+(\.\d+)?", header_values(table).get("recording rate", ""))
    return table_recording(
        table_of_samples,
        settings,
        tracker=first_cell(table, r"eyetracker(name|model)?|recordingdevice|devicename") or "Tobii",
        name="tobii-sdk" if "LGazePos2dx" in table else "tobii-lab",
        display=display,
        images=_images(table_of_samples, time, unit),
        messages=messages,
        notes=notes,
        form=TableForm(time=time, time_unit=unit, unit="normalised" if "LGazePos2dx" in table else None),
        nominal_hz=float(rate[0]) if rate else math.nan,
    )


def _usual_unit(time: str) -> str:
    name = simple_name(time)
    if name in ("reltimestamp",):
        return "ms"
    return "us" if name in ("devicetimestamp", "systemtimestamp") else ""


def split_tuples(table: Delimited) -> Delimited:
    """Cells such as "(0.45, 0.51)", as tables of the SDK's dictionaries have them, as columns _0, _1 (and _2)."""
    columns = {}
    for name in table.header:
        if not re.search(r"display_area|coordinate_system", name):
            continue
        cells = table.text(name)
        if not any(cell.startswith(("(", "[")) for cell in cells[:50]):
            continue
        values = np.full((len(cells), 3), np.nan)
        for row, cell in enumerate(cells):
            found = _TUPLE.fullmatch(cell)
            for axis, text in enumerate(found.groups() if found else ()):
                try:
                    values[row, axis] = float(text) if text else math.nan
                except ValueError:
                    raise table.error(name, row, cell, "a point") from None
        n_axes = 3 if np.isfinite(values[:, 2]).any() or "user" in name else 2
        columns.update({f"{name}_{axis}": values[:, axis] for axis in range(n_axes)})
    return table.with_columns(columns) if columns else table


def _sample_rows(table: Delimited) -> Bools:
    """Which rows are samples: those of the eye tracker, and none that only tells an event."""
    keep = np.ones(len(table), dtype=bool)
    sensor = find_column(table, "sensor")
    if sensor:
        cells = np.array(table.text(sensor))
        if (cells == "Eye Tracker").any():
            keep &= cells == "Eye Tracker"
        elif (cells == "").any():
            keep &= cells == ""
    event = find_column(table, "event", "studioevent", "recordingevent")
    if event:
        has_event = np.array([bool(cell) for cell in table.text(event)])
        known = [find_column(table, f"validity{side}") for side in ("left", "right")]
        evidence = [name for name in known if name]
        if not evidence:
            evidence = [n for n in table.header if re.search(r"gazepoint.*x", simple_name(n))]
        empty = np.ones(len(table), dtype=bool)
        for name in evidence:
            empty &= np.array([not cell for cell in table.text(name)])
        keep &= ~(has_event & empty)
    return keep


def _events(table: Delimited, time: str, unit: str) -> tuple[tuple[float, str], ...]:
    event = find_column(table, "event", "studioevent", "recordingevent")
    if event is None:
        return ()
    value = find_column(table, "eventvalue", "studioeventdata")
    stamps = table.numbers(time) * SECONDS[unit]
    texts = table.text(event)
    values = table.text(value) if value else ("",) * len(table)
    return tuple(
        (t, f"{text} {more}".strip())
        for t, text, more in zip(stamps.tolist(), texts, values, strict=True)
        if text and math.isfinite(t)
    )


def _images(table: Delimited, time: str, unit: str) -> tuple[ShownImage, ...]:
    name = find_column(table, r"presented(stimulus|media)name|medianame|stimulusname|stimuliname")
    if name is None:
        return ()
    time_s = table.numbers(time) * SECONDS[unit]
    rate_hz = sampling_rate_hz(time_s)
    names = ["" if cell.lower() in _NO_IMAGE else cell for cell in table.text(name)]
    known = np.isfinite(time_s)
    shown = images_from_column(
        [n for n, ok in zip(names, known, strict=True) if ok],
        time_s[known].tolist(),
        1 / rate_hz if rate_hz > 0 else 0.0,
    )
    places = _places(table, names)
    return tuple(
        ShownImage(name=i.name, shown_s=i.shown_s, hidden_s=i.hidden_s, place=places.get(i.name)) for i in shown
    )


def _places(table: Delimited, names: list[str]) -> dict[str, Place]:
    """Where each image lay, from the first row that says so."""
    columns = [
        find_column(table, pattern)
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
    width = first_cell(table, r"recordingresolutionwidth(px)?|resolutionwidth")
    height = first_cell(table, r"recordingresolutionheight(px)?|resolutionheight")
    if width.isdigit() and height.isdigit():
        return int(width), int(height)
    both = first_cell(table, r"recordingresolution") or header_values(table).get("recording resolution", "")
    numbers = re.findall(r"\d+", both)
    return (int(numbers[0]), int(numbers[1])) if len(numbers) >= 2 else None
