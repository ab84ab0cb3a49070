"""Gaze that PsychoPy's ioHub stored in its HDF5 files."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import SettingsError, UnreadableTable
from gazeapp.gaze.channels.layout import GazeLayout
from gazeapp.gaze.channels.reader import GazeReader, lost_notes
from gazeapp.gaze.channels.unit import UNITS, UnclearReading, Unit, parse_unit
from gazeapp.gaze.samples import Eyes
from gazeapp.store.cells import whole_number
from gazeapp.store.imports.hdf5_file import open_hdf5, own_dataset, read_dataset
from gazeapp.store.imports.recording import (
    ImportedRecording,
    ImportSettings,
    display_of,
    images_from_messages,
)
from gazeapp.store.spool import CHUNK_ROWS, collect
from gazeapp.types import Points

BINOCULAR = "data_collection/events/eyetracker/BinocularEyeSampleEvent"
MONOCULAR = "data_collection/events/eyetracker/MonocularEyeSampleEvent"
_MESSAGES = "data_collection/events/experiment/MessageEvent"
_UNITS: dict[str, Unit] = {
    "auto": "unknown",
    "pix": "pixels",
    "norm": "norm",
    "height": "height",
    "deg": "degrees",
    "cm": "cm",
}
_EYES: dict[int, Eyes] = {21: "left", 22: "right", 1: "left", 2: "right"}
"""ioHub's EyeTrackerConstants."""
_DIAMETER_MM = 77
Table = NDArray[np.void]


