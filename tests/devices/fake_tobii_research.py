"""Stands in for the module `tobii_research` 2.1: the same names, signatures and quirks, and no hardware.

Quirks: callbacks come on a foreign thread; numbers of invalid eyes are left in rather than NaN; `collect_data` blocks
and
fails the first time at a point; leaving a calibration mode that was not entered raises; the first discovery takes 2 s;
callbacks run under the lock that unsubscribing takes; subscribing twice with the same callback raises; openness of
invalid eyes is a number; eye images are GIF files and come far more often than anybody needs. Addresses choose a fate:
".../abort" ends the interpreter when gaze is subscribed, ".../stop" suspends the process, ".../drop" loses the
connection
after 50 samples and restores it, ".../hole" leaves out half a second of samples, ".../one-eye" calibrates one eye only,
".../busy" is being calibrated by another program, ".../absent" cannot be opened, ".../mute" answers no question,
".../plain" has neither openness nor images, ".../unlicensed" reports a stream error when images are subscribed and
refuses openness.
"""

from __future__ import annotations

import math
import os
import signal
import threading
import time

EYETRACKER_GAZE_DATA = "eyetracker_gaze_data"
EYETRACKER_STREAM_ERRORS = "eyetracker_stream_errors"
EYETRACKER_TIME_SYNCHRONIZATION_DATA = "eyetracker_time_synchronization_data"
EYETRACKER_EXTERNAL_SIGNAL = "eyetracker_external_signal"
EYETRACKER_EYE_OPENNESS_DATA = "eyetracker_eye_openness_data"
EYETRACKER_EYE_IMAGES = "eyetracker_eye_images"
EYE_IMAGE_TYPE_CROPPED = "eye_image_type_cropped"
STREAM_ERROR_INSUFFICIENT_LICENSE = "stream_error_insufficient_license"
STREAM_ERROR_SOURCE_SUBSCRIPTION_EYE_IMAGE = "stream_error_source_subscription_eye_image"
EYETRACKER_NOTIFICATION_CALIBRATION_MODE_ENTERED = "eyetracker_notification_calibration_mode_entered"
EYETRACKER_NOTIFICATION_CALIBRATION_MODE_LEFT = "eyetracker_notification_calibration_mode_left"
EYETRACKER_NOTIFICATION_CALIBRATION_CHANGED = "eyetracker_notification_calibration_changed"
EYETRACKER_USER_POSITION_GUIDE = "eyetracker_user_position_guide"
EYETRACKER_NOTIFICATION_CONNECTION_LOST = "eyetracker_notification_connection_lost"
EYETRACKER_NOTIFICATION_CONNECTION_RESTORED = "eyetracker_notification_connection_restored"
EYETRACKER_NOTIFICATION_STREAM_BUFFER_OVERFLOW = "eyetracker_notification_stream_buffer_overflow"
EYETRACKER_NOTIFICATION_DISPLAY_AREA_CHANGED = "eyetracker_notification_display_area_changed"
EYETRACKER_NOTIFICATION_GAZE_OUTPUT_FREQUENCY_CHANGED = "eyetracker_notification_gaze_output_frequency_changed"
EYETRACKER_NOTIFICATION_EYE_TRACKING_MODE_CHANGED = "eyetracker_notification_eye_tracking_mode_changed"
EYETRACKER_NOTIFICATION_DEVICE_FAULTS = "eyetracker_notification_device_faults"
EYETRACKER_NOTIFICATION_DEVICE_WARNINGS = "eyetracker_notification_device_warnings"
CALIBRATION_STATUS_FAILURE = "calibration_status_failure"
CALIBRATION_STATUS_SUCCESS = "calibration_status_success"
CALIBRATION_STATUS_SUCCESS_LEFT_EYE = "calibration_status_success_left_eye"
SELECTED_EYE_LEFT = "selected_eye_left"
SELECTED_EYE_RIGHT = "selected_eye_right"
VALIDITY_VALID_AND_USED = "validity_valid_and_used"
VALIDITY_INVALID_AND_NOT_USED = "validity_invalid_and_not_used"


class EyeTrackerConnectionFailedError(Exception):
    pass


class EyeTrackerInvalidOperationError(Exception):
    pass


class EyeTrackerInternalError(Exception):
    pass


class EyeTrackerLicenseError(Exception):
    pass


class DisplayArea:
    width = 531.0
    height = 299.0


def get_system_time_stamp():
    return time.monotonic_ns() // 1000


FIRST_DISCOVERY_S = 2.0
_has_searched = False


def find_all_eyetrackers():
    global _has_searched
    if not _has_searched:
        time.sleep(FIRST_DISCOVERY_S)
    _has_searched = True
    return (EyeTracker("tet-tcp://fake"), EyeTracker("tet-tcp://mute"))


