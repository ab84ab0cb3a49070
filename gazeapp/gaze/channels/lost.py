"""The numbers that trackers and programs write where gaze was lost."""

from __future__ import annotations

import re

import numpy as np

from gazeapp.gaze.channels.unit import Origin
from gazeapp.gaze.samples import Bools, Floats

_HUGE = 32767.0
"""EyeLink's missing value is -32768, that of its ASCII tools 1e8; no unit of gaze reaches either."""

_NINES = (999.0, 9999.0, 99999.0, 999999.0)


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
