"""Everything the SDK notifies of is told in words, with what it says itself."""

from __future__ import annotations

import re

import pytest

from gazeapp.devices.tobii import sdk as tobii_sdk
from gazeapp.devices.tobii.in_process import LocalBackend
from gazeapp.devices.tobii.tracker import TobiiTracker
from gazeapp.devices.tracker import NEWS
from gazeapp.gaze.clock import MonotonicClock
from tests.devices import fake_tobii_research as sdk
from tests.devices.problem_log import ProblemLog
from tests.devices.test_tobii import DISPLAY

pytestmark = pytest.mark.slow

STREAM = "stream_error_source_subscription_gaze_data"


@pytest.fixture
def started():
    """A tracker that delivers, and the SDK's own object behind it."""
    adapters = []

    def here(on_rows, on_event, _on_death):
        def make(add_row, send_event):
            adapters.append(tobii_sdk.TobiiSdk(add_row, send_event, sdk))
            return adapters[-1]

        return LocalBackend(make, on_rows=on_rows, on_event=on_event)

    tracker, problems = (
        TobiiTracker(here, "tet-tcp://fake", MonotonicClock(), DISPLAY),
        ProblemLog(),
    )
    tracker.start(lambda _: None, problems.take)
    yield adapters[-1]._opened, problems
    tracker.close()


@pytest.mark.parametrize(
    ("name", "said", "kind", "words"),
    [
        ("NOTIFICATION_CONNECTION_LOST", {}, "lost", "cable"),
        ("NOTIFICATION_CONNECTION_RESTORED", {}, "restored", "back"),
        ("NOTIFICATION_STREAM_BUFFER_OVERFLOW", {"notification_source_stream": "gaze"}, "overflow", "dropped .*gaze"),
        ("NOTIFICATION_DISPLAY_AREA_CHANGED", {"display_area": {}}, "display-changed", "calibrate again"),
        ("NOTIFICATION_GAZE_OUTPUT_FREQUENCY_CHANGED", {"gaze_output_frequency": 60.0}, "rate-changed", r"\(60.0\)"),
        ("NOTIFICATION_EYE_TRACKING_MODE_CHANGED", {}, "mode-changed", "mode"),
        ("NOTIFICATION_DEVICE_FAULTS", {"faults": "illuminator"}, "fault", "illuminator"),
        ("NOTIFICATION_DEVICE_WARNINGS", {"warnings": "temperature"}, "warning", "temperature"),
        ("NOTIFICATION_CALIBRATION_MODE_LEFT", {}, "calibration-left", "left"),
        (
            "STREAM_ERRORS",
            {"error": "stream_error_connection_lost", "source": STREAM, "message": ""},
            "lost",
            "gaze_data",
        ),
        (
            "STREAM_ERRORS",
            {"error": "stream_error_internal_error", "source": STREAM, "message": "pump"},
            "stream-error",
            "pump",
        ),
    ],
)
def test_a_notification_is_told(started, name, said, kind, words):
    device, problems = started
    stamp_us = sdk.get_system_time_stamp()
    device.notify(getattr(sdk, f"EYETRACKER_{name}"), **said, system_time_stamp=stamp_us)
    problem = problems.wait_for(kind)
    assert re.search(words, problem.message)
    assert (kind in NEWS) == kind.startswith("calibration")
