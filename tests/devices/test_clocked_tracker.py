from __future__ import annotations

import threading

import numpy as np
import pytest

from gazeapp.devices.replay import Recording, open_replay
from gazeapp.devices.simulated.model_observer import ModelObserver
from gazeapp.devices.simulated.observer_profiles import NAMED
from gazeapp.devices.simulated.tracker import open_pointer, open_simulated
from gazeapp.errors import InvalidTransition
from gazeapp.gaze.clock import ManualClock, MonotonicClock
from gazeapp.gaze.display import Display, place_stimulus
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import StimulusShown
from tests.devices.problem_log import ProblemLog
from tests.fakes import look_at

pytestmark = pytest.mark.slow

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
RATE_HZ = 500.0
UNTIL_S = 2.0


def pointer(clock):
    return open_pointer(lambda: (300.0, 400.0), clock, rate_hz=RATE_HZ)


def simulated(clock):
    observer = ModelObserver(
        DISPLAY,
        NAMED["ben"],
        image=lambda _: np.full((30, 40, 3), 90, np.uint8),
        saliency=lambda image: np.ones(image.shape[:2], np.float32),
    )
    return open_simulated(observer, clock, DISPLAY, rate_hz=RATE_HZ)


def replay(clock):
    samples = look_at((500, 400), for_s=1.0).then((900, 600), for_s=2.0).samples(RATE_HZ)
    recording = Recording(samples=samples, display=DISPLAY, name="script", rate_hz=RATE_HZ)
    return open_replay(recording, clock)


class Chunks:
    """Keeps chunks and lets a test wait for a time to be delivered."""

    def __init__(self):
        self.all = []
        self._changed = threading.Condition()

    def __call__(self, samples):
        with self._changed:
            self.all.append(samples)
            self._changed.notify_all()

    def wait_until(self, time_s):
        with self._changed:
            assert self._changed.wait_for(lambda: self.all and self.all[-1].time_s[-1] >= time_s, timeout=20)

    @property
    def samples(self):
        return GazeSamples.concatenate(self.all)


def run_stepped(make):
    clock, chunks = ManualClock(), Chunks()
    tracker = make(clock)
    tracker.start_stepped(chunks, lambda _: None)
    show_image(tracker)
    for now_s in np.arange(0.0, UNTIL_S + 0.1, 0.07):
        clock.set(float(now_s))
        tracker.advance(clock.now_s())
    tracker.close()
    return chunks.samples.between(0, UNTIL_S - 0.1)


def run_threaded(make):
    clock, chunks = ManualClock(), Chunks()
    tracker = make(clock)
    tracker.start(chunks, lambda _: None)
    show_image(tracker)
    for now_s in np.arange(0.1, UNTIL_S + 0.1, 0.1):
        clock.set(float(now_s))
        chunks.wait_until(now_s - 0.02)
    tracker.close()
    return chunks.samples.between(0, UNTIL_S - 0.1)


def show_image(tracker):
    frame = place_stimulus(DISPLAY, "image", 800, 600)
    tracker.on_event(StimulusShown(time_s=0.0, trial=0, frame=frame, onset_kind="virtual"))


@pytest.mark.parametrize("make", [pointer, simulated, replay])
def test_stepped_and_in_real_time_give_the_same_samples(make):
    stepped, threaded = run_stepped(make), run_threaded(make)
    assert len(stepped) > 800
    for name in ("time_s", "device_time_s", "left_px", "right_px", "left_pupil_mm"):
        assert np.array_equal(getattr(stepped, name), getattr(threaded, name), equal_nan=True), name


def test_a_sink_that_raises_is_told_as_a_lost_tracker_and_not_swallowed(caplog):
    tracker, problems = pointer(MonotonicClock()), ProblemLog()

    def fail(_samples):
        raise RuntimeError("the ring is gone")

    tracker.start(fail, problems.take)
    assert "the ring is gone" in problems.wait_for("lost").message
    tracker.close()
    assert "tracker-simulated ended" in caplog.text


def test_a_sink_may_stop_the_tracker_that_calls_it():
    tracker, stopped, n_calls = pointer(MonotonicClock()), threading.Event(), []

    def stop(samples):
        n_calls.append(len(samples))
        tracker.stop()
        stopped.set()

    tracker.start(stop, lambda _: None)
    assert stopped.wait(10)
    tracker.close()
    assert len(n_calls) == 1


def test_a_tracker_that_was_not_started_cannot_be_advanced_nor_a_closed_one_started():
    tracker = pointer(ManualClock())
    with pytest.raises(InvalidTransition):
        tracker.advance(1.0)
    tracker.close()
    with pytest.raises(InvalidTransition):
        tracker.start_stepped(lambda _: None, lambda _: None)


@pytest.mark.parametrize("speed", [1.0, 8.0], ids=["real-time", "eight-fold"])
def test_a_replay_at_1200_hz_loses_no_sample(speed):
    samples = look_at((500, 400), for_s=2.0 * speed).samples(1200)
    recording = Recording(samples=samples, display=DISPLAY, name="script", rate_hz=1200)
    tracker, chunks = open_replay(recording, MonotonicClock(), speed=speed), Chunks()
    tracker.start(chunks, lambda _: None)
    with chunks._changed:
        assert chunks._changed.wait_for(lambda: tracker.is_exhausted, timeout=30)
    tracker.close()
    played = chunks.samples
    assert len(played) == len(samples)
    assert np.diff(played.time_s) == pytest.approx(1 / 1200, abs=1e-9)
