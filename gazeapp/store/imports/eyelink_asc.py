"""EyeLink recordings as text (.asc), made by edf2asc."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gazeapp.errors import UnreadableTable
from gazeapp.gaze.samples import Eyes, GazeSamples
from gazeapp.store.imports.recording import (
    ImportedRecording,
    ImportSettings,
    display_of,
    images_from_messages,
)

_COORDS = re.compile(r"(?:DISPLAY|GAZE)_COORDS\s+([-\d.]+)\s+([-\d.]+)\s+([-\d.]+)\s+([-\d.]+)")
_MISSING = "."


@dataclass(slots=True)
class _Parsed:
    rows: list[tuple[float, ...]] = field(default_factory=list)
    """time ms, left x, left y, right x, right y."""
    messages: list[tuple[float, str]] = field(default_factory=list)
    size_px: tuple[int, int] | None = None
    rate_hz: float = 0.0
    tracker: str = "EyeLink"
    eyes: set[str] = field(default_factory=set)


def read_eyelink_asc(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Read one recording; all its blocks, one after another.

    Pupils are left out: EyeLink's units are not millimetres. Where two samples share a millisecond (2000 Hz), the
    second lies half a period later. EyeLink counts pixel centres at whole numbers, so half a pixel is added.

    Raises:
        UnreadableTable: No samples of gaze in it, or a damaged line.
    """
    parsed = _Parsed()
    here: set[str] = set()
    for number, line in enumerate(_lines(path), start=1):
        if line[:1].isdigit():
            if here:  # rows before the line that says which eyes they are of cannot be understood
                parsed.rows.append(_sample(path, number, line, here))
        elif line.startswith("MSG"):
            _message(parsed, line)
        elif line.startswith("SAMPLES"):
            here = _header(parsed, path, line)
        elif line.startswith("END"):
            here = set()
        elif line.startswith("** EYELINK"):
            parsed.tracker = line[3:].strip()
    if not parsed.rows:
        raise UnreadableTable(
            f"{path}: no gaze samples; make the file with edf2asc, samples and gaze position included"
        )
    table = np.array(parsed.rows)
    time_s = _spread(table[:, 0], parsed.rate_hz) / 1000
    display, assumed = display_of(settings, parsed.size_px, path)
    eyes: Eyes = "binocular" if len(parsed.eyes) == 2 else "left" if "LEFT" in parsed.eyes else "right"
    samples = GazeSamples.build(
        time_s,
        eyes=eyes,
        device_time_s=table[:, 0] / 1000,
        left_px=table[:, 1:3] + 0.5,
        right_px=table[:, 3:5] + 0.5,
    )
    messages = tuple((time_ms / 1000, text) for time_ms, text in parsed.messages)
    return ImportedRecording(
        samples=samples,
        display=display,
        display_assumed=assumed,
        tracker=parsed.tracker,
        images=images_from_messages(messages, settings, float(time_s[-1])),
        messages=messages,
        notes=("pupil sizes are left out: EyeLink's units are not millimetres",),
    )


def _lines(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as raw:
            is_packed = raw.read(2) == b"\x1f\x8b"
        opener = gzip.open if is_packed else open
        with opener(path, "rt", encoding="latin-1", newline=None) as file:
            yield from file
    except (OSError, EOFError) as error:
        raise UnreadableTable(f"{path}: cannot be read ({error})") from error


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


def _sample(path: Path, number: int, line: str, eyes: set[str]) -> tuple[float, ...]:
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
    text = words[2].strip()
    coords = _COORDS.match(text)
    if coords:
        left, top, right, bottom = (float(value) for value in coords.groups())
        parsed.size_px = round(right - left) + 1, round(bottom - top) + 1
    elif not text.startswith("!CAL"):
        parsed.messages.append((time_ms, text))


def _spread(
    time_ms: np.ndarray[tuple[int], np.dtype[np.float64]], rate_hz: float
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Times of samples that share a millisecond, told apart by their sampling period."""
    if rate_hz <= 1000:
        return time_ms
    same = np.concatenate([[False], np.diff(time_ms) == 0])
    return time_ms + same * (1000 / rate_hz)
