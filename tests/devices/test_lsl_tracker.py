"""Real liblsl, with the sender in another process."""

from __future__ import annotations

import uuid

import numpy as np
import pytest

pytest.importorskip("pylsl", reason="pylsl is not installed", exc_type=ImportError)

from gazeapp.devices.discovery import find_trackers, open_tracker
from gazeapp.devices.lsl import tracker as lsl
from gazeapp.devices.lsl.inlet import check_library
from gazeapp.devices.lsl.outlet import Outlets
from gazeapp.devices.tracker import Reconnectable, TrackerInfo
from gazeapp.errors import ConnectionLost, SettingsError, TrackerNotFound
from gazeapp.gaze.clock import MonotonicClock
from gazeapp.gaze.display import Display
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import Note
from tests.contracts.tracker_contract import Collector, TrackerContract
from tests.devices.lsl_lab import Sender
from tests.devices.problem_log import ProblemLog
from tests.fakes import look_at

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not check_library().ok, reason=check_library().hint)]

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)


def open_stream(name, clock=None, **options):
    return open_tracker(
        "lsl",
        clock=clock or MonotonicClock(),
        display=DISPLAY,
        options={"stream": name, **options},
    )


@pytest.fixture(scope="class")
def sender():
    sender = Sender(f"gaze-{uuid.uuid4().hex[:6]}")
    yield sender
    sender.kill()


class TestLsl(TrackerContract):
    @pytest.fixture
    def tracker(self, sender):
        tracker = open_stream(sender.name)
        yield tracker
        tracker.close()


def test_no_sample_is_lost_at_600_hz_from_another_process():
    n = 1800
    sender = Sender(f"full-{uuid.uuid4().hex[:6]}", n=n)
    try:
        clock = MonotonicClock()
        tracker = open_stream(sender.name, clock)
        sender.wait_for("ready")
        collector, problems = Collector(1), ProblemLog()
        tracker.start(collector.take, problems.take)
        sender.wait_for("done")
        while collector.samples.left_px[-1, 0] < 10 + n - 1:
            collector.wait()
        tracker.close()
    finally:
        sender.kill()
    samples = collector.samples
    counts = samples.left_px[:, 0] - 10
    assert (np.diff(counts) == 1).all(), "samples are missing or doubled"
    assert counts[-1] == n - 1
    # stamps lie on the sender's grid, and arrive after a few milliseconds
    assert np.diff(samples.time_s) == pytest.approx(1 / 600, abs=1e-4)
    delay_s = samples.receive_time_s - samples.time_s
    assert -0.001 < np.median(delay_s) < 0.05
    assert problems.kinds == []
    assert tracker.clock_offsets[0].uncertainty_s < 0.01


@pytest.mark.parametrize("same_source", [True, False], ids=["same-source-id", "new-source-id"])
def test_a_killed_sender_is_lost_and_its_successor_taken_up_with_the_gap_marked(same_source):
    name = f"killed-{uuid.uuid4().hex[:6]}"
    first = Sender(name, source_id="one")
    second = None
    try:
        tracker = open_stream(name)
        first.wait_for("ready")
        collector, problems = Collector(200), ProblemLog()
        tracker.start(collector.take, problems.take)
        collector.wait()
        first.kill()
        lost = problems.wait_for("lost")
        second = Sender(name, source_id="one" if same_source else "two")
        problems.wait_for("restored")
        gap = problems.wait_for("gap")
        tracker.close()
    finally:
        if second is not None:
            second.kill()
    assert "silent" in lost.message
    assert gap.gap_s > 0.4
    samples = collector.samples
    hole = int(np.argmax(np.diff(samples.time_s)))
    assert samples.time_s[hole] == pytest.approx(gap.time_s)
    assert samples.time_s[hole + 1] - samples.time_s[hole] == pytest.approx(gap.gap_s, abs=0.01)
    assert (np.diff(samples.time_s) >= 0).all()


def test_a_dead_stream_is_connected_again_on_request_or_says_what_is_there(monkeypatch):
    name, other = (f"{kind}-{uuid.uuid4().hex[:6]}" for kind in ("reconnected", "bystander"))
    bystander, first, second = Sender(other), Sender(name, source_id="one"), None
    try:
        tracker = open_stream(name)
        assert isinstance(tracker, Reconnectable)
        first.wait_for("ready")
        collector, problems = Collector(200), ProblemLog()
        tracker.start(collector.take, problems.take)
        collector.wait()
        assert tracker.is_connected
        first.kill()
        problems.wait_for("lost")
        assert not tracker.is_connected
        monkeypatch.setattr(lsl, "RECONNECT_S", 0.5)
        with pytest.raises(ConnectionLost, match=other):
            tracker.reconnect()
        monkeypatch.undo()
        second = Sender(name, source_id="two")
        tracker.reconnect()
        assert tracker.is_connected
        problems.wait_for("gap")
        tracker.close()
    finally:
        for sender in (bystander, first, second):
            if sender is not None:
                sender.kill()
    assert (np.diff(collector.samples.time_s) >= 0).all()


def test_what_our_outlets_publish_is_read_back_and_listed():
    clock = MonotonicClock()
    info = TrackerInfo(
        backend="simulated",
        name="Ada",
        serial=uuid.uuid4().hex[:6],
        rate_hz=500.0,
        rates_hz=(),
        eyes="binocular",
        capabilities=frozenset(),
    )
    outlets = Outlets(f"ours-{info.serial}", info, clock, DISPLAY)
    tracker = open_stream(f"ours-{info.serial}", clock)
    listed = [t for t in find_trackers() if t.serial == f"gazeapp-simulated-{info.serial}-gaze"]
    collector = Collector(150)
    tracker.start(collector.take, lambda _: None)
    sent = look_at((300, 400), for_s=0.2).then(blink_s=0.1).samples(500, start_s=clock.now_s() - 0.3)
    outlets.push_samples(sent)
    outlets.push_fixations([Fixation(onset_s=0.1, duration_s=0.2, x_px=3, y_px=4)])
    outlets.push_event(Note(time_s=0.1, text="hello"))
    collector.wait()
    tracker.close()
    outlets.close()
    outlets.close()
    got: GazeSamples = collector.samples
    assert np.array_equal(got.left_px, sent.left_px, equal_nan=True)
    assert np.array_equal(got.left_valid, sent.left_valid)
    assert got.time_s == pytest.approx(sent.time_s, abs=2e-3)
    assert [t.rate_hz for t in listed] == [500.0]


def test_an_absent_stream_and_wrong_options_are_refused_with_what_to_do():
    with pytest.raises(TrackerNotFound, match="firewall"):
        open_stream("nobody", wait_s="0.2")
    with pytest.raises(SettingsError, match="furlongs"):
        open_stream("nobody", wait_s="0.2", unit="furlongs")
