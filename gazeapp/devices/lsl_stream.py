"""What an LSL stream says about itself, read from its XML: pure, no liblsl."""

from __future__ import annotations

import math
from dataclasses import dataclass
from xml.etree import ElementTree


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One column of a stream; what the sender did not say is empty."""

    label: str
    kind: str
    """The meta-data key `type`: ScreenX, Diameter, Confidence, …"""
    unit: str
    eye: str
    """left, right, both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamDescription:
    """A stream's header and channel meta-data."""

    name: str
    kind: str
    source_id: str
    uid: str
    """Of this instance of the outlet: changes when it is restarted."""
    hostname: str
    rate_hz: float
    """Nominal; NaN for an irregular stream."""
    channels: tuple[Channel, ...]
    is_numeric: bool
    manufacturer: str
    model: str
    serial: str
    display_px: tuple[int, int] | None
    """Size of the sender's screen, where it says so."""

    @property
    def title(self) -> str:
        """How to name the stream to a person."""
        return f"{self.name} on {self.hostname}" if self.hostname else self.name


def parse_description(xml: str) -> StreamDescription:
    """Read a stream's XML header; ElementTree.ParseError when it is none."""
    root = ElementTree.fromstring(xml)
    n_channels = int(_text(root, "channel_count") or 0)
    described = [
        Channel(
            label=_text(node, "label"),
            kind=_text(node, "type"),
            unit=_text(node, "unit"),
            eye=_text(node, "eye").lower(),
        )
        for node in root.findall("./desc/channels/channel")
    ]
    nameless = Channel(label="", kind="", unit="", eye="")
    described += [nameless] * (n_channels - len(described))
    rate_hz = float(_text(root, "nominal_srate") or 0.0)
    width, height = _text(root, "./desc/display/width_px"), _text(root, "./desc/display/height_px")
    return StreamDescription(
        name=_text(root, "name"),
        kind=_text(root, "type"),
        source_id=_text(root, "source_id"),
        uid=_text(root, "uid"),
        hostname=_text(root, "hostname"),
        rate_hz=rate_hz if rate_hz > 0 else math.nan,
        channels=tuple(described[:n_channels]),
        is_numeric=_text(root, "channel_format") != "string",
        manufacturer=_text(root, "./desc/acquisition/manufacturer"),
        model=_text(root, "./desc/acquisition/model"),
        serial=_text(root, "./desc/acquisition/serial_number"),
        display_px=(int(width), int(height)) if width.isdigit() and height.isdigit() else None,
    )


def _text(node: ElementTree.Element, path: str) -> str:
    return (node.findtext(path) or "").strip()
