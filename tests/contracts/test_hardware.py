"""The contract on a real device: `pytest tests/contracts/test_hardware.py --tracker=tobii`."""

from __future__ import annotations

import pytest

from gazeapp.devices.discovery import open_tracker
from gazeapp.gaze.clock import MonotonicClock
from gazeapp.gaze.display import Display
from tests.contracts.tracker_contract import TrackerContract

pytestmark = pytest.mark.slow

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)


class TestHardware(TrackerContract):
    @pytest.fixture
    def tracker(self, request):
        backend = request.config.getoption("--tracker")
        if backend is None:
            pytest.skip("needs a connected tracker: --tracker=tobii or --tracker=webcam")
        tracker = open_tracker(backend, clock=MonotonicClock(), display=DISPLAY)
        yield tracker
        tracker.close()
