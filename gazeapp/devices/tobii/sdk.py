"""The Tobii Pro SDK behind plain values: numbers, strings, lists. Standard library only.

It runs in a child process (`child_main.py`) on an interpreter where only the SDK may be installed, or on request
inside this program; therefore it imports nothing of this program.
"""

from __future__ import annotations

import base64
import importlib
import math
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import tobii_research

Json = dict[str, Any]  # Any: JSON values
Data = dict[str, Any]  # Any: what the SDK hands to callbacks

ROW = struct.Struct("<20d")
"""device_us, system_us, then per eye (left, right): x, y (0 to 1), gaze valid, pupil mm, pupil valid, eye position
x, y, z (mm, user coordinates), position valid."""

OPENNESS_ROW = struct.Struct("<6d")
"""device_us, system_us, then per eye (left, right): mm, valid."""
OPENNESS_BATCH_US = 100_000
"""Openness comes as often as gaze and nobody waits for it: an event holds this much of it."""
IMAGE_PERIOD_US = 1_000_000
"""One picture of a camera's region in this time: enough to see lids, lashes and glasses, and a bound on what is
stored."""

_EYE_PARTS = (
    ("gaze_point_on_display_area", 2, "gaze_point_validity"),
    ("pupil_diameter", 1, "pupil_validity"),
    ("gaze_origin_in_user_coordinate_system", 3, "gaze_origin_validity"),
)
_NOTIFICATIONS = {
    "EYETRACKER_NOTIFICATION_CONNECTION_LOST": "lost",
    "EYETRACKER_NOTIFICATION_CONNECTION_RESTORED": "restored",
    "EYETRACKER_NOTIFICATION_STREAM_BUFFER_OVERFLOW": "overflow",
    "EYETRACKER_NOTIFICATION_DISPLAY_AREA_CHANGED": "display-changed",
    "EYETRACKER_NOTIFICATION_GAZE_OUTPUT_FREQUENCY_CHANGED": "rate-changed",
    "EYETRACKER_NOTIFICATION_EYE_TRACKING_MODE_CHANGED": "mode-changed",
    "EYETRACKER_NOTIFICATION_CALIBRATION_CHANGED": "calibration-changed",
    "EYETRACKER_NOTIFICATION_CALIBRATION_MODE_ENTERED": "calibration-entered",
    "EYETRACKER_NOTIFICATION_CALIBRATION_MODE_LEFT": "calibration-left",
    "EYETRACKER_NOTIFICATION_DEVICE_FAULTS": "fault",
    "EYETRACKER_NOTIFICATION_DEVICE_WARNINGS": "warning",
    "EYETRACKER_STREAM_ERRORS": "stream-error",
}
_TOLD_WORDS = (
    "error",
    "source",
    "message",
    "faults",
    "warnings",
    "notification_source_stream",
    "gaze_output_frequency",
)
_EYES = {"both": "SELECTED_EYE_BOTH", "left": "SELECTED_EYE_LEFT", "right": "SELECTED_EYE_RIGHT"}


