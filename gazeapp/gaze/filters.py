"""Gap filling and angular velocity of gaze.

Only operations that IEEE 754 rounds exactly (sums, products, quotients, roots) are used per sample, never a
sine or arctangent: their vectorised and scalar versions may differ in the last bit, and then a result would depend
on how a stream was cut into chunks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from gazeapp.gaze.display import Display, Points
from gazeapp.gaze.samples import Bools, Floats
from gazeapp.types import Indices

FloatsOrFloat = TypeVar("FloatsOrFloat", Floats, np.float64)

TIME_TOLERANCE_S = 2e-6  # devices stamp in whole microseconds; a window of k samples must not lose its ends to that


def fill_column_gaps(time_s: Floats, x_px: Floats, y_px: Floats, max_gap_s: float) -> tuple[Floats, Floats]:
    """Fill gaps linearly in time; the arrays themselves are returned when nothing is to fill.

    Args:
        time_s: (N,) increasing.
        x_px: (N,) NaN where missing.
        y_px: (N,) missing where x is.
        max_gap_s: Longest time between the valid samples on both sides of a gap that is filled.

    Returns:
        x and y, NaN in gaps that are longer or open at an end.
    """
    valid = np.isfinite(x_px)
    if max_gap_s <= 0 or valid.all() or not valid.any():
        return x_px, y_px
    known = np.flatnonzero(valid)
    missing = np.flatnonzero(~valid)
    after = np.searchsorted(known, missing)
    inside = (after > 0) & (after < len(known))
    missing, after = missing[inside], after[inside]
    left, right = known[after - 1], known[after]
    short = time_s[right] - time_s[left] <= max_gap_s + TIME_TOLERANCE_S
    missing, left, right = missing[short], left[short], right[short]
    share = (time_s[missing] - time_s[left]) / (time_s[right] - time_s[left])
    x, y = x_px.copy(), y_px.copy()
    x[missing] = x_px[left] + share * (x_px[right] - x_px[left])
    y[missing] = y_px[left] + share * (y_px[right] - y_px[left])
    return x, y


def fill_gaps(time_s: ArrayLike, points_px: ArrayLike, max_gap_s: float = 0.075) -> Points:
    """Fill short gaps linearly in time.

    Args:
        time_s: (N,) increasing.
        points_px: (N, 2) NaN where missing.
        max_gap_s: Longest time between the valid samples on both sides of a gap that is filled.

    Returns:
        (N, 2) a copy; NaN in gaps that are longer or open at an end.
    """
    points = np.array(points_px, dtype=np.float64)
    x, y = fill_column_gaps(np.asarray(time_s, dtype=np.float64), points[:, 0].copy(), points[:, 1].copy(), max_gap_s)
    return np.stack([x, y], axis=1)


def sight_lines(x_px: Floats, y_px: Floats, display: Display) -> tuple[Floats, Floats, Floats]:
    """Unit vectors from the eye through points of the screen: x right, y down, z ahead; (N,) each."""
    x_mm = (x_px / display.width_px - 0.5) * display.width_mm
    y_mm = (y_px / display.height_px - 0.5) * display.height_mm
    z_mm = display.distance_mm
    length = np.sqrt(x_mm * x_mm + y_mm * y_mm + z_mm * z_mm)
    return x_mm / length, y_mm / length, z_mm / length


def chord_to_deg(squared_chord: FloatsOrFloat) -> FloatsOrFloat:
    """Angle between unit vectors from the squared distance of their ends.

    Convention: the series of 2·arcsin(c/2) up to c¹¹, exact to 1e-8 of the angle below 30°, 2 % low at 90°.
    """
    c2 = squared_chord
    series = 1.0 + c2 * (1 / 24 + c2 * (3 / 640 + c2 * (5 / 7168 + c2 * (35 / 294912 + c2 * (63 / 2883584)))))
    angle: FloatsOrFloat = np.sqrt(c2) * series * (180.0 / np.pi)
    return angle


def fick_angles(x_px: Floats, y_px: Floats, display: Display) -> tuple[Floats, Floats]:
    """(N,) azimuth (right positive) and elevation (up positive) in degrees; the convention is that of
    `chord_to_deg`.
    """
    x_mm = (x_px / display.width_px - 0.5) * display.width_mm
    y_mm = (y_px / display.height_px - 0.5) * display.height_mm
    z_mm = display.distance_mm
    flat = np.sqrt(x_mm * x_mm + z_mm * z_mm)
    angles = []
    for opposite, adjacent in ((x_mm, z_mm), (-y_mm, flat)):
        length = np.sqrt(opposite * opposite + adjacent * adjacent)
        sine, rest = opposite / length, 1.0 - adjacent / length
        angles.append(np.copysign(chord_to_deg(sine * sine + rest * rest), opposite))
    return angles[0], angles[1]


def sight_angle_deg(ax_px: float, ay_px: float, bx_px: float, by_px: float, display: Display) -> float:
    """Visual angle between two points of the screen; the convention is that of `chord_to_deg`."""
    ends = []
    for x_px, y_px in ((ax_px, ay_px), (bx_px, by_px)):
        x_mm = (x_px / display.width_px - 0.5) * display.width_mm
        y_mm = (y_px / display.height_px - 0.5) * display.height_mm
        length = math.sqrt(x_mm * x_mm + y_mm * y_mm + display.distance_mm * display.distance_mm)
        ends.append((x_mm / length, y_mm / length, display.distance_mm / length))
    (ax, ay, az), (bx, by, bz) = ends
    squared = (ax - bx) * (ax - bx) + (ay - by) * (ay - by) + (az - bz) * (az - bz)
    return float(chord_to_deg(np.float64(squared)))


def continuous_runs(time_s: Floats, valid: Bools, max_gap_s: float) -> Bools:
    """(N,) True where a valid sample begins a new run: after a missing one, or after a hole in time."""
    starts = valid.copy()
    if len(time_s) > 1:
        starts[1:] &= ~valid[:-1] | (np.diff(time_s) > max_gap_s + TIME_TOLERANCE_S)
    return starts


def window_rows(time_s: Floats, half_s: float) -> tuple[Indices, Indices]:
    """First and last row within `half_s` of each row, ends included.

    Args:
        time_s: (N,) strictly increasing.
        half_s: Half the window's width.
    """
    n = len(time_s)
    low, high = time_s - half_s, time_s + half_s
    if n > 2:
        # at a steady rate all windows hold equally many rows: checking that is much cheaper than searching
        k = int(np.searchsorted(time_s, high[0], side="right")) - 1
        if (
            k + 1 < n
            and (time_s[k:] <= high[: n - k]).all()
            and (time_s[k + 1 :] > high[: n - k - 1]).all()
            and (time_s[: n - k] >= low[k:]).all()
            and (time_s[: n - k - 1] < low[k + 1 :]).all()
        ):
            index = np.arange(n)
            return np.maximum(index - k, 0), np.minimum(index + k, n - 1)
    return (
        np.searchsorted(time_s, low, side="left"),
        np.searchsorted(time_s, high, side="right") - 1,
    )


def windowed_velocities(
    time_s: Floats,
    x_px: Floats,
    y_px: Floats,
    starts: Bools,
    display: Display,
    windows_s: Sequence[float],
    drift: Floats | None = None,
) -> list[Floats]:
    """Visual angle between the first and last sample of a centred window, over the time between them.

    Args:
        time_s: (N,) strictly increasing.
        x_px: (N,) NaN where missing.
        y_px: (N,).
        starts: (N,) from `continuous_runs`; a window never leaves its run.
        display: Geometry.
        windows_s: Widths of the windows; each holds at least the neighbours on both sides.
        drift: (3, N) velocity of the line of sight as 1/s that is taken off where the rest is slower; None for none.

    Returns:
        For each window (N,) degrees per second, NaN where gaze is missing or alone.
    """
    n = len(time_s)
    if n == 0:
        return [np.empty(0) for _ in windows_s]
    index = np.arange(n)
    valid = np.isfinite(x_px)
    ends = ~valid
    ends[:-1] |= starts[1:] | ~valid[1:]
    ends[-1] = True
    run_first = np.maximum.accumulate(np.where(starts | ~valid, index, 0))
    run_last = np.minimum.accumulate(np.where(ends, index, n - 1)[::-1])[::-1]
    lines = np.stack(sight_lines(x_px, y_px, display))
    moving = np.flatnonzero(drift.any(axis=0)) if drift is not None else index[:0]
    velocities = []
    for window_s in windows_s:
        first, last = window_rows(time_s, window_s / 2 + TIME_TOLERANCE_S)
        first = np.maximum(np.minimum(first, index - 1), run_first)
        last = np.minimum(np.maximum(last, index + 1), run_last)
        dx, dy, dz = lines.take(last, axis=1) - lines.take(first, axis=1)
        elapsed_s = time_s[last] - time_s[first]
        with np.errstate(invalid="ignore", divide="ignore"):
            velocity: Floats = chord_to_deg(dx * dx + dy * dy + dz * dz) / elapsed_s
            if drift is not None and len(moving):
                way = drift[:, moving] * elapsed_s[moving]
                dx, dy, dz = dx[moving] - way[0], dy[moving] - way[1], dz[moving] - way[2]
                rest = chord_to_deg(dx * dx + dy * dy + dz * dz) / elapsed_s[moving]
                velocity[moving] = np.minimum(velocity[moving], rest)
        velocity[~valid | (elapsed_s <= 0)] = np.nan
        velocities.append(velocity)
    return velocities
