"""Tobii Pro eye trackers: finding and opening them, with the SDK in a child process.

Only a process of its own can be lost without losing the session, so that is where the SDK runs on every Python; on 3.10
it can be asked for in this process (`process=here`), which a crash of the SDK then ends.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

from gazeapp.devices.options import DeviceOptions
from gazeapp.devices.tobii import sdk
from gazeapp.devices.tobii.child_process import RemoteBackend
from gazeapp.devices.tobii.convert import describe
from gazeapp.devices.tobii.in_process import LocalBackend
from gazeapp.devices.tobii.python310 import find_sdk_interpreter, has_sdk_here
from gazeapp.devices.tobii.tracker import FIND_TIMEOUT_S, RECORD_IMAGES, SET_UP_HINT, MakeBackend, TobiiTracker, ask
from gazeapp.devices.tracker import Availability, TrackerInfo
from gazeapp.errors import BackendUnavailable, SettingsError, TrackerNotFound, UnavailableReason
from gazeapp.gaze.clock import Clock
from gazeapp.gaze.display import Display
from gazeapp.store.reader import SessionReader

_log = logging.getLogger(__name__)


def availability() -> Availability:
    """Whether the SDK can be used: in this interpreter, or in another one on this machine."""
    if find_sdk_interpreter() is not None:
        return Availability(backend="tobii", ok=True)
    on_310 = sys.version_info[:2] == (3, 10)
    return Availability(
        backend="tobii",
        ok=False,
        reason=UnavailableReason.SDK_MISSING if on_310 else UnavailableReason.WRONG_PYTHON,
        hint="pip install 'gazeapp[tobii]'" if on_310 else SET_UP_HINT,
    )


def find() -> list[TrackerInfo]:
    """Every Tobii Pro eye tracker; takes about 2 s."""
    found = []
    for facts in _find(_backend_maker("", "")):
        if "problem" in facts:
            _log.warning("%s %s does not answer: %s", facts["model"], facts["serial"], facts["problem"])
        else:
            found.append(describe(facts))
    return found


def open_tracker(given: DeviceOptions, clock: Clock, display: Display) -> TobiiTracker:
    """Open an eye tracker.

    Options: `serial` or `address` (needed when there are several), `rate_hz`, `mode` (tracking mode), `eye` (both,
        left,
    right: which one the tracker calibrates), `calibration` (a session whose tracker calibrated itself, or a file in
        Tobii's
    format: applied at once), `eye_images` (off, record: store a picture of each camera a second, which the participant
        must
    have consented to), `process` (child; here: in this process, on Python 3.10), `python` (interpreter for the child).
    """
    serial, address = given.text("serial", ""), given.text("address", "")
    rate_hz = given.number("rate_hz", 0.0, above=-1e-9)
    mode, eye = given.text("mode", ""), given.text("eye", "both")
    calibration = given.text("calibration", "")
    images = given.text("eye_images", "off")
    process, python = given.text("process", ""), given.text("python", "")
    given.finish()
    for key, value, allowed in (
        ("eye", eye, ("both", "left", "right")),
        ("process", process, ("", "here", "child")),
        ("eye_images", images, ("off", RECORD_IMAGES)),
    ):
        if value not in allowed:
            raise SettingsError(
                f"device option {key}={value!r} of tobii must be one of {', '.join(filter(None, allowed))}",
                key=key,
            )
    make = _backend_maker(process, python)
    if not address:
        address = _choose(_find(make), serial)["address"]
    return TobiiTracker(
        make,
        address,
        clock,
        display,
        rate_hz=rate_hz,
        mode=mode,
        eye=eye,
        calibration=read_calibration(Path(calibration)) if calibration else b"",
        eye_images=images == RECORD_IMAGES,
    )


def read_calibration(path: Path) -> bytes:
    """The calibration that was in use at the end of a session, or one that was saved to a file.

    Raises:
        SettingsError: Nothing there, or a session whose tracker did not calibrate itself.
        StoreError: A session that cannot be read.
    """
    if path.is_dir() or path.suffix == ".sqlite":
        with SessionReader(path) as reader:
            number = reader.calibration_in_use()
            blobs = [c.device_blob for c in reader.calibrations() if c.number == number]
        if not blobs or not blobs[0]:
            raise SettingsError(
                f"{path}: no calibration by the tracker itself is in this session; calibrate again", key="calibration"
            )
        return blobs[0]
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"{path}: the calibration cannot be read ({error.strerror}); name a session's folder or a file",
            key="calibration",
        ) from error


def _find(make: MakeBackend) -> list[dict[str, Any]]:
    backend = make(lambda _: None, lambda _: None, lambda _: None)
    try:
        found: list[dict[str, Any]] = ask(backend, "find", timeout_s=FIND_TIMEOUT_S)
    finally:
        backend.close()
    return found


def _choose(found: list[dict[str, Any]], serial: str) -> dict[str, Any]:
    named = [facts for facts in found if serial in ("", facts["serial"])]
    fitting = [facts for facts in named if "problem" not in facts]
    if len(fitting) == 1:
        return fitting[0]
    if named and not fitting:
        silent = named[0]
        raise TrackerNotFound(
            f"{silent['model']} {silent['serial']} is there and does not answer ({silent['problem']}); check power and "
            f"cable, "
            "and that no other program holds it",
            found=silent["serial"],
        )
    listed = ", ".join(f"{facts['model']} {facts['serial']}" for facts in found) or "none"
    what = (
        "several Tobii eye trackers fit; name one with --device-option serial=..."
        if fitting
        else f"no Tobii eye tracker{f' {serial!r}' if serial else ''} answers; check power, cable and that no other "
        f"program holds it"
    )
    raise TrackerNotFound(f"{what} (found: {listed})", found=listed)


def _backend_maker(process: str, python: str) -> MakeBackend:
    if process == "here":
        if not has_sdk_here():
            raise SettingsError(
                "process=here needs Python 3.10 with the Tobii SDK in it; leave the option out to use a process of its "
                "own",
                key="process",
            )
        return lambda on_rows, on_event, _on_death: LocalBackend(sdk.TobiiSdk, on_rows=on_rows, on_event=on_event)
    interpreter = Path(python) if python else find_sdk_interpreter()
    if interpreter is None:
        raise BackendUnavailable(
            f"the Tobii SDK runs on Python 3.10 only, and none with it was found: {SET_UP_HINT}",
            reason=UnavailableReason.WRONG_PYTHON,
            hint=SET_UP_HINT,
        )
    return lambda on_rows, on_event, on_death: RemoteBackend(
        interpreter,
        Path(sdk.__file__),
        "TobiiSdk",
        on_rows=on_rows,
        on_event=on_event,
        on_death=on_death,
    )
