"""Size and orientation of an image file, read from its header without decoding a pixel."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

_PNG = b"\x89PNG\r\n\x1a\n"
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
_ORIENTATION_TAG = 0x0112
_EXTRA_SAMPLES_TAG = 0x0152


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageHeader:
    """What an image file says about itself."""

    format: str
    """"PNG", "JPEG", "GIF", "BMP", "TIFF", "WebP", "PNM"."""
    width_px: int
    """As stored, before the turn that `orientation` asks for."""
    height_px: int
    orientation: int
    """EXIF orientation 1 to 8; 1 is upright."""
    n_frames: int
    """2 or more for an animation (2 also stands for "several")."""
    has_associated_alpha: bool = False
    """Colours are stored multiplied by alpha (TIFF only)."""


FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WebP", "PNM")


def read_header(data: bytes) -> ImageHeader:
    """Read the header and check that the file is whole.

    A cut file must not pass: decoders fill the rest with grey and say nothing.

    Raises:
        ValueError: Unknown format, or a damaged or cut file; the message says which.
    """
    try:
        if data.startswith(_PNG):
            return _png(data)
        if data.startswith(b"\xff\xd8"):
            return _jpeg(data)
        if data[:6] in (b"GIF87a", b"GIF89a"):
            return _gif(data)
        if data.startswith(b"BM"):
            return _bmp(data)
        if data[:4] in (b"II*\0", b"MM\0*"):
            return _tiff(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
        if len(data) > 2 and data[:1] == b"P" and data[1:2] in b"123456" and data[2:3].isspace():
            return _pnm(data)
    except (struct.error, IndexError) as error:
        raise ValueError("the file is cut off inside its header") from error
    raise ValueError(f"not an image of a known format ({', '.join(FORMATS)})")


def _png(data: bytes) -> ImageHeader:
    width, height = struct.unpack(">II", data[16:24])
    orientation, n_frames, position = 1, 1, 8
    while True:
        if position + 8 > len(data):
            raise ValueError("the file is cut off")
        (length,), kind = (
            struct.unpack(">I", data[position : position + 4]),
            data[position + 4 : position + 8],
        )
        body = data[position + 8 : position + 8 + length]
        check = data[position + 8 + length : position + 12 + length]
        if len(check) < 4:
            raise ValueError("the file is cut off")
        if kind in (b"IHDR", b"IDAT", b"PLTE", b"tRNS") and zlib.crc32(kind + body) != struct.unpack(">I", check)[0]:
            raise ValueError("the file is damaged (a checksum does not match)")
        if kind == b"acTL":
            n_frames = struct.unpack(">I", body[:4])[0]
        if kind == b"eXIf":
            orientation = _exif_orientation(body)
        if kind == b"IEND":
            break
        position += 12 + length
    return ImageHeader(format="PNG", width_px=width, height_px=height, orientation=orientation, n_frames=n_frames)


def _jpeg(data: bytes) -> ImageHeader:
    position, orientation, size = 2, 1, None
    while True:
        while data[position] != 0xFF:
            position += 1
        while data[position] == 0xFF:
            position += 1
        marker = data[position]
        position += 1
        if marker in _NO_LENGTH:
            continue
        if marker == 0xD9:
            raise ValueError("the file holds no picture")
        length = struct.unpack(">H", data[position : position + 2])[0]
        body = data[position + 2 : position + length]
        if marker in _START_OF_FRAME:
            height, width = struct.unpack(">HH", body[1:5])
            size = width, height
        elif marker == 0xE1 and body.startswith(b"Exif\0\0"):
            orientation = _exif_orientation(body[6:])
        elif marker == 0xDA:
            break
        position += length
    if size is None:
        raise ValueError("the file has no frame header")
    if data.find(b"\xff\xd9", position) < 0:
        raise ValueError("the file is cut off")
    return ImageHeader(format="JPEG", width_px=size[0], height_px=size[1], orientation=orientation, n_frames=1)


def _gif(data: bytes) -> ImageHeader:
    width, height, flags = struct.unpack("<HHB", data[6:11])
    position = 13 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
    n_frames = 0
    while (block := data[position]) != 0x3B:
        if block == 0x21:
            position += 2
        elif block == 0x2C:
            n_frames += 1
            local = data[position + 9]
            position += 11 + (3 << ((local & 7) + 1) if local & 0x80 else 0)
        else:
            raise ValueError("the file is damaged (an unknown block)")
        while data[position]:
            position += data[position] + 1
        position += 1
    if not n_frames:
        raise ValueError("the file holds no picture")
    return ImageHeader(format="GIF", width_px=width, height_px=height, orientation=1, n_frames=n_frames)


def _bmp(data: bytes) -> ImageHeader:
    size, offset, header = struct.unpack("<I4xII", data[2:18])
    if header == 12:
        width, height = struct.unpack("<HH", data[18:22])
        depth, compression = struct.unpack("<H", data[24:26])[0], 0
    else:
        width, height = struct.unpack("<ii", data[18:26])
        depth, compression = struct.unpack("<HI", data[28:34])
    rows = abs(height)
    needed = offset + rows * ((width * depth + 31) // 32 * 4) if compression in (0, 3) else size
    if len(data) < needed:
        raise ValueError("the file is cut off")
    return ImageHeader(format="BMP", width_px=abs(width), height_px=rows, orientation=1, n_frames=1)


def _tiff(data: bytes) -> ImageHeader:
    tags, following = _ifd(data)
    if 256 not in tags or 257 not in tags:
        raise ValueError("the file does not state its size")
    orientation = tags.get(_ORIENTATION_TAG, 1)
    return ImageHeader(
        format="TIFF",
        width_px=tags[256],
        height_px=tags[257],
        orientation=orientation if 1 <= orientation <= 8 else 1,
        n_frames=2 if following else 1,
        has_associated_alpha=tags.get(_EXTRA_SAMPLES_TAG) == 1,
    )


def _webp(data: bytes) -> ImageHeader:
    (size,) = struct.unpack("<I", data[4:8])
    if len(data) < size + 8:
        raise ValueError("the file is cut off")
    kind, orientation, n_frames = data[12:16], 1, 1
    if kind == b"VP8 ":
        width, height = (value & 0x3FFF for value in struct.unpack("<HH", data[26:30]))
    elif kind == b"VP8L":
        (bits,) = struct.unpack("<I", data[21:25])
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8X":
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
        n_frames = 2 if data[20] & 0x02 else 1
        position = 12
        while position + 8 <= len(data):
            (length,) = struct.unpack("<I", data[position + 4 : position + 8])
            if data[position : position + 4] == b"EXIF":
                body = data[position + 8 : position + 8 + length]
                orientation = _exif_orientation(body.removeprefix(b"Exif\0\0"))
            position += 8 + length + (length & 1)
    else:
        raise ValueError("the file is damaged (an unknown block)")
    return ImageHeader(format="WebP", width_px=width, height_px=height, orientation=orientation, n_frames=n_frames)


def _pnm(data: bytes) -> ImageHeader:
    words: list[int] = []
    for line in data[2:4096].split(b"\n"):
        for word in line.split(b"#")[0].split():
            if not word.isdigit():
                raise ValueError("the file is damaged (its size is not a number)")
            words.append(int(word))
            if len(words) == 2:
                return ImageHeader(format="PNM", width_px=words[0], height_px=words[1], orientation=1, n_frames=1)
    raise ValueError("the file is cut off inside its header")


def _ifd(data: bytes) -> tuple[dict[int, int], int]:
    """First directory of a TIFF structure: tag → first short or long value, and the offset of the next directory."""
    order = "<" if data[:2] == b"II" else ">"
    (offset,) = struct.unpack(order + "I", data[4:8])
    (n,) = struct.unpack(order + "H", data[offset : offset + 2])
    tags: dict[int, int] = {}
    for index in range(n):
        entry = data[offset + 2 + 12 * index : offset + 14 + 12 * index]
        tag, kind = struct.unpack(order + "HH", entry[:4])
        if kind == 3:
            tags[tag] = struct.unpack(order + "H", entry[8:10])[0]
        elif kind == 4:
            tags[tag] = struct.unpack(order + "I", entry[8:12])[0]
    end = offset + 2 + 12 * n
    following = data[end : end + 4]
    return tags, struct.unpack(order + "I", following)[0] if len(following) == 4 else 0


def _exif_orientation(exif: bytes) -> int:
    """EXIF comes from cameras and editors of all kinds: what cannot be read means upright."""
    if exif[:2] not in (b"II", b"MM"):
        return 1
    try:
        value = _ifd(exif)[0].get(_ORIENTATION_TAG, 1)
    except struct.error:
        return 1
    return value if 1 <= value <= 8 else 1
