"""Only gaze whose time can be true goes on: samples without a time, and such as repeat or go back, are left out.

One time stamp that is no number would otherwise spoil every sum it enters, and one from the far future would make all
that follow seem to go back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gazeapp.gaze.samples import GazeSamples

AHEAD_S = 1.0
"""A sample cannot have been taken this long after it arrived."""
SAME_S = 5e-7
"""Stamps that differ by less are one: no tracker is so quick, and one stamp computed twice may round to two numbers
(those that lie next to each other are 0.24 µs apart where a clock counts from 1970)."""
_RATE_WINDOW_S = 2.0
_RATE_CHANGE = 0.1
"""Of the rate; the clocks of trackers agree with their nominal rates much better than this."""
_BREAK_STEPS = 5.0
"""A step of more than this many periods is a gap and says nothing about the rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """How many samples were left out, and why."""

    n_timeless: int = 0
    """No number, or infinite."""
    n_ahead: int = 0
    """From the future."""
    n_repeated: int = 0
    n_backward: int = 0

    @property
    def n(self) -> int:
        """All of them."""
        return self.n_timeless + self.n_ahead + self.n_repeated + self.n_backward

    def __add__(self, other: Refused) -> Refused:
        return Refused(
            n_timeless=self.n_timeless + other.n_timeless,
            n_ahead=self.n_ahead + other.n_ahead,
            n_repeated=self.n_repeated + other.n_repeated,
            n_backward=self.n_backward + other.n_backward,
        )

    @property
    def sentence(self) -> str:
        """In words; empty when nothing was left out.

        >>> Refused(n_timeless=1, n_repeated=2).sentence
        '3 samples left out: 1 without a time, 2 with a time that repeats'
        """
        parts = (
            (self.n_timeless, "without a time"),
            (self.n_ahead, "with a time to come"),
            (self.n_repeated, "with a time that repeats"),
            (self.n_backward, "with a time that goes back"),
        )
        told = ", ".join(f"{n} {words}" for n, words in parts if n)
        return f"{self.n} sample{'s' * (self.n != 1)} left out: {told}" if told else ""


class StampGate:
    """Lets samples through whose times are numbers, go forward from sample to sample, and are not to come.

    Args:
        last_s: Session time that the first sample must be later than.
    """

    def __init__(self, last_s: float = -math.inf) -> None:
        self._last_s = last_s

    def sift(self, samples: GazeSamples) -> tuple[GazeSamples, Refused]:
        """The samples that pass, in order, and what was left out; the very same object when all pass."""
        time_s = samples.time_s
        if not len(time_s):
            return samples, Refused()
        timeless = ~np.isfinite(time_s)
        with np.errstate(invalid="ignore"):
            ahead = ~timeless & (time_s > samples.receive_time_s + AHEAD_S)  # False where it is not known
        usable = ~(timeless | ahead)
        highest = np.maximum.accumulate(np.where(usable, time_s, -np.inf))
        before = np.maximum(np.concatenate([[-np.inf], highest[:-1]]), self._last_s)
        with np.errstate(invalid="ignore"):
            keep = usable & (time_s - before > SAME_S)
            repeated = usable & (np.abs(time_s - before) <= SAME_S)
        self._last_s = max(self._last_s, float(highest[-1]))
        if keep.all():
            return samples, Refused()
        refused = Refused(
            n_timeless=int(timeless.sum()),
            n_ahead=int(ahead.sum()),
            n_repeated=int(repeated.sum()),
            n_backward=int((usable & ~keep & ~repeated).sum()),
        )
        return samples[keep], refused


class RateWatch:
    """Tells when a stream's rate changes and stays changed.

    Args:
        rate_hz: Nominal; NaN where it is not known, so that the first rate seen stands in.
    """

    def __init__(self, rate_hz: float = math.nan) -> None:
        self._rate_hz = rate_hz
        self._candidate_hz = math.nan
        self._times: list[np.ndarray[tuple[int], np.dtype[np.float64]]] = []

    def update(self, samples: GazeSamples) -> tuple[float, float] | None:
        """Learn from the next samples; (rate before, rate now) in Hz when it is news, else None."""
        if not len(samples):
            return None
        self._times.append(samples.time_s)
        if samples.time_s[-1] - self._times[0][0] < _RATE_WINDOW_S:
            return None
        steps_s = np.diff(np.concatenate(self._times))
        self._times = [samples.time_s[-1:]]
        # stamps in whole milliseconds hit the median step wrongly, so steps are averaged
        steps_s = steps_s[steps_s <= _BREAK_STEPS * np.median(steps_s)] if len(steps_s) else steps_s
        if len(steps_s) < 5 or not steps_s.sum() > 0:
            return None
        found_hz = len(steps_s) / float(steps_s.sum())
        if math.isnan(self._rate_hz):
            self._rate_hz = found_hz
            return None
        if _near(found_hz, self._rate_hz):
            self._candidate_hz = math.nan
            return None
        if not _near(found_hz, self._candidate_hz):  # seen once: two windows in a row are a change
            self._candidate_hz = found_hz
            return None
        before_hz, self._rate_hz, self._candidate_hz = self._rate_hz, found_hz, math.nan
        return before_hz, found_hz


def _near(one_hz: float, other_hz: float) -> bool:
    return abs(one_hz - other_hz) <= _RATE_CHANGE * other_hz  # False for NaN
