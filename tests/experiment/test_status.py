"""Where a session stands is one value: equal while nothing changes, new with each tick or command that changes it."""

import dataclasses
import math
from dataclasses import replace

import pytest

from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.state import Command, SessionStep, State
from gazeapp.experiment.status import SessionStatus
from tests.experiment.test_controller import IMAGES_ONLY, PLAN, connected, running
from tests.session_lab import Lab


def test_the_status_is_the_same_object_until_something_changes():
    lab = connected()
    before = lab.controller.status
    for _ in range(20):
        lab.step()
    assert lab.controller.status is before
    lab.controller.start_calibration(lab.now_s)
    after = lab.controller.status
    assert after is not before
    assert (before.state, after.state) == (State.CONNECTED, State.CALIBRATING)


def test_a_status_that_was_read_stays_as_it_was():
    lab = running()
    before = lab.controller.status
    with pytest.raises(dataclasses.FrozenInstanceError):
        before.state = State.FINISHED
    lab.until(State.FINISHED)
    assert (before.state, before.n_done) == (State.RUNNING, 0)


def test_a_command_is_in_the_status_at_once_and_a_refused_one_is_not():
    lab = running()
    lab.controller.pause(lab.now_s)
    assert lab.controller.status.state is State.PAUSED
    assert Command.RESUME in lab.controller.status.allowed
    before = lab.controller.status
    with pytest.raises(Exception, match="cannot pause while the session is paused"):
        lab.controller.pause(lab.now_s)
    assert lab.controller.status is before


def test_the_time_left_is_open_while_the_cross_waits_for_gaze():
    lab = running(gaze_offset_px=(400.0, 0.0))
    while lab.controller.status.step is not SessionStep.GATE:
        lab.step()
    assert math.isnan(lab.controller.status.time_left_s(lab.now_s))
    before = lab.controller.status
    lab.step()
    assert lab.controller.status is before, "an open end equals itself"


def test_an_image_counts_down_while_the_status_stays():
    lab = running(replace(IMAGES_ONLY, trials=replace(PLAN.trials, fixation_gate=False)))
    lab.until_image()
    lab.step()
    status = lab.controller.status
    assert status.exposure == 0
    assert status.time_left_s(status.step_ends_s - 0.3) == pytest.approx(0.3)
    assert status.time_left_s(status.step_ends_s + 1.0) == 0.0


def test_what_a_screen_knows_of_an_exposure_is_told_before_its_events():
    lab = Lab(IMAGES_ONLY)
    known = []
    lab.controller.events.add(lambda event: known.append((type(event).__name__, dict(lab.controller.exposures))))
    lab.controller.connect(lab.now_s)
    lab.controller.start_trials(lab.now_s)
    lab.until_image()
    lab.controller.pause(lab.now_s)
    shown = next(exposures[0] for name, exposures in known if name == "StimulusShown")
    hidden = next(exposures[0] for name, exposures in known if name == "StimulusHidden")
    assert (shown.is_interrupted, hidden.is_interrupted) == (False, True)
    assert list(shown.delays_s) == ["onset_delay_s"]


def test_there_is_a_status_without_a_session():
    status = SessionStatus.none(PLAN)
    assert status == SessionStatus.none(PLAN)
    assert status.allowed == frozenset()
    assert math.isnan(status.time_left_s(3.0))


def test_a_notice_is_recorded_in_english_with_what_the_tracker_said():
    assert Notice(NoticeKind.TRACKER_LOST, "cable").record == "The tracker was lost: cable."
    assert Notice(NoticeKind.PAUSED).record == "Paused by the experimenter."
    assert Notice(NoticeKind.PAUSED, "cough {0}").record == "cough {0}"
