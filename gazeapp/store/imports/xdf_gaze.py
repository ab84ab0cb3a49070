"""Gaze streams of XDF files, as LSL recorders write them; and our own exports."""

from __future__ import annotations

import contextlib
import logging
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import SettingsError, UnreadableTable
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import Eyes, GazeSamples
from gazeapp.store.export.tables import missing_library
from gazeapp.store.imports.recording import (
    ImportedRecording,
    ImportSettings,
    display_of,
    images_from_messages,
)

_log = logging.getLogger(__name__)

_GAZE_TYPES = frozenset({"gaze", "eyetracker", "eye tracker", "eyetracking", "eye-gaze"})
MIN_CONFIDENCE = 0.6  # as for other recordings of Pupil
_NORM_RANGE = (
    -0.5,
    1.5,
)  # almost all gaze lies here when it is in shares of the screen, and never when in pixels

# pyxdf raises whatever its parsing meets in a damaged file
_PARSING_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    struct.error,
    ElementTree.ParseError,
    MemoryError,
    OverflowError,
    ZeroDivisionError,
)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Channel:
    index: int
    label: str
    kind: str
    unit: str
    eye: str


def read_xdf_gaze(path: Path, settings: ImportSettings) -> ImportedRecording:
    """Read the gaze stream of an XDF file, and its marker streams as messages.

    Channels are found by type, then by label. Units come from the channel; where it does not say, shares of the screen
    are
    told from pixels by their range. `norm_pos` channels (Pupil) count from the bottom left. Time stamps are those of
    the file with its clock offsets, not smoothed. `--option stream=NAME` chooses among several gaze streams.

    Raises:
        UnreadableTable: No XDF file, or no gaze stream that can be understood.
        SettingsError: Several gaze streams, or no stream of the name given.
        BackendUnavailable: pyxdf is not installed.
    """
    streams = _load(path)
    stream = _choose(path, streams, settings)
    info = stream["info"]
    channels = _channels(info)
    size_px, screen = _display(info)
    display, assumed = display_of(settings, size_px, path)
    if settings.display is None and screen is not None:
        display, assumed = screen, False
    values, time_s = (
        np.asarray(stream["time_series"], dtype=np.float64),
        np.asarray(stream["time_stamps"], dtype=np.float64),
    )
    if not len(time_s) or values.ndim != 2:
        raise UnreadableTable(f"{path}: the stream {_text(info, 'name')!r} holds no samples")
    samples = _samples(path, channels, values, time_s, display)
    messages = _messages(streams)
    name = _text(info, "name")
    return ImportedRecording(
        samples=samples,
        display=display,
        display_assumed=assumed,
        tracker=name or "LSL stream",
        images=images_from_messages(messages, settings, float(samples.time_s[-1])),
        messages=messages,
    )


def _load(path: Path) -> list[Mapping[str, Any]]:  # Any: what pyxdf returns
    try:
        import pyxdf
    except ImportError as error:
        raise missing_library("pyxdf", "xdf") from error
    try:
        with path.open("rb") as file:
            start = file.read(4)
        if not (start == b"XDF:" or start[:2] == b"\x1f\x8b"):
            raise UnreadableTable(f"{path}: not an XDF file (it does not begin with XDF:)")
        with _quiet() as complaints:
            streams, _ = pyxdf.load_xdf(str(path), dejitter_timestamps=False)
    except _PARSING_ERRORS as error:
        raise UnreadableTable(f"{path}: not a readable XDF file ({error})") from error
    if complaints:
        _log.warning("%s is damaged in places; what can be read of it is used", path)
    return list(streams)


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


def _choose(path: Path, streams: list[Mapping[str, Any]], settings: ImportSettings) -> Mapping[str, Any]:
    names = {_text(stream["info"], "name"): stream for stream in streams}
    wanted = settings.options.get("stream")
    if wanted is not None:
        if wanted not in names:
            raise SettingsError(f"--option stream: {path} has {', '.join(names)}, not {wanted!r}", key="stream")
        return names[wanted]
    gaze = {name: s for name, s in names.items() if _text(s["info"], "type").lower() in _GAZE_TYPES}
    if len(gaze) > 1 and "gaze" in gaze and set(gaze) == {"gaze", "gaze-corrected"}:
        return gaze["gaze-corrected"]  # our own export: corrections were applied there
    if not gaze:
        listed = ", ".join(f"{name} ({_text(s['info'], 'type')})" for name, s in names.items())
        raise UnreadableTable(f"{path}: no stream of type Gaze; found: {listed or 'none'}", found=list(names))
    if len(gaze) > 1:
        raise SettingsError(
            f"{path}: several gaze streams ({', '.join(gaze)}); choose by --option stream=NAME",
            key="stream",
        )
    return next(iter(gaze.values()))


