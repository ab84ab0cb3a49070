"""What an XDF file holds by its chunks' headers, before its samples are read."""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from itertools import count
from pathlib import Path
from typing import IO

from gazeapp.errors import UnreadableTable
from gazeapp.gaze.channels.layout import is_gaze_type
from gazeapp.store.text_lines import Progress
from gazeapp.store.untrusted.files import open_packed
from gazeapp.store.untrusted.limits import HEADER_CHARACTERS

MARKER_TYPES = frozenset(
    {"markers", "marker", "events", "event", "trigger", "triggers", "stim", "stimulus", "annotations"}
)
_HEADER, _SAMPLES, _CLOCK_OFFSET = 2, 3, 4  # the tags of their chunks
_MOST_BYTES = 1 << 30
"""Of samples that are read at once: 3 hours of 20 channels at 1200 Hz."""
_LARGE_BYTES = 64 << 20
"""From this size on, streams that cannot matter (EEG, video) are left on the disk."""


@dataclass(slots=True)
class StreamHead:
    """What the chunks' headers say of a stream, before its samples are read."""

    name: str = ""
    kind: str = ""
    form: str = ""
    n_bytes: int = 0
    """Of its samples."""
    has_offsets: bool = False
    """Whether the recorder measured clock offsets."""


def look_through(path: Path, progress: Progress | None = None) -> dict[int, StreamHead]:
    """The streams by their numbers, from the chunks' headers alone.

    ValueError for a chunk that claims more samples than it has bytes: pyxdf makes room for them before it reads one.
    """
    found: dict[int, StreamHead] = {}
    size = path.stat().st_size
    with open_packed(path) as file:
        file.read(4)
        for n in count():
            length = _length(file)
            if length is None or length < 2:
                return found
            if progress is not None and n % 1000 == 0:
                progress(min(file.tell(), size), size)
            tag = struct.unpack("<H", file.read(2))[0]
            rest = length - 2
            if tag not in (_HEADER, _SAMPLES, _CLOCK_OFFSET) or rest < 4:
                file.seek(max(rest, 0), 1)
                continue
            stream = found.setdefault(struct.unpack("<I", file.read(4))[0], StreamHead())
            rest -= 4
            if tag == _CLOCK_OFFSET:
                stream.has_offsets = True
            elif tag == _HEADER and rest <= HEADER_CHARACTERS:
                text = file.read(rest).decode("utf-8", "replace")
                rest = 0
                for name, field in (("name", "name"), ("type", "kind"), ("channel_format", "form")):
                    said = re.search(rf"<{name}>([^<]*)</{name}>", text)
                    setattr(stream, field, unescape(said[1]).strip() if said else "")
            elif tag == _SAMPLES:
                stream.n_bytes += rest
                before = file.tell()
                claimed = _length(file) or 0
                rest -= file.tell() - before
                if claimed > max(rest, 0):
                    raise ValueError("a chunk claims more samples than it holds")
            file.seek(max(rest, 0), 1)
    return found


def needed_streams(path: Path, found: Mapping[int, StreamHead], wanted: str | None) -> list[int] | None:
    """Numbers of the streams that can matter, of a large file; None for all.

    Raises:
        UnreadableTable: These hold more than memory is given.
    """
    if sum(stream.n_bytes for stream in found.values()) <= _LARGE_BYTES:
        return None
    messages = {n for n, s in found.items() if s.form == "string" or s.kind.lower() in MARKER_TYPES}
    gaze = {n for n, s in found.items() if wanted and wanted in (s.name, f"{s.name}#{n}", f"#{n}")}
    if not wanted:
        gaze = {n for n, s in found.items() if is_gaze_type(s.kind) and s.form != "string"}
    needed = gaze | messages if gaze else set(found)
    n_bytes = sum(found[n].n_bytes for n in needed)
    if n_bytes > _MOST_BYTES:
        largest = max((found[n] for n in needed), key=lambda stream: stream.n_bytes)
        raise UnreadableTable(
            f"{path}: holds {n_bytes / 1e9:.1f} GB of samples ({largest.name!r} the most); at most "
            f"{_MOST_BYTES / 1e9:.1f} GB of XDF are read: name the gaze by --option stream=NAME, or record in parts",
            found=n_bytes,
        )
    return sorted(needed)


def _length(file: IO[bytes]) -> int | None:
    size = file.read(1)
    if not size or size[0] not in (1, 4, 8):
        return None
    data = file.read(size[0])
    return int.from_bytes(data, "little") if len(data) == size[0] else None
