"""What an image's decoder would allocate and do, told from the bytes before it is asked.

A header that two programs read differently is refused: the one that measures must not see a small image where the one
that decodes sees a giant one.
"""

from __future__ import annotations

import struct

from gazeapp.store.untrusted.limits import IMAGE_BYTES, IMAGE_PIXELS, IMAGE_SCAN_PIXELS

_WIDTH, _HEIGHT, _BITS, _CHANNELS, _TILE_WIDTH, _TILE_HEIGHT = 256, 257, 258, 277, 322, 323
_SIZES = {1: 1, 3: 2, 4: 4, 16: 8}
"""Bytes of a whole number of each of TIFF's types."""


def fault_of_image(data: bytes) -> str:
    """Why an image is not decoded, in words; empty when it may be. Damage is left to the decoder to name."""
    try:
        if data[:4] in (b"II*\0", b"MM\0*"):
            return _tiff(data)
        if data.startswith(b"\xff\xd8"):
            return _jpeg(data)
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return _png(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
        if data[:6] in (b"GIF87a", b"GIF89a"):
            width, height = struct.unpack_from("<HH", data, 6)
            return _too_large(width, height, 4)
        if data[:2] == b"BM":
            return _bitmap(data)
    except (struct.error, IndexError):
        return ""
    return ""


def _too_large(width: int, height: int, bytes_each: float) -> str:
    if width * height > IMAGE_PIXELS:
        return f"{width} × {height} px is more than the {IMAGE_PIXELS / 1e6:.3g} million pixels that are allowed"
    if width * height * bytes_each > IMAGE_BYTES:
        return f"{width} × {height} px take {width * height * bytes_each / 1e9:.3g} GB, more than is allowed"
    return ""


def _tiff(data: bytes) -> str:
    order = "<" if data[:2] == b"II" else ">"
    (start,) = struct.unpack_from(f"{order}I", data, 4)
    (n_tags,) = struct.unpack_from(f"{order}H", data, start)
    tags: dict[int, int] = {}
    seen: set[int] = set()
    for index in range(n_tags):
        tag, kind, count, value = struct.unpack_from(f"{order}HHII", data, start + 2 + 12 * index)
        if tag in seen:
            return f"the tag {tag} is there twice, so that nobody can say which one holds"
        seen.add(tag)
        if tag not in (_WIDTH, _HEIGHT, _BITS, _CHANNELS, _TILE_WIDTH, _TILE_HEIGHT):
            continue
        size = _SIZES.get(kind, 0)
        if not size or (count != 1 and tag != _BITS):
            return f"the tag {tag} is no whole number"
        place = start + 2 + 12 * index + 8 if size * count <= 4 else value
        numbers = struct.unpack_from(f"{order}{min(count, 16)}{'BHIQ'[(1, 2, 4, 8).index(size)]}", data, place)
        tags[tag] = max(numbers, default=0)
    width, height = tags.get(_WIDTH, 0), tags.get(_HEIGHT, 0)
    channels, bits = tags.get(_CHANNELS, 1), tags.get(_BITS, 1)
    if fault := _too_large(width, height, max(channels, 1) * max(bits, 8) / 8):
        return fault
    tile = tags.get(_TILE_WIDTH, 0) * tags.get(_TILE_HEIGHT, 0)
    if tile * max(channels, 1) * max(bits, 8) / 8 > max(4 * width * height, 1 << 20) * 8:
        return "its tiles are far larger than the image"
    return ""


def _jpeg(data: bytes) -> str:
    position, size = 2, None
    while True:
        while data[position] != 0xFF:
            position += 1
        while data[position] == 0xFF:
            position += 1
        marker = data[position]
        position += 1
        if marker in (0x01, 0xD8) or 0xD0 <= marker <= 0xD7:
            continue
        (length,) = struct.unpack_from(">H", data, position)
        if marker in range(0xC0, 0xD0) and marker not in (0xC4, 0xC8, 0xCC):
            if size is not None:
                return "its size is there twice, so that nobody can say which one holds"
            height, width = struct.unpack_from(">HH", data, position + 3)
            size = width, height
            if fault := _too_large(width, height, 4):
                return fault
        elif marker in (0xDA, 0xD9):
            break
        position += length
    n_scans = data.count(b"\xff\xda", position - 2)
    if size is not None and n_scans * size[0] * size[1] > IMAGE_SCAN_PIXELS:
        return f"it is coded in {n_scans} passes over {size[0]} × {size[1]} px"
    return ""


def _png(data: bytes) -> str:
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    channels = {0: 1, 2: 3, 3: 4, 4: 2, 6: 4}.get(colour, 4)
    return _too_large(width, height, channels * max(depth, 8) / 8)


def _webp(data: bytes) -> str:
    """Every size in the file: that of the canvas, and those of its pictures, which may contradict it."""
    position, n_chunks = 12, 0
    while position + 8 <= len(data) and n_chunks < 10_000:
        kind, (length,) = data[position : position + 4], struct.unpack_from("<I", data, position + 4)
        body, n_chunks = position + 8, n_chunks + 1
        size = None
        if kind == b"VP8 ":
            width, height = struct.unpack_from("<HH", data, body + 6)
            size = width & 0x3FFF, height & 0x3FFF
        elif kind == b"VP8L":
            (bits,) = struct.unpack_from("<I", data, body + 1)
            size = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        elif kind == b"VP8X":
            width, height = (int.from_bytes(data[body + at : body + at + 3], "little") + 1 for at in (4, 7))
            size = width, height
        if size is not None and (fault := _too_large(size[0], size[1], 4)):
            return fault
        position = body + length + (length & 1)
    return ""


def _bitmap(data: bytes) -> str:
    (header,) = struct.unpack_from("<I", data, 14)
    width, height = struct.unpack_from("<HH" if header == 12 else "<ii", data, 18)
    return _too_large(abs(width), abs(height), 4)
