"""Gaze streams of XDF files, as LSL recorders write them; and our own exports."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import SettingsError, UnreadableTable, Unsupported
from gazeapp.gaze.channels.layout import GazeLayout, is_gaze_type, recognise_layout
from gazeapp.gaze.channels.lost import validity_limit
from gazeapp.gaze.channels.meaning import Channel
from gazeapp.gaze.channels.reader import SETTLING_ROWS, GazeReader, lost_notes
from gazeapp.gaze.channels.timing import shared_stamps, shared_stamps_words, spread_shared_stamps, usual_step
from gazeapp.gaze.channels.unit import ORIGINS, UnclearReading
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.export.tables import missing_library
from gazeapp.store.imports.recording import (
    ImportedRecording,
    ImportSettings,
    display_of,
    images_from_messages,
)
from gazeapp.store.imports.table_gaze import unit_option
from gazeapp.store.imports.xdf_chunks import MARKER_TYPES, look_through, needed_streams
from gazeapp.store.spool import CHUNK_ROWS, collect
from gazeapp.store.untrusted.files import open_plain
from gazeapp.types import Floats

_log = logging.getLogger(__name__)

# pyxdf raises whatever its parsing meets in a damaged file
_PARSING_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    LookupError,  # also of an encoding that there is not
    TypeError,
    AttributeError,
    struct.error,
    ElementTree.ParseError,
    MemoryError,
    OverflowError,
    ZeroDivisionError,
    RecursionError,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Stream:
    """One stream of the file, or several of a sender that was restarted."""

    name: str
    kind: str
    number: int
    form: str
    rate_hz: float
    channels: tuple[Channel, ...]
    info: Mapping[str, Any]  # Any: what pyxdf returns
    values: Any  # (N, C) numbers, or lists of text
    time_s: Floats

    @property
    def title(self) -> str:
        return f"{self.name} ({self.kind}, {len(self.time_s)} samples)"


def read_xdf_gaze(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Read the gaze stream of an XDF file, and its marker streams as messages.

    Channels, units and codes of lost gaze are understood as those of a live stream. Time stamps are those of the file
    with its clock offsets, not smoothed. `--option stream=NAME` (or NAME#NUMBER) chooses among several gaze streams;
    `columns`, `unit`, `origin` and `coordinates` say what a stream does not.

    Raises:
        UnreadableTable: No XDF file, or no gaze stream that can be understood.
        SettingsError: Several gaze streams, or no stream of the name given.
        BackendUnavailable: pyxdf is not installed.
    """
    streams, notes = _load(path, settings)
    stream = _choose(path, streams, settings, notes)
    size_px, screen = _display(stream.info)
    display, assumed = display_of(settings, size_px, path)
    if settings.display is None and screen is not None:
        display, assumed = screen, False
    if not len(stream.time_s) or np.ndim(stream.values) != 2:
        raise UnreadableTable(f"{path}: the stream {stream.name!r} holds no samples")
    layout = _layout(path, stream, settings)
    order = np.argsort(stream.time_s, kind="stable")
    time_s = _spread(stream, stream.time_s[order], notes)
    rows = _Rows(stream, order)
    reader = GazeReader(layout, display)
    try:
        reader.settle(rows.some())
    except UnclearReading as question:
        words = str(question).replace("say unit", "say --option unit").replace("say origin", "say --option origin")
        raise UnreadableTable(f"{path}: {words}", found=layout.unit) from None
    samples = collect(rows.read(reader, time_s), layout.eyes, len(time_s))
    notes += [words.replace("--device-option", "--option") for _, words in reader.take_notes()]
    notes += lost_notes(reader.lost_counts, len(samples))
    first_s, last_s = float(time_s[0]), float(time_s[-1])
    messages = _messages(streams)
    outside = [t for t, _ in messages if not first_s - 60 <= t <= last_s + 60]
    if outside:
        notes.append(
            f"{len(outside)} of {len(messages)} messages lie outside the time of the gaze (by "
            f"{abs(outside[0] - first_s):.0f} s): they are "
            "on another clock, and show no image"
        )
    near = tuple(m for m in messages if first_s - 60 <= m[0] <= last_s + 60)
    return ImportedRecording(
        samples=samples,
        display=display,
        display_assumed=assumed,
        tracker=stream.name or "LSL stream",
        images=images_from_messages(near, settings, last_s, display),
        messages=near,
        notes=tuple(dict.fromkeys(notes)),
        nominal_hz=stream.rate_hz if stream.rate_hz > 0 else math.nan,
        keeps_clock=rows.has_receive_time,
        form="xdf",
    )


