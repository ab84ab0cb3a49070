"""Tables of gaze that laboratories' programs write: our own, Gazepoint, SMI, PyGaze, Pupil Cloud, and any other."""

from __future__ import annotations

import dataclasses
import math
import re
from itertools import pairwise
from pathlib import Path

import numpy as np

from gazeapp.errors import UnreadableTable
from gazeapp.gaze.channels.timing import SECONDS, sampling_rate_hz, unit_by_values
from gazeapp.gaze.channels.unit import Unit, to_px, usual_origin
from gazeapp.gaze.display import Display
from gazeapp.gaze.quality import TargetWindow
from gazeapp.gaze.samples import Floats
from gazeapp.store.cells import MISSING, is_name_of_digits, whole_number
from gazeapp.store.delimited import Delimited, read_delimited
from gazeapp.store.imports.one_recording import one_recording
from gazeapp.store.imports.recording import (
    ImportedRecording,
    ImportSettings,
    ShownImage,
    display_of,
    images_from_column,
    images_from_messages,
)
from gazeapp.store.imports.table_gaze import TableForm, find_column, first_cell, read_table_gaze, samples_alone

_UNIT_ENDINGS: dict[str, Unit] = {"px": "pixels", "norm": "normalised", "deg": "degrees"}
_NUMBER = r"(-?\d+(?:\.\d+)?)"


def open_table(path: Path, settings: ImportSettings, *, short: str = "") -> Delimited:
    """One recording of a text table, read as the options say; rows of fewer cells are accepted where a cell matches
    `short`.
    """
    table = read_delimited(
        path,
        is_short=(lambda row: any(re.fullmatch(short, cell) for cell in row[:3])) if short else None,
        decimal=settings.option("decimal", ("", ",", "."), ""),
        progress=settings.progress,
    )
    return one_recording(table, settings)


def table_recording(
    table: Delimited,
    settings: ImportSettings,
    *,
    tracker: str,
    name: str,
    form: TableForm | None = None,
    display: tuple[Display, bool] | None = None,
    images: tuple[ShownImage, ...] = (),
    messages: tuple[tuple[float, str], ...] = (),
    notes: tuple[str, ...] = (),
    nominal_hz: float = math.nan,
    is_sorted: bool = True,
) -> ImportedRecording:
    """A recording from a table whose columns say what they are.

    Args:
        table: Its rows are samples.
        settings: What the person says.
        tracker: Name of the device.
        name: Of the format.
        form: What the format knows beyond the names of the columns.
        display: The screen, and whether its size was assumed; by default what the person says.
        images: That the table itself tells; without them, the messages are searched.
        messages: With times on the clock of the samples.
        notes: To be told with those of the reading.
        nominal_hz: That the file states.
        is_sorted: Whether rows out of order are a fault of the file; else they are put in order.
    """
    screen, assumed = display or display_of(settings, None, table.path)
    table, more = samples_alone(table, settings, form)
    notes += more
    gaze = read_table_gaze(table, settings, screen, form)
    samples = gaze.samples
    if not is_sorted:
        samples = samples[:][np.argsort(samples.time_s, kind="stable")]
    end_s = float(samples.time_s[-1]) if len(samples) else 0.0
    return ImportedRecording(
        samples=samples,
        display=screen,
        display_assumed=assumed,
        tracker=tracker,
        images=images or images_from_messages(messages, settings, end_s, screen),
        messages=messages,
        notes=(*notes, *gaze.notes),
        nominal_hz=nominal_hz,
        targets=target_windows(table, samples.time_s, screen),
        form=name,
    )


def own_table(table: Delimited, settings: ImportSettings) -> ImportedRecording:
    """Our own layout, whose columns carry their units, in whatever file it came; or ETDQualitizer's."""
    if is_etdq(table):
        form = TableForm(unit="pixels", origin="centre", time_unit="ms")
        return table_recording(table, settings, tracker="ETDQualitizer", name="etdqualitizer", form=form)
    by_name = is_own(table)
    return table_recording(
        table, settings, tracker="table", name="gazeapp" if by_name else "table", form=TableForm(by_name=by_name)
    )


