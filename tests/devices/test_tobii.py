from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from gazeapp.devices.tobii import discovery, sdk
from gazeapp.devices.tobii.child_process import CallFailed, RemoteBackend
from gazeapp.devices.tobii.in_process import LocalBackend
from gazeapp.devices.tobii.python310 import find_sdk_interpreter
from gazeapp.devices.tobii.tracker import TobiiTracker
from gazeapp.devices.tracker import (
    NEWS,
    Capability,
    ClockReporting,
    MeasuredTargets,
    OnDeviceCalibration,
    PositionGuide,
)
from gazeapp.errors import (
    ConnectionLost,
    DeviceError,
    InvalidTransition,
    SettingsError,
    TrackerNotFound,
    UnavailableReason,
)
from gazeapp.gaze.clock import MonotonicClock
from gazeapp.gaze.display import Display
from gazeapp.store.records import CalibrationRow, CorrectionRow
from gazeapp.store.writer import SessionWriter
from tests.contracts.tracker_contract import Collector, TrackerContract
from tests.devices import fake_tobii_research
from tests.devices.problem_log import ProblemLog

pytestmark = pytest.mark.slow

DISPLAY = Display(width_px=2000, height_px=1000, width_mm=531, height_mm=299, distance_mm=650)
BACKEND = Path(__file__).with_name("fake_tobii_backend.py")


def here(on_rows, on_event, _on_death):
    def make(add_row, send_event):
        return sdk.TobiiSdk(add_row, send_event, fake_tobii_research)

    return LocalBackend(make, on_rows=on_rows, on_event=on_event)


def child(on_rows, on_event, on_death, hang_s=8.0):
    return RemoteBackend(
        Path(sys.executable),
        BACKEND,
        "FakeTobiiSdk",
        on_rows=on_rows,
        on_event=on_event,
        on_death=on_death,
        hang_s=hang_s,
    )


@pytest.fixture(params=[here, child], ids=["here", "child"])
def make(request):
    return request.param


@pytest.fixture
def open_fake(make):
    opened = []

    def open_it(address="tet-tcp://fake", **options):
        tracker = TobiiTracker(make, address, MonotonicClock(), DISPLAY, **options)
        opened.append(tracker)
        return tracker

    yield open_it
    for tracker in opened:
        tracker.close()


class TestTobii(TrackerContract):
    @pytest.fixture
    def tracker(self, open_fake):
        return open_fake()


def test_gaze_of_invalid_eyes_is_masked_although_the_sdk_gives_numbers(open_fake):
    tracker = open_fake()
    collector = Collector(100)
    tracker.start(collector.take, lambda _: None)
    collector.wait()
    tracker.stop()
    samples = collector.samples
    assert not samples.left_valid[:5].any()
    assert np.isnan(samples.left_px[:5]).all()
    assert np.isnan(samples.left_pupil_mm[:5]).all()
    assert np.isnan(samples.left_origin_mm[:5]).all()
    assert samples.left_px[5] == pytest.approx([500, 500])
    assert samples.right_px[5] == pytest.approx([1500, 500])
    assert samples.left_pupil_mm[5] == 3.0
    assert samples.left_origin_mm[5] == pytest.approx([-30, 5, 640])


def test_times_are_those_of_the_sdk_on_the_session_clock(open_fake):
    tracker = open_fake(rate_hz=1200)
    collector = Collector(600)
    tracker.start(collector.take, lambda _: None)
    collector.wait()
    tracker.stop()
    samples = collector.samples
    assert np.diff(samples.time_s) == pytest.approx(1 / 1200, abs=2e-6)
    assert -0.002 < np.median(samples.receive_time_s - samples.time_s) < 0.1
    assert np.ptp(samples.device_time_s - samples.time_s) < 1e-5
    assert tracker.info.rate_hz == 1200


