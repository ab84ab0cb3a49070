"""How far the eyes are open, and pictures of them, from the SDK in this process and in a child."""

from __future__ import annotations

import os
import queue
import signal

import numpy as np
import pytest

from gazeapp.devices.options import DeviceOptions
from gazeapp.devices.tobii import discovery, sdk
from gazeapp.devices.tobii.tracker import TobiiTracker
from gazeapp.devices.tracker import Capability, EyeStreams
from gazeapp.errors import SettingsError
from gazeapp.gaze.clock import MonotonicClock
from tests.contracts.tracker_contract import Collector
from tests.devices.problem_log import ProblemLog
from tests.devices.test_tobii import DISPLAY, child, here

pytestmark = pytest.mark.slow


class Eyes:
    """Takes both streams."""

    def __init__(self):
        self.openness, self.images = queue.SimpleQueue(), queue.SimpleQueue()

    def next_openness(self):
        return self.openness.get(timeout=10)

    def next_image(self):
        return self.images.get(timeout=10)


@pytest.fixture(params=[here, child], ids=["here", "child"])
def open_fake(request):
    opened = []

    def open_it(address="tet-tcp://fake", eyes=None, **options):
        tracker = TobiiTracker(request.param, address, MonotonicClock(), DISPLAY, **options)
        opened.append(tracker)
        if eyes is not None:
            tracker.deliver_eyes(eyes.openness.put, eyes.images.put)
        return tracker

    yield open_it
    for tracker in opened:
        tracker.close()


def test_openness_comes_with_the_stamps_of_gaze_and_its_validity(open_fake):
    eyes, collector = Eyes(), Collector(300)
    tracker = open_fake(eyes=eyes)
    assert isinstance(tracker, EyeStreams)
    assert {Capability.EYE_OPENNESS, Capability.EYE_IMAGES} <= tracker.info.capabilities
    tracker.start(collector.take, lambda _: None)
    collector.wait()
    first, second = eyes.next_openness(), eyes.next_openness()
    tracker.stop()
    samples = collector.samples
    assert first.time_s[-1] - first.time_s[0] == pytest.approx(0.1, abs=0.005)
    # openness is asked for after gaze, which may have come for some samples by then
    late = int(np.searchsorted(samples.device_time_s, first.device_time_s[0] - 1e-9))
    among = samples[late : late + len(first)]
    assert first.device_time_s == pytest.approx(among.device_time_s, abs=1e-9)
    assert first.time_s == pytest.approx(among.time_s, abs=1e-9)
    assert second.time_s[0] - first.time_s[-1] == pytest.approx(1 / 600, abs=2e-6)
    assert (first.left_valid == among.left_valid).all()
    assert not first.left_valid.all()
    assert np.isnan(first.left_mm[~first.left_valid]).all(), "the SDK gives -1 there"
    assert (first.left_mm[first.left_valid] == 9.5).all()
    assert (first.right_mm == 8.25).all()
    assert eyes.images.empty(), "nobody asked for pictures"


def test_pictures_come_when_asked_for_and_no_more_than_one_a_second_of_each_camera(open_fake):
    eyes, collector = Eyes(), Collector(1100)
    tracker = open_fake(eyes=eyes, eye_images=True)
    assert tracker.gives_eye_images
    tracker.start(collector.take, lambda _: None)
    collector.wait()
    got = [eyes.next_image() for _ in range(4)]
    tracker.stop()
    assert [image.camera for image in got] == [0, 1, 0, 1]
    assert got[2].time_s - got[0].time_s >= sdk.IMAGE_PERIOD_US / 1e6
    first = got[0]
    assert (first.width_px, first.height_px, first.format, first.kind) == (
        496,
        175,
        "gif",
        "cropped",
    )
    assert (first.left_px, first.top_px) == (10, 20)
    assert first.image.startswith(b"GIF89a")
    assert first.device_time_s - first.time_s == pytest.approx(
        collector.samples.device_time_s[0] - collector.samples.time_s[0], abs=1e-6
    )


def test_after_stop_nothing_comes_and_after_the_next_start_it_does(open_fake):
    eyes, collector = Eyes(), Collector(200)
    tracker = open_fake(eyes=eyes, eye_images=True)
    tracker.start(collector.take, lambda _: None)
    eyes.next_openness()
    tracker.stop()
    while not eyes.openness.empty():
        eyes.openness.get()
    threads_ran = tracker.retrieve_calibration()  # a call after stop: whatever was on its way has come
    assert threads_ran
    assert eyes.openness.empty()
    tracker.start(collector.take, lambda _: None)
    eyes.next_openness()
    eyes.next_image()


