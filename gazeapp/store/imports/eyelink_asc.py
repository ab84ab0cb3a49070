"""EyeLink recordings as text (.asc), made by edf2asc."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gazeapp.errors import UnreadableTable
from gazeapp.gaze.channels.layout import GazeLayout
from gazeapp.gaze.channels.reader import SETTLING_ROWS, GazeReader, lost_notes
from gazeapp.gaze.samples import Eyes, Floats, GazeSamples
from gazeapp.store.imports.recording import (
    ImportedRecording,
    ImportSettings,
    display_of,
    images_from_messages,
)
from gazeapp.store.spool import Rows, collect
from gazeapp.store.text_lines import open_text
from gazeapp.store.untrusted.files import open_plain

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_COORDS = re.compile(rf"(?:DISPLAY|GAZE)_COORDS\s*=?\s*{_NUMBER}[\s,]+{_NUMBER}[\s,]+{_NUMBER}[\s,]+{_NUMBER}")
_OFFSET = re.compile(r"(-?\d+)\s+(?=\S)")
"""A number before a message's text: how many ms after the message's time it happened."""
_MISSING = "."
_KINDS = {"samples": "events", "sample": "event", "s": "e"}
"""How `edf2asc -s` and `-e` results of one recording are usually told apart."""


@dataclass(slots=True)
class _Parsed:
    rows: Rows = field(default_factory=lambda: Rows(5))
    """Of five numbers: time ms, left x, left y, right x, right y."""
    messages: list[tuple[float, str]] = field(default_factory=list)
    corner: tuple[float, float] = (0.0, 0.0)
    size_px: tuple[int, int] | None = None
    half_px: float = 0.5
    """What to add for pixel centres at whole numbers; 0 where the display is told by its size."""
    rate_hz: float = 0.0
    tracker: str = "EyeLink"
    eyes: set[str] = field(default_factory=set)
    n_bare: int = 0
    """Rows of samples before any line that says which eyes they are of."""
    n_offsets: int = 0
    blocks: list[tuple[float, set[str]]] = field(default_factory=list)
    """Start of each block and its eyes, of a file of events."""


def read_eyelink_asc(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Read one recording; all its blocks, one after another.

    Pupils are left out: EyeLink's units are not millimetres. Where two samples share a millisecond (2000 Hz), the
    second lies half a period later. EyeLink counts pixel centres at whole numbers, so half a pixel is added. A number
    before a message is its offset in ms. Files of samples alone (`edf2asc -s`) are read with the events (`-e`) beside
    them, or those of `--option events=FILE`.

    Raises:
        UnreadableTable: No samples of gaze in it, or a damaged line.
    """
    parsed = _Parsed()
    notes = ["pupil sizes are left out: EyeLink's units are not millimetres"]
    _parse(path, settings, parsed, None)
    if not len(parsed.rows) and parsed.n_bare:
        events = _events_beside(path, settings)
        if events is None:
            raise UnreadableTable(
                f"{path}: {parsed.n_bare} samples, but the lines START and SAMPLES that say which eyes they are "
                f"of are missing: "
                "it was made by edf2asc -s; convert without -s, or give the file of edf2asc -e by --option events=FILE"
            )
        parsed = _Parsed()
        _parse(events, settings, parsed, None)
        blocks, parsed.blocks = parsed.blocks, []
        _parse(path, settings, parsed, blocks)
        notes.append(f"which eyes, messages and the rate come from {events.name}")
    if not len(parsed.rows):
        raise UnreadableTable(
            f"{path}: no gaze samples; make the file with edf2asc, samples and gaze position included"
            + (
                " (it holds events alone: give the file of samples, edf2asc -s, or convert without -e)"
                if parsed.eyes
                else ""
            )
        )
    table = parsed.rows
    time_s = _spread(np.concatenate([chunk[:, 0] for chunk in table.chunks()]), parsed.rate_hz) / 1000
    display, assumed = display_of(settings, parsed.size_px, path)
    eyes: Eyes = "binocular" if len(parsed.eyes) == 2 else "left" if "LEFT" in parsed.eyes else "right"
    roles = {"left_x": 1, "left_y": 2, "right_x": 3, "right_y": 4}
    layout = GazeLayout(
        eyes=eyes,
        columns=roles,
        unit="pixels",
        origin="top-left",
        pupil_in_mm=False,
        found_by="type",
        unit_by_person=False,
        origin_is_known=True,
    )
    reader = GazeReader(layout, display)
    corner = np.array([0.0, *parsed.corner, *parsed.corner])
    reading = reader.settle(table.every(1 + len(table) // SETTLING_ROWS) - corner)
    half_px = parsed.half_px if reading.unit == "pixels" else 0.0
    samples = collect(_read_in_chunks(reader, table, corner, time_s, half_px), eyes, len(table))
    notes += [words for _, words in reader.take_notes()]
    notes += lost_notes(reader.lost_counts, len(samples))
    if parsed.n_offsets:
        notes.append(f"{parsed.n_offsets} messages begin with a number, which is taken as their offset in ms")
    messages = tuple((time_ms / 1000, text) for time_ms, text in parsed.messages)
    return ImportedRecording(
        samples=samples,
        display=display,
        display_assumed=assumed,
        tracker=parsed.tracker,
        images=images_from_messages(messages, settings, float(time_s[-1]), display),
        messages=messages,
        notes=tuple(notes),
        nominal_hz=parsed.rate_hz or float("nan"),
        form="eyelink-asc",
    )


def _read_in_chunks(
    reader: GazeReader, table: Rows, corner: Floats, time_s: Floats, half_px: float
) -> Iterator[GazeSamples]:
    first = 0
    for chunk in table.chunks():
        part = time_s[first : first + len(chunk)]
        first += len(chunk)
        samples = reader.read(chunk - corner, time_s=part, device_time_s=chunk[:, 0] / 1000)
        yield dataclasses.replace(samples, left_px=samples.left_px + half_px, right_px=samples.right_px + half_px)


def _parse(path: Path, settings: ImportSettings, parsed: _Parsed, blocks: list[tuple[float, set[str]]] | None) -> None:
    """Take in a file; `blocks` says which eyes samples are of that have no lines about it."""
    here: set[str] = set()
    for number, line in enumerate(_lines(path, settings), start=1):
        if line[:1].isdigit():
            if blocks is not None:
                here = _eyes_at(line, blocks)
            if here:  # rows before the line that says which eyes they are of cannot be understood
                parsed.rows.append(_sample(path, number, line, here))
            else:
                parsed.n_bare += 1
        elif line.startswith("MSG"):
            _message(parsed, line)
        elif line.startswith("SAMPLES"):
            here = _header(parsed, path, line)
        elif line.startswith("EVENTS") and not here:
            parsed.eyes |= _header(parsed, path, line)
        elif line.startswith("START"):
            words = line.split()
            eyes = {"LEFT", "RIGHT"} & set(words)
            if len(words) > 1 and words[1].replace(".", "", 1).isdigit() and eyes:
                parsed.blocks.append((float(words[1]), eyes))
        elif line.startswith("END"):
            here = set()
        elif line.startswith("** EYELINK"):
            parsed.tracker = line[3:].strip()


def _eyes_at(line: str, blocks: list[tuple[float, set[str]]]) -> set[str]:
    time = line.split(None, 1)[0]
    try:
        now = float(time)
    except ValueError:
        return set()
    return next((eyes for start, eyes in reversed(blocks) if start <= now), blocks[0][1] if blocks else set())


def _events_beside(path: Path, settings: ImportSettings) -> Path | None:
    """The file of events that belongs to one of samples: told by option, or named like it."""
    said = settings.options.get("events")
    if said:
        events = Path(said)
        if not events.is_file():
            raise UnreadableTable(f"--option events: no file {events}")
        return events
    for mine, other in _KINDS.items():
        name = re.sub(rf"(?i)(^|[._-]){mine}(?=(\.asc)?(\.gz)?$)", rf"\g<1>{other}", path.stem) + path.suffix
        found = path.with_name(name)
        if found != path and found.is_file():
            return found
    return None


def events_of(path: Path) -> Path | None:
    """The file of events that would be read with a file of samples because of its name."""
    return _events_beside(path, ImportSettings())


def _lines(path: Path, settings: ImportSettings) -> Iterator[str]:
    """Lines of the file, byte for byte; what else it is, is said."""
    try:
        with open_plain(path) as raw:
            start = raw.read(11)
    except OSError as error:
        raise UnreadableTable(f"{path}: cannot be read ({error})") from error
    if start == b"SR_RESEARCH":
        raise UnreadableTable(f"{path}: an EDF file; convert it with edf2asc, samples and gaze position included")
    with open_text(path, "latin-1", settings.progress) as lines:
        yield from lines


def _header(parsed: _Parsed, path: Path, line: str) -> set[str]:
    words = line.split()
    if "GAZE" not in words:
        kind = words[1] if len(words) > 1 else "nothing"
        raise UnreadableTable(f"{path}: the samples are {kind}, not GAZE: convert with edf2asc's default")
    eyes = {"LEFT", "RIGHT"} & set(words)
    parsed.eyes |= eyes
    if "RATE" in words:
        parsed.rate_hz = float(words[words.index("RATE") + 1])
    return eyes


def _sample(path: Path, number: int, line: str, eyes: set[str]) -> tuple[float, float, float, float, float]:
    words = line.split()
    try:
        values = [float("nan") if word == _MISSING else float(word) for word in words[: 1 + 3 * len(eyes)]]
        if len(values) < 1 + 3 * len(eyes):
            raise ValueError
    except ValueError:
        raise UnreadableTable(
            f"{path}: line {number} is not a sample of {len(eyes)} eyes: {line.strip()[:60]!r}",
            line=number,
        ) from None
    nothing = float("nan")
    if len(eyes) == 2:
        return values[0], values[1], values[2], values[4], values[5]
    if "LEFT" in eyes:
        return values[0], values[1], values[2], nothing, nothing
    return values[0], nothing, nothing, values[1], values[2]


def _message(parsed: _Parsed, line: str) -> None:
    words = line.split(None, 2)
    if len(words) < 3:
        return
    try:
        time_ms = float(words[1])
    except ValueError:
        return
    text = _decoded(words[2].strip())
    coords = _COORDS.match(text)
    if coords:
        left, top, right, bottom = (float(value) for value in coords.groups())
        width, height = round(right - left), round(bottom - top)
        # 0 0 1919 1079 are the last pixels, 0 0 1920 1080 the size; no display has an odd number of pixels
        by_last = width % 2 == 1 or height % 2 == 1
        parsed.size_px = (width + 1, height + 1) if by_last else (width, height)
        parsed.half_px = 0.5 if by_last else 0.0
        parsed.corner = (left, top)
    elif not text.startswith("!CAL"):
        offset = _OFFSET.match(text)
        if offset:
            parsed.n_offsets += 1
            time_ms += float(offset[1])
            text = text[offset.end() :]
        parsed.messages.append((time_ms, text))


def _decoded(text: str) -> str:
    """A message as it was meant: UTF-8 where it is, else Latin-1."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _spread(time_ms: Floats, rate_hz: float) -> Floats:
    """Times of samples that share a millisecond, told apart by their sampling period."""
    if rate_hz <= 1000:
        return time_ms
    same = np.concatenate([[False], np.diff(time_ms) == 0])
    return np.asarray(time_ms + same * (1000 / rate_hz))
