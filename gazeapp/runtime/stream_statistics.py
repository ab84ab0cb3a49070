"""Statistics of a gaze stream: rate, loss and latency over its last second."""

from __future__ import annotations

import math
from collections import deque

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.recorder import RecorderHealth
from gazeapp.runtime.snapshot import StreamHealth

WINDOW_S = 1.0
_REFRESH_S = 0.1
"""Figures on a display need no more than ten updates a second."""
_STALL_S = 0.1
"""A stream that is this much later than usual counts as stalled."""

_NOTHING_SAVED = RecorderHealth(
    n_saved=0, n_waiting=0, queue_length=0, saved_s=math.nan, problem="", error=None, n_rejected=0
)


class StreamStatistics:
    """Counts what arrives and what should have.

    Args:
        rate_hz: Nominal rate; NaN for irregular sources, whose expected count is what they delivered.
    """

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._chunks: deque[tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]] = deque()
        self._n_received = 0
        self._first_s = math.nan
        self._last_s = math.nan
        self._n_missed = 0
        self._problem = ""
        self._measured = (0.0, 0.0, math.nan)
        self._measured_s = -math.inf

    @property
    def last_sample_s(self) -> float:
        """Time of the newest sample; NaN before the first."""
        return self._last_s

    def add(self, samples: GazeSamples) -> None:
        """Count the next samples."""
        if len(samples) == 0:
            return
        if self._n_received == 0:
            self._first_s = float(samples.time_s[0])
        self._last_s = float(samples.time_s[-1])
        self._n_received += len(samples)
        self._chunks.append((samples.time_s, samples.valid, samples.receive_time_s - samples.time_s))
        while self._chunks[0][0][-1] <= self._last_s - WINDOW_S:
            self._chunks.popleft()

    def note(self, problem: str) -> None:
        """Show this trouble until another, or "" for none."""
        self._problem = problem

    def note_missed(self, n_missed: int) -> None:
        """Remember how many samples the display never saw because it read too late (they are recorded)."""
        self._n_missed = n_missed

    def health(self, now_s: float, recorder: RecorderHealth | None) -> StreamHealth:
        """The state at `now_s`.

        Rate and loss are taken over the second that ends at the newest sample, or, when the stream stalls, at the
        present less the usual latency: a stalled stream shows a falling rate, not the last one.
        """
        if now_s - self._measured_s >= _REFRESH_S:
            self._measured = self._measure(now_s)
            self._measured_s = now_s
        rate_hz, data_loss, latency_s = self._measured
        saved = recorder or _NOTHING_SAVED
        return StreamHealth(
            n_received=self._n_received,
            n_expected=self._expected(self._end_s(now_s, latency_s)),
            rate_hz=rate_hz,
            data_loss=data_loss,
            latency_s=latency_s,
            n_saved=saved.n_saved,
            saved_ago_s=now_s - saved.saved_s,
            queue_length=saved.queue_length,
            problem=saved.problem or self._problem or self._missed_text(),
        )

    def _measure(self, now_s: float) -> tuple[float, float, float]:
        if self._n_received == 0:
            return 0.0, 0.0, math.nan
        latency = np.concatenate([chunk[2] for chunk in self._chunks])
        known = latency[np.isfinite(latency)]
        latency_s = float(np.median(known)) if len(known) else math.nan
        end_s = self._end_s(now_s, latency_s)
        time_s = np.concatenate([chunk[0] for chunk in self._chunks])
        valid = np.concatenate([chunk[1] for chunk in self._chunks])
        inside = time_s > end_s - WINDOW_S
        n = int(np.count_nonzero(inside))
        span_s = min(WINDOW_S, end_s - self._first_s)
        data_loss = 1.0 - np.count_nonzero(valid & inside) / n if n else 1.0
        return (n / span_s if span_s > 0 else 0.0), float(data_loss), latency_s

    def _end_s(self, now_s: float, latency_s: float) -> float:
        usual_s = latency_s if math.isfinite(latency_s) else 0.0
        # chunks come and steps are made a few ms apart: that is no loss
        is_stalled = now_s - usual_s - self._last_s > _STALL_S
        return now_s - usual_s if is_stalled else self._last_s

    def _expected(self, end_s: float) -> int:
        if self._n_received == 0 or not math.isfinite(self._rate_hz):
            return self._n_received
        return math.floor((end_s - self._first_s) * self._rate_hz + 1e-6) + 1

    def _missed_text(self) -> str:
        if not self._n_missed:
            return ""
        return f"the live view read too late and missed {self._n_missed} samples; they are recorded"
