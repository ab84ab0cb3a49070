"""A session as an XDF file, as LSL recorders write it: gaze, fixations and markers as streams.

Source: Extensible Data Format 1.0 (github.com/sccn/xdf/wiki/Specifications). Nothing essential is in a footer, so a
file that was cut stays readable up to the cut.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree import ElementTree

import numpy as np

from gazeapp.errors import DamagedSession
from gazeapp.gaze.eye_openness import EyeOpenness
from gazeapp.gaze.samples import Eyes, GazeSamples
from gazeapp.store import events
from gazeapp.store.detection_choice import session_detection, trials_in_use
from gazeapp.store.events import encode_event
from gazeapp.store.exclusion import session_exclusions
from gazeapp.store.reader import SessionReader
from gazeapp.types import Floats

_FILE_HEADER, _STREAM_HEADER, _SAMPLES, _CLOCK_OFFSET, _STREAM_FOOTER = 1, 2, 3, 4, 6
_EYE_VALUES = (
    ("x", "ScreenX", "pixels"),
    ("y", "ScreenY", "pixels"),
    ("pupil_diameter", "Diameter", "mm"),
    ("validity", "Validity", ""),
)
_SIDES: dict[Eyes, tuple[str, ...]] = {
    "binocular": ("left", "right"),
    "left": ("left",),
    "right": ("right",),
    "cyclopean": ("both",),
}
_TIMES = (("device_time", "both", "DeviceTime", "s"), ("receive_time", "both", "ReceiveTime", "s"))
"""The device's own stamp, raw, and when a sample arrived: its time stamp is when the eye was imaged."""
Channel = tuple[str, str, str, str]
"""Label, eye, type, unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stream:
    number: int
    name: str
    kind: str
    form: str
    """"double64" or "string"."""
    rate_hz: float
    """0 for irregular streams."""
    channels: tuple[Channel, ...]


def export_xdf(reader: SessionReader, path: Path, *, privacy: str = "") -> None:
    """Write one session.

    Streams: `gaze` (raw), `gaze-corrected` (where a correction was in force), `fixations`, `markers`, and
    `eye-openness` where the tracker told. Time stamps are seconds on the session clock; no clock offsets apply.
    The file's header says what `privacy` does. Excluded trials are there: a marker with the reason follows the one that
    shows their image, and their fixations are marked.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    tracker = reader.meta.get("tracker")
    rate_hz = tracker.get("rate_hz") if isinstance(tracker, dict) else None
    rate = float(rate_hz) if isinstance(rate_hz, int | float) else 0.0
    with path.open("wb") as file:
        file.write(b"XDF:")
        _chunk(
            file,
            _FILE_HEADER,
            _xml("info", {"version": "1.0", "datetime": str(reader.meta.get("started_utc") or ""), "privacy": privacy}),
        )
        gaze = _Stream(
            number=1,
            name="gaze",
            kind="Gaze",
            form="double64",
            rate_hz=rate,
            channels=_eye_channels(reader.eyes),
        )
        _write_numbers(file, reader, gaze, (_gaze_values(chunk) for chunk in reader.sample_chunks()))
        if reader.corrections() or reader.late_correction() is not None:
            corrected = _Stream(
                number=2,
                name="gaze-corrected",
                kind="Gaze",
                form="double64",
                rate_hz=rate,
                channels=_eye_channels(reader.eyes),
            )
            _write_numbers(
                file,
                reader,
                corrected,
                (_gaze_values(reader.corrected(chunk)) for chunk in reader.sample_chunks()),
            )
        fixations = _Stream(
            number=3,
            name="fixations",
            kind="Fixations",
            form="double64",
            rate_hz=0.0,
            channels=(
                ("trial", "both", "Trial", ""),
                ("x", "both", "ScreenX", "pixels"),
                ("y", "both", "ScreenY", "pixels"),
                ("duration", "both", "Duration", "s"),
                ("excluded", "both", "Excluded", ""),
            ),
        )
        _write_numbers(file, reader, fixations, iter([_fixation_values(reader)]))
        markers = _Stream(
            number=4,
            name="markers",
            kind="Markers",
            form="string",
            rate_hz=0.0,
            channels=(("marker", "", "Marker", ""),),
        )
        _write_markers(file, reader, markers)
        if reader.has_openness():
            openness = _Stream(
                number=5,
                name="eye-openness",
                kind="EyeOpenness",
                form="double64",
                rate_hz=rate,
                channels=tuple(
                    (f"{eye}_{name}", eye, kind, unit)
                    for eye in ("left", "right")
                    for name, kind, unit in (("openness", "Openness", "mm"), ("validity", "Validity", ""))
                ),
            )
            _write_numbers(file, reader, openness, map(_openness_values, reader.openness_chunks()))