def read_iohub(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Read the eye samples and messages of an ioHub file.

    ioHub counts from the screen's centre, y up, in the units of its display configuration, which the file does not
    state: `--option units=pix|norm|height|deg|cm`; without it, the range tells, where it fits one unit only.
    `--option session=N` chooses one of several.

    Raises:
        UnreadableTable: No HDF5 file of ioHub, no eye samples in it, or two units fit.
        SettingsError: Several sessions, or a wrong option.
        BackendUnavailable: h5py is not installed.
    """
    said = _said_unit(settings)
    with open_hdf5(path, "iohub") as file:
        tables = {name: own_dataset(file, name, path) for name in (BINOCULAR, MONOCULAR, _MESSAGES)}
        name = next((n for n in (BINOCULAR, MONOCULAR) if tables[n] is not None and len(tables[n])), None)
        if name is None:
            raise UnreadableTable(f"{path}: no eye samples in it ({BINOCULAR} is missing or empty)")
        table: Table = read_dataset(path, tables[name], _is_used)
        messages: Table | None = None if tables[_MESSAGES] is None else read_dataset(path, tables[_MESSAGES])
    table = _one_session(path, table, settings)
    if (np.diff(table["time"]) < 0).any():
        table = table[np.argsort(table["time"], kind="stable")]
    display, assumed = display_of(settings, None, path)
    layout, rows, notes = _layout(path, table, is_binocular=name == BINOCULAR, unit=said, by_person=said != "unknown")
    reader = GazeReader(layout, display)
    try:
        reader.settle(rows)
    except UnclearReading as question:
        raise UnreadableTable(f"{path}: {_in_words(str(question))}", found=layout.unit) from None
    time_s, device_s = table["time"].astype(np.float64), _column(table, "device_time")
    parts = (slice(first, first + CHUNK_ROWS) for first in range(0, len(table), CHUNK_ROWS))
    chunks = (reader.read(rows[part], time_s=time_s[part], device_time_s=device_s[part]) for part in parts)
    samples = collect(chunks, layout.eyes, len(table))
    notes += [words for _, words in reader.take_notes()]
    notes += lost_notes(reader.lost_counts, len(samples))
    texts = _texts(messages, table)
    return ImportedRecording(
        samples=samples,
        display=display,
        display_assumed=assumed,
        tracker="ioHub",
        images=images_from_messages(texts, settings, float(samples.time_s[-1]), display),
        messages=texts,
        notes=tuple(notes),
        form="iohub",
    )


def _is_used(field: str) -> bool:
    return field in ("time", "device_time", "status", "eye", "session_id") or bool(
        re.fullmatch(r"((left|right)_)?(gaze_[xy]|pupil_measure1(_type)?)", field)
    )


def _said_unit(settings: ImportSettings) -> Unit:
    """What `--option units` says in PsychoPy's words, or `--option unit` in those of every other format."""
    if "unit" not in settings.options:
        return _UNITS[settings.option("units", _UNITS, "auto")]
    name = settings.options["unit"]
    unit = _UNITS.get(name) or next((u for u in UNITS if u == name), None) or parse_unit(name)
    if unit == "unknown" and name != "auto":
        raise SettingsError(f"--option unit: one of {', '.join(_UNITS)}, got {name!r}", key="unit")
    return unit


def _in_words(question: str) -> str:
    words = question
    for ours, theirs in (("unit=degrees", "units=deg"), ("unit=pixels", "units=pix"), ("unit=", "units=")):
        words = words.replace(ours, theirs)
    return words.replace("say units", "say --option units", 1)


def _one_session(path: Path, table: Table, settings: ImportSettings) -> Table:
    if table.dtype.names is None or "time" not in table.dtype.names:
        found = ", ".join(table.dtype.names or ())
        raise UnreadableTable(f"{path}: the eye samples have no time; found: {found}")
    if "session_id" not in table.dtype.names:
        return table
    sessions = [int(n) for n in np.unique(table["session_id"])]
    wanted = settings.options.get("session")
    if wanted is None:
        if len(sessions) > 1:
            raise SettingsError(
                f"{path}: several sessions ({', '.join(map(str, sessions))}); choose by --option session=N",
                key="session",
            )
        return table
    if whole_number(wanted) not in sessions:
        raise SettingsError(
            f"--option session: {path} has {', '.join(map(str, sessions))}, not {wanted!r}",
            key="session",
        )
    return np.asarray(table[table["session_id"] == int(wanted)])


def _layout(
    path: Path, table: Table, *, is_binocular: bool, unit: Unit, by_person: bool
) -> tuple[GazeLayout, Points, list[str]]:
    status = _column(table, "status")
    eyes: Eyes
    if is_binocular:
        eyes = "binocular"
        names = {"left": "left_", "right": "right_"}
        # tens of the status say that the left eye is lost, ones the right
        valid = {"left": status // 10 == 0, "right": status % 10 == 0}
    else:
        codes = {int(code) for code in np.unique(table["eye"])} if "eye" in (table.dtype.names or ()) else set()
        found = {_EYES.get(code, "cyclopean") for code in codes}
        eyes = found.pop() if len(found) == 1 else "cyclopean"
        side = "right" if eyes == "right" else "left"
        names = {side: ""}
        valid = {side: status == 0}
    missing = [f"{p}gaze_{a}" for p in names.values() for a in "xy" if f"{p}gaze_{a}" not in (table.dtype.names or ())]
    if missing:
        raise UnreadableTable(f"{path}: the eye samples have no {', '.join(missing)}", needed=missing)
    columns: dict[str, int] = {}
    values: list[Points] = []
    notes: list[str] = []
    in_mm = False
    for side, prefix in names.items():
        for role, column in (("x", f"{prefix}gaze_x"), ("y", f"{prefix}gaze_y")):
            columns[f"{side}_{role}"] = len(values)
            values.append(_column(table, column))
        columns[f"{side}_valid"] = len(values)
        values.append(valid[side].astype(np.float64))
        kinds = _column(table, f"{prefix}pupil_measure1_type")
        if len(kinds) and (kinds == _DIAMETER_MM).all():
            columns[f"{side}_pupil"] = len(values)
            values.append(_column(table, f"{prefix}pupil_measure1"))
            in_mm = True
    if not in_mm:
        notes.append("pupil sizes are left out: ioHub does not say their unit, or none in millimetres")
    layout = GazeLayout(
        eyes=eyes,
        columns=columns,
        unit=unit,
        origin="centre-up",
        pupil_in_mm=in_mm,
        found_by="type",
        unit_by_person=by_person,
        origin_is_known=True,
    )
    return layout, np.stack(values, axis=1), notes


def _texts(messages: Table | None, table: Table) -> tuple[tuple[float, str], ...]:
    if messages is None or messages.dtype.names is None or not {"time", "text"} <= set(messages.dtype.names):
        return ()
    if "session_id" in messages.dtype.names and "session_id" in (table.dtype.names or ()):
        messages = messages[np.isin(messages["session_id"], np.unique(table["session_id"]))]
    return tuple(
        (float(time_s), text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text))
        for time_s, text in zip(messages["time"], messages["text"], strict=True)
    )


def _column(table: Table, name: str) -> Points:
    if name not in (table.dtype.names or ()):
        return np.zeros(len(table)) if name == "status" else np.full(len(table), np.nan)
    return np.asarray(table[name], dtype=np.float64)
