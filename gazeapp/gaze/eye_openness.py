"""Openness of each eye, as trackers with that stream measure it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from gazeapp.gaze.samples import Bools, Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EyeOpenness:
    """A chunk of the openness stream in time order; arrays are read-only.

    It is a stream of its own beside gaze: a tracker gives both the same stamps, and may leave out either.
    """

    time_s: Floats
    """(N,) session clock: when the eyes were imaged."""
    device_time_s: Floats
    """(N,) the device's own stamp, raw."""
    receive_time_s: Floats
    """(N,) session clock: when it arrived in this program."""
    left_mm: Floats
    """(N,) how far the lids are apart; NaN where the tracker says that it does not know."""
    right_mm: Floats
    left_valid: Bools
    """(N,) as the tracker says."""
    right_valid: Bools

    def __post_init__(self) -> None:
        for field in fields(self):
            array = getattr(self, field.name)
            if len(array) != len(self.time_s):
                raise ValueError(f"{field.name} has {len(array)} rows, time_s has {len(self.time_s)}")
            array.setflags(write=False)

    @classmethod
    def build(
        cls,
        *,
        time_s: ArrayLike,
        device_time_s: ArrayLike,
        receive_time_s: ArrayLike,
        left_mm: ArrayLike,
        right_mm: ArrayLike,
        left_valid: ArrayLike,
        right_valid: ArrayLike,
    ) -> EyeOpenness:
        """Copies of (N,) arrays; what an invalid eye is said to measure is masked, as it need not be NaN."""
        left, right = np.array(left_valid, dtype=np.bool_), np.array(right_valid, dtype=np.bool_)
        return cls(
            time_s=_floats(time_s),
            device_time_s=_floats(device_time_s),
            receive_time_s=_floats(receive_time_s),
            left_mm=np.where(left, _floats(left_mm), np.nan),
            right_mm=np.where(right, _floats(right_mm), np.nan),
            left_valid=left,
            right_valid=right,
        )

    def __len__(self) -> int:
        return len(self.time_s)


def _floats(values: ArrayLike) -> Floats:
    return np.array(values, dtype=np.float64)
