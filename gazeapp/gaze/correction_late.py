"""A correction that was found when gaze was recorded already: it comes on top of those that were in force then."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gazeapp.gaze.correction import Correction
from gazeapp.gaze.display import Points
from gazeapp.gaze.samples import GazeSamples
from gazeapp.types import Floats

_STEPS = 40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LateCorrection:
    """Moves corrected gaze once more, by place and, where gaze drifted, by time."""

    from_time_s: float
    """Gaze from here on is moved, session clock."""
    correction: Correction
    drift_px_s: tuple[float, float] = (0.0, 0.0)
    """Display pixels a second, right and down."""
    middle_s: float = 0.0
    """When the drift moves nothing."""

    def __post_init__(self) -> None:
        if not np.isfinite([self.from_time_s, *self.drift_px_s, self.middle_s]).all():
            raise ValueError("a late correction needs finite times and drift")

    def move(self, points_px: ArrayLike, time_s: ArrayLike) -> Points:
        """(N, 2) corrected display pixels at (N,) times → moved; what is earlier stays."""
        points = np.asarray(points_px, dtype=np.float64)
        return self._moved(points, self.correction.correct_left(points), np.asarray(time_s, dtype=np.float64))

    def unmove(self, points_px: ArrayLike, time_s: ArrayLike) -> Points:
        """Inverse of `move`, found step by step: a correction moves neighbours nearly alike."""
        wanted = np.asarray(points_px, dtype=np.float64)
        found = wanted
        for _ in range(_STEPS):
            found = found + (wanted - self.move(found, time_s))
        return found

    def apply(self, samples: GazeSamples) -> GazeSamples:
        """Samples of corrected gaze, moved; everything else stays as it was recorded."""
        time_s = samples.time_s
        if not (time_s >= self.from_time_s).any():
            return samples
        return replace(
            samples,
            left_px=self._moved(samples.left_px, self.correction.correct_left(samples.left_px), time_s),
            right_px=self._moved(samples.right_px, self.correction.correct_right(samples.right_px), time_s),
        )

    def _moved(self, points: Floats, corrected: Points, time_s: Floats) -> Points:
        since = (time_s - self.middle_s)[:, None]
        return np.where(time_s[:, None] >= self.from_time_s, corrected + since * np.array(self.drift_px_s), points)

    def to_json(self) -> dict[str, Any]:  # Any: JSON values
        """As it is stored; `from_json` is exact."""
        return {
            "correction": self.correction.to_json(),
            "drift_px_s": list(self.drift_px_s),
            "middle_s": self.middle_s,
        }

    @classmethod
    def from_json(cls, document: dict[str, Any], from_time_s: float) -> LateCorrection:
        """Inverse of `to_json`; ValueError, TypeError or KeyError for anything else."""
        x, y = document["drift_px_s"]
        return cls(
            from_time_s=from_time_s,
            correction=Correction.from_json(document["correction"]),
            drift_px_s=(float(x), float(y)),
            middle_s=float(document["middle_s"]),
        )
