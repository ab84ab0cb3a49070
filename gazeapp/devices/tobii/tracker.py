"""One Tobii Pro eye tracker as a `Tracker`, wherever the SDK's calls go."""

from __future__ import annotations

import base64
import logging
import re
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from gazeapp.devices.tobii import sdk
from gazeapp.devices.tobii.child_process import CallFailed
from gazeapp.devices.tobii.convert import (
    CAN_CALIBRATE,
    describe,
    to_eye_image,
    to_measured_targets,
    to_openness,
    to_place,
    to_samples,
)
from gazeapp.devices.tobii.in_process import Backend
from gazeapp.devices.tracker import (
    Capability,
    GazeSink,
    MeasuredOffset,
    Place,
    ProblemSink,
    TrackerInfo,
    TrackerNotice,
)
from gazeapp.devices.watchdog import gap_limit_s
from gazeapp.errors import (
    BackendUnavailable,
    ConnectionLost,
    DeviceError,
    GazeAppError,
    InvalidTransition,
    SettingsError,
    UnavailableReason,
    Unsupported,
)
from gazeapp.gaze.clock import Clock
from gazeapp.gaze.display import Display
from gazeapp.gaze.eye_openness import EyeOpenness
from gazeapp.gaze.samples import Floats
from gazeapp.store.records import EyeImageRow

_log = logging.getLogger(__name__)

FIND_TIMEOUT_S = 30.0
COLLECT_TIMEOUT_S = 30.0
RECORD_IMAGES = "record"
"""Value of the option `eye_images` that has pictures of the eyes recorded."""
_CAN_CALIBRATE_ONE_EYE = "capability_can_do_monocular_calibration"
_SCREEN_TOLERANCE = 0.05  # of the width: more is another screen than the tracker was set up for
SET_UP_HINT = "gazeapp doctor --set-up-tobii (needs Python 3.10 and the network)"
_PROBLEM_WORDS = {
    "lost": "the connection was lost; check cable and power, it is taken up again by itself",
    "restored": "the connection is back",
    "overflow": "samples were dropped because they were not read fast enough",
    "display-changed": "its display area was changed: calibrate again",
    "rate-changed": "its sampling rate was changed",
    "mode-changed": "its tracking mode was changed",
    "fault": "it reports a fault",
    "warning": "it reports a warning",
    "stream-error": "its stream reports an error",
    "calibration-changed": "a calibration was applied",
    "calibration-entered": "calibration mode was entered",
    "calibration-left": "calibration mode was left",
    "external-signal": "signal at the sync port",
}

MakeBackend = Callable[[Callable[[bytes], None], Callable[[dict[str, Any]], None], Callable[[str], None]], Backend]
"""(on_rows, on_event, on_death) → where the SDK's calls go."""


