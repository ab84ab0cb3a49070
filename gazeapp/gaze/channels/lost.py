"""The numbers that trackers and programs write where gaze was lost."""

from __future__ import annotations

import re

import numpy as np

from gazeapp.gaze.channels.unit import Origin
from gazeapp.gaze.samples import Bools, Floats

_HUGE = 32767.0
"""EyeLink's missing value is -32768, that of its ASCII tools 1e8; no unit of gaze reaches either."""

_NINES = (999.0, 9999.0, 99999.0, 999999.0)
_FEWEST_ZEROS = 3
_NEAR_ZERO = 0.02
"""Of the largest value: gaze that comes to the edge passes through here, a code jumps there."""
_HELD_S = 0.1
_HELD_HZ = 120.0
"""Slower trackers, and those whose values are smoothed, may repeat a value by chance."""
_MOST_HELD = 0.3
"""Of the samples: with more, nothing says that the source is a tracker with noise rather than a mouse or a script."""
_BY_CHANCE = 1e-6


def find_lost(x: Floats, y: Floats, origin: Origin) -> tuple[Bools, dict[str, int]]:
    """Which points are codes of lost gaze, before any conversion.

    (0, 0) is a code where it is a corner of the screen; where it is the centre, a simulation or a mouse may rest there.

    Args:
        x: (N,) as written.
        y: (N,) as written.
        origin: Where the values count from.

    Returns:
        (N,) lost; and how many samples had which code, by the way people write it.
    """
    finite = np.isfinite(x) & np.isfinite(y)
    lost: Bools = ~finite
    counts: dict[str, int] = {}
    with np.errstate(invalid="ignore"):
        at_corner = origin in ("top-left", "bottom-left")
        nines = finite & (x == y) & np.isin(np.abs(x), _NINES)
        is_code = finite & (x == y) & (x <= -10) & (x > -_HUGE) & ~nines  # -100, -1000: far off the same corner
        codes = {
            "(0, 0)": finite & (x == 0) & (y == 0) & at_corner,
            "(-1, -1)": finite & (x == -1) & (y == -1) & at_corner,
            "(±999…, ±999…)": nines,
            "equal whole numbers below -9": is_code & (np.mod(x, 1) == 0) & at_corner,
            "numbers of 32767 and more": finite & ((np.abs(x) >= _HUGE) | (np.abs(y) >= _HUGE)),
        }
    for name, found in codes.items():
        if found.any():
            counts[name] = int(found.sum())
            lost = lost | found
    return lost, counts


def find_zero_axis(x: Floats, y: Floats, origin: Origin) -> dict[str, Bools]:
    """Points of which one number is exactly 0 and the other was kept, in a whole recording.

    They are codes where gaze never comes near that edge otherwise; a person who looks there passes on the way.

    Args:
        x: (N,) as written.
        y: (N,) as written.
        origin: Where the values count from.

    Returns:
        By the way people write it, (N,) which points; kinds that were not found are left out.
    """
    found: dict[str, Bools] = {}
    if origin not in ("top-left", "bottom-left"):
        return found
    known = np.isfinite(x) & np.isfinite(y)
    for name, one, other in (("(0, y)", x, y), ("(x, 0)", y, x)):
        zero: Bools = known & (one == 0) & (other != 0)
        rest = np.abs(one[known & (one != 0)])
        if zero.sum() < _FEWEST_ZEROS or zero.sum() > len(rest):
            continue
        rest = rest[rest < _HUGE]
        if len(rest) and not (rest < _NEAR_ZERO * np.quantile(rest, 0.99)).any():
            found[name] = zero
    return found


def find_held(points: Floats, time_s: Floats) -> tuple[Bools, bool]:
    """Samples that repeat one value for longer than an eye that is measured can.

    Programs fill what was lost with the last value or the centre of the screen.

    Args:
        points: (N, A) every axis of every eye in use, NaN where lost.
        time_s: (N,).

    Returns:
        (N,) the samples of such stretches; and whether the rest of the recording has noise enough that chance, a mouse
        or a script cannot be the cause.
    """
    n = len(points)
    held = np.zeros(n, dtype=bool)
    if n < 2:
        return held, False
    same: Bools = np.all((points[1:] == points[:-1]) | (np.isnan(points[1:]) & np.isnan(points[:-1])), axis=1)
    known: Bools = np.any(np.isfinite(points), axis=1)
    starts = np.flatnonzero(np.concatenate([[True], ~same]))
    ends = np.append(starts[1:], n)
    is_long = known[starts] & (time_s[ends - 1] - time_s[starts] > _HELD_S) & (ends - starts >= 3)
    for start, end in zip(starts[is_long].tolist(), ends[is_long].tolist(), strict=True):
        held[start:end] = True
    if not held.any():
        return held, False
    rest: Bools = np.logical_and(known, ~held)
    pairs: Bools = rest[1:] & rest[:-1]
    step_s = float(np.median(np.diff(time_s)))
    if not pairs.any() or not 0 < step_s <= 1.01 / _HELD_HZ or held.sum() > _MOST_HELD * known.sum():
        return held, False
    by_chance = float(same[pairs].mean()) ** int((ends - starts)[is_long].min() - 1) * n
    return held, by_chance < _BY_CHANCE


def validity_limit(values: Floats, label: str, has_gaze: Bools) -> float | None:
    """Whether validity is a flag (1 is gaze) or Tobii's old code of trouble (0 is sure, 4 is lost).

    Args:
        values: (N,) as written.
        label: Of the column.
        has_gaze: (N,) whether the sample holds a point.

    Returns:
        The largest code that is gaze, or None for a flag.
    """
    known = values[np.isfinite(values)]
    if not len(known) or not (np.mod(known, 1) == 0).all():
        return None
    name = re.sub(r"[^a-z]", "", label.lower())
    is_old_name = bool(re.fullmatch(r"(et)?validity(left|right)|[lr]validity", name))
    if not is_old_name:
        return None
    if known.max() > 1:
        return 1.0
    with np.errstate(invalid="ignore"):
        at_zero = has_gaze[values == 0]
    return 1.0 if len(at_zero) and float(at_zero.mean()) > 0.5 else None