def test_a_calibration_collects_redoes_computes_and_is_saved_and_restored(open_fake):
    tracker = open_fake()
    assert Capability.ON_DEVICE_CALIBRATION in tracker.info.capabilities
    assert isinstance(tracker, OnDeviceCalibration)
    tracker.enter_calibration(DISPLAY)
    assert not tracker.collect_point(0.1, 0.1), "the first collection fails, as the SDK's may"
    assert tracker.collect_point(0.1, 0.1)
    assert not tracker.compute_and_apply(), "one point is too little"
    for _ in range(2):
        tracker.collect_point(0.9, 0.9)
    tracker.discard_point(0.9, 0.9)
    tracker.collect_point(0.9, 0.9)
    assert tracker.compute_and_apply()
    assert tracker.last_calibration["points"][0]["left"][0] == [0.1, 0.1, True]
    assert isinstance(tracker, MeasuredTargets)
    left, right = tracker.measured_targets[0.1, 0.1]
    assert left.tolist() == [[0.1, 0.1]] * 2
    assert np.isnan(right).all(), "the stand-in does not use the right eye at the first target"
    tracker.leave_calibration()
    tracker.leave_calibration()
    saved = tracker.retrieve_calibration()
    tracker.apply_calibration(b"another")
    assert tracker.retrieve_calibration() == b"another"
    tracker.apply_calibration(saved)
    assert tracker.retrieve_calibration() == saved


def test_one_eye_can_be_calibrated_where_the_tracker_can(open_fake):
    tracker = open_fake(eye="left")
    tracker.enter_calibration(DISPLAY)
    assert tracker.collect_point(0.5, 0.5)
    tracker.leave_calibration()


def test_a_dropped_connection_is_told_and_told_again_when_it_is_back(open_fake):
    tracker = open_fake("tet-tcp://drop")
    problems = ProblemLog()
    tracker.start(lambda _: None, problems.take)
    problems.wait_for("restored")
    tracker.stop()
    trouble = [problem for problem in problems.all if problem.kind not in NEWS]
    assert [problem.kind for problem in trouble] == ["lost", "restored"]
    assert "cable" in trouble[0].message


def test_an_absent_tracker_is_connection_lost_with_what_to_check(open_fake):
    with pytest.raises(ConnectionLost, match="cable"):
        open_fake("tet-tcp://absent")


def test_another_screen_than_the_trackers_is_told(make):
    wide = Display(width_px=2560, height_px=1440, width_mm=700, height_mm=394, distance_mm=650)
    tracker = TobiiTracker(make, "tet-tcp://fake", MonotonicClock(), wide)
    problems = ProblemLog()
    tracker.start(lambda _: None, problems.take)
    assert problems.wait_for("display-changed").message.count("531") == 1
    tracker.close()


def test_a_closed_tracker_cannot_be_started(open_fake):
    tracker = open_fake()
    tracker.close()
    with pytest.raises(InvalidTransition):
        tracker.start(lambda _: None, lambda _: None)


def test_discovery_lists_what_answers_and_names_what_does_not(make, monkeypatch, caplog):
    monkeypatch.setattr(discovery, "_backend_maker", lambda *_: make)
    assert [found.serial for found in discovery.find()] == ["FAKE-1"]
    assert "EyeTrackerInternalError" in caplog.text


def test_a_rate_or_mode_that_the_tracker_lacks_is_refused_with_what_it_has(open_fake):
    with pytest.raises(SettingsError, match="60, 600, 1200"):
        open_fake(rate_hz=500)
    with pytest.raises(SettingsError, match="Default, human"):
        open_fake(mode="dog")
    assert open_fake(mode="human", rate_hz=60).info.rate_hz == 60


def test_the_position_guide_tells_each_eye_and_who_is_not_seen(open_fake):
    tracker = open_fake()
    assert isinstance(tracker, PositionGuide)
    assert Capability.POSITION_GUIDE in tracker.info.capabilities
    seen = queue.SimpleQueue()
    tracker.start(lambda _: None, lambda _: None)
    tracker.show_positions(lambda left, right: seen.put((left, right)))
    assert seen.get(timeout=5) == ((0.4, 0.5, 0.6), None)


