"""The scanpath of a model eye: rests joined by saccades, planned piece by piece."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.display import Display

SACCADE_BASE_S = 0.021
SACCADE_PER_DEG_S = 0.0022
"""Duration of a saccade = base + slope · amplitude (Carpenter 1988, main sequence)."""


def saccade_duration_s(amplitude_deg: float) -> float:
    """How long a saccade of this amplitude takes.

    >>> round(saccade_duration_s(10.0), 3)
    0.043
    """
    return SACCADE_BASE_S + SACCADE_PER_DEG_S * amplitude_deg


@dataclass(frozen=True, slots=True, kw_only=True)
class _Move:
    start_s: float
    duration_s: float
    from_px: tuple[float, float]
    to_px: tuple[float, float]


class GazePath:
    """Rest, saccade, rest, …: the true gaze as a function of time, without noise.

    Args:
        display: Gives saccades their amplitude in degrees and so their duration.
        start_px: Where the eye rests at first.
    """

    def __init__(self, display: Display, start_px: tuple[float, float]) -> None:
        self._display = display
        self._moves = [_Move(start_s=-np.inf, duration_s=0.0, from_px=start_px, to_px=start_px)]
        self._starts = [-np.inf]

    @property
    def last_arrival_s(self) -> float:
        """When the last planned saccade lands."""
        last = self._moves[-1]
        return last.start_s + last.duration_s

    @property
    def last_px(self) -> tuple[float, float]:
        """Where it lands."""
        return self._moves[-1].to_px

    def look(self, start_s: float, to_px: tuple[float, float]) -> float:
        """Plan a saccade; it starts when the one before has landed, if that is later. Returns the landing time."""
        start_s = max(start_s, self.last_arrival_s)
        from_px = self.last_px
        amplitude = float(self._display.angle_deg(from_px, to_px))
        duration = saccade_duration_s(amplitude)
        self._moves.append(_Move(start_s=start_s, duration_s=duration, from_px=from_px, to_px=to_px))
        self._starts.append(start_s)
        return start_s + duration

    def cancel_after(self, time_s: float) -> None:
        """Forget saccades that have not begun by `time_s`; one in flight lands as planned (it is ballistic)."""
        keep = max(1, bisect_right(self._starts, time_s))
        del self._moves[keep:], self._starts[keep:]

    def forget_before(self, time_s: float) -> None:
        """Drop what lies wholly before a time that is never asked for again."""
        keep = max(0, bisect_right(self._starts, time_s) - 1)
        del self._moves[:keep], self._starts[:keep]

    def at(self, time_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 2) display pixels at times in order; speed follows a minimum-jerk profile within a saccade."""
        index = np.searchsorted(self._starts, time_s, side="right") - 1
        index = np.maximum(index, 0)
        table = np.array([(m.start_s, m.duration_s, *m.from_px, *m.to_px) for m in self._moves], dtype=np.float64)[
            index
        ]
        start, duration = table[:, 0], table[:, 1]
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.where(duration > 0, (time_s - start) / duration, 1.0)
        part = np.clip(part, 0.0, 1.0)
        done = part**3 * (10 + part * (6 * part - 15))
        path: NDArray[np.float64] = table[:, 2:4] + done[:, None] * (table[:, 4:6] - table[:, 2:4])
        return path
