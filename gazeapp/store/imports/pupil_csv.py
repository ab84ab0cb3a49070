"""Exports of Pupil Labs: Pupil Player's surfaces and world camera, and Pupil Cloud's of Neon and Invisible."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from gazeapp.errors import UnreadableTable
from gazeapp.gaze.detection.registry import detect_fixations
from gazeapp.store.delimited import Delimited, read_delimited
from gazeapp.store.identifier import require_own
from gazeapp.store.imports.lab_tables import open_table, table_recording
from gazeapp.store.imports.recording import ImportedRecording, ImportSettings
from gazeapp.store.imports.table_gaze import TableForm, find_column
from gazeapp.store.untrusted.files import parse_json, read_text
from gazeapp.store.untrusted.limits import SETTINGS_BYTES

_FIXATION_START = "start timestamp [ns]"
_TIMES = ("gaze_timestamp", "timestamp")
_NEEDED = "gaze_timestamp, x_norm, y_norm (a surface) or norm_pos_x, norm_pos_y (the world camera)"
_CLOUD = "timestamp [ns] and gaze position on surface x [normalized] (marker mapper)"


class _CloudFixation(NamedTuple):
    """A fixation that Pupil Cloud found, in shares of the surface from its top left corner."""

    onset_s: float
    duration_s: float
    x_norm: float
    y_norm: float


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
    """Read Pupil Cloud's `gaze.csv` of a marker mapper; `events.csv` and `fixations.csv` beside it give messages.

    Only a surface lies on the screen: gaze in the scene camera's picture, and tables of fixations, are refused in
    words. Surface coordinates are shares of the surface from its top left corner; the surface is taken to be the
    display. The fixations that Pupil Cloud found are kept as messages, and how they compare with those that this
    program finds is told.

    Raises:
        UnreadableTable: No gaze on a surface in it.
    """
    table = open_table(path, settings)
    if _FIXATION_START in table:
        raise UnreadableTable(
            f"{path}: fixations that Pupil Cloud found, not samples of gaze; import the gaze.csv beside it, these come "
            "along",
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
    ids = set(table.distinct("recording id")) if "recording id" in table else set()
    fixations = _cloud_fixations(path.parent / "fixations.csv", ids, is_mapped=on_surface is not None)
    recording = table_recording(
        table,
        settings,
        tracker=_device(path),
        name="neon",
        messages=(*_events(path.parent, ids), *((f.onset_s, _fixation_words(f)) for f in fixations)),
        form=TableForm(
            unit="normalised" if on_surface else None,
            origin="top-left",
            time="timestamp [ns]",
            time_unit="ns",
            is_world=not on_surface,
        ),
    )
    if not fixations:
        return recording
    return replace(recording, notes=(*recording.notes, _compared(recording, fixations)))


def _cloud_fixations(path: Path, ids: set[str], *, is_mapped: bool) -> list[_CloudFixation]:
    """Fixations that Pupil Cloud found on the surface."""
    if not require_own(path).is_file():
        return []
    table = _of_recordings(read_delimited(path, may_be_empty=True), ids)
    x, y = (find_column(table, rf"fixation{axis}normalized") for axis in "xy")
    if _FIXATION_START not in table or "duration [ms]" not in table or not is_mapped or x is None or y is None:
        return []
    on_surface = find_column(table, r"fixationdetectedonsurface")
    is_on = table.flags(on_surface) if on_surface else np.ones(len(table), dtype=bool)
    values = (table.numbers(_FIXATION_START) * 1e-9, table.numbers("duration [ms]") * 1e-3, table.numbers(x))
    rows = zip(*(column.tolist() for column in (*values, table.numbers(y))), is_on.tolist(), strict=True)
    return [
        _CloudFixation(*values) for *values, is_here in rows if is_here and np.isfinite(values).all() and values[1] > 0
    ]


def _fixation_words(fixation: _CloudFixation) -> str:
    place = f"{fixation.x_norm:.4f} {fixation.y_norm:.4f}"
    return f"fixation of Pupil Cloud: {1e3 * fixation.duration_s:.0f} ms at {place} of the surface"


def _compared(recording: ImportedRecording, cloud: list[_CloudFixation]) -> str:
    """How the fixations of Pupil Cloud and those of the default detector differ, in words."""
    found = detect_fixations(recording.samples, recording.display)
    own_ms = 1e3 * float(np.median([f.duration_s for f in found])) if found else 0.0
    cloud_ms = 1e3 * float(np.median([f.duration_s for f in cloud]))
    return (
        f"Pupil Cloud found {len(cloud)} fixations on the surface (median {cloud_ms:.0f} ms), which are kept as "
        f"messages; this program's ivt finds {len(found)} (median {own_ms:.0f} ms)"
    )


def _device(path: Path) -> str:
    """The kind of device that `info.json` beside the file names; what its owner calls the phone stays out."""
    try:
        document = parse_json(read_text(require_own(path.parent / "info.json"), SETTINGS_BYTES))
    except (OSError, ValueError, RecursionError):
        return "Pupil Labs"
    known = document if isinstance(document, dict) else {}
    name = str(known.get("frame_name") or known.get("device_name") or "")
    family = next((family for family in ("Neon", "Invisible") if family.lower() in name.lower()), "")
    if not family and "frame_name" in known:
        family = "Neon"
    return f"Pupil Labs {family}".strip()


def _of_recordings(table: Delimited, ids: set[str]) -> Delimited:
    """The rows of these recordings; all where the table does not tell them apart."""
    if not ids or "recording id" not in table:
        return table
    return table.select(np.fromiter((cell in ids for cell in table.each("recording id")), dtype=bool, count=len(table)))


def _events(folder: Path, ids: set[str]) -> tuple[tuple[float, str], ...]:
    path = folder / "events.csv"
    if not require_own(path).is_file():
        return ()
    table = _of_recordings(read_delimited(path, may_be_empty=True), ids)
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
