from __future__ import annotations

import numpy as np
import pytest

from gazeapp.devices.replay import Recording, open_replay
from gazeapp.devices.simulated.model_observer import ModelObserver
from gazeapp.devices.simulated.observer_profiles import NAMED
from gazeapp.devices.simulated.tracker import open_pointer, open_simulated
from gazeapp.gaze.clock import MonotonicClock
from gazeapp.gaze.display import Display
from tests.contracts.tracker_contract import TrackerContract
from tests.fakes import look_at

pytestmark = pytest.mark.slow

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)


class TestPointer(TrackerContract):
    @pytest.fixture
    def tracker(self):
        tracker = open_pointer(lambda: (100.0, 200.0), MonotonicClock(), rate_hz=500)
        yield tracker
        tracker.close()


class TestSimulated(TrackerContract):
    @pytest.fixture
    def tracker(self):
        observer = ModelObserver(
            DISPLAY,
            NAMED["ada"],
            image=lambda _: np.zeros((30, 40, 3), np.uint8),
            saliency=lambda image: np.ones(image.shape[:2], np.float32),
        )
        tracker = open_simulated(observer, MonotonicClock(), DISPLAY, rate_hz=1200)
        yield tracker
        tracker.close()


class TestReplay(TrackerContract):
    @pytest.fixture
    def tracker(self):
        samples = look_at((500, 400), for_s=4.0).then((900, 600), for_s=4.0).samples(500, noise_px=2)
        recording = Recording(samples=samples, display=DISPLAY, name="script", rate_hz=500)
        tracker = open_replay(recording, MonotonicClock())
        yield tracker
        tracker.close()
