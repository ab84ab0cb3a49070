"""Short names of types that every part of the program uses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Json = dict[str, Any]  # Any: JSON values
"""A JSON object; its values are whatever the producer documents."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Indices = NDArray[np.intp]
Points = NDArray[np.float64]
"""(N, 2) places, (x, y)."""
Map = NDArray[np.float32]
"""(H, W) one value per pixel, `map[y, x]`."""
Image = NDArray[np.uint8]
"""(H, W, 3) RGB."""
