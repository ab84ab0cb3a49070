"""The one image decoder: window, networks and trainer see the same pixels of a stimulus."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import DamagedSession, UnreadableImage
from gazeapp.store.identifier import is_link, require_own, require_stimulus_id
from gazeapp.store.image_header import FORMATS, ImageHeader, read_header
from gazeapp.store.new_file import write_whole
from gazeapp.store.private import make_private_folder
from gazeapp.store.storage_errors import disk_error
from gazeapp.store.typed_path import is_file, is_folder
from gazeapp.store.untrusted.files import TooLarge, read_bytes
from gazeapp.store.untrusted.limits import IMAGE_FILE_BYTES, IMAGE_PIXELS
from gazeapp.store.untrusted.pictures import fault_of_image
from gazeapp.types import Image as Image

_log = logging.getLogger(__name__)

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pnm")
MAX_PIXELS = IMAGE_PIXELS
"""8000 × 8000: more than any display, and 192 MB as 8-bit RGB."""
_BAND_PIXELS = 1 << 20
MAX_BYTES = IMAGE_FILE_BYTES
BACKGROUND = (128, 128, 128)
"""Mid grey, the default background of the participant's screen."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecodedImage:
    """A stimulus as everything in this program sees it."""

    rgb: Image
    """(H, W, 3), upright, 8 bit, read-only. Values are those of the file; colour profiles are not applied."""
    stimulus_id: str
    """SHA-256 of the file's bytes, in hexadecimal."""
    name: str
    path: Path | None
    """None when decoded from memory."""

    @property
    def width_px(self) -> int:
        """Width after the EXIF turn."""
        return int(self.rgb.shape[1])

    @property
    def height_px(self) -> int:
        """Height after the EXIF turn."""
        return int(self.rgb.shape[0])


def decode_image(
    source: Path | bytes,
    *,
    max_pixels: int = MAX_PIXELS,
    background: tuple[int, int, int] = BACKGROUND,
    name: str = "",
) -> DecodedImage:
    """Decode an image file to upright 8-bit RGB.

    Convention: EXIF turns are carried out. Transparent parts show `background`, mixed in the file's own values.
    16-bit values v become round(v / 257). Grey is repeated over the channels, CMYK converted without a profile.
    Of an animation or a file of several pages the first picture is taken, with a warning. The size is read
    from the header before any pixel is decoded.

    Args:
        source: A file, or a file's bytes.
        max_pixels: Largest width × height that is decoded.
        background: RGB behind transparent parts.
        name: How to call an image given as bytes.

    Raises:
        UnreadableImage: Not an image, damaged, cut off, or too large; the message names the file.
    """
    path = source if isinstance(source, Path) else None
    label = str(path) if path is not None else (name or "image")
    data = read_image_file(source) if isinstance(source, Path) else bytes(source)
    header = _checked_header(data, label, max_pixels)
    if header.n_frames > 1:
        _log.warning("%s holds several pictures; the first is used", label)
    rgb = _decode(data, header, label, background)
    rgb.setflags(write=False)
    return DecodedImage(
        rgb=rgb,
        stimulus_id=hashlib.sha256(data).hexdigest(),
        name=name or (path.name if path else ""),
        path=path,
    )


def image_size(path: Path) -> tuple[int, int]:
    """(width, height) in pixels after the EXIF turn, from the header alone; UnreadableImage as in `decode_image`."""
    return header_size(read_image_file(path), str(path))


def header_size(data: bytes, label: str) -> tuple[int, int]:
    """The same of a file's bytes; `label` names it in messages."""
    header = _checked_header(data, label, MAX_PIXELS)
    size = header.width_px, header.height_px
    return size if header.orientation < 5 else (size[1], size[0])


def find_images(folder: Path) -> list[Path]:
    """The image files directly in a folder, by name; UnreadableImage when there is no such folder or none in it.

    A link among them is refused by name (UnreadableImage): what it leads to was not put into this folder.
    """
    if not is_folder(folder):
        raise UnreadableImage(f"{folder}: no such folder of images")
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES and (p.is_file() or is_link(p)))
    for path in found:
        if is_link(path):
            raise UnreadableImage(f"{path}: is a link; put the image itself into the folder")
    if not found:
        raise UnreadableImage(f"{folder}: holds no images ({', '.join(IMAGE_SUFFIXES)})")
    return found


def require_image_file(path: Path) -> Path:
    """Return the path of a file that is called as images are.

    Raises:
        UnreadableImage: No such file, or another ending: what a plan names is shown and kept, so it names images only.
        UnsafeName: A link, or a file with a second name elsewhere.
    """
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        raise UnreadableImage(f"{path}: not called as an image is ({', '.join(IMAGE_SUFFIXES)})")
    if not is_file(require_own(path)):
        raise UnreadableImage(f"{path}: no such file")
    return path


