from __future__ import annotations

import math
import threading

import numpy as np
import pytest

from gazeapp.errors import ConnectionLost
from gazeapp.experiment.plan import CalibrationPlan, ExperimentPlan, StimuliPlan
from gazeapp.experiment.state import Command, SessionStep, State
from gazeapp.runtime.thread_queue import DeviceExecutor, MainThreadQueue
from gazeapp.store.records import CalibrationRow, CorrectionRow
from tests.session_lab import DISPLAY, Lab, said

PLAN = ExperimentPlan(
    name="device", stimuli=StimuliPlan(folders=("a",)), calibration=CalibrationPlan(points=3, validation_points=1)
)


class FakeDevice:
    """A tracker that calibrates itself; `bad` points collect nothing, `fails` names a call that loses the
    connection."""

    def __init__(self, bad=(), fails="", refuses=False):
        self.calls, self.bad, self.fails, self.refuses = [], list(bad), fails, refuses

    def _note(self, name, *values):
        self.calls.append((name, *values))
        if name == self.fails:
            raise ConnectionLost("the tracker was unplugged")

    def enter_calibration(self, display):
        self._note("enter")

    def collect_point(self, x_norm, y_norm):
        self._note("collect", x_norm, y_norm)
        return (x_norm, y_norm) not in self.bad

    def discard_point(self, x_norm, y_norm):
        self._note("discard", x_norm, y_norm)

    def compute_and_apply(self):
        self._note("compute")
        return not self.refuses

    def leave_calibration(self):
        self._note("leave")

    def retrieve_calibration(self):
        return b"vendor blob"

    def apply_calibration(self, blob):
        self._note("apply", blob)

    def names(self):
        return [call[0] for call in self.calls]


def calibrated(device, **lab):
    made = Lab(PLAN, device=device, gaze_offset_px=(0, 0), **lab)
    made.controller.connect(made.now_s)
    made.controller.start_calibration(made.now_s)
    made.until(State.CALIBRATED, State.CONNECTED)
    return made


def test_every_point_is_collected_once_and_the_device_computes():
    device = FakeDevice()
    lab = calibrated(device)
    assert device.names() == ["enter", "collect", "collect", "collect", "compute"]
    assert [type(row) for row in lab.rows] == [CalibrationRow, CorrectionRow]
    assert lab.rows[0].device_blob == b"vendor blob"
    assert lab.rows[1].correction is None
    assert lab.controller.status.correction.is_identity


def test_the_device_leaves_calibration_before_the_validation():
    device = FakeDevice()
    lab = calibrated(device)
    lab.controller.start_validation(lab.now_s)
    assert device.names()[-1] == "leave"
    lab.until(State.VALIDATED)
    assert lab.controller.status.validation.verdict == "pass"


def test_a_point_is_tried_twice_before_it_counts_as_failed():
    device = FakeDevice(bad=[(0.5, 0.1)])
    lab = calibrated(device)
    assert device.calls.count(("collect", 0.5, 0.1)) == 2
    assert [p.state.value for p in lab.controller.status.targets].count("failed") == 1


def test_redoing_a_point_discards_what_the_device_had():
    device = FakeDevice()
    lab = calibrated(device)
    redone = lab.controller.status.targets[0].target
    lab.controller.redo_points([redone.target_id], lab.now_s)
    lab.until(State.CALIBRATED)
    place = (redone.x_norm, redone.y_norm)
    assert device.calls[-3:] == [("discard", *place), ("collect", *place), ("compute",)]
    assert device.names().count("enter") == 1


def test_dropping_a_point_discards_it_and_computes_again():
    device = FakeDevice()
    lab = calibrated(device)
    dropped = lab.controller.status.targets[1].target
    lab.controller.drop_points([dropped.target_id], lab.now_s)
    lab.step()
    assert device.calls[-2:] == [("discard", dropped.x_norm, dropped.y_norm), ("compute",)]
    assert lab.controller.status.state is State.CALIBRATED
    assert len(lab.controller.status.attempts) == 2


def test_a_device_that_refuses_leaves_the_session_uncalibrated_and_says_so():
    lab = calibrated(FakeDevice(refuses=True))
    assert lab.controller.status.state is State.CONNECTED
    assert "found no calibration" in said(lab.controller.status)


