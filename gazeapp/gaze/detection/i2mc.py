"""I2MC: fixations from two-means clustering in moving windows, for noisy or slow trackers; needs the whole trial."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from gazeapp.gaze.channels.timing import usual_step
from gazeapp.gaze.detection.gap_filling import ordered_pieces
from gazeapp.gaze.display import Display, Points
from gazeapp.gaze.filters import TIME_TOLERANCE_S, fill_gaps, sight_angle_deg
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import Bools, Floats, GazeSamples

_WINDOWS_AT_ONCE = 2000  # keeps the working set in the processor's cache
_LEAST_ROWS = 4  # two clusters in fewer rows say nothing
_MOST_TURNS = 30  # of Lloyd's algorithm; it ends after a few


@dataclass(frozen=True, slots=True, kw_only=True)
class I2mcParameters:
    """Parameters of I2MC.

    Source:
        Hessels et al. (2017), Noise-robust fixation detection in eye movement data: identification by two-means
        clustering. Own implementation: clusters start from the cut across the window's longest axis instead of at
        random, downsampling averages blocks, gaps are filled linearly, and angles replace pixels.
    """

    window_ms: float = 200.0
    """Short enough to hold one saccade at most."""
    step_ms: float = 20.0
    max_gap_ms: float = 100.0
    """Longest gap that is filled."""
    cutoff_std: float = 2.0
    """A sample with a transition weight this many standard deviations above the mean is no fixation."""
    edge_mad: float = 3.0
    """A fixation's ends are trimmed to samples this many median distances from its middle."""
    merge_gap_ms: float = 30.0
    merge_angle_deg: float = 0.7
    min_duration_ms: float = 40.0


class TrialI2mc:
    """I2MC behind the interface of the online detectors: it collects samples and detects when the trial ends."""

    def __init__(self, display: Display, parameters: I2mcParameters | None = None) -> None:
        self.parameters = parameters or I2mcParameters()
        self._display = display
        self._chunks: list[GazeSamples] = []

    @property
    def delay_s(self) -> float:
        """Infinite: nothing is known before the trial ends."""
        return math.inf

    def push(self, samples: GazeSamples) -> list[Fixation]:
        """Keep the samples."""
        self._chunks.append(samples)
        return []

    def flush(self) -> list[Fixation]:
        """Detect in everything since the last flush."""
        samples, self._chunks = GazeSamples.concatenate(self._chunks), []
        return detect_i2mc(samples, self._display, self.parameters)


def detect_i2mc(samples: GazeSamples, display: Display, parameters: I2mcParameters | None = None) -> list[Fixation]:
    """Find all fixations of a trial.

    Args:
        samples: One trial; where time goes back, a new one begins.
        display: Geometry.
        parameters: Defaults are those of the publication.

    Returns:
        Fixations in time order, display pixels.
    """
    parameters = parameters or I2mcParameters()
    fixations: list[Fixation] = []
    for _, piece in ordered_pieces(samples, -math.inf):
        fixations += _detect(piece, display, parameters)
    return fixations


def _detect(samples: GazeSamples, display: Display, parameters: I2mcParameters) -> list[Fixation]:
    time_s = samples.time_s
    if len(time_s) < _LEAST_ROWS:
        return []
    interval_s = usual_step(time_s)
    n_window = max(_LEAST_ROWS, round(parameters.window_ms / 1e3 / interval_s))
    n_step = max(1, round(parameters.step_ms / 1e3 / interval_s))
    eyes = {
        "binocular": [samples.left_px, samples.right_px],
        "right": [samples.right_px],
    }.get(samples.eyes, [samples.left_px])
    gap_s = parameters.max_gap_ms / 1e3
    weights = [_transition_weights(fill_gaps(time_s, eye, gap_s), n_window, n_step) for eye in eyes]
    known = np.isfinite(weights)
    n_known = known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        weight = np.where(known, weights, 0.0).sum(axis=0) / n_known
    if not n_known.any():
        return []
    usable = weight[n_known > 0]
    cutoff = usable.mean() + parameters.cutoff_std * usable.std()
    with np.errstate(invalid="ignore"):
        calm: Bools = weight <= cutoff
    points = fill_gaps(time_s, samples.gaze_px, gap_s)
    calm &= np.isfinite(points[:, 0])
    calm_before = np.concatenate([[False], calm[:-1]])
    # a hole in the time stamps ends a fixation as lost samples do
    holes = np.diff(time_s, prepend=time_s[0]) > max(gap_s, 2.5 * interval_s)
    firsts = np.flatnonzero(calm & (~calm_before | holes))
    stops = np.flatnonzero(np.append(calm_before & (~calm | holes), calm[-1]))
    runs = [(int(first), int(stop)) for first, stop in zip(firsts, stops, strict=True)]
    trimmed = [_trim(points, first, stop, parameters.edge_mad) for first, stop in runs]
    return _fixations(time_s, points, samples.valid, trimmed, display, parameters)


