"""Tobii Pro eye trackers: finding and opening them, with the SDK in this process or in a child process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from gazeapp.devices import tobii_sdk
from gazeapp.devices.interpreter import find_sdk_interpreter, has_sdk_here
from gazeapp.devices.local_backend import LocalBackend
from gazeapp.devices.options import DeviceOptions
from gazeapp.devices.remote import RemoteBackend
from gazeapp.devices.tobii_tracker import (
    FIND_TIMEOUT_S,
    SET_UP_HINT,
    MakeBackend,
    TobiiTracker,
    ask,
    describe,
)
from gazeapp.devices.tracker import Availability, TrackerInfo
from gazeapp.errors import BackendUnavailable, SettingsError, TrackerNotFound, UnavailableReason
from gazeapp.gaze.clock import Clock
from gazeapp.gaze.display import Display


def availability() -> Availability:
    """Whether the SDK can be used: in this interpreter, or in another one on this machine."""
    if has_sdk_here() or find_sdk_interpreter() is not None:
        return Availability(backend="tobii", ok=True)
    on_310 = sys.version_info[:2] == (3, 10)
    return Availability(
        backend="tobii", ok=False,
        reason=UnavailableReason.SDK_MISSING if on_310 else UnavailableReason.WRONG_PYTHON,
        hint="pip install 'gazeapp[tobii]'" if on_310 else SET_UP_HINT,
    )  # fmt: skip


def find() -> list[TrackerInfo]:
    """Every Tobii Pro eye tracker; takes about 2 s."""
    return [describe(facts) for facts in _find(_backend_maker("", ""))]


def open_tracker(given: DeviceOptions, clock: Clock, display: Display) -> TobiiTracker:
    """Open an eye tracker.

    Options: `serial` or `address` (needed when there are several), `rate_hz`, `eye` (both, left, right: which one the
    tracker calibrates), `process` (here, child), `python` (interpreter for the child process).
    """
    serial, address = given.text("serial", ""), given.text("address", "")
    rate_hz = given.number("rate_hz", 0.0, above=-1e-9)
    eye = given.text("eye", "both")
    process, python = given.text("process", ""), given.text("python", "")
    given.finish()
    for key, value, allowed in (("eye", eye, ("both", "left", "right")), ("process", process, ("", "here", "child"))):  # fmt: skip
        if value not in allowed:
            raise SettingsError(
                f"device option {key}={value!r} of tobii must be one of {', '.join(filter(None, allowed))}", key=key,
            )  # fmt: skip
    make = _backend_maker(process, python)
    if not address:
        address = _choose(_find(make), serial)["address"]
    return TobiiTracker(make, address, clock, display, rate_hz=rate_hz, eye=eye)


def _find(make: MakeBackend) -> list[dict[str, Any]]:
    backend = make(lambda _: None, lambda _: None, lambda _: None)
    try:
        found: list[dict[str, Any]] = ask(backend, "find", timeout_s=FIND_TIMEOUT_S)
    finally:
        backend.close()
    return found


def _choose(found: list[dict[str, Any]], serial: str) -> dict[str, Any]:
    fitting = [facts for facts in found if serial in ("", facts["serial"])]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(f"{facts['model']} {facts['serial']}" for facts in found) or "none"
    what = (
        "several Tobii eye trackers fit; name one with --device-option serial=..."
        if fitting
        else f"no Tobii eye tracker{f' {serial!r}' if serial else ''} answers; check power, cable and that no other program holds it"
    )
    raise TrackerNotFound(f"{what} (found: {listed})", found=listed)


def _backend_maker(process: str, python: str) -> MakeBackend:
    if process != "child" and not python and has_sdk_here():
        return lambda on_rows, on_event, _on_death: LocalBackend(
            tobii_sdk.TobiiSdk, on_rows=on_rows, on_event=on_event
        )
    interpreter = Path(python) if python else find_sdk_interpreter()
    if interpreter is None:
        raise BackendUnavailable(
            f"the Tobii SDK runs on Python 3.10 only, and none with it was found: {SET_UP_HINT}",
            reason=UnavailableReason.WRONG_PYTHON, hint=SET_UP_HINT,
        )  # fmt: skip
    return lambda on_rows, on_event, on_death: RemoteBackend(
        interpreter, Path(tobii_sdk.__file__), "TobiiSdk",
        on_rows=on_rows, on_event=on_event, on_death=on_death,
    )  # fmt: skip
