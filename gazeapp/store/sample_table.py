"""Samples, targets and fixations as files: text tables of several layouts, and sessions."""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gazeapp.errors import UnreadableTable
from gazeapp.gaze.channels.timing import likely_rate_hz
from gazeapp.gaze.display import Display
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.quality import TargetWindow
from gazeapp.gaze.samples import SampleSource
from gazeapp.store.delimited import Delimited, read_delimited
from gazeapp.store.imports.lab_tables import typed_ids
from gazeapp.store.imports.recording import ImportSettings
from gazeapp.store.new_file import write_whole
from gazeapp.store.untrusted.files import open_plain

if TYPE_CHECKING:
    from gazeapp.store.reader import SessionReader

_SQLITE = b"SQLite format 3\0"
_SETTLE_S = 0.7  # the eye needs this long to reach a target and to rest there
FIXATION_COLUMNS = ("onset_s", "duration_s", "x_px", "y_px")
TARGET_COLUMNS = ("target_id", "onset_s", "duration_s", "x_px", "y_px")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleTable:
    """What a sample file holds."""

    samples: SampleSource
    """Display pixels; gaze of sessions is corrected."""
    display: Display
    display_assumed: bool
    """Nobody said which screen it was: angles are then those of ASSUMED_DISPLAY."""
    targets: tuple[TargetWindow, ...]
    """What the person was to look at; empty where the file does not say."""
    layout: str
    notes: tuple[str, ...] = ()
    """What was assumed in reading."""
    nominal_hz: float = math.nan
    """The rate that the file states."""

    @property
    def rate_hz(self) -> float:
        """As the file states, unless its stamps belie it; NaN for fewer than two samples."""
        return likely_rate_hz(self.samples.time_s, self.nominal_hz)


def read_samples(path: Path, display: Display | None = None, options: Mapping[str, str] | None = None) -> SampleTable:
    """Read gaze samples of any format that can be imported.

    Args:
        path: CSV or TSV (also `.gz`), a Tobii export, a session's folder or `session.sqlite`.
        display: The screen, where the file does not say; a session's own screen counts before it.
        options: What a person says about the file: `store.imports.formats.OPTIONS`.

    Raises:
        UnreadableTable: The columns are not understood (found and needed are listed), or a row is wrong.
        StoreError: A session that cannot be read.
    """
    if path.is_dir() or _is_database(path):
        return _read_session(path)
    from gazeapp.store.imports.formats import read_recording

    recording = read_recording(
        path, "auto", ImportSettings(display=display, options=options or {}, is_alone=True), must_be_ordered=False
    )
    return SampleTable(
        samples=recording.samples,
        display=recording.display,
        display_assumed=recording.display_assumed,
        targets=recording.targets,
        layout=recording.form,
        notes=recording.notes,
        nominal_hz=recording.nominal_hz,
    )


def read_targets(path: Path) -> tuple[TargetWindow, ...]:
    """Read targets: `target_id,onset_s,duration_s,x_px,y_px`."""
    table = read_delimited(path)
    _require(table, TARGET_COLUMNS)
    ids = typed_ids(list(table.text("target_id")))
    values = [_finite(table, name) for name in TARGET_COLUMNS[1:]]
    _require_durations(table, values[1])
    return tuple(
        TargetWindow(target_id=target_id, onset_s=onset, duration_s=duration, x_px=x, y_px=y)
        for target_id, onset, duration, x, y in zip(ids, *values, strict=True)
    )


def read_fixations(path: Path) -> list[Fixation]:
    """Read fixations: `onset_s,duration_s,x_px,y_px`; further columns are left alone."""
    table = read_delimited(path, may_be_empty=True)
    _require(table, FIXATION_COLUMNS)
    values = [_finite(table, name) for name in FIXATION_COLUMNS]
    _require_durations(table, values[1])
    return [
        Fixation(onset_s=onset, duration_s=duration, x_px=x, y_px=y)
        for onset, duration, x, y in zip(*values, strict=True)
    ]


def write_fixations(path: Path, fixations: Iterable[Fixation]) -> None:
    """Write fixations; times to the microsecond, places to a thousandth of a pixel. `.gz` compresses."""
    text = format_fixations(fixations)
    data = text.encode()
    write_whole(path, gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def format_fixations(fixations: Iterable[Fixation]) -> str:
    """The same as text."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(FIXATION_COLUMNS)
    for fixation in fixations:
        writer.writerow(
            (f"{fixation.onset_s:.6f}", f"{fixation.duration_s:.6f}", f"{fixation.x_px:.3f}", f"{fixation.y_px:.3f}")
        )
    return lines.getvalue()


def _is_database(path: Path) -> bool:
    try:
        with open_plain(path) as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False  # read_delimited says what is wrong


def validation_windows(session: SessionReader) -> tuple[TargetWindow, ...]:
    """When each target of a validation was looked at; the time that an eye takes to get there is left out."""
    from gazeapp.store.events import TargetHidden, TargetShown

    windows = []
    shown: TargetShown | None = None
    for event in session.events():
        if isinstance(event, TargetShown):
            shown = event
        elif isinstance(event, TargetHidden) and shown is not None:
            if shown.purpose == "validate":
                windows.append(
                    TargetWindow(
                        target_id=shown.target_id,
                        onset_s=shown.time_s + _SETTLE_S,
                        duration_s=event.time_s - shown.time_s - _SETTLE_S,
                        x_px=shown.x_px,
                        y_px=shown.y_px,
                    )
                )
            shown = None
    return tuple(w for w in windows if w.duration_s > 0)


def _read_session(path: Path) -> SampleTable:
    from gazeapp.store.reader import SessionReader

    with SessionReader(path) as session:
        return SampleTable(
            samples=session.samples(corrected=True),
            display=session.display,
            display_assumed=False,
            targets=validation_windows(session),
            layout="session",
        )


def _require(table: Delimited, names: Iterable[str]) -> None:
    missing = [name for name in names if name not in table]
    if missing:
        raise UnreadableTable(
            f"{table.path}: {', '.join(missing)} missing; found: {', '.join(table.header)}; needed: {', '.join(names)}",
            found=table.header,
            needed=list(names),
        )


def _finite(table: Delimited, name: str) -> list[float]:
    values = table.numbers(name)
    unknown = np.flatnonzero(~np.isfinite(values))
    if len(unknown):
        row = int(unknown[0])
        raise table.error(name, row, table.text(name)[row], "a number")
    return [float(value) for value in values]


def _require_durations(table: Delimited, durations_s: list[float]) -> None:
    for row, duration_s in enumerate(durations_s):
        if duration_s < 0:
            raise table.error("duration_s", row, f"{duration_s:g}", "a duration of 0 or more")