class TobiiTracker:
    """One Tobii Pro eye tracker. Its own calibration, when used, is applied inside it.

    Args:
        make_backend: Starts the SDK; called again by `reconnect`.
        address: The tracker's address, from `find`.
        clock: The session clock.
        display: The participant's screen.
        rate_hz: Sampling rate; 0 keeps the tracker's.
        mode: Eye tracking mode; empty keeps the tracker's.
        eye: "both", or "left" or "right" to calibrate one eye where the tracker can.
        calibration: One that was saved before, in Tobii's own format; empty keeps the tracker's.
        eye_images: Deliver pictures of the eyes to whom `deliver_eyes` names.

    Raises:
        SettingsError: A rate, mode or stream that the tracker does not have.
        DeviceError: It cannot be opened.
    """

    def __init__(
        self,
        make_backend: MakeBackend,
        address: str,
        clock: Clock,
        display: Display,
        *,
        rate_hz: float = 0.0,
        mode: str = "",
        eye: str = "both",
        calibration: bytes = b"",
        eye_images: bool = False,
    ) -> None:
        self._make_backend = make_backend
        self._address, self._rate_hz, self._mode, self._eye = address, rate_hz, mode, eye
        self.gives_eye_images = eye_images
        self._clock, self._display = clock, display
        self._guard = threading.RLock()  # held while a sink runs, so that stop can wait for it
        self._sink: GazeSink | None = None
        self._on_problem: ProblemSink | None = None
        self._positions: Callable[[Place | None, Place | None], None] | None = None
        self._eyes: tuple[Callable[[EyeOpenness], None], Callable[[EyeImageRow], None]] | None = None
        self._base_s = 0.0
        self._last_s = -np.inf
        self._gap_from_s = np.nan
        self._was_reconnected = False
        self._offsets: list[MeasuredOffset] = []
        self._is_calibrating = False
        self._is_closed = False
        self.last_calibration: dict[str, Any] = {}
        self._backend, self._facts = self._connect()
        if calibration:
            self.apply_calibration(calibration)

    @property
    def info(self) -> TrackerInfo:
        """Model, serial number, rates and capabilities."""
        return describe(self._facts)

    @property
    def is_connected(self) -> bool:
        """Whether the SDK answers; after False, `reconnect` may help."""
        return self._backend.is_alive

    @property
    def clock_offsets(self) -> tuple[MeasuredOffset, ...]:
        """What to add to the tracker's own stamps, as the SDK measures it about once a second."""
        return tuple(self._offsets)

    def start(self, sink: GazeSink, on_problem: ProblemSink) -> None:
        """Deliver gaze and notifications."""
        if self._is_closed:
            raise InvalidTransition(f"{self.info.name} was closed; open it again")
        if self._sink is not None:
            raise InvalidTransition(f"{self.info.name} is delivering already; stop it first")
        self._measure_base()
        self._gap_from_s = np.nan
        self._sink, self._on_problem = sink, on_problem
        try:
            self._begin()
        except DeviceError:
            self._sink = self._on_problem = None
            raise
        self._check_screen()

    def stop(self) -> None:
        """End delivery; once it returns, neither sink is called again."""
        with self._guard:
            was_on, self._sink, self._on_problem = self._sink is not None, None, None
        if was_on:
            self._quietly("stop")

    def close(self) -> None:
        """Stop and give the tracker back; closing twice is allowed."""
        if self._is_closed:
            return
        self.stop()
        self._is_closed = True
        if self._is_calibrating:
            self._quietly("leave_calibration")
        self._backend.close()

    def reconnect(self) -> None:
        """Connect anew, with a new process where the SDK has one, and go on delivering where it was."""
        if self._is_closed:
            raise InvalidTransition(f"{self.info.name} was closed; open it again")
        if self._sink is not None:
            self._quietly("stop")  # in this process the old connection would deliver beside the new one
        self._backend.close()
        self._is_calibrating = False
        self._backend, self._facts = self._connect()
        if self._is_closed:  # meanwhile, by another thread, which closed only the old one
            self._backend.close()
            raise InvalidTransition(f"{self.info.name} was closed while it was connecting")
        self._measure_base()
        self._was_reconnected = True
        if self._sink is not None:
            self._begin()
            self._tell("restored", f"{self.info.name} is connected again")

    def show_positions(self, on_position: Callable[[Place | None, Place | None], None]) -> None:
        """Deliver where the eyes are in the track volume: (x, y, z) in [0, 1] per eye, or None when unseen."""
        self._positions = on_position
        self._call("start_positions")

    def deliver_eyes(self, on_openness: Callable[[EyeOpenness], None], on_image: Callable[[EyeImageRow], None]) -> None:
        """From the next start on, deliver how far the eyes are open, and pictures where they were asked for."""
        self._eyes = on_openness, on_image

    def enter_calibration(self, display: Display) -> None:
        """Put the tracker into calibration mode."""
        self._display = display
        needed = CAN_CALIBRATE if self._eye == "both" else _CAN_CALIBRATE_ONE_EYE
        if needed not in self._facts["capabilities"]:
            raise Unsupported(
                f"{self.info.name} cannot calibrate {self._eye} eye(s) itself; use the calibration in software"
            )
        self._call("enter_calibration", self._eye)
        self._is_calibrating = True

    def collect_point(self, x_norm: float, y_norm: float) -> bool:
        """Collect gaze at this point; blocks for a second or more."""
        return bool(self._call("collect_point", x_norm, y_norm, timeout_s=COLLECT_TIMEOUT_S))

    def discard_point(self, x_norm: float, y_norm: float) -> None:
        """Forget what was collected at this point."""
        self._call("discard_point", x_norm, y_norm)

    def compute_and_apply(self) -> bool:
        """Fit and use the calibration; False when the tracker refuses it."""
        self.last_calibration = self._call("compute_and_apply", timeout_s=COLLECT_TIMEOUT_S)
        one_eye = re.search("success_(left|right)_eye", self.last_calibration["status"])
        if one_eye and self._eye == "both":
            self._tell(
                "warning",
                (
                    f"{self.info.name} could calibrate the {one_eye[1]} eye only; check that it sees both, or use that "
                    f"eye"
                ),
            )
        return bool(self.last_calibration["ok"])

    @property
    def measured_targets(self) -> dict[tuple[float, float], tuple[Floats, Floats]]:
        """What the last calibration measured at each target, per eye; NaN where the SDK did not use it."""
        return to_measured_targets(self.last_calibration)

    def leave_calibration(self) -> None:
        """Back to normal operation; allowed in any state."""
        self._is_calibrating = False
        if self._backend.is_alive:
            self._call("leave_calibration")

    def retrieve_calibration(self) -> bytes:
        """The calibration in use, in Tobii's own format."""
        return base64.b64decode(self._call("retrieve_calibration"))

    def apply_calibration(self, blob: bytes) -> None:
        """Use a calibration that was retrieved before."""
        self._call("apply_calibration", base64.b64encode(blob).decode())

    def _connect(self) -> tuple[Backend, dict[str, Any]]:
        backend = self._make_backend(self._take_rows, self._take_event, self._take_death)
        try:
            facts = ask(backend, "open", self._address, timeout_s=FIND_TIMEOUT_S)
            self._check_choice(facts)
            if self._rate_hz or self._mode:
                facts = ask(backend, "choose", self._rate_hz, self._mode, timeout_s=FIND_TIMEOUT_S)
        except GazeAppError:
            backend.close()
            raise
        return backend, facts

    def _check_choice(self, facts: dict[str, Any]) -> None:
        name = f"{facts['model']} {facts['serial']}"
        if self._mode and self._mode not in facts["modes"]:
            raise SettingsError(
                f"{name} has no tracking mode {self._mode!r}; it has {', '.join(facts['modes'])}", key="mode"
            )
        # the rates of another mode are known only once it is set
        if self._rate_hz and not self._mode and self._rate_hz not in facts["rates_hz"]:
            offered = ", ".join(f"{rate:g}" for rate in facts["rates_hz"])
            raise SettingsError(
                f"{name} does not sample at {self._rate_hz:g} Hz; choose one of {offered}", key="rate_hz"
            )
        if self.gives_eye_images and Capability.EYE_IMAGES not in describe(facts).capabilities:
            raise SettingsError(
                f"{name} gives no pictures of the eyes; leave out eye_images={RECORD_IMAGES}",
                key="eye_images",
            )

    def _begin(self) -> None:
        """Let everything flow that somebody takes."""
        is_watched = self._eyes is not None
        self._call("start", is_watched, is_watched and self.gives_eye_images)
        if self._positions is not None:
            self._call("start_positions")

    def _quietly(self, method: str) -> None:
        """A call that tidies up: where nobody answers there is nothing to tidy."""
        if self._backend.is_alive:
            try:
                self._call(method)
            except DeviceError as error:
                _log.info("%s, %s: %s", self.info.name, method, error.message)

    def _call(self, method: str, *args: object, timeout_s: float = 20.0) -> Any:  # Any: JSON values
        return ask(self._backend, method, *args, timeout_s=timeout_s)

    def _measure_base(self) -> None:
        """Session clock - SDK's clock: both are this computer's monotonic clock, so the tightest exchange serves."""
        exchanges = []
        for _ in range(7):
            before_s = self._clock.now_s()
            sdk_s = self._call("now_us") / 1e6
            after_s = self._clock.now_s()
            exchanges.append((after_s - before_s, (before_s + after_s) / 2 - sdk_s))
        self._base_s = min(exchanges)[1]

    def _check_screen(self) -> None:
        width_mm, height_mm = self._call("display_mm")
        if abs(width_mm - self._display.width_mm) > _SCREEN_TOLERANCE * self._display.width_mm:
            self._tell(
                "display-changed",
                (
                    f"{self.info.name} is set up for a screen of {width_mm:.0f}×{height_mm:.0f} mm, the participant's "
                    f"is "
                    f"{self._display.width_mm:.0f}×{self._display.height_mm:.0f} mm; correct it in the Eye Tracker "
                    f"Manager"
                ),
            )

    def _take_rows(self, rows: bytes) -> None:
        received_s = self._clock.now_s()
        table = np.frombuffer(rows, dtype="<f8").reshape(-1, sdk.ROW.size // 8)
        with self._guard:
            if self._sink is None:
                return
            time_s = np.maximum.accumulate(np.maximum(table[:, 1] / 1e6 + self._base_s, self._last_s))
            self._tell_gap(time_s)
            self._last_s = float(time_s[-1])
            self._sink(to_samples(table, time_s, received_s, self._display))

    def _tell_gap(self, time_s: Floats) -> None:
        limit_s = np.full(len(time_s), gap_limit_s(1 / self._facts["rate_hz"]))
        if self._was_reconnected:  # however quick it was, a known loss is told
            limit_s[0], self._was_reconnected = 2 / self._facts["rate_hz"], False
        before_s = np.concatenate([[self._gap_from_s], time_s[:-1]])
        for index in np.flatnonzero(time_s - before_s > limit_s):
            gap_s = float(time_s[index] - before_s[index]) - 1 / self._facts["rate_hz"]
            words = f"{self.info.name}: {gap_s:.2f} s of gaze are missing"
            self._tell("gap", words, gap_s=gap_s, time_s=float(before_s[index]))
        self._gap_from_s = float(time_s[-1])

    def _take_clock(self, event: dict[str, Any]) -> None:
        request_s, response_s = event["request_us"] / 1e6, event["response_us"] / 1e6
        self._offsets.append(
            MeasuredOffset(
                time_s=response_s + self._base_s,
                offset_s=(request_s + response_s) / 2 - event["device_us"] / 1e6,
                uncertainty_s=(response_s - request_s) / 2,
            )
        )

    def _take_event(self, event: dict[str, Any]) -> None:
        kind = event["kind"]
        if kind == "position":
            if self._positions is not None:
                self._positions(to_place(event["left"]), to_place(event["right"]))
        elif kind == "clock":
            self._take_clock(event)
        elif kind in ("openness", "eye-image"):
            self._take_eyes(event)
        elif kind == "unavailable":
            _log.info("%s has no %s", self._address, event["message"])
        elif kind in _PROBLEM_WORDS:
            said = f" ({event['message']})" if event.get("message") else ""
            stamp_us = event.get("system_us")
            at_s = None if stamp_us is None else stamp_us / 1e6 + self._base_s
            self._tell(kind, f"{self.info.name}: {_PROBLEM_WORDS[kind]}{said}", time_s=at_s)

    def _take_eyes(self, event: dict[str, Any]) -> None:
        received_s = self._clock.now_s()
        with self._guard:
            if self._sink is None or self._eyes is None:
                return
            on_openness, on_image = self._eyes
            if event["kind"] == "openness":
                on_openness(to_openness(base64.b64decode(event["rows"]), self._base_s, received_s))
            else:
                on_image(to_eye_image(event, self._base_s))

    def _take_death(self, reason: str) -> None:
        self._tell("lost", f"{reason}. What was recorded is kept; reconnect the tracker")

    def _tell(self, kind: str, message: str, *, gap_s: float = 0.0, time_s: float | None = None) -> None:
        at_s = self._clock.now_s() if time_s is None else time_s
        with self._guard:
            if self._on_problem is not None:
                self._on_problem(TrackerNotice(time_s=at_s, kind=kind, message=message, gap_s=gap_s))


def ask(backend: Backend, method: str, *args: object, timeout_s: float) -> Any:  # Any: JSON values
    """Call the SDK; its exceptions become this program's."""
    try:
        return backend.call(method, *args, timeout_s=timeout_s)
    except CallFailed as error:
        where = f"Tobii SDK, {method}: {error.message or error.kind}"
        match error.kind:
            case "EyeTrackerConnectionFailedError" | "EyeTrackerUnavailableError" | "EyeTrackerInternalError":
                raise ConnectionLost(f"{where}; check power and cable, then reconnect") from error
            case "EyeTrackerFeatureNotSupportedError" | "EyeTrackerFeatureDeprecatedError":
                raise Unsupported(f"{where}; this model cannot do it") from error
            case "EyeTrackerInvalidOperationError":
                raise DeviceError(f"{where}; another program may be using or calibrating this eye tracker") from error
            case "ModuleNotFoundError" | "ImportError":
                raise BackendUnavailable(where, reason=UnavailableReason.SDK_MISSING, hint=SET_UP_HINT) from error
        raise DeviceError(where) from error