def _eye_channels(eyes: Eyes) -> tuple[Channel, ...]:
    return (
        tuple(
            (name if eye == "both" else f"{eye}_{name}", eye, kind, unit)
            for eye in _SIDES[eyes]
            for name, kind, unit in _EYE_VALUES
        )
        + _TIMES
    )


def _gaze_values(samples: GazeSamples) -> tuple[Floats, Floats]:
    columns: list[Any] = []  # Any: numbers and flags
    for eye in _SIDES[samples.eyes]:
        side = "right" if eye == "right" else "left"  # the one point of a source without eyes is kept there
        columns += [
            *getattr(samples, f"{side}_px").T,
            getattr(samples, f"{side}_pupil_mm"),
            getattr(samples, f"{side}_valid"),
        ]
    columns += [samples.device_time_s, samples.receive_time_s]
    return samples.time_s, np.stack([np.asarray(column, dtype=np.float64) for column in columns], axis=1)


def _openness_values(chunk: EyeOpenness) -> tuple[Floats, Floats]:
    columns = (chunk.left_mm, chunk.left_valid, chunk.right_mm, chunk.right_valid)
    return chunk.time_s, np.stack([np.asarray(c, dtype=np.float64) for c in columns], axis=1)


def _fixation_values(reader: SessionReader) -> tuple[Floats, Floats]:
    left_out = session_exclusions(reader.folder)
    rows = [
        (
            f.onset_s,
            trial.trial,
            *trial.frame.to_display([f.x_px, f.y_px]).tolist(),
            f.duration_s,
            bool(left_out.why(trial.trial)),
        )
        for trial in trials_in_use(reader)
        for f in sorted((*trial.carried_over, *trial.fixations), key=lambda f: f.onset_s)
    ]
    table = np.array(rows, dtype=np.float64).reshape(-1, 6)
    return table[:, 0], table[:, 1:]


def _markers(reader: SessionReader) -> Iterator[tuple[float, str]]:
    names = {row.stimulus_id: row.name for row in reader.stimulus_rows()}
    left_out = session_exclusions(reader.folder)
    for event in reader.events():
        kind, payload = encode_event(event)
        if isinstance(event, events.StimulusShown):
            image = names.get(event.frame.stimulus_id) or event.frame.stimulus_id
            yield event.time_s, f"{kind} trial={event.trial} image={image}"
            if why := left_out.why(event.trial):
                yield event.time_s, f"excluded trial={event.trial} reason={why}"
        else:
            yield event.time_s, f"{kind} {payload}"


def _write_numbers(
    file: BinaryIO, reader: SessionReader, stream: _Stream, chunks: Iterator[tuple[Floats, Floats]]
) -> None:
    _write_header(file, reader, stream)
    layout = np.dtype([("n_stamp_bytes", "u1"), ("time_s", "<f8"), ("values", "<f8", (len(stream.channels),))])
    stamps: list[float] = []
    n = 0
    for time_s, values in chunks:
        if not len(time_s):
            continue
        packed = np.empty(len(time_s), dtype=layout)
        packed["n_stamp_bytes"], packed["time_s"], packed["values"] = 8, time_s, values
        _chunk(
            file,
            _SAMPLES,
            struct.pack("<I", stream.number) + _length(len(time_s)) + packed.tobytes(),
        )
        stamps = [stamps[0] if stamps else float(time_s[0]), float(time_s[-1])]
        n += len(time_s)
    _write_footer(file, stream, stamps, n)


