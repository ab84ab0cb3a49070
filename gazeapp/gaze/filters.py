"""Gap filling and angular velocity of gaze.

Only operations that IEEE 754 rounds exactly (sums, products, quotients, roots) are used per sample, never a
sine or arctangent: their vectorised and scalar versions may differ in the last bit, and then a result would depend
on how a stream was cut into chunks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike

from gazeapp.gaze.display import Display, Points
from gazeapp.gaze.samples import Bools, Floats
from gazeapp.types import Indices

FloatsOrFloat = TypeVar("FloatsOrFloat", Floats, float)

_FEW = 200
"""Of so many rows each window is looked up: that costs less than finding out that it need not be."""
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


def sight_lines(
    x_px: FloatsOrFloat, y_px: FloatsOrFloat, display: Display
) -> tuple[FloatsOrFloat, FloatsOrFloat, FloatsOrFloat]:
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


def sight_angle_deg(
    ax_px: FloatsOrFloat, ay_px: FloatsOrFloat, bx_px: FloatsOrFloat, by_px: FloatsOrFloat, display: Display
) -> FloatsOrFloat:
    """Visual angle between two points of the screen, or between N and N; the convention is that of `chord_to_deg`."""
    ax, ay, az = sight_lines(ax_px, ay_px, display)
    bx, by, bz = sight_lines(bx_px, by_px, display)
    dx, dy, dz = ax - bx, ay - by, az - bz
    return chord_to_deg(dx * dx + dy * dy + dz * dz)


def continuous_runs(time_s: Floats, valid: Bools, max_gap_s: float) -> Bools:
    """(N,) True where a valid sample begins a new run: after a missing one, or after a hole in time."""
    starts = valid.copy()
    if len(time_s) > 1:
        starts[1:] &= ~valid[:-1] | (np.diff(time_s) > max_gap_s + TIME_TOLERANCE_S)
    return starts


def steady_reach(time_s: Floats, half_s: float) -> int | None:
    """How many rows a window of `half_s` to each side, ends included, reaches from every row; None where that differs.

    Args:
        time_s: (N,) strictly increasing.
        half_s: Half the window's width.
    """
    n = len(time_s)
    k = int(np.searchsorted(time_s, time_s[0] + half_s, side="right")) - 1
    low, high = time_s - half_s, time_s + half_s
    is_steady = (
        k + 1 < n
        and (time_s[k:] <= high[: n - k]).all()
        and (time_s[k + 1 :] > high[: n - k - 1]).all()
        and (time_s[: n - k] >= low[k:]).all()
        and (time_s[: n - k - 1] < low[k + 1 :]).all()
    )
    return k if is_steady else None


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
    valid = np.isfinite(x_px)
    ends = valid.copy()
    ends[:-1] &= starts[1:] | ~valid[1:]
    run = np.cumsum(starts) - 1
    firsts, lasts = np.flatnonzero(starts), np.flatnonzero(ends)  # of the runs
    path = np.stack([time_s, *sight_lines(x_px, y_px, display)])
    velocities = []
    for window_s in windows_s:
        half_s = window_s / 2 + TIME_TOLERANCE_S
        reach = steady_reach(time_s, half_s) if n > _FEW else None
        velocity = np.full(n, np.nan)
        if reach is None:
            rows = np.flatnonzero(valid)
            first = np.searchsorted(time_s, time_s[rows] - half_s, side="left")
            last = np.searchsorted(time_s, time_s[rows] + half_s, side="right") - 1
        else:
            # whole columns against themselves; only windows that would leave their run are looked at one by one
            reach = max(reach, 1)
            inner = slice(reach, n - reach)
            velocity[inner] = _speed(path[:, 2 * reach :] - path[:, : -2 * reach], _part(drift, inner))
            beside = np.arange(reach)
            rows = np.concatenate([(firsts[:, None] + beside).ravel(), (lasts[:, None] - beside).ravel()])
            rows = rows[(rows >= 0) & (rows < n)]
            rows = rows[valid[rows]]
            first, last = rows - reach, rows + reach
        first = np.maximum(np.minimum(first, rows - 1), firsts[run[rows]])
        last = np.minimum(np.maximum(last, rows + 1), lasts[run[rows]])
        velocity[rows] = _speed(path[:, last] - path[:, first], _part(drift, rows))
        velocity[~valid] = np.nan
        velocities.append(velocity)
    return velocities


def _part(drift: Floats | None, rows: slice | Indices) -> Floats | None:
    return None if drift is None else drift[:, rows]


def _speed(way: Floats, drift: Floats | None) -> Floats:
    """(N,) degrees per second of (4, N) seconds and ways of the line of sight's end; NaN where no time passed."""
    elapsed_s, dx, dy, dz = way
    with np.errstate(invalid="ignore", divide="ignore"):
        speed: Floats = chord_to_deg(dx * dx + dy * dy + dz * dz) / elapsed_s
        if drift is not None and len(moving := np.flatnonzero(drift.any(axis=0))):
            dx, dy, dz = way[1:, moving] - drift[:, moving] * elapsed_s[moving]
            rest = chord_to_deg(dx * dx + dy * dy + dz * dz) / elapsed_s[moving]
            speed[moving] = np.minimum(speed[moving], rest)
    return speed
