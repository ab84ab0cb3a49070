"""What an experimenter sees, and what is lost, when something breaks in a session; figures are in FAULTS.md."""

from __future__ import annotations

import os
import signal
import uuid

import numpy as np
import pytest

from gazeapp.devices.lsl.inlet import check_library
from gazeapp.devices.tobii.tracker import TobiiTracker
from gazeapp.experiment.state import Command, State
from gazeapp.experiment.tracker_connection import ReconnectOutcome
from gazeapp.gaze.clock import MonotonicClock
from gazeapp.gaze.quality import QualityIssue, QualityReason, measure_quality
from tests.devices.fault_session import DISPLAY, FaultSession, window
from tests.devices.lsl_lab import Sender
from tests.devices.test_tobii import child
from tests.session_lab import interrupted, said

pytestmark = pytest.mark.slow

needs_lsl = pytest.mark.skipif(not check_library().ok, reason=check_library().hint)
posix = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")


@pytest.fixture
def send():
    """Starts senders, and ends what is left of them."""
    senders = []

    def start(kind="counting", name="", source_id=""):
        name = name or f"{kind}-{uuid.uuid4().hex[:6]}"
        senders.append(Sender(name, source_id=source_id, kind=kind))
        return senders[-1]

    yield start
    for sender in senders:
        if sender.process.poll() is None:
            sender.kill()


@needs_lsl
@pytest.mark.parametrize("kind", ["jumping", "setting-back"])
def test_a_senders_clock_that_jumps_is_told_and_times_go_on(send, tmp_path, kind):
    sender = send(kind)
    with FaultSession(tmp_path, stream=sender.name) as session:
        session.until_gaze()
        sender.jump()
        session.until(lambda: "clock-jump" in session.kinds)
        assert session.controller.status.state is State.RUNNING, "gaze goes on, so the session does"
        session.for_s(1.0)
    with session.reader() as reader:
        samples = reader.samples()
    assert "jumped" in session.said("clock-jump")
    assert (np.diff(samples.left_px[:, 0]) == 1).all(), "no sample is lost"
    raw_s = np.diff(samples.device_time_s)
    assert np.abs(raw_s).max() == pytest.approx(60, abs=0.1), "raw stamps are kept"
    assert (np.diff(samples.time_s) >= 0).all()
    assert np.diff(samples.time_s).max() < 0.5
    late_s = samples.receive_time_s - samples.time_s
    assert np.abs(late_s[-100:]).max() < 0.5, "times come from arrivals now"


@needs_lsl
def test_gaze_in_another_unit_than_the_stream_says_is_told_and_read_as_its_values_are(send, tmp_path):
    with FaultSession(tmp_path, stream=send("mislabelled").name) as session:
        session.until(lambda: "units" in session.kinds)
        session.until_gaze()
    with session.reader() as reader:
        samples = reader.samples()
        assert "units" in [problem.kind for problem in reader.problems()]
    assert "look normalised" in session.said("units")
    assert samples.left_px[-1] == pytest.approx((480, 540))


@needs_lsl
def test_swapped_eyes_are_told_and_fail_a_validation(send, tmp_path):
    with FaultSession(tmp_path, stream=send("swapped").name) as session:
        session.until(lambda: "eyes-swapped" in session.kinds)
        session.until_gaze()
        head = session.run.snapshot.head
    assert head.left_mm[0] > head.right_mm[0]
    with session.reader() as reader:
        samples = reader.samples()[-200:]
    report = measure_quality(samples, [window(samples)], DISPLAY)
    assert report.verdict == "fail"
    assert report.reasons[0].issue is QualityIssue.EYES_SWAPPED


@needs_lsl
def test_an_eye_that_is_never_seen_is_named_and_the_other_one_serves(send, tmp_path):
    with FaultSession(tmp_path, stream=send("one-eyed").name) as session:
        session.until_gaze()
        session.for_s(0.5)
        assert session.controller.status.state is State.RUNNING
    with session.reader() as reader:
        samples = reader.samples()
    assert samples.left_valid.all()
    assert not samples.right_valid.any()
    report = measure_quality(samples, [window(samples)], DISPLAY)
    assert QualityReason(issue=QualityIssue.EYE_NEVER_SEEN, eye="right") in report.reasons


