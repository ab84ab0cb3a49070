"""When a stream counts as silent, as lost, as having a hole: one rule for every tracker and for the pipeline.

Silence is measured without the time in which this program itself stood still.
"""

from __future__ import annotations

import math

SILENCE_S = 0.5
"""A stream that delivered nothing for this long (and for 10 periods) has fallen silent."""
LOST_S = 2 * SILENCE_S
"""A tracker that says nothing of its silence itself counts as lost after this: it may tell first."""
GAP_S = 0.1
"""A hole in the stamps that is longer than this (and than 5 periods) is reported."""
RECORDED_GAP_S = 0.5
"""The same in a file: many leave the rows of blinks out."""
LONGEST_STEP_S = 0.125
"""More than this between two looks, and it was this program that did not run: what the source sent meanwhile may still
be on its way through threads that were starved as well."""


def silence_limit_s(period_s: float = 0.0) -> float:
    """How long a stream with this sampling period may deliver nothing."""
    return max(SILENCE_S, 10 * period_s)


def gap_limit_s(period_s: float) -> float:
    """The longest step between two stamps that is no hole."""
    return max(GAP_S, 5 * period_s)


class SilenceTimer:
    """Adds up the time between looks at which nothing had come; a look that is late counts for little.

    A plain difference of clock readings calls a tracker lost whenever the machine is busy for that long.
    """

    def __init__(self, longest_step_s: float = LONGEST_STEP_S) -> None:
        self._longest_step_s = longest_step_s
        self._looked_s = math.nan
        self._silent_s = 0.0

    def update(self, now_s: float, *, received: bool) -> float:
        """Look whether something came since the last look.

        Args:
            now_s: Session time.
            received: Whether it did.

        Returns:
            Seconds of silence so far; 0 when something came.
        """
        step_s = 0.0 if math.isnan(self._looked_s) else max(0.0, now_s - self._looked_s)
        self._looked_s = now_s
        self._silent_s = 0.0 if received else self._silent_s + min(step_s, self._longest_step_s)
        return self._silent_s

    def reset(self, now_s: float) -> None:
        """Begin anew."""
        self._looked_s, self._silent_s = now_s, 0.0
