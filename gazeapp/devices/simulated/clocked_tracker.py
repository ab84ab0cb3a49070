"""Gaze that is made rather than measured, delivered on the caller's clock or by a thread in real time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from gazeapp.devices.device_thread import DeviceThread
from gazeapp.devices.tracker import GazeSink, ProblemSink, TrackerInfo, TrackerNotice
from gazeapp.errors import InvalidTransition
from gazeapp.gaze.clock import Clock
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import Event

PERIOD_S = 0.004
"""How often the real-time thread delivers; chunks of about 5 samples at 1200 Hz."""


class SampleSource(Protocol):
    """Makes samples up to a time; what it makes does not depend on how often it is asked."""

    def begin(self, start_s: float) -> None:
        """The session time from which samples are wanted."""
        ...

    def take(self, until_s: float, received_s: float) -> tuple[GazeSamples, tuple[TrackerNotice, ...]]:
        """Samples not yet taken with time_s <= until_s, stamped as received at `received_s`."""
        ...

    @property
    def next_s(self) -> float:
        """When the next sample is due; infinity when the source is exhausted."""
        ...


class PacedTracker:
    """A tracker over a `SampleSource`: stepped by its caller, or run by a thread.

    Args:
        info: What the tracker says about itself.
        source: Makes the samples.
        clock: The session clock.
        latency_s: Samples are delivered this long after their time, as a real tracker does.
        on_event: Told of what appears on the screen: eyes that are simulated see it this way.
    """

    def __init__(
        self,
        info: TrackerInfo,
        source: SampleSource,
        clock: Clock,
        *,
        latency_s: float = 0.0,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        self._info = info
        self._source = source
        self._clock = clock
        self._latency_s = latency_s
        self._on_event = on_event
        self._sink: GazeSink | None = None
        self._on_problem: ProblemSink | None = None
        self._thread = DeviceThread(
            f"tracker-{info.backend}", self._step, on_failure=self._on_failure, period_s=PERIOD_S
        )
        self._is_closed = False

    @property
    def info(self) -> TrackerInfo:
        """Name, serial, rates and capabilities."""
        return self._info

    @property
    def is_exhausted(self) -> bool:
        """Whether the source has nothing more to give: a recording that was played to its end."""
        return math.isinf(self._source.next_s)

    def start(self, sink: GazeSink, on_problem: ProblemSink) -> None:
        """Deliver from a thread, in real time."""
        self.start_stepped(sink, on_problem)
        self._thread.start()

    def start_stepped(self, sink: GazeSink, on_problem: ProblemSink) -> None:
        """Deliver only from `advance`, on the calling thread."""
        if self._is_closed:
            raise InvalidTransition(f"{self._info.name} was closed; open it again")
        if self._sink is not None:
            raise InvalidTransition(f"{self._info.name} is delivering already; stop it first")
        self._sink, self._on_problem = sink, on_problem
        self._source.begin(self._clock.now_s())

    def advance(self, until_s: float) -> None:
        """Deliver every sample with time_s <= until_s - latency."""
        sink, on_problem = self._sink, self._on_problem
        if sink is None or on_problem is None:
            raise InvalidTransition(f"{self._info.name} was not started")
        samples, problems = self._source.take(until_s - self._latency_s, until_s)
        if len(samples):
            sink(samples)
        for problem in problems:
            if self._sink is not sink:
                return  # the sink stopped the tracker
            on_problem(problem)

    def stop(self) -> None:
        """End delivery; once it returns, neither sink is called again."""
        self._thread.stop()
        self._sink = self._on_problem = None

    def close(self) -> None:
        """Stop and give the source back; closing twice is allowed."""
        self.stop()
        self._is_closed = True

    def on_event(self, event: Event) -> None:
        """Let simulated eyes see what appeared on the participant's screen."""
        if self._on_event is not None:
            self._on_event(event)

    def _step(self) -> None:
        if self._sink is not None:  # else it is being stopped
            self.advance(self._clock.now_s())

    def _on_failure(self, error: Exception) -> None:
        if self._on_problem is not None:
            message = f"{self._info.name} stopped: {error}"
            self._on_problem(TrackerNotice(time_s=self._clock.now_s(), kind="lost", message=message))