class EyeTracker:
    device_name = "Fake"
    model = "Tobii Pro Fake"
    serial_number = "FAKE-1"
    firmware_version = "1.0"
    device_capabilities = (
        "capability_can_do_screen_based_calibration",
        "capability_can_do_monocular_calibration",
        "capability_has_gaze_data",
        "capability_has_external_signal",
        "capability_has_eye_openness_data",
        "capability_has_eye_images",
    )

    def __init__(self, address):
        if address.endswith("absent"):
            raise EyeTrackerConnectionFailedError("error code: TOBII_RESEARCH_STATUS_SE_INTERNAL")
        self.address = address
        if address.endswith("plain"):
            self.device_capabilities = self.device_capabilities[:-2]
        self._rate_hz = 600.0
        self._callbacks = {}
        self._lock = threading.RLock()
        self._mode = "Default"
        self._thread = None
        self._stopping = threading.Event()
        self._calibration = b"factory"
        self.in_calibration = False

    def get_eye_tracking_mode(self):
        return self._mode

    def get_all_eye_tracking_modes(self):
        return ("Default", "human")

    def set_eye_tracking_mode(self, eye_tracking_mode):
        self._mode = eye_tracking_mode

    def get_gaze_output_frequency(self):
        if self.address.endswith("mute"):
            raise EyeTrackerInternalError("error code: TOBII_RESEARCH_STATUS_SE_TIMED_OUT")
        return self._rate_hz

    def get_all_gaze_output_frequencies(self):
        return (60.0, 600.0, 1200.0)

    def set_gaze_output_frequency(self, gaze_output_frequency):
        if gaze_output_frequency not in self.get_all_gaze_output_frequencies():
            raise ValueError("unsupported gaze output frequency")
        self._rate_hz = gaze_output_frequency

    def get_display_area(self):
        return DisplayArea()

    def retrieve_calibration_data(self):
        return self._calibration

    def apply_calibration_data(self, calibration_data):
        self._calibration = calibration_data

    def subscribe_to(self, subscription_type, callback, as_dictionary=False):
        assert as_dictionary
        if self._callbacks.get(subscription_type) == callback:
            raise EyeTrackerInvalidOperationError("subscribed already")
        if self.address.endswith("unlicensed"):
            if subscription_type == EYETRACKER_EYE_OPENNESS_DATA:
                raise EyeTrackerLicenseError("error code: TOBII_RESEARCH_STATUS_SE_INSUFFICIENT_LICENSE")
            if subscription_type == EYETRACKER_EYE_IMAGES:
                self.notify(
                    EYETRACKER_STREAM_ERRORS,
                    error=STREAM_ERROR_INSUFFICIENT_LICENSE,
                    source=STREAM_ERROR_SOURCE_SUBSCRIPTION_EYE_IMAGE,
                    message="no licence for it",
                )
                return
        self._callbacks[subscription_type] = callback
        if subscription_type == EYETRACKER_USER_POSITION_GUIDE:
            callback(_position())
        if subscription_type == EYETRACKER_TIME_SYNCHRONIZATION_DATA:
            now_us = get_system_time_stamp()
            callback(
                {
                    "system_request_time_stamp": now_us,
                    "device_time_stamp": now_us + 7_000_050,
                    "system_response_time_stamp": now_us + 100,
                }
            )
        if subscription_type == EYETRACKER_EXTERNAL_SIGNAL:
            now_us = get_system_time_stamp()
            callback(
                {
                    "device_time_stamp": now_us + 7_000_000,
                    "system_time_stamp": now_us,
                    "value": 3,
                    "change_type": "external_signal_change_type_initial_value",
                }
            )
        if subscription_type != EYETRACKER_GAZE_DATA:
            return
        if self.address.endswith("abort"):
            os.abort()
        if self.address.endswith("stop"):
            os.kill(os.getpid(), signal.SIGSTOP)
        self._stopping.clear()
        self._thread = threading.Thread(target=self._stream, daemon=True)
        self._thread.start()

    def unsubscribe_from(self, subscription_type, callback=None):
        with self._lock:
            self._callbacks.pop(subscription_type, None)
        if subscription_type == EYETRACKER_GAZE_DATA:
            self._stopping.set()
            self._thread.join()

    def _stream(self):
        begin_us, n = get_system_time_stamp(), 0
        while not self._stopping.wait(0.002):
            while n < (get_system_time_stamp() - begin_us) / 1e6 * self._rate_hz:
                stamp = begin_us + round(n / self._rate_hz * 1e6)
                with self._lock:
                    callback = self._callbacks.get(EYETRACKER_GAZE_DATA)
                    if callback is None:
                        return
                    if not (self.address.endswith("hole") and 300 <= n < 600):
                        callback(_sample(n, stamp))
                        self._call(EYETRACKER_EYE_OPENNESS_DATA, _openness(n, stamp))
                        if n % 20 == 0:
                            self._call(EYETRACKER_USER_POSITION_GUIDE, _position())
                        for camera in (0, 1) if n % 30 == 0 else ():
                            self._call(EYETRACKER_EYE_IMAGES, _eye_image(camera, stamp))
                n += 1
                if n == 50 and self.address.endswith("drop"):
                    for name in (EYETRACKER_NOTIFICATION_CONNECTION_LOST, EYETRACKER_NOTIFICATION_CONNECTION_RESTORED):
                        self.notify(name, system_time_stamp=stamp)

    def _call(self, name, data):
        callback = self._callbacks.get(name)
        if callback is not None:
            callback(data)

    def notify(self, name, **data):
        callback = self._callbacks.get(name)
        if callback is not None:
            callback({"system_time_stamp": get_system_time_stamp(), **data})


