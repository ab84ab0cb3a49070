"""Exports of Pupil Labs: Pupil Player's surfaces and world camera, and Pupil Cloud's of Neon and Invisible."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gazeapp.errors import UnreadableTable
from gazeapp.store.delimited import Delimited, read_delimited
from gazeapp.store.identifier import require_own
from gazeapp.store.imports.lab_tables import open_table, table_recording
from gazeapp.store.imports.recording import ImportedRecording, ImportSettings
from gazeapp.store.imports.table_gaze import TableForm, find_column
from gazeapp.store.untrusted.files import parse_json, read_text
from gazeapp.store.untrusted.limits import SETTINGS_BYTES

_TIMES = ("gaze_timestamp", "timestamp")
_NEEDED = "gaze_timestamp, x_norm, y_norm (a surface) or norm_pos_x, norm_pos_y (the world camera)"
_CLOUD = "timestamp [ns] and gaze position on surface x [normalized] (marker mapper)"


def read_pupil(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Read `gaze_positions_on_surface_NAME.csv` or `gaze_positions.csv`; `annotations.csv` beside it gives messages.

    Pupil's normalised coordinates count from the bottom left; they become pixels from the top left. A surface is taken
    to be the display. Gaze in the world camera's image is taken as it is, with a note: that image is not the display.

    Raises:
        UnreadableTable: The columns are not understood, or a row is wrong.
    """
    table = open_table(path, settings)
    time = next((name for name in _TIMES if name in table), None)
    on_surface = "x_norm" in table and "y_norm" in table
    if time is None or not (on_surface or ("norm_pos_x" in table and "norm_pos_y" in table)):
        raise UnreadableTable(
            f"{path}: the columns are not understood; found: {', '.join(table.header)}; needed: {_NEEDED}",
            found=table.header,
            needed=_NEEDED,
        )
    notes: tuple[str, ...] = ()
    if not on_surface:
        notes = (
            "gaze is relative to the world camera, not to the display: export a surface that covers the display "
            "instead",
        )
    return table_recording(
        table,
        settings,
        tracker="Pupil Core",
        name="pupil",
        messages=_annotations(path.parent / "annotations.csv"),
        notes=notes,
        form=TableForm(unit="normalised", origin="bottom-left", time=time, time_unit="s"),
        is_sorted=False,  # the two eyes are matched late: rows may be out of order
    )


def read_neon(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Read Pupil Cloud's `gaze.csv` of a marker mapper; `events.csv` beside it gives messages.

    Only a surface lies on the screen: gaze in the scene camera's picture, and tables of fixations, are refused in
    words. Surface coordinates are shares of the surface from its top left corner; the surface is taken to be the
    display.

    Raises:
        UnreadableTable: No gaze on a surface in it.
    """
    table = open_table(path, settings)
    if "start timestamp [ns]" in table:
        raise UnreadableTable(
            f"{path}: fixations that Pupil Cloud found, not samples of gaze; import the gaze.csv beside it",
            found=table.header,
            needed=_CLOUD,
        )
    if "timestamp [ns]" not in table:
        raise UnreadableTable(
            f"{path}: the columns are not understood; found: {', '.join(table.header)}; needed: {_CLOUD}",
            found=table.header,
            needed=_CLOUD,
        )
    on_surface = find_column(table, r"gazepositiononsurfacexnormalized")
    return table_recording(
        table,
        settings,
        tracker=_device(path),
        name="neon",
        messages=_events(path.parent),
        form=TableForm(
            unit="normalised" if on_surface else None,
            origin="top-left",
            time="timestamp [ns]",
            time_unit="ns",
            is_world=not on_surface,
        ),
    )


def _device(path: Path) -> str:
    """The device that `info.json` beside the file names."""
    try:
        document = parse_json(read_text(require_own(path.parent / "info.json"), SETTINGS_BYTES))
    except (OSError, ValueError, RecursionError):
        return "Pupil Labs Neon"
    name = document.get("android_device_name") if isinstance(document, dict) else None
    family = document.get("frame_name") or document.get("device_name") if isinstance(document, dict) else None
    return f"Pupil Labs {family or 'Neon'}" + (f" ({name})" if name else "")


def _events(folder: Path) -> tuple[tuple[float, str], ...]:
    path = folder / "events.csv"
    if not require_own(path).is_file():
        return ()
    table = read_delimited(path, may_be_empty=True)
    if "timestamp [ns]" not in table or "name" not in table:
        return ()
    return _finite(table, "timestamp [ns]", "name", 1e-9)


def _annotations(path: Path) -> tuple[tuple[float, str], ...]:
    if not require_own(path).is_file():
        return ()
    table: Delimited = read_delimited(path, may_be_empty=True)
    if "timestamp" not in table or "label" not in table:
        return ()
    return _finite(table, "timestamp", "label", 1.0)


def _finite(table: Delimited, time: str, text: str, unit_s: float) -> tuple[tuple[float, str], ...]:
    times = (table.numbers(time) * unit_s).tolist()
    return tuple((t, words) for t, words in zip(times, table.text(text), strict=True) if np.isfinite(t))
