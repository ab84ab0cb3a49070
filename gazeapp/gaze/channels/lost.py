"""The numbers that trackers and programs write where gaze was lost."""

from __future__ import annotations

import re

import numpy as np

from gazeapp.gaze.channels.unit import Origin
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import Bools, Floats

_HUGE = 32767.0
"""EyeLink's missing value is -32768, that of its ASCII tools 1e8; no unit of gaze reaches either."""

_NINES = (999.0, 9999.0, 99999.0, 999999.0)
_FEWEST_ZEROS = 3
_MOST_TROUBLE = 4
"""Tobii's code where an eye is lost."""
_NEAR_ZERO = 0.02
"""Of the largest value: gaze that comes to the edge passes through here, a code jumps there."""
_HELD_S = 0.1
_HELD_HZ = 120.0
"""Slower trackers, and those whose values are smoothed, may repeat a value by chance."""
_MOST_HELD = 0.3
"""Of the samples: with more, nothing says that the source is a tracker with noise rather than a mouse or a script."""
_BY_CHANCE = 1e-6
_FEWEST_FIXED = 5
_OFTEN = 0.2
_FEWEST_PAIRS = 500
"""Samples of a stream after which its noise, and how far gaze goes, are known."""


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


def find_fixed_outside(points_px: Floats, display: Display) -> Floats | None:
    """The one place beside the screen where gaze is again and again, exactly: a code that no list has.

    Args:
        points_px: (N, 2) of one eye, NaN where lost.
        display: The screen.

    Returns:
        (2,) the place; None where there is none, or where values repeat anyway and it lies beside one edge only.
    """
    known = points_px[np.isfinite(points_px).all(axis=1)]
    outside = known[((known < 0) | (known > display.size_px)).any(axis=1)]
    if len(outside) < _FEWEST_FIXED or len(outside) > _MOST_HELD * len(known):
        return None
    places, counts = np.unique(outside, axis=0, return_counts=True)
    inside = known[((known >= 0) & (known <= display.size_px)).all(axis=1)]
    repeating = float((inside[1:] == inside[:-1]).all(axis=1).mean()) if len(inside) > 1 else 1.0
    if counts.max() < _FEWEST_FIXED or counts.max() < len(outside) / 2:
        return None
    place = np.asarray(places[int(counts.argmax())], dtype=np.float64)
    is_off_a_corner = bool(((place < 0) | (place > display.size_px)).all())
    return place if repeating <= _OFTEN or is_off_a_corner else None


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
    return held, _is_no_chance(float(same[pairs].mean()), int((ends - starts)[is_long].min()), n)


def _is_no_chance(repeating: float, n_run: int, n: int) -> bool:
    """Whether a run of equal samples cannot be chance among n samples of which that share repeats the one before."""
    return repeating ** (n_run - 1) * n < _BY_CHANCE


class HeldWatch:
    """`find_held` for a stream, whose past is delivered already: what is held is lost from 0.1 s on."""

    def __init__(self) -> None:
        self._last: Floats = np.empty((0, 0))
        self._begin_s, self._n_run, self._is_held = np.nan, 0, False
        self._n = self._n_held = self._n_pairs = self._n_same = 0
        self.is_unsure = False
        """Whether something was held that a mouse or a script may explain."""

    def push(self, points: Floats, time_s: Floats) -> Bools:
        """(n,) which of the next samples are held; arguments as those of `find_held`."""
        held = np.zeros(len(points), dtype=bool)
        for row, (point, now_s) in enumerate(zip(points, time_s.tolist(), strict=True)):
            is_known = bool(np.isfinite(point).any())
            is_same = self._n_run > 0 and bool(((point == self._last) | (np.isnan(point) & np.isnan(self._last))).all())
            self._n += is_known
            if not is_same:
                self._n_pairs += int(self._n_run > 0 and is_known)
                self._last, self._begin_s, self._n_run = point.copy(), now_s, int(is_known)
                self._is_held = False
                continue
            self._n_run += 1
            if not self._is_held and (now_s - self._begin_s <= _HELD_S or self._n_run < 3):
                self._n_pairs += 1
                self._n_same += 1
                continue
            if not self._is_held:  # what was counted of this run says nothing about the noise
                self._is_held = True
                self._n_pairs -= self._n_run - 2
                self._n_same -= self._n_run - 2
                self._n_held += self._n_run - 1
            held[row] = self._is_sure(now_s)
            self.is_unsure |= not held[row]
            self._n_held += 1
        return held

    def _is_sure(self, now_s: float) -> bool:
        step_s = (now_s - self._begin_s) / (self._n_run - 1)
        if self._n_pairs < _FEWEST_PAIRS or not 0 < step_s <= 1.01 / _HELD_HZ or self._n_held > _MOST_HELD * self._n:
            return False
        return _is_no_chance(self._n_same / self._n_pairs, self._n_run, self._n)


class ZeroAxisWatch:
    """`find_zero_axis` for a stream: told by what came until now, and for good once gaze came near the edge."""

    def __init__(self) -> None:
        self._least, self._most, self._n = [np.inf, np.inf], [0.0, 0.0], 0

    def push(self, x: Floats, y: Floats, origin: Origin) -> tuple[str, ...]:
        """The kinds of points that are codes from now on; arguments as those of `find_zero_axis`."""
        if origin not in ("top-left", "bottom-left"):
            return ()
        known = np.isfinite(x) & np.isfinite(y) & (np.abs(x) < _HUGE) & (np.abs(y) < _HUGE) & ((x != 0) | (y != 0))
        self._n += int(known.sum())
        found = []
        for axis, (name, values) in enumerate((("(0, y)", x), ("(x, 0)", y))):
            rest = np.abs(values[known & (values != 0)])
            if len(rest):
                self._least[axis] = min(self._least[axis], float(rest.min()))
                self._most[axis] = max(self._most[axis], float(rest.max()))
            if self._n >= _FEWEST_PAIRS and self._least[axis] >= _NEAR_ZERO * self._most[axis]:
                found.append(name)
        return tuple(found)


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
    if 1 < known.max() <= _MOST_TROUBLE and known.min() >= 0 and "valid" in name:
        return 1.0
    is_old_name = bool(re.fullmatch(r"(et)?validity(left|right)|[lr]validity", name))
    if not is_old_name:
        return None
    with np.errstate(invalid="ignore"):
        at_zero = has_gaze[values == 0]
    return 1.0 if len(at_zero) and float(at_zero.mean()) > 0.5 else None
