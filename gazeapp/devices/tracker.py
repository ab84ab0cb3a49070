"""The one interface behind which every source of gaze lives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from gazeapp.errors import UnavailableReason
from gazeapp.gaze.display import Display
from gazeapp.gaze.eye_openness import EyeOpenness
from gazeapp.gaze.samples import Eyes, Floats, GazeSamples
from gazeapp.store.events import Event
from gazeapp.store.records import EyeImageRow

GazeSink = Callable[[GazeSamples], None]
"""Takes chunks of samples in time order, from any thread; it only appends and returns at once."""


class Capability(Enum):
    """What a tracker can do beyond delivering gaze."""

    ON_DEVICE_CALIBRATION = "on-device-calibration"
    STEPPED = "stepped"
    POSITION_GUIDE = "position-guide"
    EYE_OPENNESS = "eye-openness"
    EYE_IMAGES = "eye-images"
    SELECTABLE_RATE = "selectable-rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerInfo:
    """What is known about a tracker."""

    backend: str
    name: str
    serial: str
    rate_hz: float
    """Nominal sampling rate; NaN for irregular sources."""
    rates_hz: tuple[float, ...]
    eyes: Eyes
    capabilities: frozenset[Capability]
    firmware: str = ""
    """Version that the device says it runs; empty where it does not say."""
    manufacturer: str = ""
    """As the device or its sender says; empty where neither does."""
    model: str = ""
    reading: str = ""
    """In words, how its gaze is read, where that had to be found out."""
    problem: str = ""
    """Why it cannot be used as it is; empty for one that can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerNotice:
    """Something a tracker reports while it runs; shown and recorded, never raised from its thread."""

    time_s: float
    kind: str
    """"lost", "restored", "gap", "overflow", "clock-jump", "display-changed", "units", "eyes-swapped", "stamps"
    (samples left out for their time), and what a vendor
    reports: "fault", "warning", "rate-changed", "mode-changed", "stream-error"; and `NEWS`, which is no trouble."""
    message: str
    gap_s: float = 0.0


NEWS = frozenset({"assumed", "calibration-changed", "calibration-entered", "calibration-left", "external-signal"})
"""Kinds of report that are recorded and nothing more."""

ProblemSink = Callable[[TrackerNotice], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Availability:
    """Whether a backend can be used on this machine, and if not, why and how to get it."""

    backend: str
    ok: bool
    reason: UnavailableReason | None = None
    hint: str = ""


class Tracker(Protocol):
    """A source of gaze. Opened by `discovery.open_tracker`, used from one thread, safe to close twice."""

    @property
    def info(self) -> TrackerInfo:
        """Name, serial, rates and capabilities."""
        ...

    def start(self, sink: GazeSink, on_problem: ProblemSink) -> None:
        """Begin to deliver; starting twice is InvalidTransition."""
        ...

    def stop(self) -> None:
        """End delivery: after it returns, neither sink is ever called again. Stopping twice is allowed."""
        ...

    def close(self) -> None:
        """Give the device back. Implies `stop`."""
        ...


@runtime_checkable
class SteppedTracker(Protocol):
    """A tracker whose time can be driven by the caller (Capability.STEPPED): simulated and replayed gaze.

    After `start_stepped` it owns no thread; `advance` delivers, on the calling thread, all samples up to a time.
    """

    def start_stepped(self, sink: GazeSink, on_problem: ProblemSink) -> None:
        """Begin to deliver under the caller's clock."""
        ...

    def advance(self, until_s: float) -> None:
        """Deliver every sample with time_s <= until_s - latency."""
        ...


@runtime_checkable
class SceneAware(Protocol):
    """A tracker whose eyes are simulated: it must be told of every event to see the screen."""

    def on_event(self, event: Event) -> None:
        """What appeared on the participant's screen, or anything else; it picks what it needs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredOffset:
    """One measurement of a sender's clock, for the record."""

    time_s: float
    """Session clock, when it was measured."""
    offset_s: float
    """What to add to the sender's stamps to get this computer's clock."""
    uncertainty_s: float


@runtime_checkable
class ClockReporting(Protocol):
    """A tracker on another computer, whose clock is measured again and again."""

    @property
    def clock_offsets(self) -> tuple[MeasuredOffset, ...]:
        """Every measurement so far."""
        ...


@runtime_checkable
class Reconnectable(Protocol):
    """A tracker whose connection may end for good, and can be made anew without losing the session."""

    @property
    def is_connected(self) -> bool:
        """Whether it answers."""
        ...

    def reconnect(self) -> None:
        """Connect again and go on delivering; ConnectionLost when it does not answer. May take seconds."""
        ...


Place = tuple[float, float, float]
"""x, y, z."""


@runtime_checkable
class PositionGuide(Protocol):
    """A tracker that tells where in its track volume the eyes are (Capability.POSITION_GUIDE)."""

    def show_positions(self, on_position: Callable[[Place | None, Place | None], None]) -> None:
        """Deliver, from any thread while the tracker runs, the left and the right eye: each axis 0 to 1 over what the
        tracker can see, (0.5, 0.5, 0.5) best; None for an eye that is not seen. Unsupported where it cannot.
        """
        ...


@runtime_checkable
class EyeStreams(Protocol):
    """A tracker that tells more of the eyes than where they look (Capability.EYE_OPENNESS, EYE_IMAGES)."""

    @property
    def gives_eye_images(self) -> bool:
        """Whether it was opened to deliver pictures of the eyes: storing them needs a consent that names them."""
        ...

    def deliver_eyes(self, on_openness: Callable[[EyeOpenness], None], on_image: Callable[[EyeImageRow], None]) -> None:
        """From the next `start` on, deliver also how far the eyes are open where the tracker measures it, and pictures
        of them where it was opened for that. Both sinks are as those of `start`: from any thread, never after `stop`.
        """
        ...


@runtime_checkable
class MeasuredTargets(Protocol):
    """A tracker that tells what it measured at the targets of its own calibration."""

    @property
    def measured_targets(self) -> Mapping[tuple[float, float], tuple[Floats, Floats]]:
        """Place of each target of the last `compute_and_apply` (0 to 1) → (N, 2) places of the left and of the right
        eye (0 to 1), NaN where the tracker did not use it. Empty where it refused, or told nothing.
        """
        ...


@runtime_checkable
class OnDeviceCalibration(Protocol):
    """A calibration that the tracker computes itself (Capability.ON_DEVICE_CALIBRATION). Calls may block."""

    def enter_calibration(self, display: Display) -> None:
        """Put the tracker into calibration mode."""
        ...

    def collect_point(self, x_norm: float, y_norm: float) -> bool:
        """Collect gaze while the target is at this point of the screen; False when too little came."""
        ...

    def discard_point(self, x_norm: float, y_norm: float) -> None:
        """Forget what was collected at this point."""
        ...

    def compute_and_apply(self) -> bool:
        """Fit and use the calibration; False when the tracker refuses it."""
        ...

    def leave_calibration(self) -> None:
        """Back to normal operation; allowed in any state."""
        ...

    def retrieve_calibration(self) -> bytes:
        """The calibration in use, in the vendor's own format."""
        ...

    def apply_calibration(self, blob: bytes) -> None:
        """Use a calibration that was retrieved before."""
        ...
