"""Maps as the bytes that a session keeps."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray


def pack_map(density: NDArray[np.float32]) -> bytes:
    """(H, W) float32 → bytes.

    The four bytes of each value are stored plane by plane: exponents of neighbours are alike, so that fast
    compression takes a smooth map to little more than half, without losing a bit.
    """
    array = np.ascontiguousarray(density, dtype="<f4")
    planes = array.view(np.uint8).reshape(-1, 4).T
    return zlib.compress(planes.tobytes(), 1)


def unpack_map(data: bytes, width_px: int, height_px: int) -> NDArray[np.float32]:
    """Inverse of `pack_map`; ValueError when the bytes are damaged or of another size."""
    n = width_px * height_px
    if width_px < 1 or height_px < 1:
        raise ValueError(f"a map cannot be {width_px} × {height_px}")
    unpack = zlib.decompressobj()
    try:
        planes = unpack.decompress(data, 4 * n + 1)  # never more than it may be
    except zlib.error as error:
        raise ValueError(f"the map is damaged ({error})") from error
    if len(planes) != 4 * n or not unpack.eof:
        raise ValueError(f"the map does not have {width_px} × {height_px} values")
    values = np.frombuffer(planes, np.uint8).reshape(4, n).T
    return np.ascontiguousarray(values).view("<f4").reshape(height_px, width_px).astype(np.float32)