def test_both_streams_go_on_after_a_reconnection(open_fake):
    eyes, problems = Eyes(), ProblemLog()
    tracker = open_fake(eyes=eyes, eye_images=True)
    tracker.start(lambda _: None, problems.take)
    before_s = eyes.next_openness().time_s[0]
    for _ in range(2):
        eyes.next_image()
    tracker.reconnect()
    problems.wait_for("restored")
    while not eyes.openness.empty():
        last_s = eyes.next_openness().time_s[-1]
        assert last_s >= before_s
    assert eyes.next_openness().time_s[0] > before_s
    assert eyes.next_image().time_s > before_s


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_a_killed_process_keeps_what_came_and_both_streams_go_on():
    eyes, problems = Eyes(), ProblemLog()
    tracker = TobiiTracker(child, "tet-tcp://fake", MonotonicClock(), DISPLAY, eye_images=True)
    tracker.deliver_eyes(eyes.openness.put, eyes.images.put)
    tracker.start(lambda _: None, problems.take)
    eyes.next_openness()
    os.kill(tracker._backend.pid, signal.SIGKILL)
    lost = problems.wait_for("lost")
    while not eyes.openness.empty():
        assert eyes.next_openness().time_s[-1] <= lost.time_s
    tracker.reconnect()
    assert eyes.next_openness().time_s[0] >= lost.time_s - 0.1
    tracker.close()


def test_a_stream_that_the_tracker_refuses_is_told_and_gaze_goes_on(open_fake):
    eyes, collector, problems = Eyes(), Collector(50), ProblemLog()
    tracker = open_fake("tet-tcp://unlicensed", eyes=eyes, eye_images=True)
    tracker.start(collector.take, problems.take)
    collector.wait()
    problems.wait_for("stream-error")
    told = [p.message for p in problems.all if p.kind == "stream-error"]
    tracker.stop()
    assert any("EYETRACKER_EYE_OPENNESS_DATA" in words and "LicenseError" in words for words in told)
    assert any("stream_error_insufficient_license" in words and "eye_image" in words for words in told)


def test_a_tracker_without_these_streams_is_asked_for_neither(open_fake):
    eyes, collector, problems = Eyes(), Collector(150), ProblemLog()
    tracker = open_fake("tet-tcp://plain", eyes=eyes)
    assert not {Capability.EYE_OPENNESS, Capability.EYE_IMAGES} & tracker.info.capabilities
    tracker.start(collector.take, problems.take)
    collector.wait()
    tracker.stop()
    assert eyes.openness.empty()
    assert "stream-error" not in problems.kinds
    with pytest.raises(SettingsError, match="no pictures of the eyes"):
        open_fake("tet-tcp://plain", eye_images=True)


def test_who_takes_gaze_alone_gets_no_pictures(open_fake):
    tracker, collector = open_fake(eye_images=True), Collector(100)
    tracker.start(collector.take, lambda _: None)
    collector.wait()
    tracker.stop()


def test_the_option_is_off_or_record(monkeypatch):
    monkeypatch.setattr(discovery, "_backend_maker", lambda *_: here)

    def open_with(**options):
        given = DeviceOptions("tobii", {"address": "tet-tcp://fake", **options})
        tracker = discovery.open_tracker(given, MonotonicClock(), DISPLAY)
        tracker.close()
        return tracker.gives_eye_images

    assert not open_with()
    assert not open_with(eye_images="off")
    assert open_with(eye_images="record")
    with pytest.raises(SettingsError, match="off, record"):
        open_with(eye_images="yes")


def test_positions_asked_for_once_come_after_every_start(open_fake):
    seen, collector = queue.SimpleQueue(), Collector(50)
    tracker = open_fake()
    tracker.show_positions(lambda left, _right: seen.put(left))
    tracker.show_positions(lambda left, _right: seen.put(left))  # asked again: no second subscription
    for _ in range(2):
        tracker.start(collector.take, lambda _: None)
        while not seen.empty():
            seen.get()
        assert [seen.get(timeout=10) for _ in range(2)] == [(0.4, 0.5, 0.6)] * 2
        tracker.stop()