def _write_markers(file: BinaryIO, reader: SessionReader, stream: _Stream) -> None:
    _write_header(file, reader, stream)
    rows = list(_markers(reader))
    if rows:
        body = struct.pack("<I", stream.number) + _length(len(rows))
        for time_s, text in rows:
            data = text.encode("utf-8")
            body += struct.pack("<Bd", 8, time_s) + _length(len(data)) + data
        _chunk(file, _SAMPLES, body)
    _write_footer(file, stream, [rows[0][0], rows[-1][0]] if rows else [], len(rows))


def _write_header(file: BinaryIO, reader: SessionReader, stream: _Stream) -> None:
    info = ElementTree.Element("info")
    for key, value in (
        ("name", stream.name),
        ("type", stream.kind),
        ("channel_count", len(stream.channels)),
        ("nominal_srate", f"{stream.rate_hz:g}"),
        ("channel_format", stream.form),
        ("source_id", f"gazeapp-{reader.session_id}-{stream.name}"),
        ("session_id", reader.session_id),
    ):
        ElementTree.SubElement(info, key).text = str(value)
    description = ElementTree.SubElement(info, "desc")
    listed = ElementTree.SubElement(description, "channels")
    for label, eye, kind, unit in stream.channels:
        channel = ElementTree.SubElement(listed, "channel")
        for key, value in (("label", label), ("eye", eye), ("type", kind), ("unit", unit)):
            if value:
                ElementTree.SubElement(channel, key).text = value
    _describe_display(reader, description)
    if stream.kind == "Fixations" and (anew := session_detection(reader.folder)) is not None:
        ElementTree.SubElement(description, "detection").text = f"found anew by {anew.words}"
    _chunk(
        file,
        _STREAM_HEADER,
        struct.pack("<I", stream.number) + ElementTree.tostring(info, encoding="utf-8"),
    )
    _chunk(file, _CLOCK_OFFSET, struct.pack("<Idd", stream.number, 0.0, 0.0))


def _describe_display(reader: SessionReader, description: ElementTree.Element) -> None:
    try:
        display = reader.display
    except DamagedSession:
        return
    node = ElementTree.SubElement(description, "display")
    for key in ("width_px", "height_px", "width_mm", "height_mm", "distance_mm"):
        ElementTree.SubElement(node, key).text = str(getattr(display, key))


def _write_footer(file: BinaryIO, stream: _Stream, stamps: Sequence[float], n: int) -> None:
    values = {"sample_count": str(n)}
    if stamps:
        values = {"first_timestamp": repr(stamps[0]), "last_timestamp": repr(stamps[-1]), **values}
    _chunk(file, _STREAM_FOOTER, struct.pack("<I", stream.number) + _xml("info", values))


def _xml(root: str, values: dict[str, str]) -> bytes:
    element = ElementTree.Element(root)
    for key, value in values.items():
        ElementTree.SubElement(element, key).text = value
    return bytes(ElementTree.tostring(element, encoding="utf-8", xml_declaration=True))


def _chunk(file: BinaryIO, tag: int, content: bytes) -> None:
    file.write(_length(len(content) + 2) + struct.pack("<H", tag) + content)


def _length(n: int) -> bytes:
    """A length as XDF writes it: how many bytes it takes, then the number."""
    if n < 1 << 8:
        return struct.pack("<BB", 1, n)
    if n < 1 << 32:
        return struct.pack("<BI", 4, n)
    return struct.pack("<BQ", 8, n)