def _channels(info: Mapping[str, Any]) -> list[_Channel]:
    description = (info.get("desc") or [None])[0] or {}
    listed = ((description.get("channels") or [None])[0] or {}).get("channel") or []
    found = []
    for index, channel in enumerate(listed):
        label, kind = _text(channel, "label").lower(), _text(channel, "type").lower()
        eye = _text(channel, "eye").lower()
        if eye not in ("left", "right"):
            eye = next((e for e in ("left", "right") if re.search(rf"(^|[^a-z]){e}", label)), "both")
        found.append(_Channel(index, label, kind, _text(channel, "unit").lower(), eye))
    return found


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


def _samples(path: Path, channels: list[_Channel], values: Floats, time_s: Floats, display: Display) -> GazeSamples:
    gaze: dict[str, Floats] = {}
    for eye in ("left", "right", "both"):
        x, y = (_axis(channels, eye, axis) for axis in "xy")
        if x is not None and y is not None:
            gaze[eye] = _to_px(np.stack([values[:, x.index], values[:, y.index]], axis=1), x, display)
    if "left" in gaze or "right" in gaze:
        gaze.pop("both", None)
    if not gaze:
        listed = ", ".join(f"{c.label} ({c.kind})" for c in channels) or "no channel names"
        raise UnreadableTable(
            f"{path}: no channels of gaze on the screen; found: {listed}; needed: types ScreenX and ScreenY, or labels "
            "such as left_x and left_y",
            found=listed,
        )
    eyes: Eyes = (
        "cyclopean" if "both" in gaze else "binocular" if len(gaze) == 2 else "left" if "left" in gaze else "right"
    )
    order = np.argsort(time_s, kind="stable")
    first = "both" if eyes == "cyclopean" else "left"
    parts: dict[str, Any] = {}
    for side, eye in (("left", first), ("right", "right")):
        if eye in gaze:
            parts[f"{side}_px"] = gaze[eye][order]
            parts[f"{side}_valid"] = _valid(channels, eye, values)[order]
            pupil = _first(channels, eye, r"diam")
            if pupil is not None and pupil.unit in ("mm", "millimeters", "millimetres"):
                size = values[order, pupil.index]
                parts[f"{side}_pupil_mm"] = np.where(size > 0, size, np.nan)
    return GazeSamples.build(time_s[order], eyes=eyes, device_time_s=time_s[order], **parts)


def _axis(channels: list[_Channel], eye: str, axis: str) -> _Channel | None:
    for channel in channels:
        if channel.eye == eye and channel.kind == f"screen{axis}":
            return channel
    skipped = re.compile(r"pupil|origin|ucs|user|3d|diam|valid|eye_?pos|cam")
    pattern = re.compile(
        rf"(gaze|pos|screen|point|left|right|^)[a-z_. ]*(^|[_. ]){axis}([_. ]|$)|^{axis}$|(left|right)_?{axis}$"
    )
    for channel in channels:
        if channel.eye == eye and pattern.search(channel.label) and not skipped.search(channel.label):
            return channel
    return None


def _first(channels: list[_Channel], eye: str, pattern: str) -> _Channel | None:
    return next(
        (c for c in channels if c.eye == eye and (re.search(pattern, c.kind) or re.search(pattern, c.label))),
        None,
    )


def _to_px(points: Floats, x: _Channel, display: Display) -> Floats:
    unit = x.unit
    if unit.startswith("norm") or "norm" in x.label:
        is_norm = True
    elif unit.startswith("pix") or unit == "px":
        is_norm = False
    else:
        known = points[np.isfinite(points).all(axis=1)]
        inside = ((known > _NORM_RANGE[0]) & (known < _NORM_RANGE[1])).all(axis=1)
        is_norm = len(known) > 0 and bool(inside.mean() > 0.95)
    if not is_norm:
        return points
    if "norm_pos" in x.label:
        points = np.stack([points[:, 0], 1 - points[:, 1]], axis=1)
    return display.norm_to_px(points)


def _valid(channels: list[_Channel], eye: str, values: Floats) -> NDArray[np.bool_]:
    valid = np.ones(len(values), dtype=bool)
    flag = _first(channels, eye, r"valid")
    if flag is not None:
        valid &= values[:, flag.index] > 0
    confidence = _first(channels, eye, r"confidence") or _first(channels, "both", r"confidence")
    if confidence is not None:
        valid &= values[:, confidence.index] >= MIN_CONFIDENCE
    return valid


def _messages(streams: list[Mapping[str, Any]]) -> tuple[tuple[float, str], ...]:
    found: list[tuple[float, str]] = []
    for stream in streams:
        if _text(stream["info"], "channel_format") == "string":
            rows = zip(stream["time_stamps"], stream["time_series"], strict=True)
            found.extend((float(time_s), str(row[0])) for time_s, row in rows)
    return tuple(sorted(found))


def _text(node: Mapping[str, Any], key: str) -> str:
    """The text of an element; every one comes as a list."""
    value = node.get(key)
    if isinstance(value, list):
        value = value[0] if value else None
    return value.strip() if isinstance(value, str) else "" if value is None or isinstance(value, dict) else str(value)
