"""Size and orientation of an image file, read from its header without decoding a pixel.

Pillow reads the headers. Its plugins are called one by one rather than through `Image.open`: the file's first bytes
decide which, none that this program does not decode is tried, and no limit or warning of the whole process is touched.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

_ORIENTATION_TAG = 0x0112
_WIDTH_TAG, _HEIGHT_TAG, _EXTRA_SAMPLES_TAG = 256, 257, 338
_BITMAP_COMPRESSIONS_WITHOUT_SIZE = (1, 2, 4)  # run lengths, and a JPEG inside


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageHeader:
    """What an image file says about itself."""

    format: str
    """"PNG", "JPEG", "GIF", "BMP", "TIFF", "WebP", "PNM"."""
    width_px: int
    """As stored, before the turn that `orientation` asks for."""
    height_px: int
    orientation: int = 1
    """EXIF orientation 1 to 8; 1 is upright."""
    n_frames: int = 1
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
    reader = _reader(data)
    if reader is None:
        raise ValueError(f"not an image of a known format ({', '.join(FORMATS)})")
    try:
        return reader(data)
    except _Cut:
        raise ValueError("the file is cut off") from None
    except Exception as error:  # Pillow's plugins raise whatever a damaged file makes them stumble over
        raise ValueError(f"the file is damaged ({error or type(error).__name__})") from error


class _Cut(Exception):
    """The file ends before its picture does."""


def _reader(data: bytes) -> Callable[[bytes], ImageHeader] | None:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return _png
    if data.startswith(b"\xff\xd8"):
        return _jpeg
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return _gif
    if data.startswith(b"BM"):
        return _bmp
    if data[:4] in (b"II*\0", b"MM\0*"):
        return _tiff
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp
    if data[:1] == b"P" and data[1:2] in b"123456" and data[2:3].isspace():
        return _pnm
    return None


def _png(data: bytes) -> ImageHeader:
    from PIL.PngImagePlugin import PngImageFile

    image = PngImageFile(io.BytesIO(data))
    header = _header("PNG", image, n_frames=getattr(image, "n_frames", 1))
    image.verify()  # every checksum up to the end mark, without inflating anything
    return header


def _jpeg(data: bytes) -> ImageHeader:
    from PIL.JpegImagePlugin import JpegImageFile

    stream = io.BytesIO(data)
    image = JpegImageFile(stream)
    # the header ends where the first scan begins; a thumbnail in the header has an end mark of its own
    if data.find(b"\xff\xd9", stream.tell()) < 0:
        raise _Cut
    return _header("JPEG", image)


def _gif(data: bytes) -> ImageHeader:
    from PIL.GifImagePlugin import GifImageFile

    image = GifImageFile(io.BytesIO(data))
    if not data.rstrip(b"\0").endswith(b";"):
        raise _Cut
    return _header("GIF", image, n_frames=2 if image.is_animated else 1)


def _bmp(data: bytes) -> ImageHeader:
    from PIL.BmpImagePlugin import BmpImageFile

    image = BmpImageFile(io.BytesIO(data))
    needed = int.from_bytes(data[2:6], "little")
    if image.info.get("compression") not in _BITMAP_COMPRESSIONS_WITHOUT_SIZE:
        tile: Any = image.tile[0]  # Any: (decoder, box, offset, (layout, bytes of a row, direction))
        offset, stride = tile[2], tile[3][1]
        needed = offset + stride * image.height
    if len(data) < needed:
        raise _Cut
    return _header("BMP", image)


def _tiff(data: bytes) -> ImageHeader:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    # the directory alone: OpenCV decodes kinds of pixels for which Pillow has no mode
    tags: Any = ImageFileDirectory_v2(data[:8])  # Any: values are of many types
    n_tags = int.from_bytes(data[tags.next : tags.next + 2], "little" if data[:2] == b"II" else "big")
    if len(data) < tags.next + 2 + 12 * n_tags:
        raise _Cut
    stream = io.BytesIO(data)
    stream.seek(tags.next)
    tags.load(stream)
    if _WIDTH_TAG not in tags or _HEIGHT_TAG not in tags:
        raise _Cut
    return ImageHeader(
        format="TIFF",
        width_px=int(tags[_WIDTH_TAG]),
        height_px=int(tags[_HEIGHT_TAG]),
        orientation=_orientation(tags),
        n_frames=2 if tags.next else 1,
        has_associated_alpha=tuple(tags.get(_EXTRA_SAMPLES_TAG, ()))[:1] == (1,),
    )


def _webp(data: bytes) -> ImageHeader:
    from PIL.WebPImagePlugin import WebPImageFile

    if len(data) < int.from_bytes(data[4:8], "little") + 8:
        raise _Cut
    image = WebPImageFile(io.BytesIO(data))
    return _header("WebP", image, n_frames=image.n_frames)


def _pnm(data: bytes) -> ImageHeader:
    from PIL.PpmImagePlugin import PpmImageFile

    return _header("PNM", PpmImageFile(io.BytesIO(data)))


def _header(name: str, image: Any, *, n_frames: int = 1) -> ImageHeader:  # Any: Pillow is loaded when it is needed
    width, height = image.size
    return ImageHeader(
        format=name,
        width_px=width,
        height_px=height,
        orientation=_exif_orientation(image.info.get("exif", b"")),
        n_frames=n_frames,
    )


def _exif_orientation(block: bytes) -> int:
    """EXIF comes from cameras and editors of all kinds: what cannot be read means upright."""
    from PIL.Image import Exif

    exif = Exif()
    try:
        exif.load(block)
        return _orientation(exif)
    except Exception:
        return 1


def _orientation(tags: Any) -> int:  # Any: values are of many types
    value = tags.get(_ORIENTATION_TAG, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
