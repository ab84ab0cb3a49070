"""Exports of Pupil Player: gaze on a surface, or in the image of the world camera."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gazeapp.errors import UnreadableTable
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.delimited import Delimited, read_delimited
from gazeapp.store.identifier import require_own
from gazeapp.store.imports.recording import (
    ImportedRecording,
    ImportSettings,
    display_of,
    images_from_messages,
)

MIN_CONFIDENCE = 0.6  # Pupil Player's own default for gaze that can be used
_TIMES = ("gaze_timestamp", "timestamp")
_NEEDED = "gaze_timestamp, x_norm, y_norm (a surface) or norm_pos_x, norm_pos_y (the world camera)"


def read_pupil(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Read `gaze_positions_on_surface_NAME.csv` or `gaze_positions.csv`; `annotations.csv` beside it gives messages.

    Pupil's normalised coordinates count from the bottom left; they become pixels from the top left. A surface is taken
    to be the display. Gaze in the world camera's image is taken as it is, with a note: that image is not the display.

    Raises:
        UnreadableTable: The columns are not understood, or a row is wrong.
    """
    table = read_delimited(path)
    time = next((name for name in _TIMES if name in table), None)
    names = next(
        (n for n in (("x_norm", "y_norm"), ("norm_pos_x", "norm_pos_y")) if n[0] in table and n[1] in table),
        None,
    )
    if time is None or names is None:
        raise UnreadableTable(
            f"{path}: the columns are not understood; found: {', '.join(table.header)}; needed: {_NEEDED}",
            found=table.header,
            needed=_NEEDED,
        )
    display, assumed = display_of(settings, None, path)
    norm = np.stack([table.numbers(name) for name in names], axis=1)
    valid = np.asarray(np.isfinite(norm).all(axis=1))
    if "confidence" in table:
        valid &= table.numbers("confidence") >= MIN_CONFIDENCE
    time_s = table.numbers(time)
    if not len(time_s) or not np.isfinite(time_s).all():
        raise UnreadableTable(f"{path}: {time} is empty in places, or there are no rows")
    order = np.argsort(time_s, kind="stable")  # Pupil's two eyes are matched late: rows may be out of order
    gaze = display.norm_to_px(np.stack([norm[:, 0], 1 - norm[:, 1]], axis=1))
    samples = GazeSamples.build(
        time_s[order],
        eyes="cyclopean",
        device_time_s=time_s[order],
        left_px=gaze[order],
        left_valid=valid[order],
    )
    notes = [f"gaze with a confidence below {MIN_CONFIDENCE} counts as missing"]
    if names[0] == "norm_pos_x":
        notes.append(
            "gaze is relative to the world camera, not to the display: export a surface that covers the display instead"
        )
    messages = _annotations(path.parent / "annotations.csv")
    return ImportedRecording(
        samples=samples,
        display=display,
        display_assumed=assumed,
        tracker="Pupil Core",
        images=images_from_messages(messages, settings, float(samples.time_s[-1])),
        messages=messages,
        notes=tuple(notes),
    )


def _annotations(path: Path) -> tuple[tuple[float, str], ...]:
    if not require_own(path).is_file():
        return ()
    table: Delimited = read_delimited(path, may_be_empty=True)
    if "timestamp" not in table or "label" not in table:
        return ()
    times = table.numbers("timestamp").tolist()
    return tuple((t, text) for t, text in zip(times, table.text("label"), strict=True) if np.isfinite(t))