@needs_lsl
def test_a_calibration_without_any_gaze_fails_with_what_to_do(send, tmp_path):
    with FaultSession(tmp_path, ("calibrate",), stream=send("blind").name) as session:
        session.until(lambda: session.run.snapshot is not None)
        session.until_gaze()
        session.controller.start_calibration(session.now_s)
        session.until(lambda: session.controller.status.state is State.CONNECTED, timeout_s=90)
        assert "no steady gaze" in said(session.controller.status)
        assert session.run.snapshot.health.data_loss == 1.0


@needs_lsl
def test_a_stream_unplugged_during_calibration_pauses_at_its_target_and_goes_on(send, tmp_path):
    first = send()
    with FaultSession(tmp_path, ("calibrate",), stream=first.name) as session:
        session.until_gaze()
        session.controller.start_calibration(session.now_s)
        session.until(lambda: session.controller.status.current_target is not None)
        target = session.controller.status.current_target
        first.kill()
        session.until_paused()
        assert "lost" in said(session.controller.status)
        assert Command.RECONNECT in session.controller.status.allowed
        send(name=first.name, source_id="another")
        session.reconnect()
        assert session.controller.status.reconnection.outcome is ReconnectOutcome.RESTORED
        session.resume()
        assert session.controller.status.state is State.CALIBRATING
        assert session.controller.status.current_target == target
    with session.reader() as reader:
        assert {"lost", "restored", "gap"} <= {problem.kind for problem in reader.problems()}


@posix
@pytest.mark.parametrize(
    ("end", "said"),
    [(signal.SIGKILL, "signal 9"), (signal.SIGABRT, "signal 6"), (signal.SIGSTOP, "hung")],
    ids=["killed", "aborted", "hanging"],
)
def test_an_sdk_process_that_ends_costs_the_gap_alone(tmp_path, end, said):
    clock = MonotonicClock()

    def impatient(*callbacks):
        return child(*callbacks, hang_s=2.0)

    tracker = TobiiTracker(impatient, "tet-tcp://fake", clock, DISPLAY)
    with FaultSession(tmp_path, tracker=tracker, clock=clock) as session:
        session.until_gaze()
        session.until(lambda: session.controller.status.exposure is not None)
        os.kill(tracker._backend.pid, end)
        session.until(lambda: any(said in getattr(e, "message", "") for e in session.events))
        assert session.controller.status.state is State.PAUSED
        session.reconnect()
        assert session.controller.status.reconnection.outcome is ReconnectOutcome.RESTORED
        session.resume()
        session.until_gaze()
        session.until(lambda: "gap" in session.kinds)
        session.until(lambda: session.controller.status.exposure is not None)
        assert interrupted(session.controller) == {0}, "the image that was cut short comes again"
    with session.reader() as reader:
        samples, problems = reader.samples(), reader.problems()
    gap = next(problem for problem in problems if problem.kind == "gap")
    steps_s = np.diff(samples.time_s)
    assert int((steps_s > 0.02).sum()) == 1, "one hole, and it is marked"
    assert gap.gap_s == pytest.approx(steps_s.max(), abs=0.01)


@posix
def test_an_sdk_process_killed_during_calibration_calibrates_anew_after_reconnecting(tmp_path):
    clock = MonotonicClock()
    tracker = TobiiTracker(child, "tet-tcp://fake", clock, DISPLAY)
    with FaultSession(tmp_path, ("calibrate",), tracker=tracker, clock=clock) as session:
        session.until_gaze()
        session.controller.start_calibration(session.now_s)
        session.until(lambda: session.controller.status.current_target is not None)
        session.for_s(1.0)
        os.kill(tracker._backend.pid, signal.SIGKILL)
        session.until_paused()
        session.until(lambda: Command.RECONNECT in session.controller.status.allowed)
        session.reconnect()
        session.resume()
        session.until(lambda: session.controller.status.state is State.CONNECTED)
        assert "broke off" in said(session.controller.status)
        session.controller.start_calibration(session.now_s)
        session.until(lambda: session.controller.status.state is State.CALIBRATED)
        # what was computed is given back after the next loss
        os.kill(tracker._backend.pid, signal.SIGKILL)
        session.until_paused()
        session.reconnect()
        assert session.controller.status.reconnection.outcome is ReconnectOutcome.RESTORED
        kept = session.controller.status.selected_attempt.device_blob
        assert tracker.retrieve_calibration() == kept
    with session.reader() as reader:
        assert [row.status for row in reader.calibrations()] == ["failed", "ok"]
