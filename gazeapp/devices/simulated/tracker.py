"""Simulated trackers: a pointer taken as gaze, and a measured model observer with noise, blinks and dropouts."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gazeapp.devices.simulated.clocked_tracker import PacedTracker
from gazeapp.devices.simulated.model_observer import Observer
from gazeapp.devices.tracker import Capability, TrackerInfo, TrackerNotice
from gazeapp.gaze.clock import Clock
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import Bools, Floats, GazeSamples

_DEVICE_EPOCH_S = 5000.0
# the simulated device's own clock starts elsewhere than the session's, as every real one does
_DRIFT_DEG = 0.06
_DRIFT_MEMORY_S = 0.25
# fixational drift: an Ornstein-Uhlenbeck walk around the aim (Engbert & Kliegl 2004 give its size)
_EYES_APART_MM = 62.0
_TRACKER_BELOW_MM = 180.0
# eye positions in user coordinates: a tracker under the screen, eyes at the height of its middle


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """How a simulated tracker measures eyes."""

    noise_deg: float = 0.05
    """Standard deviation per axis and eye of the white noise; RMS-S2S is about twice this."""
    offset_deg: tuple[float, float] = (0.0, 0.0)
    """Systematic error (azimuth right, elevation up) until it is calibrated."""
    drift_deg_min: tuple[float, float] = (0.0, 0.0)
    """What is added to it each minute of session time."""
    blinks_per_min: float = 12.0
    dropouts_per_min: float = 0.5
    dropout_s: float = 0.08
    latency_s: float = 0.008
    seed: int = 0


class PointerSource:
    """Samples from a callable that gives the pointer; NaN where it lies on another screen."""

    def __init__(self, pointer: Callable[[], tuple[float, float]], rate_hz: float) -> None:
        self._pointer = pointer
        self._rate_hz = rate_hz
        self._next = 0
        self._last = (math.nan, math.nan)
        self._last_s = 0.0

    @property
    def next_s(self) -> float:
        """When the next sample is due."""
        return self._next / self._rate_hz

    def begin(self, start_s: float) -> None:
        """Samples lie at whole multiples of the period, from `start_s` on."""
        self._next = math.ceil(start_s * self._rate_hz - 1e-9)
        self._last, self._last_s = self._pointer(), start_s

    def take(self, until_s: float, received_s: float) -> tuple[GazeSamples, tuple[TrackerNotice, ...]]:
        """The way from where the pointer was to where it is, in equal steps of time."""
        time_s, self._next = _due(self._next, self._rate_hz, until_s)
        if not len(time_s):
            return GazeSamples.empty("cyclopean"), ()
        here = self._pointer()
        part = (time_s - self._last_s) / max(until_s - self._last_s, 1e-9)
        part = np.clip(part, 0.0, 1.0)[:, None]
        last = np.array(self._last if math.isfinite(self._last[0]) else here)
        points = last + part * (np.array(here) - last)
        self._last, self._last_s = here, until_s
        samples = GazeSamples.build(
            time_s,
            eyes="cyclopean",
            left_px=points,
            device_time_s=time_s,
            receive_time_s=np.full(len(time_s), received_s),
        )
        return samples, ()


class MeasuredSource:
    """Samples of an observer's eyes: offset, drift, noise, blinks, dropouts, pupils; the same for any chunking."""

    def __init__(self, observer: Observer, display: Display, rate_hz: float, measurement: Measurement) -> None:
        # 0.8 s to load: neither at the start of the program nor at the first sample
        from scipy.signal import lfilter

        self._lfilter = lfilter
        self._observer = observer
        self._display = display
        self._rate_hz = rate_hz
        self._measurement = measurement
        seeds = np.random.SeedSequence(measurement.seed).spawn(4)
        self._noise, self._drift, blinks, dropouts = (np.random.default_rng(s) for s in seeds)
        self._blinks = _Interruptions(
            blinks, measurement.blinks_per_min / 60.0, lambda rng: float(rng.uniform(0.1, 0.22))
        )
        self._dropouts = _Interruptions(dropouts, measurement.dropouts_per_min / 60.0, lambda _: measurement.dropout_s)
        self._memory = math.exp(-1.0 / (_DRIFT_MEMORY_S * rate_hz))
        self._drift_state = np.zeros((1, 2))
        self._next = 0

    @property
    def next_s(self) -> float:
        """When the next sample is due."""
        return self._next / self._rate_hz

    def begin(self, start_s: float) -> None:
        """Samples lie at whole multiples of the period, from `start_s` on."""
        self._next = math.ceil(start_s * self._rate_hz - 1e-9)
        self._blinks.begin(start_s)
        self._dropouts.begin(start_s)

    def take(self, until_s: float, received_s: float) -> tuple[GazeSamples, tuple[TrackerNotice, ...]]:
        """Measure the observer up to `until_s`."""
        time_s, self._next = _due(self._next, self._rate_hz, until_s)
        n = len(time_s)
        if not n:
            return GazeSamples.empty(), ()
        m, px_per_deg = self._measurement, self._display.px_per_deg
        steps = self._drift.normal(0.0, _DRIFT_DEG * math.sqrt(1 - self._memory**2), (n, 2))
        drift, self._drift_state = self._lfilter([1.0], [1.0, -self._memory], steps, axis=0, zi=self._drift_state)
        aim = self._observer.gaze_px(time_s) + drift * px_per_deg
        off_deg = np.array(m.offset_deg) + time_s[:, None] / 60.0 * np.array(m.drift_deg_min)
        aim = aim + off_deg * np.array([px_per_deg, -px_per_deg])
        noise = self._noise.normal(0.0, m.noise_deg * px_per_deg, (n, 5))
        vergence = np.array([0.1 * px_per_deg, 0.0])
        shut = self._blinks.covers(time_s) | self._dropouts.covers(time_s)
        on_screen = (aim > -0.5 * self._display.size_px).all(axis=1)
        on_screen &= (aim < 1.5 * self._display.size_px).all(axis=1)
        seen = ~shut & on_screen
        pupil = 3.4 + 0.15 * np.sin(2 * np.pi * 0.11 * time_s)
        left_mm = np.where(seen, pupil + 0.02 * noise[:, 4] / px_per_deg, np.nan)
        samples = GazeSamples.build(
            time_s,
            eyes="binocular",
            left_px=aim + vergence + noise[:, 0:2],
            right_px=aim - vergence + noise[:, 2:4],
            left_valid=seen,
            right_valid=seen,
            left_pupil_mm=left_mm,
            right_pupil_mm=left_mm + 0.05,
            left_origin_mm=self._eye_mm(time_s, seen, -0.5 * _EYES_APART_MM),
            right_origin_mm=self._eye_mm(time_s, seen, 0.5 * _EYES_APART_MM),
            device_time_s=time_s + _DEVICE_EPOCH_S,
            receive_time_s=np.full(n, received_s),
        )
        return samples, ()

    def _eye_mm(self, time_s: Floats, seen: Bools, x_mm: float) -> Floats:
        """(N, 3) position of an eye of a head that sways a little about the display's distance; NaN where unseen."""
        sway = np.stack([np.sin(2 * np.pi * f * time_s) for f in (0.07, 0.11, 0.05)], axis=1)
        place = np.array([x_mm, _TRACKER_BELOW_MM, self._display.distance_mm])
        eye: Floats = place + sway * np.array([6.0, 3.0, 8.0])
        eye[~seen] = np.nan
        return eye


