"""From a sender's raw LSL stamps to the session clock."""

from __future__ import annotations

import math

import numpy as np

from gazeapp.gaze.clock import ClockMap
from gazeapp.gaze.samples import Floats

_EARLY_S = 0.05  # a sample cannot come from the future; clocks on a network agree better than this
_LATE_S = 5.0
_ON_TIME_S = 0.5
_MAX_SLEW = 0.01  # seconds of correction per second: times neither jump nor go back


class StampMap:
    """Stamp + clock offset = this computer's LSL clock; that clock - base = session clock.

    Where the result cannot be true (the sender stamps with another clock, or its clock was set), times come from
    arrivals instead, by their lower envelope.

    Args:
        base_s: Session clock - LSL clock of this computer.
    """

    def __init__(self, base_s: float) -> None:
        self._base_s = base_s
        self._offset_s = math.nan
        self._used_s = math.nan
        self._used_at_s = -math.inf
        self._arrivals = ClockMap()
        self._last_s = -math.inf
        self._trusts_stamps = True

    @property
    def trusts_stamps(self) -> bool:
        """False while the stamps seem to be of another clock."""
        return self._trusts_stamps

    def set_offset(self, offset_s: float) -> None:
        """Take a new measurement of the clock offset."""
        self._offset_s = offset_s
        if math.isnan(self._used_s) or abs(offset_s - self._used_s) > _EARLY_S:
            self._used_s = offset_s

    def trust_again(self) -> None:
        """The sender was restarted: its stamps deserve another chance."""
        self._trusts_stamps = True

    def map(self, stamps_s: Floats, receive_s: float) -> tuple[Floats, bool]:
        """Session times of one pull, never decreasing; and whether the sender's clock was found to jump.

        Args:
            stamps_s: (N,) raw, N > 0.
            receive_s: Session clock at the pull.
        """
        # stamps from before and after a jump may come in one pull; one offset would throw either into the future
        steps_s = np.diff(stamps_s)
        breaks = np.flatnonzero((steps_s < -_EARLY_S) | (steps_s > _LATE_S)) + 1
        pieces = [self._map_piece(piece, receive_s) for piece in np.split(stamps_s, breaks)]
        times = np.concatenate([piece for piece, _ in pieces])
        return times, any(jumped for _, jumped in pieces)

    def _map_piece(self, stamps_s: Floats, receive_s: float) -> tuple[Floats, bool]:
        jumped = self._arrivals.update(float(stamps_s[-1]), receive_s) and not self._trusts_stamps
        times = stamps_s + self._slewed(stamps_s) + self._base_s
        age_s = receive_s - float(times[-1])
        if self._trusts_stamps and not -_EARLY_S <= age_s <= _LATE_S:
            self._trusts_stamps = False
            jumped = True
        elif not self._trusts_stamps and -_EARLY_S <= age_s <= _ON_TIME_S:
            # the computer had stood still, not the clock: another clock would not agree with arrivals again
            self._trusts_stamps = True
            jumped = False
        if not self._trusts_stamps:
            times = np.minimum(self._arrivals.to_session(stamps_s), receive_s)
        times = np.maximum.accumulate(np.maximum(times, self._last_s))
        self._last_s = float(times[-1])
        return times, jumped

    def _slewed(self, stamps_s: Floats) -> Floats:
        """(N,) offsets on the way from the one in use to the one measured last."""
        if math.isnan(self._offset_s):
            return np.zeros(len(stamps_s))
        elapsed_s = stamps_s - max(self._used_at_s, float(stamps_s[0]) - 1.0)
        limit_s = _MAX_SLEW * np.maximum(elapsed_s, 0.0)
        offsets: Floats = self._used_s + np.clip(self._offset_s - self._used_s, -limit_s, limit_s)
        self._used_s, self._used_at_s = float(offsets[-1]), float(stamps_s[-1])
        return offsets
