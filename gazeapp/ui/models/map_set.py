"""The maps of one stimulus, as the map views draw them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gazeapp.saliency.maps import Map


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MapSet:
    """The three maps of one stimulus; each may be missing yet."""

    image_rgb: NDArray[np.uint8] | None = None
    """(H, W, 3)."""
    universal: Map | None = None
    """(H, W) density."""
    personal: Map | None = None
    discrepancy: Map | None = None
    """(H, W) personal - universal."""
    certainty: float = 1.0
    """0 to 1: how far the person is known; the personal map and the difference fade with its lack."""