def is_etdq(table: Delimited) -> bool:
    """Whether a table is one of ETDQualitizer."""
    needed = ("timestamp", "target_id", "tar_x", "tar_y")
    return all(name in table for name in needed) and ("left_x" in table or "right_x" in table)


def read_any_table(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Any table; `--option columns=time:NAME,x:NAME,y:NAME` names what is not understood."""
    table = open_table(path, settings)
    time = find_column(table, r"time(s|ms|us)")
    return table_recording(
        table, settings, tracker="table", name="table", form=TableForm(by_name=bool(time) and is_own(table))
    )


def is_own(table: Delimited) -> bool:
    """Whether a table's columns carry their units as ours do."""
    return any(name in table for name in ("time_s", "time_ms", "time_us")) and any(
        re.fullmatch(r"(left_|right_)?x_(px|norm|deg)", name) for name in table.header
    )


def read_gazepoint(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Tables of Gazepoint Analysis and Control: shares of the screen, seconds; the images by MEDIA_NAME."""
    table = open_table(path, settings)
    time = next((name for name in table.header if re.match(r"TIME($|\()", name)), None)
    if time is None:
        raise _other(table, "a column TIME")
    name = find_column(table, "medianame")
    images: tuple[ShownImage, ...] = ()
    if name:
        stamps = table.numbers(time)
        rate_hz = sampling_rate_hz(stamps)
        names = ["" if cell.lower() in ("", "no media", "none") else cell for cell in table.text(name)]
        images = images_from_column(names, stamps.tolist(), 1 / rate_hz if rate_hz > 0 else 0.0)
    return table_recording(
        table,
        settings,
        tracker="Gazepoint",
        name="gazepoint",
        images=images,
        messages=_user_messages(table, time),
        form=TableForm(unit="normalised", time=time, time_unit="s"),
    )


def _user_messages(table: Delimited, time: str) -> tuple[tuple[float, str], ...]:
    """What an experiment wrote into the column USER, where it changes."""
    user = find_column(table, "user")
    if user is None:
        return ()
    found: list[tuple[float, str]] = []
    before = ""
    for stamp, text in zip(table.numbers(time).tolist(), table.text(user), strict=True):
        if text and text != "0" and text != before:
            found.append((stamp, text))
        before = text
    return tuple(found)


def read_smi(path: Path, settings: ImportSettings) -> ImportedRecording:
    """SMI's BeGaze and IDF Converter: lines with ## about the recording, rows SMP and MSG."""
    table = open_table(path, settings, short=r"MSG")
    head = _smi_head(table.preamble)
    display = _smi_display(head, settings, path)
    kind = find_column(table, "type")
    time = find_column(table, r"time", r"recordingtimems", r"recordingtime")
    if time is None:
        raise _other(table, "a column Time")
    messages: list[tuple[float, str]] = []
    if kind:
        kinds = np.array(table.text(kind))
        rows = np.flatnonzero(kinds == "MSG")
        cells = [table.text(name) for name in table.header]
        for index in rows.tolist():
            messages.append(
                (float(cells[table.header.index(time)][index]), " ".join(c[index] for c in cells[2:] if c[index]))
            )
        table = table.select(kinds == "SMP")
    for _, row in table.short_rows:
        if re.fullmatch(r"\d+(\.\d+)?", row[0].strip()):
            messages.append((float(row[0]), " ".join(cell.strip() for cell in row[2:] if cell.strip())))
    stamps = table.numbers(time)
    unit = "ms" if time.lower().endswith("[ms]") else unit_by_values(stamps) or "us"
    is_world = find_column(table, r"videotime(hmsms)?|scenevideotime.*") is not None  # glasses, with a scene camera
    texts = tuple(
        (t * SECONDS[unit], re.sub(r"^(\d+ )?# Message: ", "", text))
        for t, text in sorted(messages, key=lambda m: m[0])
    )
    end_s = float(stamps[-1]) * SECONDS[unit] if len(stamps) else 0.0
    images = images_from_messages(texts, settings, end_s, display[0]) or _smi_images(texts, end_s)
    stimulus = find_column(table, "stimulus")
    if stimulus and not images:
        names = ["" if cell in ("", "-") else cell for cell in table.text(stimulus)]
        rate_hz = sampling_rate_hz(stamps * SECONDS[unit])
        images = images_from_column(names, (stamps * SECONDS[unit]).tolist(), 1 / rate_hz if rate_hz > 0 else 0.0)
    rate = re.search(_NUMBER, head.get("sample rate", ""))
    return table_recording(
        table,
        settings,
        tracker=f"SMI {head.get('system id', head.get('device', ''))}".strip(),
        name="smi",
        display=display,
        images=images,
        messages=texts,
        form=TableForm(time=time, time_unit=unit, unit="pixels", origin="top-left", is_world=is_world),
        nominal_hz=float(rate[1]) if rate else math.nan,
    )


def _smi_head(lines: list[str]) -> dict[str, str]:
    found = {}
    for line in lines:
        key, colon, value = line.lstrip("# ").partition(":")
        if colon:
            found[re.sub(r"\s*\[.*", "", key).strip().lower()] = value.strip()
    return found


def _smi_display(head: dict[str, str], settings: ImportSettings, path: Path) -> tuple[Display, bool]:
    area = re.findall(r"\d+", head.get("calibration area", ""))
    size = (int(area[0]), int(area[1])) if len(area) >= 2 else None
    display, assumed = display_of(settings, size, path)
    physical = re.findall(r"\d+(?:\.\d+)?", head.get("stimulus dimension", ""))
    distance = re.findall(r"\d+(?:\.\d+)?", head.get("head distance", ""))
    if assumed and len(physical) >= 2 and distance and float(physical[0]) > 0 and float(distance[0]) > 0:
        display = dataclasses.replace(
            display, width_mm=float(physical[0]), height_mm=float(physical[1]), distance_mm=float(distance[0])
        )
        assumed = False
    return display, assumed


def _smi_images(messages: tuple[tuple[float, str], ...], end_s: float) -> tuple[ShownImage, ...]:
    """BeGaze writes the bare name of the image that appears as a message."""
    named = [(t, m) for t, m in messages if re.fullmatch(r".+\.(jpe?g|png|bmp|tiff?|gif)", m.strip(), re.IGNORECASE)]
    stops = [*(t for t, _ in named[1:]), end_s][: len(named)]
    return tuple(
        ShownImage(name=name.strip(), shown_s=t, hidden_s=stop)
        for (t, name), stop in zip(named, stops, strict=True)
        if stop > t
    )


def read_pygaze(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Logs of PyGaze and OpenSesame: EyeTribe, Tobii and OpenGaze tables, rows MSG between the samples."""
    table = open_table(path, settings, short=r"MSG|.*")
    if "time" in table and "timestamp" in table:  # EyeTribe: the clock of the day, and milliseconds
        time = "time"
    else:
        found = find_column(table, "timestamp", "time", "cnt")
        if found is None:
            raise _other(table, "a column TimeStamp or time")
        time = found
    event = find_column(table, "event", "user")
    messages: list[tuple[float, str]] = []
    x = next((n for n in table.header if re.search(r"x$|xleft|_x", n.lower())), None)
    stamps_text = table.text(time)
    keep = np.array([bool(re.fullmatch(r"[+-]?[\d.,]+(e[+-]?\d+)?", cell)) for cell in stamps_text], dtype=bool)
    if event:
        texts = table.text(event)
        no_gaze = np.array([not cell for cell in table.text(x)]) if x else np.zeros(len(table), dtype=bool)
        for index in np.flatnonzero(np.array([bool(text) and text != "0" for text in texts]) & keep).tolist():
            messages.append((float(stamps_text[index].replace(",", ".")), texts[index]))
        has_text = np.array([bool(text) for text in texts], dtype=bool)
        keep &= ~(has_text & no_gaze)
    for _, row in table.short_rows:
        numbers = [cell for cell in row if re.fullmatch(r"\d+(\.\d+)?", cell.strip())]
        words = [cell.strip() for cell in row if cell.strip() and cell not in numbers and cell.strip() != "MSG"]
        if numbers and words:
            messages.append((float(numbers[0]), words[-1]))
    table = table.select(keep)
    stamps = table.numbers(time)
    unit = unit_by_values(stamps) or "ms"
    rows = _key_values(table.preamble)
    size = re.findall(r"\d+", rows.get("recording resolution", rows.get("display resolution", "")))
    display = display_of(settings, (int(size[0]), int(size[1])) if len(size) == 2 else None, path)
    return table_recording(
        table,
        settings,
        tracker="PyGaze",
        name="pygaze",
        display=display,
        messages=tuple((t * SECONDS[unit], text) for t, text in messages),
        form=TableForm(time=time, time_unit=unit),
    )


def _key_values(lines: list[str]) -> dict[str, str]:
    """Lines about the recording: a key, a colon or a tab, and its value."""
    found = {}
    for line in lines:
        key, _, value = line.strip("#\ufeff ").partition("\t") if "\t" in line else line.partition(":")
        found[key.strip(" :").lower()] = value.strip()
    return found


def header_values(table: Delimited) -> dict[str, str]:
    """What the lines above the column names say about the recording."""
    return _key_values(table.preamble)


def target_windows(table: Delimited, time_s: Floats, display: Display) -> tuple[TargetWindow, ...]:
    """Stretches of rows with one target; each row stands for one sampling interval."""
    found = _target_columns(table, display)
    if found is None or len(time_s) != len(table) or not len(table):
        return ()
    ids, place = found
    rate_hz = sampling_rate_hz(time_s)
    interval_s = 1 / rate_hz if rate_hz > 0 else 0.0
    moves = np.abs(np.diff(place, axis=0)).max(axis=1) > 0  # False between unknown places
    edges = [0, *(np.flatnonzero((ids[1:] != ids[:-1]) | moves) + 1).tolist(), len(ids)]
    typed = dict(zip(ids.tolist(), typed_ids(ids.tolist()), strict=True))
    return tuple(
        TargetWindow(
            target_id=typed[str(ids[first])],
            onset_s=float(time_s[first]),
            duration_s=float(time_s[stop - 1] - time_s[first]) + 0.5 * interval_s,
            x_px=float(place[first, 0]),
            y_px=float(place[first, 1]),
        )
        for first, stop in pairwise(edges)
        if ids[first] and np.isfinite(place[first]).all()
    )


def typed_ids(texts: list[str]) -> list[int | str]:
    """Whole numbers where all are whole numbers, else text; 01 and the like are names."""
    numbers = [None if is_name_of_digits(text) else whole_number(text) for text in texts]
    if any(number is None for number, text in zip(numbers, texts, strict=True) if text):
        return list(texts)
    return ["" if number is None else number for number in numbers]


def _target_columns(
    table: Delimited, display: Display
) -> tuple[np.ndarray[tuple[int], np.dtype[np.str_]], Floats] | None:
    if "target_id" not in table:
        return None
    ids = []
    for cell in table.text("target_id"):  # whole numbers without a decimal point; -1 and missing cells are no target
        text = "" if cell.lower() in MISSING else re.sub(r"\.0*$", "", cell)
        ids.append("" if text == "-1" else text)
    if is_etdq(table):
        place = np.stack([table.numbers("tar_x"), table.numbers("tar_y")], axis=1) + display.size_px / 2
        return np.array(ids), place
    for ending, unit in _UNIT_ENDINGS.items():
        names = (f"target_x_{ending}", f"target_y_{ending}")
        if all(name in table for name in names):
            place = np.stack([table.numbers(name) for name in names], axis=1)
            return np.array(ids), to_px(place, unit, usual_origin(unit), display)
    return None


def _other(table: Delimited, needed: str) -> UnreadableTable:
    return UnreadableTable(
        f"{table.path}: {needed} is missing; found: {', '.join(table.header)}", found=table.header, needed=needed
    )


def cell_or(table: Delimited, default: str, *patterns: str) -> str:
    """The first filled cell of a column that matches, or the default."""
    return first_cell(table, *patterns) or default