def test_the_clock_of_the_tracker_is_measured_with_its_uncertainty(open_fake):
    tracker = open_fake()
    assert isinstance(tracker, ClockReporting)
    collector = Collector(100)
    tracker.start(collector.take, lambda _: None)
    collector.wait()
    tracker.stop()
    (measured,) = tracker.clock_offsets
    assert measured.offset_s == pytest.approx(-7.0, abs=1e-6)
    assert measured.uncertainty_s == pytest.approx(50e-6)
    samples = collector.samples
    apart_s = samples.device_time_s + measured.offset_s - samples.time_s
    assert np.ptp(apart_s) < 1e-5, "raw stamps and offsets give the session's times, but for a constant"


def test_signals_and_calibrations_are_told_as_news_and_not_as_trouble(open_fake):
    tracker = open_fake()
    problems = ProblemLog()
    tracker.start(lambda _: None, problems.take)
    assert "3 (initial_value)" in problems.wait_for("external-signal").message
    tracker.enter_calibration(DISPLAY)
    for place in ((0.1, 0.1), (0.9, 0.9)) * 2:
        tracker.collect_point(*place)
    assert tracker.compute_and_apply()
    problems.wait_for("calibration-changed")
    assert set(problems.kinds) <= NEWS


def test_a_calibration_of_one_eye_only_is_told(open_fake):
    tracker = open_fake("tet-tcp://one-eye")
    problems = ProblemLog()
    tracker.start(lambda _: None, problems.take)
    tracker.enter_calibration(DISPLAY)
    for place in ((0.1, 0.1), (0.9, 0.9)) * 2:
        tracker.collect_point(*place)
    assert tracker.compute_and_apply()
    assert "left eye only" in problems.wait_for("warning").message


def test_a_tracker_that_another_program_calibrates_says_so(open_fake):
    with pytest.raises(DeviceError, match="another program"):
        open_fake("tet-tcp://busy").enter_calibration(DISPLAY)


def test_samples_that_the_tracker_left_out_are_a_gap(open_fake):
    tracker = open_fake("tet-tcp://hole")
    collector, problems = Collector(500), ProblemLog()
    tracker.start(collector.take, problems.take)
    gap = problems.wait_for("gap")
    collector.wait()
    tracker.stop()
    assert gap.gap_s == pytest.approx(0.5, abs=0.002)
    hole = int(np.argmax(np.diff(collector.samples.time_s)))
    assert collector.samples.time_s[hole] == pytest.approx(gap.time_s)


def test_a_calibration_of_an_earlier_session_can_be_applied_at_once(open_fake, tmp_path):
    row = CalibrationRow(
        number=1, time_s=1.0, start_s=0.0, status="ok", points=(), correction=None, device_blob=b"kept"
    )
    used = CorrectionRow(time_s=1.0, from_time_s=1.0, source="calibration", correction=None, calibration=1)
    with SessionWriter(tmp_path / "session.sqlite") as writer:
        writer.set_meta({"session_id": "one"})
        writer.write_calibration(row)
        writer.write_correction(used)
    file = tmp_path / "saved.bin"
    file.write_bytes(b"from a file")
    assert discovery.read_calibration(file) == b"from a file"
    saved = discovery.read_calibration(tmp_path)
    assert open_fake(calibration=saved).retrieve_calibration() == b"kept"
    with pytest.raises(SettingsError, match="nowhere"):
        discovery.read_calibration(tmp_path / "nowhere.bin")
    (tmp_path / "other").mkdir()
    with SessionWriter(tmp_path / "other" / "session.sqlite") as writer:
        writer.set_meta({"session_id": "two"})
    with pytest.raises(SettingsError, match="calibrate again"):
        discovery.read_calibration(tmp_path / "other")


