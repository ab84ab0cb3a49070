from __future__ import annotations

import pytest

from gazeapp.devices.tracker import TrackerNotice
from gazeapp.errors import ConnectionLost, DeviceError, InvalidTransition
from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.plan import CalibrationPlan, ExperimentPlan, StimuliPlan, TrialsPlan
from gazeapp.experiment.state import Command, State
from gazeapp.experiment.tracker_connection import Connection, ReconnectOutcome
from gazeapp.experiment.unattended import RECONNECT_PERIOD_S, UnattendedOperator
from gazeapp.store.events import StimulusShown, TrackerEvent
from tests.experiment.test_device_calibration import FakeDevice
from tests.session_lab import Lab, said

PLAN = ExperimentPlan(
    name="reconnection",
    stimuli=StimuliPlan(folders=("a",)),
    calibration=CalibrationPlan(points=3, validation_points=1),
    trials=TrialsPlan(duration_s=0.5, fixation_cross_s=0.1, blank_s=0.1, fixation_gate=False),
)


class FakeLink:
    """A connection that answers from the n-th attempt on."""

    def __init__(self, fails=0):
        self.n_left, self.n_tried, self.is_connected = fails, 0, False

    def reconnect(self):
        self.n_tried += 1
        if self.n_left:
            self.n_left -= 1
            raise ConnectionLost("nobody answers; check the cable.")
        self.is_connected = True


class LateWorker:
    """Runs a call only when it is told to."""

    def __init__(self):
        self.waiting = []

    def __call__(self, job, on_done):
        self.waiting.append((job, on_done))

    def work(self):
        for job, on_done in self.waiting:
            on_done(job())
        self.waiting.clear()


def lose(lab, kind="lost"):
    lab.controller.report_problem(TrackerNotice(time_s=lab.now_s, kind=kind, message="cable"), lab.now_s)


def kinds(lab):
    return [event.kind for event in lab.of(TrackerEvent)]


def running(**lab):
    made = Lab(PLAN, gaze_offset_px=(0, 0), **lab)
    operator = UnattendedOperator(made.controller)
    while made.controller.status.exposure is None:
        made.step()
        operator.tick(made.now_s)
    return made


def test_a_tracker_that_cannot_be_connected_again_is_not_offered():
    lab = running()
    lose(lab)
    assert lab.controller.status.connection is Connection.LOST
    assert Command.RECONNECT not in lab.controller.status.allowed
    assert kinds(lab) == ["lost"]


def test_a_loss_offers_to_reconnect_once_and_nothing_else_that_needs_gaze():
    lab = running(tracker=FakeLink())
    assert Command.RECONNECT not in lab.controller.status.allowed
    lose(lab)
    lose(lab)
    allowed = lab.controller.status.allowed
    assert Command.RECONNECT in allowed
    assert not {Command.RESUME, Command.RECALIBRATE} & allowed
    assert kinds(lab) == ["lost", "reconnect-offered", "lost"]


def test_after_reconnecting_the_session_goes_on_with_the_image_it_lost():
    link = FakeLink()
    lab = running(tracker=link)
    correction = lab.controller.status.correction
    lose(lab)
    for _ in range(100):
        lab.step()
    lab.controller.reconnect(lab.now_s)
    lab.step()
    found = lab.controller.status.reconnection
    assert found.outcome is ReconnectOutcome.RESTORED
    assert found.is_connected
    assert found.away_s == pytest.approx(2.02, abs=0.03)
    assert lab.controller.status.notice == Notice(NoticeKind.RECONNECTED)
    assert lab.controller.status.state is State.PAUSED
    lose(lab, "restored")
    assert lab.controller.status.notice.kind is NoticeKind.RECONNECTED, "what the tracker says itself is no news"
    assert lab.controller.status.correction is correction, "a correction in software stays in force"
    lab.controller.resume(lab.now_s)
    lab.until(State.FINISHED)
    shown = [event.frame.stimulus_id for event in lab.of(StimulusShown)]
    assert shown[0] == shown[1]
    assert kinds(lab) == ["lost", "reconnect-offered", "reconnected", "restored"]


def test_a_failed_attempt_says_why_and_may_be_repeated():
    lab = running(tracker=FakeLink(fails=1))
    lose(lab)
    lab.controller.reconnect(lab.now_s)
    lab.step()
    assert lab.controller.status.reconnection.outcome is ReconnectOutcome.FAILED
    assert lab.controller.status.notice == Notice(NoticeKind.RECONNECT_FAILED, "nobody answers; check the cable")
    assert Command.RESUME not in lab.controller.status.allowed
    lab.controller.reconnect(lab.now_s)
    lab.step()
    assert lab.controller.status.reconnection.is_connected
    lose(lab)
    assert lab.controller.status.reconnection is None


def test_while_it_connects_the_session_ticks_on_and_refuses_a_second_attempt():
    worker = LateWorker()
    lab = running(tracker=FakeLink(), worker=worker)
    lose(lab)
    lab.controller.reconnect(lab.now_s)
    for _ in range(50):
        lab.step()
    assert lab.controller.status.connection is Connection.RECONNECTING
    with pytest.raises(InvalidTransition):
        lab.controller.reconnect(lab.now_s)
    with pytest.raises(InvalidTransition):
        lab.controller.resume(lab.now_s)
    worker.work()
    lab.step()
    assert lab.controller.status.connection is Connection.CONNECTED


def test_the_tracker_gets_its_own_calibration_back():
    device = FakeDevice()
    lab = running(tracker=FakeLink(), device=device)
    lose(lab)
    lab.controller.reconnect(lab.now_s)
    lab.step()
    assert device.calls[-1] == ("apply", b"vendor blob")
    assert lab.controller.status.reconnection.outcome is ReconnectOutcome.RESTORED