def _sample(n, stamp):
    data = {"device_time_stamp": stamp + 7_000_000, "system_time_stamp": stamp}
    for eye, x in (("left", 0.25), ("right", 0.75)):
        seen = n % 40 >= 5
        data[f"{eye}_gaze_point_on_display_area"] = (x, 0.5) if seen or eye == "left" else (math.nan,) * 2
        data[f"{eye}_gaze_point_validity"] = int(seen)
        data[f"{eye}_pupil_diameter"] = 3.0 if seen else -1.0
        data[f"{eye}_pupil_validity"] = int(seen)
        data[f"{eye}_gaze_origin_in_user_coordinate_system"] = (-30.0, 5.0, 640.0)
        data[f"{eye}_gaze_origin_validity"] = int(seen)
    return data


def _position():
    return {
        "left_user_position": (0.4, 0.5, 0.6),
        "left_user_position_validity": 1,
        "right_user_position": (0.0, 0.0, 0.0),
        "right_user_position_validity": 0,
    }


def _openness(n, stamp):
    seen = n % 40 >= 5
    return {
        "device_time_stamp": stamp + 7_000_000,
        "system_time_stamp": stamp,
        "left_eye_validity": int(seen),
        "left_eye_openness_value": 9.5 if seen else -1.0,
        "right_eye_validity": 1,
        "right_eye_openness_value": 8.25,
    }


def _eye_image(camera, stamp):
    return {
        "device_time_stamp": stamp + 7_000_000,
        "system_time_stamp": stamp,
        "camera_id": camera,
        "region_id": 0,
        "top": 20,
        "left": 10,
        "image_type": EYE_IMAGE_TYPE_CROPPED,
        "image_data": b"GIF89a" + (496).to_bytes(2, "little") + (175).to_bytes(2, "little") + bytes(8) + b";",
    }


class _EyeData:
    def __init__(self, position):
        self.position_on_display_area = position
        self.validity = VALIDITY_VALID_AND_USED


class _Sample:
    def __init__(self, position):
        self.left_eye, self.right_eye = _EyeData(position), _EyeData(position)
        if position[0] < 0.2:
            self.right_eye.validity = VALIDITY_INVALID_AND_NOT_USED


class _Point:
    def __init__(self, position):
        self.position_on_display_area = position
        self.calibration_samples = (_Sample(position), _Sample(position))


class _Result:
    def __init__(self, status, points):
        self.status, self.calibration_points = status, points


class ScreenBasedCalibration:
    def __init__(self, eyetracker):
        self._tracker = eyetracker
        self._points, self._tried = {}, set()

    def enter_calibration_mode(self):
        if self._tracker.in_calibration or self._tracker.address.endswith("busy"):
            raise EyeTrackerInvalidOperationError("already in calibration mode")
        self._tracker.in_calibration = True
        self._tracker.notify(EYETRACKER_NOTIFICATION_CALIBRATION_MODE_ENTERED)

    def leave_calibration_mode(self):
        if not self._tracker.in_calibration:
            raise EyeTrackerInvalidOperationError("not in calibration mode")
        self._tracker.in_calibration = False

    def collect_data(self, x, y):
        time.sleep(0.05)
        if (x, y) not in self._tried:
            self._tried.add((x, y))
            return CALIBRATION_STATUS_FAILURE
        self._points[x, y] = _Point((x, y))
        return CALIBRATION_STATUS_SUCCESS

    def discard_data(self, x, y):
        self._points.pop((x, y), None)

    def compute_and_apply(self):
        enough = len(self._points) >= 2
        self._tracker._calibration = repr(sorted(self._points)).encode()
        status = CALIBRATION_STATUS_SUCCESS if enough else CALIBRATION_STATUS_FAILURE
        if enough and self._tracker.address.endswith("one-eye"):
            # the real one then gives no points either
            return _Result(CALIBRATION_STATUS_SUCCESS_LEFT_EYE, ())
        self._tracker.notify(EYETRACKER_NOTIFICATION_CALIBRATION_CHANGED)
        return _Result(status, tuple(self._points.values()))


class ScreenBasedMonocularCalibration(ScreenBasedCalibration):
    def collect_data(self, x, y, eye_to_calibrate):
        super().collect_data(x, y)
        self._points[x, y] = _Point((x, y))
        return CALIBRATION_STATUS_SUCCESS_LEFT_EYE

    def discard_data(self, x, y, eye_to_calibrate):
        super().discard_data(x, y)
