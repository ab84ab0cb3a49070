"""Real LSL senders that stamp wrongly, and such as come and go under changing ids."""

from __future__ import annotations

import uuid

import numpy as np
import pytest

pytest.importorskip("pylsl", reason="pylsl is not installed", exc_type=ImportError)

from gazeapp.devices.discovery import open_tracker
from gazeapp.devices.lsl.inlet import check_library
from gazeapp.gaze.clock import MonotonicClock
from gazeapp.gaze.display import Display
from tests.contracts.tracker_contract import Collector
from tests.devices.lsl_lab import Sender
from tests.devices.problem_log import ProblemLog

pytestmark = pytest.mark.skipif(not check_library().ok, reason=check_library().hint)

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)


def open_stream(name):
    return open_tracker("lsl", clock=MonotonicClock(), display=DISPLAY, options={"stream": name})


def test_samples_without_a_possible_time_are_left_out_and_told():
    sender = Sender(f"mistimed-{uuid.uuid4().hex[:6]}", kind="mistimed", n=3000)
    try:
        tracker = open_stream(sender.name)
        collector, problems = Collector(560), ProblemLog()
        tracker.start(collector.take, problems.take)
        collector.wait()
        told = problems.wait_for("stamps")
        tracker.close()
    finally:
        sender.kill()
    times = collector.samples.time_s
    assert np.isfinite(times).all()
    assert (np.diff(times) > 0).all()
    assert "left out" in told.message
    counts = (collector.samples.left_px[:, 0] - 10) % 100
    assert not np.isin(counts, (50, 60, 70)).any(), counts[np.isin(counts, (50, 60, 70))]


@pytest.mark.slow
def test_a_sender_that_returns_under_an_earlier_id_is_found():
    name = f"return-{uuid.uuid4().hex[:6]}"
    sender = Sender(name, source_id="A")
    try:
        tracker = open_stream(name)
        collector, problems = Collector(50), ProblemLog()
        tracker.start(collector.take, problems.take)
        collector.wait()
        for number, source in enumerate("BAB", 1):
            sender.kill()
            problems.wait_for("lost", n=number)
            sender = Sender(name, source_id=source)
            problems.wait_for("restored", n=number)
        tracker.close()
    finally:
        sender.kill()