def test_a_tracker_that_comes_back_by_itself_gets_its_calibration_back_too():
    device = FakeDevice()
    lab = running(tracker=FakeLink(), device=device)
    lose(lab)
    lose(lab, "restored")
    lab.step()
    assert device.calls[-1] == ("apply", b"vendor blob")
    assert kinds(lab)[-1] == "calibration-restored"
    assert lab.controller.status.notice == Notice(NoticeKind.TRACKER_BACK)


def test_a_tracker_that_does_not_take_its_calibration_back_asks_for_another():
    device = FakeDevice(fails="apply")
    link = FakeLink()
    lab = running(tracker=link, device=device)
    lose(lab)
    lab.controller.reconnect(lab.now_s)
    lab.step()
    assert lab.controller.status.reconnection.outcome is ReconnectOutcome.UNCALIBRATED
    assert lab.controller.status.notice.kind is NoticeKind.UNCALIBRATED
    lab.controller.recalibrate(lab.now_s)
    assert lab.controller.status.state is State.CALIBRATING


@pytest.mark.parametrize("is_told_first", [True, False], ids=["loss-first", "failed-call-first"])
def test_a_tracker_unplugged_while_it_calibrates_is_connected_again_and_calibrated_anew(
    is_told_first,
):
    device, link = FakeDevice(), FakeLink()
    lab = Lab(PLAN, device=device, tracker=link, gaze_offset_px=(0, 0))
    lab.controller.connect(lab.now_s)
    lab.controller.start_calibration(lab.now_s)
    while device.names().count("collect") < 1:
        lab.step()
    device.fails = "collect"
    if not is_told_first:
        while lab.controller.status.state is State.CALIBRATING:
            lab.step()
    lose(lab)
    assert lab.controller.status.state is State.PAUSED
    device.fails = ""
    lab.controller.reconnect(lab.now_s)
    lab.step()
    lab.controller.resume(lab.now_s)
    lab.step()
    assert lab.controller.status.state is State.CONNECTED
    assert "broke off" in said(lab.controller.status)
    lab.controller.start_calibration(lab.now_s)
    lab.until(State.CALIBRATED)
    assert [row.status for row in lab.rows if hasattr(row, "status")] == ["failed", "ok"]


def test_redoing_a_point_after_a_reconnection_collects_all_of_them():
    device = FakeDevice()
    lab = Lab(PLAN, device=device, tracker=FakeLink(), gaze_offset_px=(0, 0))
    lab.controller.connect(lab.now_s)
    lab.controller.start_calibration(lab.now_s)
    lab.until(State.CALIBRATED)
    lose(lab)
    lab.controller.reconnect(lab.now_s)
    lab.step()
    lab.controller.resume(lab.now_s)
    device.calls.clear()
    lab.controller.redo_points([lab.controller.status.targets[0].target.target_id], lab.now_s)
    lab.until(State.CALIBRATED)
    assert device.names() == ["enter", "collect", "collect", "collect", "compute"]


def test_dropping_a_point_after_a_reconnection_collects_the_others():
    device = FakeDevice()
    lab = Lab(PLAN, device=device, tracker=FakeLink(), gaze_offset_px=(0, 0))
    lab.controller.connect(lab.now_s)
    lab.controller.start_calibration(lab.now_s)
    lab.until(State.CALIBRATED)
    lose(lab)
    lab.controller.reconnect(lab.now_s)
    lab.step()
    lab.controller.resume(lab.now_s)
    device.calls.clear()
    lab.controller.drop_points([lab.controller.status.targets[0].target.target_id], lab.now_s)
    assert lab.controller.status.state is State.CALIBRATING
    lab.until(State.CALIBRATED)
    assert device.names() == ["enter", "collect", "collect", "compute"]


def test_a_pause_that_somebody_made_is_left_to_them():
    """Escape in a demonstration holds, and so does the help."""
    lab = running()
    operator = UnattendedOperator(lab.controller)
    lab.controller.pause(lab.now_s)
    for _ in range(50):
        lab.step()
        operator.tick(lab.now_s)
    assert lab.controller.status.state is State.PAUSED
    lab.controller.resume(lab.now_s)
    while lab.controller.status.state is not State.FINISHED:
        lab.step()
        operator.tick(lab.now_s)
    assert operator.error is None


def test_a_session_without_an_experimenter_connects_its_tracker_again():
    lab = running(tracker=FakeLink(fails=1))
    operator = UnattendedOperator(lab.controller)
    lose(lab)
    lost_s = lab.now_s
    while lab.controller.status.state is State.PAUSED:
        operator.tick(lab.now_s)
        lab.step()
    assert lab.tracker.n_tried == 2
    assert lab.now_s - lost_s == pytest.approx(2 * RECONNECT_PERIOD_S, abs=0.1)
    lab.until(State.FINISHED)
    assert operator.error is None


def test_a_session_without_an_experimenter_calibrates_again_when_the_tracker_forgot():
    device = FakeDevice(fails="apply")
    link = FakeLink()
    lab = running(tracker=link, device=device)
    device._note = lambda name, *values: (
        device.calls.append((name, *values)),
        (_ for _ in ()).throw(DeviceError("it was never calibrated")) if name == "apply" else None,
    )
    operator = UnattendedOperator(lab.controller)
    lose(lab)
    while lab.controller.status.state is not State.FINISHED:
        operator.tick(lab.now_s)
        lab.step()
    assert device.names().count("enter") == 2
    assert operator.error is None
