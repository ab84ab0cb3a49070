"""Gaze streams of random laboratories: labels, units, origins, codes of lost gaze, rates, orders of channels."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from gazeapp.gaze.channels.meaning import Channel
from gazeapp.gaze.display import Display

DISPLAY = Display(width_px=1600, height_px=900, width_mm=531, height_mm=299, distance_mm=650)
_LABELS = (
    lambda eye, axis: f"{eye}_{axis}",
    lambda eye, axis: f"Gaze{eye.title()}{axis.upper()}",
    lambda eye, axis: f"{eye}Eye{axis.upper()}",
    lambda eye, axis: f"{eye[:1]}_{axis}",
    lambda eye, axis: f"{eye[:1].upper()}{axis.upper()}",
    lambda eye, axis: f"{eye}gaze{axis}",
    lambda eye, axis: f"{axis}.position_on_display_area.gaze_point.{eye}_eye",
    lambda eye, axis: f"{eye}_gaze_point_on_display_area_{'xy'.index(axis)}",
    lambda eye, axis: f"Screen_{axis.upper()}_{eye}",
)
_UNITS = {
    "pixels": ("pixels", "px", "pixel"),
    "normalised": ("normalized", "normalised", "screencoords"),
    "percent": ("percent", "%"),
    "mm": ("mm", "millimeters"),
    "cm": ("cm",),
    "m": ("m", "metres"),
    "degrees": ("degrees", "deg"),
}
CODES = {
    "nan": (np.nan, np.nan),
    "0": (0.0, 0.0),
    "-1": (-1.0, -1.0),
    "-32768": (-32768.0, -32768.0),
    "1e8": (1e8, 1e8),
    "flag": None,
    "blink": None,
}
_NOT_GAZE = ("device_time_stamp", "headX", "left_velocity_x", "battery", "mouse_x", "mouse_y", "pixelsPerDegreeX")


@dataclass(frozen=True, kw_only=True)
class Stream:
    """What a sender publishes, and the gaze behind it."""

    channels: tuple[Channel, ...]
    values: np.ndarray
    """(N, C)"""
    time_s: np.ndarray
    rate_hz: float
    left_px: np.ndarray
    """(N, 2) display pixels, NaN where lost."""
    right_px: np.ndarray
    options: dict[str, str]
    """What a person has to say about it."""
    words: str
    """For messages of tests."""


def draw(seed: int) -> Stream:
    """One laboratory."""
    rng = np.random.default_rng(seed)
    unit = str(rng.choice(list(_UNITS)))
    code = str(rng.choice(list(CODES)))
    origin = str(rng.choice(["", "", "bottom-left", "centre", "centre-up"]))
    if unit == "degrees":
        origin = ""
    if code == "0" and (unit == "degrees" or origin.startswith("centre")):
        code = "nan"
    if code == "-1" and (unit == "degrees" or origin.startswith("centre")):
        code = "1e8"
    rate_hz = float(rng.choice([40, 60, 120, 250, 300, 500, 1000]))
    n = max(60, round(1.5 * rate_hz))
    time_s = 1000 + np.arange(n) / rate_hz
    looks = rng.uniform([0.08, 0.08], [0.92, 0.92], (6, 2)) * DISPLAY.size_px
    place = np.repeat(looks, -(-n // 6), axis=0)[:n] + rng.normal(0, 0.4, (n, 2))
    apart = np.array([3.0, 0.0])
    gaze = {"left": place - apart, "right": place + apart}
    lost = np.zeros(n, dtype=bool)
    lost[n // 3 : n // 3 + max(3, n // 12)] = True
    label = _LABELS[int(rng.integers(len(_LABELS)))]
    if "display_area" in label("left", "x") and unit not in ("normalised", "pixels"):
        label = _LABELS[0]
    said = str(rng.choice(_UNITS[unit]))
    channels: list[Channel] = []
    columns: list[np.ndarray] = []
    for eye in ("left", "right"):
        values = encode(gaze[eye], unit, origin)
        number = CODES[code]
        if number is not None:
            values[lost] = number
        has_kind = bool(rng.integers(2))
        for axis in (0, 1):
            name = "xy"[axis]
            channels.append(
                Channel(label=label(eye, name), kind=f"Screen{name.upper()}" if has_kind else "", unit=said)
            )
            columns.append(values[:, axis])
        if code == "flag":
            channels.append(Channel(label=f"{eye}_gaze_valid"))
            columns.append((~lost).astype(float))
        elif code == "blink":
            channels.append(Channel(label=f"{eye}_blink"))
            columns.append(lost.astype(float))
        channels.append(Channel(label=f"{eye}_pupil_mm", unit="mm"))
        columns.append(np.full(n, 3.25))
    for name in rng.choice(_NOT_GAZE, 2, replace=False):
        channels.append(Channel(label=str(name)))
        columns.append(rng.uniform(10, 500, n))
    order = rng.permutation(len(channels))
    truth = {eye: np.where(lost[:, None], np.nan, points) for eye, points in gaze.items()}
    return Stream(
        channels=tuple(channels[i] for i in order),
        values=np.stack([columns[i] for i in order], axis=1),
        time_s=time_s,
        rate_hz=rate_hz,
        left_px=truth["left"],
        right_px=truth["right"],
        options={"origin": origin} if origin else {},
        words=f"seed {seed}: {unit} ({said}), origin {origin or 'usual'}, lost as {code}, {rate_hz:g} Hz, "
        f"{label('left', 'x')}",
    )


def encode(px: np.ndarray, unit: str, origin: str) -> np.ndarray:
    """Display pixels as a sender would tell them; written out here a second time, on purpose."""
    width, height = DISPLAY.size_px
    if unit == "degrees":
        return DISPLAY.px_to_deg(px)
    points = px.copy()
    if origin == "bottom-left":
        points[:, 1] = height - points[:, 1]
    elif origin.startswith("centre"):
        points = points - [width / 2, height / 2]
        if origin == "centre-up":
            points[:, 1] = -points[:, 1]
    mm = np.array([DISPLAY.width_mm / width, DISPLAY.height_mm / height])
    scale = {
        "pixels": 1.0,
        "normalised": 1 / DISPLAY.size_px,
        "percent": 100 / DISPLAY.size_px,
        "mm": mm,
        "cm": mm / 10,
        "m": mm / 1000,
    }[unit]
    return points * scale


def write_csv(stream: Stream, path: Path) -> Path:
    """As a table whose columns carry the channels' names and units."""
    names = ["time_s", *(f"{c.label} [{c.unit}]" if c.unit else c.label for c in stream.channels)]
    lines = [",".join(names)]
    for t, row in zip(stream.time_s.tolist(), stream.values.tolist(), strict=True):
        lines.append(",".join([repr(t), *("" if v != v else repr(v) for v in row)]))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_xdf(stream: Stream, path: Path, *, parts: Sequence[tuple[int, int]] = ((0, 10**9),)) -> Path:
    """As a recorder of LSL writes it; each part of the samples is a stream of its own."""
    info = ElementTree.Element("info")
    for key, value in (
        ("name", "random"),
        ("type", "Gaze"),
        ("channel_count", len(stream.channels)),
        ("nominal_srate", stream.rate_hz),
        ("channel_format", "double64"),
        ("source_id", "r"),
    ):
        ElementTree.SubElement(info, key).text = str(value)
    listed = ElementTree.SubElement(ElementTree.SubElement(info, "desc"), "channels")
    for channel in stream.channels:
        node = ElementTree.SubElement(listed, "channel")
        for key, value in (("label", channel.label), ("type", channel.kind), ("unit", channel.unit)):
            if value:
                ElementTree.SubElement(node, key).text = value
    with path.open("wb") as file:
        file.write(b"XDF:")
        _chunk(file, 1, b'<?xml version="1.0"?><info><version>1.0</version></info>')
        for number, (first, stop) in enumerate(parts, start=1):
            time_s, values = stream.time_s[first:stop], stream.values[first:stop]
            _chunk(file, 2, struct.pack("<I", number) + ElementTree.tostring(info))
            body = struct.pack("<IBI", number, 4, len(time_s))
            for t, row in zip(time_s, values, strict=True):
                body += struct.pack("<Bd", 8, t) + row.astype("<f8").tobytes()
            if len(time_s):
                _chunk(file, 3, body)
            footer = f"<info><sample_count>{len(time_s)}</sample_count></info>".encode()
            _chunk(file, 6, struct.pack("<I", number) + footer)
    return path


def _chunk(file, tag, content):
    file.write(struct.pack("<BIH", 4, len(content) + 2, tag) + content)