def _transition_weights(points_px: Points, n_window: int, n_step: int) -> Floats:
    """(N,) how often and how clearly a sample is where the two clusters of its windows change over; NaN unknown."""
    n = len(points_px)
    total, n_seen = np.zeros(n), np.zeros(n)
    if n < n_window:
        return np.full(n, np.nan)
    starts = np.unique(np.append(np.arange(0, n - n_window + 1, n_step), n - n_window))
    windows = sliding_window_view(points_px, n_window, axis=0)  # (n - n_window + 1, 2, n_window)
    levels = [level for level in (1, 2, 5, 10) if n_window // level >= 2 * _LEAST_ROWS or level == 1]
    for first in range(0, len(starts), _WINDOWS_AT_ONCE):
        batch = starts[first : first + _WINDOWS_AT_ONCE]
        data = windows[batch]
        whole = np.isfinite(data).all(axis=(1, 2))
        batch, data = batch[whole], data[whole]
        if not len(batch):
            continue
        weight = np.mean([_window_weights(data, level) for level in levels], axis=0)
        for offset in range(n_window):  # windows start at different rows: no row twice in one go
            total[batch + offset] += weight[:, offset]
            n_seen[batch + offset] += 1
    with np.errstate(invalid="ignore", divide="ignore"):
        average: Floats = total / n_seen
    return average


def _window_weights(data: Floats, level: int) -> Floats:
    """(W, L) weights of the samples of W windows: each transition shares one with the others of its window."""
    n_windows, _, n_rows = data.shape
    n_blocks = n_rows // level
    blocks = data[:, :, : n_blocks * level].reshape(n_windows, 2, n_blocks, level).mean(axis=3)
    member = _two_means(blocks)
    changes = member[:, 1:] != member[:, :-1]
    share = changes / np.maximum(changes.sum(axis=1, keepdims=True), 1)
    weights = np.zeros((n_windows, n_rows))
    weights[:, : (n_blocks - 1) * level] = np.repeat(share, level, axis=1)
    return weights


def _two_means(data: Floats) -> Bools:
    """(W, L) which of two clusters the points of W windows (W, 2, L) belong to."""
    x, y = (
        data[:, 0] - data[:, 0].mean(axis=1, keepdims=True),
        data[:, 1] - data[:, 1].mean(axis=1, keepdims=True),
    )
    turn = 0.5 * np.arctan2(2 * (x * y).sum(axis=1), (x * x - y * y).sum(axis=1))
    member: Bools = x * np.cos(turn)[:, None] + y * np.sin(turn)[:, None] > 0
    open_windows = np.arange(len(data))
    for _ in range(_MOST_TURNS):
        mine, mx, my = member[open_windows], x[open_windows], y[open_windows]
        n_in = np.maximum(mine.sum(axis=1), 1)
        n_out = np.maximum((~mine).sum(axis=1), 1)
        # centred data: the other cluster's sums are the negatives of this one's
        sum_x, sum_y = np.einsum("ij,ij->i", mx, mine), np.einsum("ij,ij->i", my, mine)
        ax, ay, bx, by = sum_x / n_in, sum_y / n_in, -sum_x / n_out, -sum_y / n_out
        # nearer to centre a than to b, written as one plane
        limit = 0.5 * (ax * ax + ay * ay - bx * bx - by * by)
        moved = mx * (ax - bx)[:, None] + my * (ay - by)[:, None] > limit[:, None]
        changed = (moved != mine).any(axis=1)
        member[open_windows] = moved
        open_windows = open_windows[changed]
        if not len(open_windows):
            break
    return member


def _trim(points: Points, first: int, stop: int, edge_mad: float) -> tuple[int, int]:
    part = points[first:stop]
    distance = np.hypot(*(part - np.median(part, axis=0)).T)
    near = np.flatnonzero(distance <= edge_mad * np.median(distance))
    return (first + int(near[0]), first + int(near[-1]) + 1) if len(near) else (first, stop)


def _fixations(
    time_s: Floats,
    points: Points,
    measured: Bools,
    runs: list[tuple[int, int]],
    display: Display,
    parameters: I2mcParameters,
) -> list[Fixation]:
    def place(rows: NDArray[np.intp]) -> tuple[float, float]:
        x_px, y_px = points[rows].mean(axis=0)
        return float(x_px), float(y_px)

    merged: list[NDArray[np.intp]] = []
    for first, stop in runs:
        rows = first + np.flatnonzero(measured[first:stop])
        if not len(rows):
            continue
        if merged:
            gap_s = time_s[first] - time_s[merged[-1][-1]]
            near = gap_s <= parameters.merge_gap_ms / 1e3 + TIME_TOLERANCE_S
            if near and sight_angle_deg(*place(merged[-1]), *place(rows), display) <= parameters.merge_angle_deg:
                merged[-1] = np.concatenate([merged[-1], rows])
                continue
        merged.append(rows)
    found = []
    for rows in merged:
        onset_s, end_s = float(time_s[rows[0]]), float(time_s[rows[-1]])
        if end_s - onset_s >= parameters.min_duration_ms / 1e3 - TIME_TOLERANCE_S:
            x_px, y_px = place(rows)
            found.append(Fixation(onset_s=onset_s, duration_s=end_s - onset_s, x_px=x_px, y_px=y_px))
    return found