class _Rows:
    """The samples of a stream in the order of their times, a part at a time."""

    def __init__(self, stream: _Stream, order: NDArray[np.intp]) -> None:
        self._stream, self._order = stream, order
        self._times = {c.kind: n for n, c in enumerate(stream.channels) if c.kind in ("DeviceTime", "ReceiveTime")}
        self.has_receive_time = "ReceiveTime" in self._times
        """Our own export, on the clock of its session."""

    def some(self) -> Floats:
        """(N, C) rows, taken evenly, by which unit and origin are settled."""
        step = 1 + len(self._order) // SETTLING_ROWS
        return np.asarray(self._stream.values[self._order[::step]], dtype=np.float64)

    def read(self, reader: GazeReader, time_s: Floats) -> Iterator[GazeSamples]:
        """All samples, in chunks."""
        for first in range(0, len(time_s), CHUNK_ROWS):
            part = slice(first, first + CHUNK_ROWS)
            numbers = self._order[part]
            rows = np.asarray(self._stream.values[numbers], dtype=np.float64)
            times = {kind: rows[:, column] for kind, column in self._times.items()}
            device_s = times.get("DeviceTime", self._stream.time_s[numbers])
            samples = reader.read(rows, time_s=time_s[part], device_time_s=device_s)
            if self.has_receive_time:
                samples = dataclasses.replace(samples, receive_time_s=times["ReceiveTime"])
            yield samples


def _load(path: Path, settings: ImportSettings) -> tuple[list[_Stream], list[str]]:
    try:
        import pyxdf
    except ImportError as error:
        raise missing_library("pyxdf", "xdf") from error
    try:
        with open_plain(path) as file:
            start = file.read(4)
        if not (start == b"XDF:" or start[:2] == b"\x1f\x8b"):
            raise UnreadableTable(f"{path}: not an XDF file (it does not begin with XDF:)")
        found = look_through(path, settings.progress)
        needed = needed_streams(path, found, settings.options.get("stream"))
        with _quiet() as complaints:
            loaded, _ = pyxdf.load_xdf(str(path), select_streams=needed, dejitter_timestamps=False)
        streams = [_stream(one) for one in loaded]
    except _PARSING_ERRORS as error:
        raise UnreadableTable(f"{path}: not a readable XDF file ({error})") from error
    notes = []
    if any("corruption" in words or "zero-length" in words for words in complaints):
        _log.warning("%s is damaged in places; what can be read of it is used", path)
        notes.append("the file is damaged in places; what can be read of it is used")
    without = [s.name for s in streams if not (s.number in found and found[s.number].has_offsets) and len(s.time_s)]
    if without and len(streams) > 1:
        notes.append(
            f"no clock offsets were recorded for {', '.join(dict.fromkeys(without))}: times of different "
            f"computers cannot be matched"
        )
    return streams, notes


def _stream(loaded: Mapping[str, Any]) -> _Stream:
    info = loaded["info"]
    return _Stream(
        name=_text(info, "name"),
        kind=_text(info, "type"),
        number=int(info.get("stream_id") or 0),
        form=_text(info, "channel_format"),
        rate_hz=float(_text(info, "nominal_srate") or 0.0),
        channels=_channels(info),
        info=info,
        values=loaded["time_series"],
        time_s=np.asarray(loaded["time_stamps"], dtype=np.float64),
    )