class _Interruptions:
    """Seeded Poisson intervals in which nothing is seen."""

    def __init__(
        self,
        rng: np.random.Generator,
        per_s: float,
        duration_s: Callable[[np.random.Generator], float],
    ) -> None:
        self._rng = rng
        self._per_s = per_s
        self._duration_s = duration_s
        self._intervals: list[tuple[float, float]] = []

    def begin(self, start_s: float) -> None:
        self._intervals = [(start_s, start_s)]

    def covers(self, time_s: NDArray[np.float64]) -> NDArray[np.bool_]:
        covered = np.zeros(len(time_s), dtype=bool)
        if self._per_s <= 0:
            return covered
        while self._intervals[-1][0] <= time_s[-1]:
            start = self._intervals[-1][1] + self._rng.exponential(1 / self._per_s)
            self._intervals.append((start, start + self._duration_s(self._rng)))
        for start, stop in self._intervals:
            covered |= (time_s >= start) & (time_s < stop)
        self._intervals = [i for i in self._intervals[:-1] if i[1] > time_s[-1]] + [self._intervals[-1]]
        return covered


def open_pointer(pointer: Callable[[], tuple[float, float]], clock: Clock, *, rate_hz: float = 120.0) -> PacedTracker:
    """The pointer as gaze.

    Args:
        pointer: Display pixels (x, y) right now; NaN when it is not on the participant's screen.
        clock: The session clock.
        rate_hz: Samples per second.
    """
    info = TrackerInfo(
        backend="simulated",
        name="Mouse as gaze",
        serial="pointer",
        rate_hz=rate_hz,
        rates_hz=(60.0, 120.0, 250.0),
        eyes="cyclopean",
        capabilities=frozenset({Capability.STEPPED, Capability.SELECTABLE_RATE}),
    )
    return PacedTracker(info, PointerSource(pointer, rate_hz), clock)


def open_simulated(
    observer: Observer,
    clock: Clock,
    display: Display,
    *,
    name: str = "Simulated observer",
    serial: str = "model",
    rate_hz: float = 500.0,
    measurement: Measurement | None = None,
) -> PacedTracker:
    """A model or recorded observer before a simulated binocular tracker."""
    measurement = measurement or Measurement()
    info = TrackerInfo(
        backend="simulated",
        name=name,
        serial=serial,
        rate_hz=rate_hz,
        rates_hz=(60.0, 120.0, 250.0, 500.0, 600.0, 1000.0, 1200.0),
        eyes="binocular",
        capabilities=frozenset({Capability.STEPPED, Capability.SELECTABLE_RATE}),
    )
    source = MeasuredSource(observer, display, rate_hz, measurement)
    return PacedTracker(info, source, clock, latency_s=measurement.latency_s, on_event=observer.on_event)


def _due(first: int, rate_hz: float, until_s: float) -> tuple[NDArray[np.float64], int]:
    """Times of the samples first, first + 1, … that are due by `until_s`, and the index after them."""
    stop = max(first, math.floor(until_s * rate_hz + 1e-9) + 1)
    return np.arange(first, stop) / rate_hz, stop