class StimulusStore:
    """Image files of a session in one folder, each named by its content hash: the same image is kept once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        return self._folder

    def add(self, path: Path) -> str:
        """Copy an image into the store, byte for byte, and return its stimulus id.

        Raises:
            UnreadableImage: The file cannot be read or is no image.
            UnsafeName: A link lies where the copy or its folder should be.
            DiskFull: No space for the copy.
        """
        data = read_image_file(path)
        header = _checked_header(data, str(path), MAX_PIXELS)
        stimulus_id = hashlib.sha256(data).hexdigest()
        target = require_own(self._folder / f"{stimulus_id}.{header.format.lower()}", self._folder.parent)
        if target.exists() and target.stat().st_size == len(data):
            return stimulus_id
        try:
            make_private_folder(self._folder, exist_ok=True)
            # a crash never leaves half an image under a hash that it does not have
            write_whole(target, data, is_private=True)
        except OSError as error:
            raise disk_error(error, target) from error
        return stimulus_id

    def path(self, stimulus_id: str) -> Path:
        """The file of a stimulus; DamagedSession when it is not there, UnsafeName when it is a link or no such id."""
        require_stimulus_id(stimulus_id, self._folder.parent)
        for suffix in FORMATS:
            candidate = require_own(self._folder / f"{stimulus_id}.{suffix.lower()}", self._folder.parent)
            if candidate.is_file():
                return candidate
        raise DamagedSession(
            f"{self._folder}: the stimulus {stimulus_id[:12]}… is missing; copy the image back or ignore its trials",
            stimulus_id=stimulus_id,
        )

    def load(self, stimulus_id: str, *, background: tuple[int, int, int] = BACKGROUND) -> DecodedImage:
        """Decode a stimulus; DamagedSession when its file is missing or is no longer what it was."""
        path = self.path(stimulus_id)
        image = decode_image(path, background=background)
        if image.stimulus_id != stimulus_id:
            raise DamagedSession(f"{path}: the image was changed after the session (its content hash differs)")
        return image


def read_image_file(path: Path) -> bytes:
    """The bytes of an image file; UnreadableImage when it is no file, cannot be read or is too large."""
    try:
        return read_bytes(path, MAX_BYTES)
    except TooLarge as error:
        raise UnreadableImage(f"{path}: {error}; save it smaller") from error
    except OSError as error:
        raise UnreadableImage(f"{path}: cannot be read ({error.strerror or error})") from error


def _checked_header(data: bytes, label: str, max_pixels: int) -> ImageHeader:
    if fault := fault_of_image(data):
        raise UnreadableImage(f"{label}: {fault}; save it anew as PNG or JPEG, or smaller")
    try:
        header = read_header(data)
    except ValueError as error:
        raise UnreadableImage(f"{label}: {error}") from error
    if header.width_px < 1 or header.height_px < 1:
        raise UnreadableImage(f"{label}: the image is {header.width_px} × {header.height_px} px")
    if header.width_px * header.height_px > max_pixels:
        raise UnreadableImage(
            f"{label}: {header.width_px} × {header.height_px} px is more than the {max_pixels / 1e6:.3g} million "
            f"pixels "
            "that are allowed; save it smaller",
            size_px=(header.width_px, header.height_px),
            max_pixels=max_pixels,
        )
    return header


def _decode(data: bytes, header: ImageHeader, label: str, background: tuple[int, int, int]) -> Image:
    raw = _decode_raw(data, header, label)
    if raw.shape[0] * raw.shape[1] > 4 * MAX_PIXELS:  # what was measured is not what was decoded
        raise UnreadableImage(f"{label}: decodes to {raw.shape[1]} × {raw.shape[0]} px; save it smaller")
    # OpenCV's TIFF reader multiplies 8-bit colours by alpha, and carries out the turn itself
    is_multiplied = header.has_associated_alpha or (header.format == "TIFF" and raw.dtype == np.uint8)
    if raw.dtype not in (np.uint8, np.uint16):
        raise UnreadableImage(f"{label}: {raw.dtype} pixels have no defined white; save it with 8 or 16 bits")
    rgb = np.empty((*raw.shape[:2], 3), np.uint8)
    rows = max(1, _BAND_PIXELS // raw.shape[1])
    for first in range(0, len(raw), rows):  # all at once would take several times the image's memory
        rgb[first : first + rows] = _rgb(raw[first : first + rows], background, is_multiplied=is_multiplied)
    orientation = 1 if header.format == "TIFF" else header.orientation
    return np.ascontiguousarray(_turn(rgb, orientation))


def _rgb(raw: NDArray[Any], background: tuple[int, int, int], *, is_multiplied: bool) -> Image:
    """(H, W, 3) of (H, W) or (H, W, C) in OpenCV's order, over a background where there is alpha."""
    if raw.dtype == np.uint16:
        raw = ((raw.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if raw.ndim == 2:
        raw = raw[:, :, None]
    if raw.shape[2] == 2:  # grey with alpha
        raw = raw[:, :, [0, 0, 0, 1]]
    elif raw.shape[2] == 1:
        raw = np.repeat(raw, 3, axis=2)
    if raw.shape[2] == 3:
        return cv2.cvtColor(np.ascontiguousarray(raw), cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
    alpha = raw[:, :, 3:].astype(np.float32) / 255
    colour = raw[:, :, 2::-1].astype(np.float32) * (1 if is_multiplied else alpha)
    mixed = np.clip(np.rint(colour + np.array(background, np.float32) * (1 - alpha)), 0, 255)
    return mixed.astype(np.uint8)


def _decode_raw(data: bytes, header: ImageHeader, label: str) -> NDArray[Any]:
    """(H, W) or (H, W, C) BGR(A) of any depth; UNCHANGED keeps alpha and 16 bit, and leaves the turn to us."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # else it prints on stderr
    try:
        raw = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise UnreadableImage(f"{label}: the {header.format} decoder failed ({error.err})") from error
    finally:
        cv2.utils.logging.setLogLevel(level)
    if raw is None or raw.size == 0:
        raise UnreadableImage(f"{label}: this {header.format} file cannot be decoded; save it as PNG or JPEG")
    return raw


def _turn(rgb: Image, orientation: int) -> Image:
    """Carry out an EXIF orientation: 5 to 8 exchange the axes, then mirror."""
    if orientation >= 5:
        rgb = rgb.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        rgb = rgb[::-1]
    if orientation in (2, 3, 6, 7):
        rgb = rgb[:, ::-1]
    return rgb