def test_reconnecting_goes_on_with_positions_and_marks_the_gap(open_fake):
    tracker = open_fake()
    collector, problems, seen = Collector(100), ProblemLog(), queue.SimpleQueue()
    tracker.start(collector.take, problems.take)
    tracker.show_positions(lambda left, _right: seen.put(left))
    collector.wait()
    seen.get(timeout=5)
    threading.Event().wait(0.2)
    tracker._quietly("stop")
    n_before = len(collector.samples)
    threading.Event().wait(0.3)
    tracker.reconnect()
    problems.wait_for("restored")
    gap = problems.wait_for("gap")
    tracker.close()
    assert gap.gap_s >= 0.3
    assert seen.get(timeout=5) == (0.4, 0.5, 0.6)
    assert len(collector.samples) > n_before
    assert (np.diff(collector.samples.time_s) >= 0).all()
    with pytest.raises(InvalidTransition):
        tracker.reconnect()


def test_a_tracker_closed_while_it_connects_leaves_nothing_behind(make):
    made = []

    def slow(*callbacks):
        made.append(make(*callbacks))
        if len(made) == 2:
            tracker.close()  # as another thread would
        return made[-1]

    tracker = TobiiTracker(slow, "tet-tcp://fake", MonotonicClock(), DISPLAY)
    tracker.start(lambda _: None, lambda _: None)
    with pytest.raises(InvalidTransition, match="closed while"):
        tracker.reconnect()
    assert not any(backend.is_alive for backend in made)


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_a_killed_sdk_process_is_told_what_was_recorded_stays_and_it_can_be_reconnected():
    tracker = TobiiTracker(child, "tet-tcp://fake", MonotonicClock(), DISPLAY)
    collector, problems = Collector(100), ProblemLog()
    tracker.start(collector.take, problems.take)
    collector.wait()
    os.kill(tracker._backend.pid, signal.SIGKILL)
    lost = problems.wait_for("lost")
    assert "signal 9" in lost.message
    assert collector.samples.receive_time_s[-1] <= lost.time_s, "nothing comes after the end was told"
    n_before = len(collector.samples)
    assert not tracker.is_connected
    with pytest.raises(ConnectionLost, match="reconnect"):
        tracker.retrieve_calibration()
    tracker.reconnect()
    problems.wait_for("restored")
    while len(collector.samples) < n_before + 50:
        collector.wait()
    tracker.close()
    assert (np.diff(collector.samples.time_s) >= 0).all()


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_an_sdk_that_aborts_its_process_costs_the_connection_and_not_the_program():
    tracker = TobiiTracker(child, "tet-tcp://abort", MonotonicClock(), DISPLAY)
    with pytest.raises(ConnectionLost, match="signal 6"):
        tracker.start(lambda _: None, lambda _: None)
    tracker.close()


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_an_sdk_that_hangs_is_ended():
    def impatient(*callbacks):
        return child(*callbacks, hang_s=1.5)

    tracker = TobiiTracker(impatient, "tet-tcp://stop", MonotonicClock(), DISPLAY)
    with pytest.raises(ConnectionLost, match="hung"):
        tracker.start(lambda _: None, lambda _: None)
    tracker.close()


def test_a_call_that_takes_too_long_ends_the_process(tmp_path):
    slow = tmp_path / "slow.py"
    slow.write_text("import time\nclass Slow:\n    def __init__(self, *_): pass\n    def wait(self): time.sleep(60)\n")
    deaths = []
    backend = RemoteBackend(Path(sys.executable), slow, "Slow", on_rows=print, on_event=print, on_death=deaths.append)
    with pytest.raises(CallFailed, match="nothing"):
        backend.call("nothing")
    with pytest.raises(ConnectionLost, match="did not answer wait"):
        backend.call("wait", timeout_s=0.3)
    backend.close()
    backend.close()
    assert len(deaths) == 1


def test_a_sink_may_stop_the_tracker(open_fake):
    tracker = open_fake()
    stopped = threading.Event()

    def stop(_samples):
        tracker.stop()
        stopped.set()

    tracker.start(stop, lambda _: None)
    assert stopped.wait(5), "stopping waited for itself"
    assert tracker.is_connected


