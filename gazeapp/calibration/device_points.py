"""What a tracker measured at the targets while it calibrated itself, as gaze at these targets and as residuals."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from gazeapp.calibration.attempt import PointResidual, mean_gaze_px
from gazeapp.calibration.procedure import PointResult, PointState
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import Floats, GazeSamples

Measured = Mapping[tuple[float, float], tuple[Floats, Floats]]
"""Place of a target (0 to 1) → (N, 2) places of the left and of the right eye (0 to 1), NaN where it was not used."""

_SAME_PLACE = 1e-3  # trackers keep places in single precision


def with_measured(
    points: Sequence[PointResult], measured: Measured, display: Display
) -> tuple[tuple[PointResult, ...], tuple[PointResidual, ...]]:
    """Points with what the tracker measured at them, and how far off that is in the middle.

    The figures are those of the tracker's own fit at its own targets: a validation at other points says more. What has no
    counterpart stays as it is; stamps of single samples are not told, so all carry the target's onset.
    """
    found, residuals = [], []
    for point in points:
        eyes = _at(point, measured)
        if point.state is not PointState.ACCEPTED or eyes is None:
            found.append(point)
            continue
        left_px, right_px = (np.asarray(eye, dtype=np.float64) * display.size_px for eye in eyes)
        time_s = np.full(len(left_px), point.shown_s)
        samples = GazeSamples.build(time_s, eyes="binocular", left_px=left_px, right_px=right_px)
        point = replace(point, samples=samples)
        found.append(point)
        target_px = (point.target.x_px, point.target.y_px)
        left_deg, right_deg = (
            float(display.angle_deg(gaze, target_px)) if math.isfinite(gaze[0]) else math.nan
            for gaze in mean_gaze_px(point)
        )
        residuals.append(PointResidual(target_id=point.target.target_id, left_deg=left_deg, right_deg=right_deg))
    return tuple(found), tuple(residuals)


def _at(point: PointResult, measured: Measured) -> tuple[Floats, Floats] | None:
    for (x_norm, y_norm), eyes in measured.items():
        if math.hypot(x_norm - point.target.x_norm, y_norm - point.target.y_norm) <= _SAME_PLACE:
            return eyes if len(eyes[0]) else None
    return None
