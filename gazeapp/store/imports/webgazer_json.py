"""Gaze of a webcam in a browser: WebGazer's predictions, alone or in the data of jsPsych."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gazeapp.errors import UnreadableTable
from gazeapp.gaze.display import Display
from gazeapp.store.delimited import Delimited, read_delimited
from gazeapp.store.imports.lab_tables import table_recording
from gazeapp.store.imports.one_recording import is_whose, one_recording
from gazeapp.store.imports.recording import ImportedRecording, ImportSettings, ShownImage, assume_size
from gazeapp.store.imports.table_gaze import TableForm
from gazeapp.store.untrusted.files import parse_json, read_text
from gazeapp.store.untrusted.limits import DOCUMENT_BYTES


def read_webgazer(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Read jsPsych's data (JSON, or CSV with a column webgazer_data), or a list of {x, y, t}.

    Points are CSS pixels of the browser's window from its top left, times ms. Of jsPsych, each trial's times count from
    its start: `time_elapsed` puts the trials one after another. A trial's `stimulus` is the image that was shown.

    Raises:
        UnreadableTable: No JSON, or no predictions in it.
    """
    trials = _of_one_person(path, list(_trials(path)), settings)
    times: list[float] = []
    points: list[tuple[float, float]] = []
    images: list[ShownImage] = []
    messages: list[tuple[float, str]] = []
    end_ms = 0.0
    size: tuple[int, int] | None = None
    for trial in trials:
        size = size or _window(trial)
        gaze = _points(trial.get("webgazer_data"))
        if not gaze:
            continue
        span = max(t for _, _, t in gaze)
        elapsed, duration = _number(trial.get("time_elapsed")), _number(trial.get("rt"))
        last = max(span, duration if math.isfinite(duration) else 0.0)
        start = elapsed - last if math.isfinite(elapsed) and elapsed - last >= end_ms - 1 else end_ms
        if trial.get("is_bare"):
            start = 0.0
        times += [start + t for _, _, t in gaze]
        points += [(x, y) for x, y, _ in gaze]
        end_ms = start + last
        stimulus = trial.get("stimulus")
        if isinstance(stimulus, str) and stimulus and "<" not in stimulus:
            images.append(ShownImage(name=stimulus, shown_s=start / 1000, hidden_s=end_ms / 1000))
            messages.append((start / 1000, f"trial {trial.get('trial_index', len(images) - 1)}: {stimulus}"))
    if not times:
        raise UnreadableTable(f"{path}: no gaze in it (a list of x, y, t, or trials with webgazer_data)")
    order = np.argsort(np.array(times), kind="stable")
    table = Delimited.of_columns(
        path,
        {
            "time_ms": np.array(times)[order],
            "x_px": np.array([x for x, _ in points])[order],
            "y_px": np.array([y for _, y in points])[order],
        },
    )
    notes = ["webcam gaze counts in CSS pixels of the browser's window: it is on the screen where the window filled it"]
    display: tuple[Display, bool] | None = None
    if settings.display is None and size is not None:
        display = assume_size(*size), True
        notes.append(f"the window of {size[0]} × {size[1]} px is taken as the screen")
    return table_recording(
        table,
        settings,
        tracker="WebGazer",
        name="webgazer",
        display=display,
        images=tuple(images),
        messages=tuple(messages),
        notes=tuple(notes),
        form=TableForm(time="time_ms", time_unit="ms"),
    )


def _of_one_person(path: Path, trials: list[Mapping[str, Any]], settings: ImportSettings) -> list[Mapping[str, Any]]:
    """The trials of one of several people whose data a server put together."""
    names = sorted({name for trial in trials for name in trial if is_whose(str(name))})
    if not names:
        return trials
    columns = {str(name): [str(trial.get(name, "")) for trial in trials] for name in names}
    numbered = Delimited.of_columns(path, {"number": [str(n) for n in range(len(trials))], **columns})
    return [trials[int(number)] for number in one_recording(numbered, settings).text("number")]


def _trials(path: Path) -> Iterator[Mapping[str, Any]]:  # Any: JSON values
    document = _document(path)
    if document is None:  # jsPsych's CSV: JSON in a cell
        table = read_delimited(path)
        if "webgazer_data" not in table:
            raise UnreadableTable(
                f"{path}: no column webgazer_data; found: {', '.join(table.header)}", found=table.header
            )
        columns = [table.text(name) for name in table.header]
        for row in zip(*columns, strict=True):
            yield dict(zip(table.header, row, strict=True))
        return
    if isinstance(document, dict):
        document = document.get("trials", document.get("data", [document]))
    if not isinstance(document, list):
        raise UnreadableTable(f"{path}: neither a list of predictions nor of trials")
    rows = [row for row in _flat(document) if isinstance(row, dict)]
    if rows and all("x" in row and "y" in row for row in rows):
        yield {"webgazer_data": rows, "is_bare": True}
    else:
        yield from rows


def _flat(rows: Iterable[Any]) -> Iterator[Any]:  # Any: JSON values
    for row in rows:
        if isinstance(row, list):
            yield from row
        else:
            yield row


def _document(path: Path) -> Any:  # Any: JSON values
    try:
        text = read_text(path, DOCUMENT_BYTES).lstrip("\ufeff")
    except FileNotFoundError:
        raise UnreadableTable(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise UnreadableTable(f"{path}: cannot be read ({error})") from error
    if not text.lstrip().startswith(("[", "{")):
        return None
    try:
        return parse_json(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableTable(f"{path}: not a JSON file, or cut ({error})") from error


def _points(value: Any) -> list[tuple[float, float, float]]:  # Any: JSON values
    if isinstance(value, str):
        try:
            value = parse_json(value) if value.startswith("[") else []
        except ValueError:
            return []
    if not isinstance(value, list):
        return []
    found = []
    for point in value:
        if isinstance(point, dict):
            t = _number(point.get("t", point.get("time", point.get("timestamp", point.get("clock")))))
            if math.isfinite(t):
                found.append((_number(point.get("x")), _number(point.get("y")), t))
    return found


def _window(trial: Mapping[str, Any]) -> tuple[int, int] | None:
    """The browser's window, where the experiment stored it."""
    for width, height in (("window_width", "window_height"), ("width", "height"), ("innerWidth", "innerHeight")):
        size = _number(trial.get(width)), _number(trial.get(height))
        if all(math.isfinite(v) and 200 <= v <= 20000 for v in size):
            return round(size[0]), round(size[1])
    return None


def _number(value: Any) -> float:  # Any: JSON values
    if isinstance(value, bool):
        return math.nan
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return math.nan
    return math.nan