def test_one_of_several_trackers_must_be_named():
    two = [{"model": "Spectrum", "serial": s} for s in ("A", "B")]
    with pytest.raises(TrackerNotFound, match="serial="):
        discovery._choose(two, "")
    assert discovery._choose(two, "B")["serial"] == "B"
    held = {**two[0], "problem": "EyeTrackerInternalError: timed out"}
    assert discovery._choose([held, two[1]], "")["serial"] == "B", "one that does not answer cannot be meant"
    with pytest.raises(TrackerNotFound, match=r"Spectrum A is there and does not answer .*timed out"):
        discovery._choose([held, two[1]], "A")
    with pytest.raises(TrackerNotFound, match="power"):
        discovery._choose(two, "C")


def test_the_sdk_runs_in_a_child_on_every_python_unless_it_is_asked_for_here(monkeypatch):
    made = []
    monkeypatch.setattr(discovery, "find_sdk_interpreter", lambda: Path(sys.executable))
    monkeypatch.setattr(discovery, "LocalBackend", lambda *_, **__: made.append("here"))
    monkeypatch.setattr(discovery, "RemoteBackend", lambda python, *_, **__: made.append(python))
    monkeypatch.setattr(discovery, "has_sdk_here", lambda: True)
    for process, python in (("", ""), ("child", ""), ("", "other/python"), ("here", "")):
        discovery._backend_maker(process, python)(print, print, print)
    assert made == [Path(sys.executable)] * 2 + [Path("other/python"), "here"]
    monkeypatch.setattr(discovery, "has_sdk_here", lambda: False)
    with pytest.raises(SettingsError, match="process of its own"):
        discovery._backend_maker("here", "")


def test_without_python_3_10_the_backend_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(discovery, "find_sdk_interpreter", lambda: None)
    row = discovery.availability()
    assert not row.ok
    assert row.reason in (UnavailableReason.WRONG_PYTHON, UnavailableReason.SDK_MISSING)
    assert "tobii" in row.hint


needs_sdk = pytest.mark.skipif(find_sdk_interpreter() is None, reason="no Python 3.10 with the Tobii SDK")


@needs_sdk
def test_the_fake_has_the_names_and_signatures_of_the_real_sdk():
    real = _surface(find_sdk_interpreter(), "import tobii_research as sdk")
    path = str(Path(fake_tobii_research.__file__).parent)
    fake = _surface(sys.executable, f"import sys; sys.path.insert(0, {path!r}); import fake_tobii_research as sdk")
    extra = ("FIRST_DISCOVERY_S", "EyeTracker.notify", "EyeTracker.in_calibration")
    assert {name: real.get(name) for name in fake if name not in extra} == {
        name: said for name, said in fake.items() if name not in extra
    }


def _surface(python, importing):
    """Constants with their values and functions with their parameters, as JSON from an interpreter of its own."""
    script = (
        importing
        + """
import inspect, json
found = {}
for name, value in vars(sdk).items():
    if name.startswith("_") or inspect.ismodule(value) or name in ("annotations", "DisplayArea"):
        continue
    if inspect.isclass(value) and not issubclass(value, Exception):
        for method, call in inspect.getmembers(value, inspect.isfunction):
            if not method.startswith("_"):
                found[f"{name}.{method}"] = [p for p in inspect.signature(call).parameters]
    elif inspect.isfunction(value):
        found[name] = [p for p in inspect.signature(value).parameters]
    elif isinstance(value, str):
        found[name] = value
    elif inspect.isclass(value):
        found[name] = "exception"
print(json.dumps(found))
"""
    )
    done = subprocess.run([python, "-c", script], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@needs_sdk
def test_the_real_sdk_is_found_in_its_own_process_and_answers_without_hardware():
    assert discovery.availability().ok
    assert isinstance(discovery.find(), list)
