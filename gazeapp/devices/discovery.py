"""Finds trackers and opens them: a backend is imported only when it is asked for."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gazeapp.devices.options import DeviceOptions
from gazeapp.devices.tracker import Availability, Tracker, TrackerInfo
from gazeapp.errors import DeviceError, SettingsError, UnavailableReason
from gazeapp.gaze.clock import Clock
from gazeapp.gaze.display import Display

if TYPE_CHECKING:
    from gazeapp.devices.webcam.estimators import PointEstimator

_log = logging.getLogger(__name__)

BACKENDS = ("simulated", "replay", "lsl", "tobii", "webcam")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerContext:
    """What trackers need from outside: simulated eyes the pointer and the images they look at, webcams an estimator."""

    pointer: Callable[[], tuple[float, float]] | None = None
    image: Callable[[str], NDArray[np.uint8]] | None = None
    """Stimulus id → (H, W, 3)."""
    saliency: Callable[[NDArray[np.uint8]], NDArray[np.float32]] | None = None
    point_cm: PointEstimator | None = None
    """Gaze from a camera's crops, for webcams."""


def backends() -> list[Availability]:
    """Every backend: usable here or not, why, and how to get it. Opens no device."""
    return [_availability(name) for name in BACKENDS]


def find_trackers() -> list[TrackerInfo]:
    """Every tracker that can be opened now; may take seconds (networks are searched), so never on a GUI thread."""
    found: list[TrackerInfo] = []
    for name in ("lsl", "tobii", "webcam"):
        if not _availability(name).ok:
            continue
        try:
            found += _module(name).find()
        except DeviceError as error:
            _log.warning("searching %s trackers failed: %s", name, error.message)
    return found


def opening_options(info: TrackerInfo) -> dict[str, str]:
    """Device options that open just this tracker, where several of its kind are connected."""
    key = {"lsl": "stream", "tobii": "serial", "webcam": "camera"}.get(info.backend)
    return {key: info.serial or info.name} if key else {}


def open_tracker(
    backend: str,
    *,
    clock: Clock,
    display: Display,
    options: Mapping[str, str] | None = None,
    context: TrackerContext | None = None,
) -> Tracker:
    """Open a tracker.

    Args:
        backend: One of `BACKENDS`.
        clock: The session clock.
        display: The participant's screen.
        options: As typed: simulated `observer|rate_hz|seed|noise_deg|latency_ms|blinks_per_min|dropouts_per_min`
            (observer "mouse" takes the pointer), replay `file|speed`; the other backends document theirs.
        context: For simulated eyes and webcams.

    Raises:
        SettingsError: An unknown backend or option.
        DeviceError: The backend is not usable here, or the tracker cannot be had.
    """
    given = DeviceOptions(backend, options or {})
    match backend:
        case "simulated":
            return _open_simulated(given, clock, display, context or TrackerContext())
        case "replay":
            return _open_replay(given, clock, display)
        case "webcam" if context is not None and context.point_cm is not None:
            from gazeapp.devices.webcam import tracker

            return tracker.open_tracker(given, clock, display, point_cm=context.point_cm)
        case "lsl" | "tobii" | "webcam":
            opened: Tracker = _module(backend).open_tracker(given, clock, display)
            return opened
        case _:
            raise SettingsError(f"no tracker backend {backend!r}; there are {', '.join(BACKENDS)}", key="device")


def _open_simulated(given: DeviceOptions, clock: Clock, display: Display, context: TrackerContext) -> Tracker:
    from gazeapp.devices.simulated.model_observer import ModelObserver
    from gazeapp.devices.simulated.observer_profiles import profile_named
    from gazeapp.devices.simulated.tracker import Measurement, open_pointer, open_simulated

    name = given.text("observer", "ada")
    if name == "mouse":
        rate_hz = given.number("rate_hz", 120.0, above=0)
        given.finish()
        if context.pointer is None:
            raise SettingsError("the mouse can be used as gaze only in the windows", key="observer")
        return open_pointer(context.pointer, clock, rate_hz=rate_hz)
    profile = profile_named(name)
    seed = int(given.number("seed", 0))
    measurement = Measurement(
        noise_deg=given.number("noise_deg", profile.noise_deg, above=-1e-9),
        offset_deg=profile.offset_deg,
        blinks_per_min=given.number("blinks_per_min", profile.blinks_per_min, above=-1e-9),
        dropouts_per_min=given.number("dropouts_per_min", 0.5, above=-1e-9),
        latency_s=given.number("latency_ms", 8.0, above=-1e-9) / 1000,
        seed=seed,
    )
    rate_hz = given.number("rate_hz", 500.0, above=0)
    given.finish()
    if context.image is None or context.saliency is None:
        raise SettingsError("a model observer needs images to look at", key="observer")
    observer = ModelObserver(display, profile, image=context.image, saliency=context.saliency, seed=seed)
    return open_simulated(
        observer,
        clock,
        display,
        name=f"Simulated observer {name}",
        serial=f"model-{name}-{seed}",
        rate_hz=rate_hz,
        measurement=measurement,
    )


def _open_replay(given: DeviceOptions, clock: Clock, display: Display) -> Tracker:
    from gazeapp.devices.replay import open_replay, read_recording

    file = given.text("file", "")
    speed = given.number("speed", 1.0, above=0)
    given.finish()
    if not file:
        raise SettingsError(
            "replay needs a recording: --device-option file=SAMPLES (a sample file or a session)",
            key="file",
        )
    if not Path(file).exists():
        raise SettingsError(f"{file}: no such recording to replay", key="file")
    return open_replay(read_recording(Path(file), display), clock, speed=speed)


def _availability(backend: str) -> Availability:
    if backend in ("simulated", "replay"):
        return Availability(backend=backend, ok=True)
    try:
        checked: Availability = _module(backend).availability()
    except ImportError as error:
        return Availability(backend=backend, ok=False, reason=UnavailableReason.FAILED, hint=str(error))
    return checked


def _module(backend: str) -> ModuleType:
    return importlib.import_module(f"gazeapp.devices.{backend}.{'discovery' if backend == 'tobii' else 'tracker'}")
