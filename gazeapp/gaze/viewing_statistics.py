"""Viewing statistics of a person, whatever they look at: fixation durations and saccades in a few numbers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HABITS = (
    "log_duration_mean",
    "log_duration_sd",
    "log_first_duration",
    "log_later_duration_mean",
    "log_amplitude_mean",
    "log_amplitude_sd",
    "log_early_amplitude_mean",
    "short_saccades",
    "horizontal_saccades",
    "x_sd_deg",
    "y_sd_deg",
)
"""Natural logarithms of seconds and of degrees (+ .3); shares of saccades below 1.5 degrees and of saccades that go
further sideways than up or down; spread of the fixations. None depends on how long the image was shown by its
definition alone, as a count of fixations would."""

_SHORT_DEG = 1.5
_OFFSET_DEG = 0.3
"""Keeps the logarithm of the smallest saccades from dominating: about the precision of a good tracker."""
_LEAST_DURATION_S = 0.02
_EARLY = 2


def viewing_habits(
    fixations_deg: NDArray[np.float64],
    durations_s: NDArray[np.float64],
    viewing: NDArray[np.int64] | None = None,
) -> NDArray[np.float32]:
    """Describe one viewed image.

    Args:
        fixations_deg: (N, 2) positions in degrees of visual angle, any origin, in order of time.
        durations_s: (N,) fixation durations.
        viewing: (N,) which viewing of the image a fixation belongs to; None: all to one. Saccades do not cross
            viewings.

    Returns:
        (len(HABITS),) float32; all NaN with fewer than two fixations or without finite durations.
    """
    nothing = np.full(len(HABITS), np.nan, dtype=np.float32)
    points = np.asarray(fixations_deg, dtype=np.float64).reshape(-1, 2)
    durations = np.asarray(durations_s, dtype=np.float64).ravel()
    known = np.isfinite(points).all(axis=1) & np.isfinite(durations)
    which = np.zeros(len(points), dtype=np.int64) if viewing is None else np.asarray(viewing)
    points, durations, which = points[known], durations[known], which[known]
    if len(points) < 2:
        return nothing
    same = which[1:] == which[:-1]
    step = np.diff(points, axis=0)[same]
    if not len(step):
        return nothing
    log_duration = np.log(np.maximum(durations, _LEAST_DURATION_S))
    is_first = np.concatenate([[True], ~same])
    amplitude = np.hypot(step[:, 0], step[:, 1])
    log_amplitude = np.log(amplitude + _OFFSET_DEG)
    # place of each saccade in its viewing
    starts = np.flatnonzero(is_first)
    rank = np.arange(len(points)) - starts[np.cumsum(is_first) - 1]
    early = rank[1:][same] <= _EARLY
    later = log_duration[~is_first]
    return np.array(
        [
            log_duration.mean(),
            log_duration.std(),
            log_duration[is_first].mean(),
            later.mean(),
            log_amplitude.mean(),
            log_amplitude.std(),
            log_amplitude[early].mean(),
            (amplitude < _SHORT_DEG).mean(),
            (np.abs(step[:, 0]) > np.abs(step[:, 1])).mean(),
            points[:, 0].std(),
            points[:, 1].std(),
        ],
        dtype=np.float32,
    )
