"""The last seconds of gaze, as the trace draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gazeapp.runtime.display_trace import DURATION_S

SPAN_S = DURATION_S
"""Seconds that a trace shows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TraceWindow:
    """What the trace shows: samples of the last seconds and the fixations among them."""

    now_s: float
    time_s: NDArray[np.float64]
    """(N,) session clock, in order."""
    gaze_px: NDArray[np.float64]
    """(N, 2) pixels, NaN where gaze is missing."""
    fixations_s: Sequence[tuple[float, float]]
    """(onset, end) of each fixation."""
    size_px: tuple[float, float]
    """Width and height of the plane in which gaze is given: what the axis spans."""