@pytest.mark.parametrize("call", ["enter", "collect", "compute"])
def test_a_device_that_is_lost_ends_the_attempt_and_nothing_else(call):
    device = FakeDevice(fails=call)
    lab = calibrated(device)
    assert lab.controller.status.state is State.CONNECTED
    assert "unplugged" in said(lab.controller.status)
    assert device.names()[-1] == "leave"
    assert [row.status for row in lab.rows] == ["failed"]


def test_a_blocking_device_does_not_stop_the_controller():
    calls = MainThreadQueue()
    devices = DeviceExecutor(calls, inline=False)
    release = threading.Event()
    device = FakeDevice()
    collect = device.collect_point
    device.collect_point = lambda x, y: release.wait(10) and collect(x, y)
    lab = Lab(PLAN, device=device, worker=devices, gaze_offset_px=(0, 0))
    lab.controller.connect(lab.now_s)
    lab.controller.start_calibration(lab.now_s)
    assert lab.controller.status.step is SessionStep.FIT
    assert lab.controller.status.allowed == {Command.ABORT}
    for _ in range(200):
        calls.run()
        lab.step()
    assert lab.controller.status.state is State.CALIBRATING
    assert "collect" not in device.names()
    release.set()
    for _ in range(100_000):
        calls.run()
        lab.step(0.01)
        if lab.controller.status.state is State.CALIBRATED:
            break
    assert lab.controller.status.state is State.CALIBRATED
    devices.close()


def test_selecting_an_earlier_calibration_gives_it_back_to_the_device():
    device = FakeDevice()
    lab = calibrated(device)
    device.retrieve_calibration = lambda: b"second blob"
    lab.controller.start_calibration(lab.now_s)
    lab.until(State.CALIBRATED)
    lab.controller.select_calibration(1, lab.now_s)
    assert device.calls[-2:] == [("leave",), ("apply", b"vendor blob")]
    lab.step()
    assert lab.controller.status.state is State.CALIBRATED
    assert lab.controller.status.selected_attempt.number == 1


def test_a_device_lost_while_it_takes_a_calibration_back_is_told():
    device = FakeDevice(fails="apply")
    lab = calibrated(device)
    lab.controller.start_validation(lab.now_s)
    lab.until(State.VALIDATED)
    lab.controller.select_calibration(1, lab.now_s)
    lab.step()
    assert lab.controller.status.state is State.CALIBRATED
    assert "unplugged" in said(lab.controller.status)


class TellingDevice(FakeDevice):
    """Says what it measured, as SDKs do that keep places in single precision; the last target's left eye was not
    used."""

    @property
    def measured_targets(self):
        places = [call[1:] for call in self.calls if call[0] == "collect"]
        found = {}
        for x_norm, y_norm in places:
            gaze = np.array([[x_norm + 0.01, y_norm], [x_norm + 0.01, y_norm]])
            left = np.full((2, 2), np.nan) if (x_norm, y_norm) == places[-1] else gaze
            found[float(np.float32(x_norm)), float(np.float32(y_norm))] = left, gaze
        return found


def test_what_the_device_measured_is_shown_and_stored_for_each_point_and_eye():
    device = TellingDevice()
    lab = calibrated(device)
    attempt = lab.controller.status.selected_attempt
    off_px = 0.01 * DISPLAY.width_px
    off_deg = off_px / DISPLAY.px_per_deg
    unused = next(call[1:] for call in reversed(device.calls) if call[0] == "collect")
    assert len(attempt.residuals) == 3
    for residual in attempt.residuals:
        # the same distance is a smaller angle towards the edges
        assert 0.8 * off_deg < residual.right_deg < 1.001 * off_deg
    blind = [r.target_id for r in attempt.residuals if math.isnan(r.left_deg)]
    targets = {p.target.target_id: p.target for p in attempt.points}
    assert [(targets[i].x_norm, targets[i].y_norm) for i in blind] == [unused]
    row = lab.rows[0]
    assert row.correction is None
    assert [point["n_samples"] for point in row.points] == [2, 2, 2]
    assert [p["right_x_px"] - p["x_px"] for p in row.points] == pytest.approx([off_px] * 3)
    assert row.residual_right_deg == pytest.approx(np.mean([r.right_deg for r in attempt.residuals]))


def test_a_point_the_device_lost_has_no_figures_of_the_one_before():
    device = TellingDevice(bad=[(0.5, 0.1)])
    lab = calibrated(device)
    attempt = lab.controller.status.attempts[-1]
    failed = [p for p in attempt.points if p.state.value == "failed"]
    assert [len(p.samples) for p in failed] == [0]
    assert failed[0].target.target_id not in {r.target_id for r in attempt.residuals}
