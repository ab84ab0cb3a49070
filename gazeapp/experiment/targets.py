"""Calibration and validation targets: their places and the order in which they appear."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gazeapp.gaze.display import Display

LAYOUTS_NORM: dict[int, tuple[tuple[float, float], ...]] = {
    1: ((0.5, 0.5),),
    3: ((0.5, 0.1), (0.1, 0.9), (0.9, 0.9)),
    5: ((0.5, 0.5), (0.1, 0.1), (0.9, 0.1), (0.1, 0.9), (0.9, 0.9)),
    9: (
        (0.1, 0.1),
        (0.5, 0.1),
        (0.9, 0.1),
        (0.1, 0.5),
        (0.5, 0.5),
        (0.9, 0.5),
        (0.1, 0.9),
        (0.5, 0.9),
        (0.9, 0.9),
    ),
    13: (
        (0.1, 0.1),
        (0.5, 0.1),
        (0.9, 0.1),
        (0.1, 0.5),
        (0.5, 0.5),
        (0.9, 0.5),
        (0.1, 0.9),
        (0.5, 0.9),
        (0.9, 0.9),
        (0.3, 0.3),
        (0.7, 0.3),
        (0.3, 0.7),
        (0.7, 0.7),
    ),
}
"""Calibration points in [0, 1] over the visible area, by their number."""

VALIDATION_NORM: dict[int, tuple[tuple[float, float], ...]] = {
    1: ((0.42, 0.58),),
    3: ((0.5, 0.22), (0.22, 0.75), (0.78, 0.75)),
    5: ((0.42, 0.58), (0.2, 0.2), (0.8, 0.22), (0.22, 0.8), (0.8, 0.78)),
    9: (
        (0.2, 0.2),
        (0.5, 0.25),
        (0.8, 0.2),
        (0.25, 0.5),
        (0.42, 0.58),
        (0.75, 0.5),
        (0.2, 0.8),
        (0.5, 0.75),
        (0.8, 0.8),
    ),
    13: (
        (0.2, 0.2),
        (0.5, 0.22),
        (0.8, 0.2),
        (0.2, 0.5),
        (0.42, 0.58),
        (0.8, 0.5),
        (0.2, 0.8),
        (0.5, 0.78),
        (0.8, 0.8),
        (0.38, 0.38),
        (0.62, 0.38),
        (0.35, 0.65),
        (0.65, 0.65),
    ),
}
"""Validation points: none of them is a point of any calibration layout, since a fit is always good where it was
made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPoint:
    """One target of a calibration or validation."""

    target_id: int
    """Position in the layout, from 0; the same point has the same id whatever the order of appearance."""
    x_norm: float
    y_norm: float
    x_px: float
    y_px: float


def build_targets(n: int, display: Display, *, purpose: str, seed: int) -> tuple[TargetPoint, ...]:
    """Targets in a random order of appearance that the seed fixes.

    Args:
        n: 1, 3, 5, 9 or 13.
        display: The participant's screen.
        purpose: "calibrate", or "validate" for points that no calibration layout has.
        seed: Fixes the order.

    Raises:
        ValueError: No such layout.
    """
    layouts = LAYOUTS_NORM if purpose == "calibrate" else VALIDATION_NORM
    if n not in layouts:
        raise ValueError(f"there is no layout of {n} targets; choose one of {sorted(layouts)}")
    points = []
    for target_id, (x_norm, y_norm) in enumerate(layouts[n]):
        x_px, y_px = display.norm_to_px((x_norm, y_norm))
        points.append(
            TargetPoint(target_id=target_id, x_norm=x_norm, y_norm=y_norm, x_px=float(x_px), y_px=float(y_px))
        )
    order = np.random.default_rng([seed, n, int(purpose == "calibrate")]).permutation(n)
    return tuple(points[i] for i in order)


def centre_target(display: Display) -> TargetPoint:
    """The one target of a drift check."""
    return TargetPoint(target_id=0, x_norm=0.5, y_norm=0.5, x_px=display.width_px / 2, y_px=display.height_px / 2)
