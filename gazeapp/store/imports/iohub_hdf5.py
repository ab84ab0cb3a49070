"""Gaze that PsychoPy's ioHub stored in its HDF5 files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import SettingsError, UnreadableTable
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import Eyes, GazeSamples
from gazeapp.store.export.tables import missing_library
from gazeapp.store.imports.hdf5_file import own_dataset
from gazeapp.store.imports.recording import (
    ImportedRecording,
    ImportSettings,
    display_of,
    images_from_messages,
)

_BINOCULAR = "data_collection/events/eyetracker/BinocularEyeSampleEvent"
_MONOCULAR = "data_collection/events/eyetracker/MonocularEyeSampleEvent"
_MESSAGES = "data_collection/events/experiment/MessageEvent"
_UNITS = ("auto", "pix", "norm", "height", "deg")
_LEFT_LOST, _RIGHT_LOST = (
    20,
    2,
)  # ioHub's status: tens say that the left eye is lost, ones the right
Table = NDArray[np.void]
Points = NDArray[np.float64]


def read_iohub(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Read the eye samples and messages of an ioHub file.

    ioHub counts from the screen's centre, y up, in the units of its display configuration, which the file does not
    state:
    `--option units=pix|norm|height|deg`, by default told by the range. `--option session=N` chooses one of several.

    Raises:
        UnreadableTable: No HDF5 file of ioHub, or no eye samples in it.
        SettingsError: Several sessions, or a wrong option.
        BackendUnavailable: h5py is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise missing_library("h5py", "iohub") from error
    try:
        with h5py.File(path, "r") as file:
            tables = {name: own_dataset(file, name, path) for name in (_BINOCULAR, _MONOCULAR, _MESSAGES)}
            name = next((n for n in (_BINOCULAR, _MONOCULAR) if tables[n] is not None and len(tables[n])), None)
            if name is None:
                raise UnreadableTable(f"{path}: no eye samples in it ({_BINOCULAR} is missing or empty)")
            table: Table = tables[name][...]
            messages: Table | None = tables[_MESSAGES][...] if tables[_MESSAGES] is not None else None
    except (OSError, KeyError, RuntimeError) as error:
        raise UnreadableTable(f"{path}: not a readable HDF5 file ({error})") from error
    table = _one_session(path, table, settings)
    display, assumed = display_of(settings, None, path)
    samples = _samples(path, table, name == _BINOCULAR, display, settings)
    texts = _texts(messages, table)
    return ImportedRecording(
        samples=samples,
        display=display,
        display_assumed=assumed,
        tracker="ioHub",
        images=images_from_messages(texts, settings, float(samples.time_s[-1])),
        messages=texts,
        notes=("pupil sizes are left out: ioHub does not say their unit",),
    )


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
    if not wanted.isdigit() or int(wanted) not in sessions:
        raise SettingsError(
            f"--option session: {path} has {', '.join(map(str, sessions))}, not {wanted!r}",
            key="session",
        )
    return np.asarray(table[table["session_id"] == int(wanted)])


def _samples(path: Path, table: Table, is_binocular: bool, display: Display, settings: ImportSettings) -> GazeSamples:
    order = np.argsort(table["time"], kind="stable")
    table = table[order]
    time_s = table["time"].astype(np.float64)
    status = _column(table, "status")
    units = settings.option("units", _UNITS, "auto")
    parts: dict[str, Any] = {}
    if is_binocular:
        eyes: Eyes = "binocular"
        names = {"left": ("left_gaze_x", "left_gaze_y"), "right": ("right_gaze_x", "right_gaze_y")}
    else:
        eyes = "cyclopean"
        names = {"left": ("gaze_x", "gaze_y")}
    missing = [n for pair in names.values() for n in pair if n not in (table.dtype.names or ())]
    if missing:
        raise UnreadableTable(f"{path}: the eye samples have no {', '.join(missing)}", needed=missing)
    for side, (x, y) in names.items():
        points = np.stack([_column(table, x), _column(table, y)], axis=1)
        valid = np.isfinite(points).all(axis=1)
        if side == "left":
            valid &= (status // 10 == 0) if is_binocular else (status == 0)
        else:
            valid &= status % 10 == 0
        parts[f"{side}_px"] = _to_px(points, valid, units, display)
        parts[f"{side}_valid"] = valid
    return GazeSamples.build(time_s, eyes=eyes, device_time_s=_column(table, "device_time"), **parts)


def _to_px(points: Points, valid: NDArray[np.bool_], units: str, display: Display) -> Points:
    if units == "auto":
        known = np.abs(points[valid])
        units = "norm" if len(known) and float(np.percentile(known, 95)) <= 1.5 else "pix"
    width, height = display.width_px, display.height_px
    if units == "deg":
        return display.deg_to_px(points)
    scale = {"pix": (1.0, 1.0), "norm": (width / 2, height / 2), "height": (height, height)}[units]
    return np.stack([width / 2 + points[:, 0] * scale[0], height / 2 - points[:, 1] * scale[1]], axis=1)


def _texts(messages: Table | None, table: Table) -> tuple[tuple[float, str], ...]:
    if messages is None or messages.dtype.names is None or not {"time", "text"} <= set(messages.dtype.names):
        return ()
    if "session_id" in messages.dtype.names and "session_id" in (table.dtype.names or ()):
        messages = messages[np.isin(messages["session_id"], np.unique(table["session_id"]))]
    return tuple(
        (float(time_s), text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text))
        for time_s, text in zip(messages["time"], messages["text"], strict=True)
    )


def _column(table: Table, name: str) -> NDArray[np.float64]:
    if name not in (table.dtype.names or ()):
        return np.zeros(len(table)) if name == "status" else np.full(len(table), np.nan)
    return np.asarray(table[name], dtype=np.float64)