class TobiiSdk:
    """One connection to the SDK and, once opened, to one eye tracker.

    Args:
        add_row: Takes one packed sample from the SDK's own thread and returns at once.
        send_event: Takes {"kind": ..., ...} from the SDK's own thread.
        sdk: The module; None imports `tobii_research`.
    """

    def __init__(
        self, add_row: Callable[[bytes], None], send_event: Callable[[Json], None], sdk: Any = None
    ) -> None:  # Any: a module, which no type describes
        if sdk is None:
            sdk = importlib.import_module("tobii_research")
        self._sdk = sdk
        self._add_row = add_row
        self._send_event = send_event
        self._opened: tobii_research.EyeTracker | None = None
        self._calibration: Any = None  # Any: one of two classes whose calls differ by the eye
        self._eye = "both"
        self._subscribed: list[tuple[str, Callable[[Data], None]]] = []
        self._openness: list[bytes] = []
        self._openness_from_us = 0
        self._pictured_us: dict[tuple[int, int], int] = {}

    def find(self) -> list[Json]:
        """Every eye tracker on USB and network; takes about 2 s the first time.

        One that does not answer (held by another program, half plugged in) has "problem" instead of its rates.
        """
        found = []
        for tracker in self._sdk.find_all_eyetrackers() or ():
            try:
                found.append(self._describe(tracker))
            except Exception as error:  # the vendor's boundary: one bad tracker must not hide the others
                found.append(
                    {
                        "address": tracker.address,
                        "name": tracker.device_name,
                        "model": tracker.model,
                        "serial": tracker.serial_number,
                        "problem": f"{type(error).__name__}: {error}",
                    }
                )
        return found

    def open(self, address: str) -> Json:
        """Connect to an address; returns the description."""
        self._opened = self._sdk.EyeTracker(address)
        return self._describe(self._tracker)

    def choose(self, rate_hz: float, mode: str) -> Json:
        """Set the sampling rate and the tracking mode (0 and "" keep them); returns the description."""
        if mode:  # first: which rates there are depends on it
            self._tracker.set_eye_tracking_mode(mode)
        if rate_hz:
            self._tracker.set_gaze_output_frequency(rate_hz)
        return self._describe(self._tracker)

    def now_us(self) -> int:
        """The computer's clock as the SDK stamps samples with it."""
        return int(self._sdk.get_system_time_stamp())

    def display_mm(self) -> list[float]:
        """Width and height of the screen the tracker was configured for."""
        area = self._tracker.get_display_area()
        return [area.width, area.height]

    def start(self, openness: bool = False, images: bool = False) -> None:
        """Deliver gaze, clock measurements, the signal at the sync port, stream errors and notifications.

        Args:
            openness: Also how far the eyes are open, as events of kind "openness", where the tracker measures it.
            images: Also pictures of the eyes, as events of kind "eye-image".
        """
        for (
            name,
            kind,
        ) in _NOTIFICATIONS.items():  # first, so that what goes wrong with a stream is told
            self._subscribe_if_there(name, self._notifier(kind))
        self._subscribe("EYETRACKER_GAZE_DATA", self._on_gaze)
        self._subscribe_if_there("EYETRACKER_TIME_SYNCHRONIZATION_DATA", self._on_clock)
        if "capability_has_external_signal" in self._tracker.device_capabilities:
            self._subscribe_if_there("EYETRACKER_EXTERNAL_SIGNAL", self._on_signal)
        if openness and "capability_has_eye_openness_data" in self._tracker.device_capabilities:
            self._subscribe_or_tell("EYETRACKER_EYE_OPENNESS_DATA", self._on_openness)
        if images:
            self._pictured_us.clear()
            self._subscribe_or_tell("EYETRACKER_EYE_IMAGES", self._on_image)

    def stop(self) -> None:
        """Deliver nothing any more."""
        while self._subscribed:
            name, callback = self._subscribed.pop()
            self._tracker.unsubscribe_from(getattr(self._sdk, name), callback)
        self._send_openness()  # what no full batch came of

    def start_positions(self) -> None:
        """Deliver where the eyes are in the track volume, as events of kind "position"."""
        if all(name != "EYETRACKER_USER_POSITION_GUIDE" for name, _ in self._subscribed):
            self._subscribe("EYETRACKER_USER_POSITION_GUIDE", self._on_position)

    def enter_calibration(self, eye: str) -> None:
        """Begin to calibrate "both" eyes, or "left" or "right" where the tracker can."""
        self.leave_calibration()
        self._eye = eye
        kind = self._sdk.ScreenBasedCalibration if eye == "both" else self._sdk.ScreenBasedMonocularCalibration
        self._calibration = kind(self._tracker)
        self._calibration.enter_calibration_mode()

    def collect_point(self, x_norm: float, y_norm: float) -> bool:
        """Blocks until the SDK has gaze at this point or gives up; whether it has."""
        status = self._calibration.collect_data(x_norm, y_norm, *self._which_eye())
        return bool(status != self._sdk.CALIBRATION_STATUS_FAILURE)

    def discard_point(self, x_norm: float, y_norm: float) -> None:
        """Forget what was collected at this point."""
        self._calibration.discard_data(x_norm, y_norm, *self._which_eye())

    def compute_and_apply(self) -> Json:
        """Fit; status, and per point where each eye was measured (x, y, used)."""
        result: tobii_research.CalibrationResult = self._calibration.compute_and_apply()
        return {
            "ok": result.status != self._sdk.CALIBRATION_STATUS_FAILURE,
            "status": result.status,
            "points": [
                {
                    "target": list(point.position_on_display_area),
                    "left": [self._measured(sample.left_eye) for sample in point.calibration_samples],
                    "right": [self._measured(sample.right_eye) for sample in point.calibration_samples],
                }
                for point in result.calibration_points
            ],
        }

    def leave_calibration(self) -> None:
        """Back to normal; allowed at any time."""
        calibration, self._calibration = self._calibration, None
        if calibration is not None:
            calibration.leave_calibration_mode()

    def retrieve_calibration(self) -> str:
        """The calibration in use as base64; empty when there is none."""
        return base64.b64encode(self._tracker.retrieve_calibration_data() or b"").decode()

    def apply_calibration(self, blob: str) -> None:
        """Use a calibration that was retrieved before (base64)."""
        self._tracker.apply_calibration_data(base64.b64decode(blob))

    @property
    def _tracker(self) -> tobii_research.EyeTracker:
        assert self._opened is not None, "opened first"
        return self._opened

    def _describe(self, tracker: tobii_research.EyeTracker) -> Json:
        return {
            "address": tracker.address,
            "name": tracker.device_name,
            "model": tracker.model,
            "serial": tracker.serial_number,
            "firmware": tracker.firmware_version,
            "capabilities": list(tracker.device_capabilities),
            "rate_hz": float(tracker.get_gaze_output_frequency()),
            "rates_hz": sorted(float(rate) for rate in tracker.get_all_gaze_output_frequencies()),
            **self._modes(tracker),
        }

    def _modes(self, tracker: tobii_research.EyeTracker) -> Json:
        try:
            return {
                "mode": str(tracker.get_eye_tracking_mode()),
                "modes": list(tracker.get_all_eye_tracking_modes()),
            }
        except Exception:  # the vendor's boundary: older models have none
            return {"mode": "", "modes": []}

    def _subscribe(self, name: str, callback: Callable[[Data], None]) -> None:
        self._tracker.subscribe_to(getattr(self._sdk, name), callback, as_dictionary=True)
        self._subscribed.append((name, callback))

    def _subscribe_if_there(self, name: str, callback: Callable[[Data], None]) -> None:
        """Older firmware and licences lack some streams; gaze does without them."""
        try:
            self._subscribe(name, callback)
        except Exception as error:  # the vendor's boundary
            self._send_event({"kind": "unavailable", "message": f"{name}: {type(error).__name__} {error}"})

    def _subscribe_or_tell(self, name: str, callback: Callable[[Data], None]) -> None:
        """What the tracker promised or somebody asked for: its refusal is trouble, but none that gaze should stop
        for.
        """
        try:
            self._subscribe(name, callback)
        except Exception as error:  # the vendor's boundary
            self._send_event({"kind": "stream-error", "message": f"{name}: {type(error).__name__} {error}"})

    def _which_eye(self) -> tuple[object, ...]:
        return () if self._eye == "both" else (getattr(self._sdk, _EYES[self._eye]),)

    def _measured(self, eye: tobii_research.CalibrationEyeData) -> list[float | bool]:
        used = eye.validity == self._sdk.VALIDITY_VALID_AND_USED
        return [*eye.position_on_display_area, used]

    def _on_gaze(self, data: Data) -> None:
        row = [data["device_time_stamp"], data["system_time_stamp"]]
        for eye in ("left", "right"):
            for part, width, validity in _EYE_PARTS:
                value = data.get(f"{eye}_{part}", math.nan)
                row += [value] if width == 1 else list(value)
                row.append(1.0 if data.get(f"{eye}_{validity}") else 0.0)
        self._add_row(ROW.pack(*row))

    def _on_openness(self, data: Data) -> None:
        row = [data["device_time_stamp"], data["system_time_stamp"]]
        for eye in ("left", "right"):
            row += [data[f"{eye}_eye_openness_value"], 1.0 if data[f"{eye}_eye_validity"] else 0.0]
        if not self._openness:
            self._openness_from_us = row[1]
        self._openness.append(OPENNESS_ROW.pack(*row))
        if row[1] - self._openness_from_us >= OPENNESS_BATCH_US:
            self._send_openness()

    def _send_openness(self) -> None:
        rows, self._openness = self._openness, []
        if rows:
            self._send_event({"kind": "openness", "rows": base64.b64encode(b"".join(rows)).decode()})

    def _on_image(self, data: Data) -> None:
        # the position of a region is there since version 2 of the SDK
        source = (int(data["camera_id"]), int(data.get("region_id", 0)))
        stamp_us = data["system_time_stamp"]
        if stamp_us - self._pictured_us.get(source, -IMAGE_PERIOD_US) < IMAGE_PERIOD_US:
            return
        self._pictured_us[source] = stamp_us
        self._send_event(
            {
                "kind": "eye-image",
                "system_us": stamp_us,
                "device_us": data["device_time_stamp"],
                "camera": source[0],
                "region": source[1],
                "left": int(data.get("left", 0)),
                "top": int(data.get("top", 0)),
                "type": str(data["image_type"]).rpartition("image_type_")[2],
                "image": base64.b64encode(data["image_data"]).decode(),
            }
        )

    def _on_position(self, data: Data) -> None:
        self._send_event(
            {
                "kind": "position",
                "left": list(data["left_user_position"]) if data["left_user_position_validity"] else None,
                "right": list(data["right_user_position"]) if data["right_user_position_validity"] else None,
            }
        )

    def _on_clock(self, data: Data) -> None:
        self._send_event(
            {
                "kind": "clock",
                "request_us": data["system_request_time_stamp"],
                "device_us": data["device_time_stamp"],
                "response_us": data["system_response_time_stamp"],
            }
        )

    def _on_signal(self, data: Data) -> None:
        change = str(data["change_type"]).rpartition("change_type_")[2]
        self._send_event(
            {
                "kind": "external-signal",
                "system_us": data["system_time_stamp"],
                "message": f"{data['value']} ({change})",
            }
        )

    def _notifier(self, kind: str) -> Callable[[Data], None]:
        def notify(data: Data) -> None:
            words = data if isinstance(data, dict) else {}
            is_lost = words.get("error") == "stream_error_connection_lost"
            self._send_event(
                {
                    "kind": "lost" if is_lost else kind,
                    "system_us": words.get("system_time_stamp"),
                    "message": " ".join(str(words[k]) for k in _TOLD_WORDS if words.get(k)),
                }
            )

        return notify