@contextlib.contextmanager
def _quiet() -> Iterator[list[str]]:
    """Collect pyxdf's own messages, which come with tracebacks."""
    complaints: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: complaints.append(record.getMessage())  # type: ignore[method-assign]  # a handler of one line
    logger = logging.getLogger("pyxdf")
    before = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield complaints
    finally:
        logger.propagate = before
        logger.removeHandler(handler)


def _choose(path: Path, streams: Sequence[_Stream], settings: ImportSettings, notes: list[str]) -> _Stream:
    wanted = settings.options.get("stream")
    listed = ", ".join(stream.title for stream in streams) or "none"
    if wanted is not None:
        named = [s for s in streams if wanted in (s.name, f"{s.name}#{s.number}", f"#{s.number}")]
        if not named:
            raise SettingsError(f"--option stream: {path} has {listed}, not {wanted!r}", key="stream")
        return _one(path, named, notes)
    typed = [s for s in streams if is_gaze_type(s.kind) and s.form != "string"]
    gaze = typed or [s for s in streams if s.form != "string" and s.channels and _has_gaze(s)]
    if not gaze:
        raise UnreadableTable(
            f"{path}: no stream of type Gaze; found: {listed}; name one by --option stream=NAME",
            found=[s.name for s in streams],
        )
    empty = [s for s in gaze if not len(s.time_s)]
    gaze = [s for s in gaze if len(s.time_s)]
    if not gaze:
        raise UnreadableTable(f"{path}: the stream {empty[0].name!r} holds no samples")
    if empty:
        notes.append(f"{len(empty)} gaze streams without samples are left out ({', '.join(s.name for s in empty)})")
    if {s.name for s in gaze} == {"gaze", "gaze-corrected"}:
        return next(s for s in gaze if s.name == "gaze-corrected")  # our own export: corrections were applied there
    if len({s.name for s in gaze}) > 1:
        raise SettingsError(
            f"{path}: several gaze streams ({', '.join(s.title for s in gaze)}); choose by --option stream=NAME",
            key="stream",
        )
    return _one(path, gaze, notes)


def _one(path: Path, named: Sequence[_Stream], notes: list[str]) -> _Stream:
    """One stream of several of one name: pieces of a restarted sender are joined, others must be chosen."""
    filled = sorted((s for s in named if len(s.time_s)), key=lambda s: float(s.time_s.min()))
    if not filled:
        return named[0]
    if len(filled) == 1:
        return filled[0]
    apart = all(float(a.time_s.max()) <= float(b.time_s.min()) for a, b in pairwise(filled))
    alike = len({(s.channels, np.shape(s.values)[1:]) for s in filled}) == 1
    if not (apart and alike):
        listed = ", ".join(f"{s.name}#{s.number} ({len(s.time_s)} samples)" for s in filled)
        raise SettingsError(
            f"{path}: several streams are called {filled[0].name!r}: {listed}; choose by --option stream=NAME#NUMBER",
            key="stream",
        )
    notes.append(f"{len(filled)} streams are called {filled[0].name!r}, one after the other; they are joined")
    first = filled[0]
    return _Stream(
        name=first.name,
        kind=first.kind,
        number=first.number,
        form=first.form,
        rate_hz=first.rate_hz,
        channels=first.channels,
        info=first.info,
        values=np.concatenate([np.asarray(s.values, dtype=np.float64) for s in filled]),
        time_s=np.concatenate([s.time_s for s in filled]),
    )


def _has_gaze(stream: _Stream) -> bool:
    try:
        return recognise_layout(stream.channels).found_by in ("type", "label")
    except Unsupported:
        return False


