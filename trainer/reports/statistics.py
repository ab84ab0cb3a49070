"""Paired tests over observers and bootstrap intervals over observers and images."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gazeapp.types import Json

PAPER_METRICS = ("cc", "sim", "auc_judd", "nss", "kld")
"""The five metrics of published tables: one family of the Holm correction; all others make up a second."""
_N_BOOTSTRAP = 1000

Values = NDArray[np.float64]
"""(observers, images), NaN where there is none."""


def compare(model: dict[str, Values], other: dict[str, Values], name: str) -> dict[str, Json]:
    """Per metric: mean difference over observers, how many gain, and p.

    The test is Wilcoxon's signed-rank test (two-sided) on per-observer means over the images that both have; observers
    without a score in both are left out. Holm corrects over the metrics of a family.

    Args:
        model: Metric to values.
        other: Metric to values of what it is compared with, same observers and images.
        name: Of the other.
    """
    from scipy.stats import wilcoxon

    deltas: dict[str, NDArray[np.float64]] = {}
    for metric in model:
        if metric in other:
            delta = observer_means(model[metric]) - observer_means(other[metric])
            deltas[metric] = delta[np.isfinite(delta)]
    raw = {
        metric: float(wilcoxon(delta).pvalue) if len(delta) > 1 and np.any(delta != 0) else 1.0
        for metric, delta in deltas.items()
    }
    corrected: dict[str, float] = {}
    for is_paper in (True, False):
        family = [metric for metric in raw if (metric in PAPER_METRICS) is is_paper]
        corrected |= dict(zip(family, holm([raw[metric] for metric in family]), strict=True))
    found: dict[str, Json] = {}
    for metric, delta in deltas.items():
        better = delta < 0 if metric == "kld" else delta > 0
        found[metric] = {
            "model": name,
            "delta": round(float(delta.mean()), 6) if len(delta) else None,
            "n_better": int(better.sum()),
            "n_observers": len(delta),
            "p_holm": float(f"{corrected[metric]:.3g}"),
        }
    return found


def observer_means(values: Values) -> NDArray[np.float64]:
    """(observers,) mean over images; NaN for an observer without any."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # the mean of nothing is NaN here on purpose
        return np.asarray(np.nanmean(values, axis=1))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down correction.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values)
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(order.tolist()):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        corrected[index] = largest
    return corrected


def interval_over_observers(values: NDArray[np.float64], seed: int = 0) -> list[float | None]:
    """95 % bootstrap interval of a mean over observers; [None, None] of one, of whom there is nothing to resample."""
    if len(values) < 2:
        return [None, None]
    rng = np.random.default_rng(seed)
    means = values[rng.integers(len(values), size=(_N_BOOTSTRAP, len(values)))].mean(axis=1)
    return [round(float(x), 6) for x in np.percentile(means, [2.5, 97.5])]


def band(intervals: Sequence[Sequence[float | None]]) -> tuple[list[float], list[float]]:
    """Lower and upper edge of a curve's band; NaN, which is not drawn, where there is no interval.

    >>> band([[0.1, 0.3], [None, None]])
    ([0.1, nan], [0.3, nan])
    """
    low, high = ([math.nan if (bound := of[k]) is None else bound for of in intervals] for k in (0, 1))
    return low, high


def interval_text(bounds: Sequence[float | None], form: str = ".4f") -> str:
    """An interval as tables print it; nothing where there is none.

    >>> interval_text([0.25, 0.5], ".2f"), interval_text([None, None])
    (' (0.25-0.50)', '')
    """
    low, high = bounds
    return "" if low is None or high is None else f" ({low:{form}}-{high:{form}})"


def interval(values: Values, seed: int) -> tuple[float, float]:
    """95 % bootstrap interval of the mean over observers, resampling observers and images; NaN of a single score."""
    if np.isfinite(values).sum() < 2:
        return math.nan, math.nan
    rng = np.random.default_rng(seed)
    # how often each observer and each image is drawn; products with them replace a thousand copies of the array
    observers, images = (
        rng.multinomial(size, np.full(size, 1 / size), _N_BOOTSTRAP).astype(float) for size in values.shape
    )
    known = np.isfinite(values)
    # (bootstrap, observers): every observer's mean over the drawn images
    weight = images @ known.T.astype(float)
    means = (images @ np.where(known, values, 0.0).T) / weight.clip(1e-9)
    counted = observers * (weight > 0)
    resampled = (means * counted).sum(axis=1) / counted.sum(axis=1).clip(1e-9)
    low, high = np.percentile(resampled[counted.sum(axis=1) > 0], [2.5, 97.5])
    return float(low), float(high)
