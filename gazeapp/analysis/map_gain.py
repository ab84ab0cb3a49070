"""How much better a person's own map predicted their gaze than the universal one, over the images of a session."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

N_DRAWS = 2000
LEAST = 5
"""With fewer images an interval would tell more than is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GainSummary:
    """Gain of the personal map, difference of CC."""

    n: int
    """Images compared."""
    n_better: int
    """Images on which the personal map was the better one."""
    mean: float
    """NaN without images."""
    low: float
    """95 % interval of the mean over images; NaN with fewer than `LEAST`."""
    high: float


def summarize_gains(gains: Sequence[float], seed: int = 0) -> GainSummary:
    """The mean of some images' gains with a percentile bootstrap over images."""
    values = np.array(gains, dtype=np.float64)
    low = high = math.nan
    if len(values) >= LEAST:
        draws = values[np.random.default_rng(seed).integers(0, len(values), (N_DRAWS, len(values)))].mean(axis=1)
        low, high = (float(value) for value in np.quantile(draws, [0.025, 0.975]))
    return GainSummary(
        n=len(values),
        n_better=int((values > 0).sum()),
        mean=float(values.mean()) if len(values) else math.nan,
        low=low,
        high=high,
    )