def _layout(path: Path, stream: _Stream, settings: ImportSettings) -> GazeLayout:
    width = np.shape(stream.values)[1]
    channels = (*stream.channels, *([Channel(label="")] * width))[:width]
    try:
        layout = recognise_layout(
            channels,
            title=f"{path}, stream {stream.name!r}",
            unit=unit_option(settings),
            origin=settings.option("origin", ("", *ORIGINS), ""),
            columns=settings.options.get("columns", ""),
            coordinates=settings.option("coordinates", ("", "screen"), ""),
        )
    except Unsupported as error:
        raise UnreadableTable(error.message, found=[c.label for c in channels]) from None
    for side in ("left", "right"):
        if f"{side}_valid" in layout.columns and f"{side}_x" in layout.columns:
            column = layout.columns[f"{side}_valid"]
            values = np.asarray(stream.values, dtype=np.float64)
            has_gaze = np.isfinite(values[:, layout.columns[f"{side}_x"]])
            limit = validity_limit(values[:, column], channels[column].label, has_gaze)
            if limit is not None:
                return layout.with_valid_below(limit)
    return layout


def _spread(stream: _Stream, time_s: Floats, notes: list[str]) -> Floats:
    """Times of samples that a recorder stamped in blocks, spread by the stream's rate."""
    shared = shared_stamps(time_s)
    if shared <= 0.3:
        return time_s
    period_s = 1 / stream.rate_hz if stream.rate_hz > 0 else usual_step(time_s)
    notes.append(shared_stamps_words(shared))
    return spread_shared_stamps(time_s, period_s)


def _channels(info: Mapping[str, Any]) -> tuple[Channel, ...]:
    description = (info.get("desc") or [None])[0] or {}
    listed = ((description.get("channels") or [None])[0] or {}).get("channel") or []
    return tuple(
        Channel(
            label=_text(c, "label"),
            kind=_text(c, "type") or _text(c, "metatype"),
            unit=_text(c, "unit"),
            eye=_text(c, "eye").lower(),
            frame=_text(c, "coordinate_system"),
        )
        for c in listed
    )


def _display(info: Mapping[str, Any]) -> tuple[tuple[int, int] | None, Display | None]:
    """The screen, where our own outlets and exports state it."""
    description = (info.get("desc") or [None])[0] or {}
    node = (description.get("display") or [None])[0]
    if not isinstance(node, dict):
        return None, None
    try:
        display = Display(
            width_px=int(_text(node, "width_px")),
            height_px=int(_text(node, "height_px")),
            width_mm=float(_text(node, "width_mm")),
            height_mm=float(_text(node, "height_mm")),
            distance_mm=float(_text(node, "distance_mm")),
        )
    except ValueError:
        return None, None
    return (display.width_px, display.height_px), display


def _messages(streams: Sequence[_Stream]) -> tuple[tuple[float, str], ...]:
    """Markers of every type: text, whose channels are joined, and numbers."""
    found: list[tuple[float, str]] = []
    for stream in streams:
        if stream.form == "string":
            rows = zip(stream.time_s.tolist(), stream.values, strict=True)
            found.extend((t, " ".join(str(cell) for cell in row if str(cell))) for t, row in rows)
        elif stream.kind.lower() in MARKER_TYPES:
            numbers = np.asarray(stream.values, dtype=np.float64).reshape(len(stream.time_s), -1)
            rows_of_numbers = zip(stream.time_s.tolist(), numbers.tolist(), strict=True)
            found.extend((t, " ".join(f"{value:g}" for value in row)) for t, row in rows_of_numbers)
    return tuple(sorted((t, text) for t, text in found if text))


def _text(node: Mapping[str, Any], key: str) -> str:
    """The text of an element; every one comes as a list."""
    value = node.get(key)
    if isinstance(value, list):
        value = value[0] if value else None
    return value.strip() if isinstance(value, str) else "" if value is None or isinstance(value, dict) else str(value)
