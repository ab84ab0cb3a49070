from __future__ import annotations

from dataclasses import replace

import pytest

from gazeapp.devices.tracker import TrackerNotice
from gazeapp.errors import InvalidTransition
from gazeapp.experiment.notice import Notice, NoticeKind
from gazeapp.experiment.participant_display import Blank, Message, Stimulus, Target
from gazeapp.experiment.plan import BlocksPlan, CalibrationPlan, ExperimentPlan, ScreensPlan, StimuliPlan, TrialsPlan
from gazeapp.experiment.state import Command, SessionStep, State
from gazeapp.store.events import (
    Note,
    PhaseStarted,
    StateChanged,
    StimulusHidden,
    StimulusShown,
    TargetShown,
    TrackerEvent,
    TrialInterrupted,
)
from gazeapp.store.records import CalibrationRow, CorrectionRow, ValidationRow
from tests.session_lab import Lab, interrupted, said

PLAN = ExperimentPlan(
    name="test",
    seed=1,
    stimuli=StimuliPlan(folders=("a",)),
    trials=TrialsPlan(duration_s=0.5, fixation_cross_s=0.2, blank_s=0.1),
    calibration=CalibrationPlan(points=5, validation_points=3),
)
IMAGES_ONLY = replace(PLAN, phases=("enrol",))


def connected(plan=PLAN, **lab):
    made = Lab(plan, **lab)
    made.controller.connect(made.now_s)
    return made


def validated(plan=PLAN, **lab):
    made = connected(plan, **lab)
    made.controller.start_calibration(made.now_s)
    made.until(State.CALIBRATED)
    made.controller.start_validation(made.now_s)
    made.until(State.VALIDATED)
    return made


def running(plan=IMAGES_ONLY, **lab):
    made = connected(plan, **lab)
    made.controller.start_trials(made.now_s)
    return made


def test_a_whole_session_goes_through_every_state_to_its_end():
    lab = validated()
    lab.controller.start_trials(lab.now_s)
    lab.until(State.FINISHED)
    assert [event.new for event in lab.of(StateChanged)] == [
        "connected",
        "calibrating",
        "calibrated",
        "validating",
        "validated",
        "running",
        "finished",
    ]
    assert [event.phase for event in lab.of(PhaseStarted)] == [
        "calibrate",
        "validate",
        "enrol",
        "overlay",
    ]
    assert len(lab.of(StimulusShown)) == len(lab.of(StimulusHidden)) == 4
    status = lab.controller.status
    assert status.n_done == status.n_trials == 4
    assert [(c.phase, c.n_done, c.n_trials) for c in status.counts] == [("enrol", 3, 3), ("overlay", 1, 1)]


def test_calibration_takes_the_trackers_offset_away():
    lab = validated(gaze_offset_px=(60.0, 30.0))
    report = lab.controller.status.validation
    assert report.verdict == "pass"
    assert report.quality.summary["accuracy_deg"] < 0.1
    kinds = [type(row) for row in lab.rows]
    assert kinds == [CalibrationRow, CorrectionRow, ValidationRow]


def test_validation_targets_are_other_points_than_calibration_targets():
    lab = validated()
    places = {
        purpose: {(e.x_px, e.y_px) for e in lab.of(TargetShown) if e.purpose == purpose}
        for purpose in ("calibrate", "validate")
    }
    assert len(places["calibrate"]) == 5
    assert len(places["validate"]) == 3
    assert not places["calibrate"] & places["validate"]


@pytest.mark.parametrize(
    "command",
    [
        "start_calibration",
        "start_validation",
        "start_trials",
        "accept_point",
        "continue_now",
        "pause",
        "resume",
        "check_drift",
        "correct_drift",
        "recalibrate",
    ],
)
def test_a_command_that_the_state_does_not_allow_is_refused_and_changes_nothing(command):
    lab = Lab(PLAN)
    with pytest.raises(InvalidTransition, match="while the session is idle") as refusal:
        getattr(lab.controller, command)(0.0)
    assert refusal.value.state == "idle"
    assert lab.controller.status.state is State.IDLE
    assert lab.events == []


def test_the_commands_said_to_be_allowed_are_those_that_are_not_refused():
    lab = connected()
    assert lab.controller.status.allowed == {Command.START_CALIBRATION, Command.ABORT}
    lab.controller.start_calibration(lab.now_s)
    assert Command.START_CALIBRATION not in lab.controller.status.allowed
    assert Command.ACCEPT_POINT in lab.controller.status.allowed


def test_images_do_not_start_without_a_validation_unless_somebody_says_why():
    lab = connected()
    lab.controller.start_calibration(lab.now_s)
    lab.until(State.CALIBRATED)
    with pytest.raises(InvalidTransition, match="no validation"):
        lab.controller.start_trials(lab.now_s)
    lab.controller.start_trials(lab.now_s, despite="pilot")
    assert "pilot" in lab.of(Note)[0].text
    assert lab.controller.status.state is State.RUNNING


def test_a_calibration_without_gaze_fails_and_says_what_to_do():
    lab = connected(is_blind=True)
    lab.controller.start_calibration(lab.now_s)
    lab.until(State.CONNECTED)
    assert "failed" in said(lab.controller.status)
    assert "calibrate again" in said(lab.controller.status)
    assert [row.status for row in lab.rows] == ["failed"]
    assert lab.controller.status.correction.is_identity


def test_gaze_that_does_not_follow_the_targets_is_no_calibration():
    lab = connected(follows=False)
    lab.controller.start_calibration(lab.now_s)
    lab.until(State.CONNECTED)
    assert "did not follow" in said(lab.controller.status)


def test_several_calibrations_are_kept_and_one_is_chosen():
    lab = validated()
    lab.controller.start_calibration(lab.now_s)
    lab.gaze_offset_px = (0.0, 0.0)
    lab.until(State.CALIBRATED)
    assert [a.number for a in lab.controller.status.attempts] == [1, 2]
    assert lab.controller.status.selected_attempt.number == 2
    assert lab.controller.status.validation is None
    lab.controller.select_calibration(1, lab.now_s)
    assert lab.controller.status.selected_attempt.number == 1
    assert lab.rows[-1].calibration == 1


def test_another_software_calibration_is_judged_by_the_same_validation_gaze():
    lab = connected(gaze_offset_px=(0.0, 0.0))
    lab.controller.start_calibration(lab.now_s)
    lab.until(State.CALIBRATED)
    lab.gaze_offset_px = (90.0, 0.0)
    lab.controller.start_calibration(lab.now_s)
    lab.until(State.CALIBRATED)
    lab.controller.start_validation(lab.now_s)
    lab.until(State.VALIDATED)
    assert lab.controller.status.validation.verdict == "pass"
    lab.controller.select_calibration(1, lab.now_s)
    assert lab.controller.status.validation.verdict == "fail"
    assert lab.controller.status.validation.quality.summary["accuracy_deg"] == pytest.approx(2.2, abs=0.2)


def test_single_points_are_collected_again_and_the_rest_keeps_its_gaze():
    lab = connected()
    lab.controller.start_calibration(lab.now_s)
    lab.until(State.CALIBRATED)
    n_before = len(lab.of(TargetShown))
    lab.controller.redo_points([2], lab.now_s)
    assert lab.controller.status.state is State.CALIBRATING
    lab.until(State.CALIBRATED)
    assert len(lab.of(TargetShown)) == n_before + 1
    assert len(lab.controller.status.attempts) == 2
    assert all(point.state.value == "accepted" for point in lab.controller.status.targets)


def test_a_dropped_point_is_left_out_of_the_fit():
    lab = connected()
    lab.controller.start_calibration(lab.now_s)
    lab.until(State.CALIBRATED)
    lab.controller.drop_points([4], lab.now_s)
    lab.step()
    assert lab.controller.status.state is State.CALIBRATED
    assert [r.target_id for r in lab.controller.status.attempts[-1].residuals] != []
    assert 4 not in [r.target_id for r in lab.controller.status.attempts[-1].residuals]


def test_key_pacing_waits_for_the_key():
    lab = connected(replace(PLAN, calibration=CalibrationPlan(points=1, validation_points=1, pacing="key")))
    lab.controller.start_calibration(lab.now_s)
    for _ in range(400):
        lab.step()
    assert lab.controller.status.state is State.CALIBRATING
    lab.controller.accept_point(lab.now_s)
    lab.until(State.CALIBRATED, at_most_s=1.0)


def test_the_image_waits_until_the_cross_is_looked_at():
    lab = running(gaze_offset_px=(400.0, 0.0))
    for _ in range(40):
        lab.step()
    assert lab.controller.status.step is SessionStep.GATE
    lab.gaze_offset_px = (0.0, 0.0)
    lab.until_image()
    assert lab.of(Note) == []


def test_a_gate_that_never_opens_is_noted_and_the_image_comes_all_the_same():
    lab = running(gaze_offset_px=(400.0, 0.0))
    lab.until_image()
    assert "cross was not looked at" in lab.of(Note)[0].text


def test_an_image_stays_for_the_time_of_the_plan():
    lab = running()
    lab.until(State.FINISHED)
    for shown, hidden in zip(lab.of(StimulusShown), lab.of(StimulusHidden), strict=True):
        assert hidden.time_s - shown.time_s == pytest.approx(0.5, abs=0.021)


def test_a_lost_tracker_pauses_and_the_interrupted_image_comes_again():
    lab = running()
    lab.until_image()
    first = lab.of(StimulusShown)[0]
    lab.controller.report_problem(TrackerNotice(time_s=lab.now_s, kind="lost", message="cable"), lab.now_s)
    assert lab.controller.status.state is State.PAUSED
    assert isinstance(lab.stage.scene, Message)
    assert "cable" in said(lab.controller.status)
    assert [event.trial for event in lab.of(TrialInterrupted)] == [first.trial]
    with pytest.raises(InvalidTransition):
        lab.controller.resume(lab.now_s)
    lab.controller.report_problem(TrackerNotice(time_s=lab.now_s, kind="restored", message=""), lab.now_s)
    lab.controller.resume(lab.now_s)
    lab.until(State.FINISHED)
    shown = lab.of(StimulusShown)
    assert [event.trial for event in shown] == [0, 1, 2, 3, 4]
    assert shown[0].frame.stimulus_id == shown[1].frame.stimulus_id
    assert interrupted(lab.controller) == {0}
    assert [event.kind for event in lab.of(TrackerEvent)] == ["lost", "restored"]


def test_lost_focus_pauses_until_it_is_back():
    lab = running()
    lab.until_image()
    lab.controller.report_focus(False, lab.now_s)
    assert lab.controller.status.state is State.PAUSED
    assert Command.RESUME not in lab.controller.status.allowed
    lab.controller.report_focus(True, lab.now_s)
    lab.controller.resume(lab.now_s)
    lab.until(State.FINISHED)


def test_a_pause_in_calibration_shows_the_target_anew():
    lab = connected()
    lab.controller.start_calibration(lab.now_s)
    for _ in range(10):
        lab.step()
    lab.controller.pause(lab.now_s, Notice(NoticeKind.PAUSED, "cough"))
    assert isinstance(lab.stage.scene, Message)
    for _ in range(200):
        lab.step()
    lab.controller.resume(lab.now_s)
    lab.step()
    assert isinstance(lab.stage.scene, Target)
    lab.until(State.CALIBRATED)


def test_abort_keeps_what_was_done_and_nothing_can_follow():
    lab = running()
    lab.until_image()
    lab.controller.abort(lab.now_s, "participant left")
    assert lab.controller.status.state is State.FINISHED
    assert len(lab.of(StimulusHidden)) == 1
    assert lab.controller.status.allowed == frozenset()
    lab.step()
    assert lab.controller.status.state is State.FINISHED


def test_a_failure_ends_the_session_with_its_words():
    lab = running()
    lab.controller.report_failure("the disk is full", lab.now_s)
    assert lab.controller.status.state is State.FAILED
    assert lab.controller.status.notice == Notice(NoticeKind.FAILED, "the disk is full")


def test_a_break_separates_blocks_and_can_be_ended():
    plan = replace(IMAGES_ONLY, blocks=BlocksPlan(size=2, break_s=20))
    lab = running(plan)
    while lab.controller.status.step is not SessionStep.BREAK:
        lab.step()
    assert lab.controller.status.n_done == 2
    assert lab.controller.status.time_left_s(lab.now_s) == pytest.approx(20, abs=0.1)
    lab.controller.continue_now(lab.now_s)
    lab.until(State.FINISHED, at_most_s=10)


def test_a_plan_that_recalibrates_does_so_after_each_break():
    plan = replace(PLAN, phases=("calibrate", "enrol"), blocks=BlocksPlan(size=2, break_s=1, recalibrate=True))
    lab = connected(plan)
    lab.controller.start_calibration(lab.now_s)
    lab.until(State.CALIBRATED)
    lab.controller.start_trials(lab.now_s)
    lab.until(State.CALIBRATED)
    lab.controller.start_trials(lab.now_s)
    lab.until(State.FINISHED)
    assert len(lab.controller.status.attempts) == 2
    assert lab.controller.status.n_done == 4


def test_a_drift_check_finds_the_drift_and_one_point_takes_it_away():
    lab = running(replace(IMAGES_ONLY, trials=replace(PLAN.trials, fixation_gate=False)))
    lab.gaze_offset_px = (80.0, 0.0)
    lab.controller.check_drift(lab.now_s)
    lab.until(State.PAUSED)
    assert "drifted by" in said(lab.controller.status)
    assert lab.controller.status.drift.offset_deg == pytest.approx(1.95, abs=0.15)
    lab.controller.correct_drift(lab.now_s)
    lab.controller.check_drift(lab.now_s)
    lab.controller.resume(lab.now_s)
    lab.until_image()
    assert lab.controller.status.drift.ok
    assert lab.controller.status.drift.offset_deg < 0.1
    lab.until(State.FINISHED)


def test_drift_is_checked_as_often_as_the_plan_says():
    plan = replace(IMAGES_ONLY, calibration=CalibrationPlan(drift_every=2))
    lab = running(plan, gaze_offset_px=(0.0, 0.0), n_images=6)
    lab.until(State.FINISHED)
    assert len([e for e in lab.of(TargetShown) if e.purpose == "drift"]) == 2


def test_the_participant_never_sees_an_overlay_unless_the_plan_says_so():
    for shows, phase, expected in (
        (False, "overlay", False),
        (True, "overlay", True),
        (True, "enrol", False),
    ):
        lab = running(replace(PLAN, phases=(phase,), screens=ScreensPlan(show_overlay=shows)))
        lab.until_image()
        assert isinstance(lab.stage.scene, Stimulus)
        assert (lab.stage.scene.overlay_rgba is not None) is expected


def test_a_pause_before_the_cross_was_visible_leaves_no_cross_behind():
    lab = connected(IMAGES_ONLY)
    waiting = {}
    lab.stage.show = lambda scene, on_shown: waiting.update(newest=on_shown)  # as a screen does: the newest alone
    lab.controller.start_trials(lab.now_s)
    lab.controller.pause(lab.now_s)
    waiting["newest"](lab.now_s, "swap")
    assert "CrossShown" not in lab.kinds()
    assert lab.of(StateChanged)[-1].reason == "Paused by the experimenter."


def test_the_screen_is_blank_after_connecting():
    assert isinstance(connected().stage.scene, Blank)


def test_enrolment_ends_once_enough_is_known_when_the_plan_says_so():
    plan = replace(PLAN, phases=("enrol", "overlay"), trials=replace(PLAN.trials, stop_when_enough=True))
    plan = replace(plan, stimuli=replace(plan.stimuli, n_enrol=6))
    lab = running(plan, n_images=8)
    lab.until_image()
    lab.controller.report_enough(False)
    lab.step()
    lab.controller.report_enough(True)
    lab.until(State.FINISHED)
    assert lab.controller.status.n_done == lab.controller.status.n_trials == 1 + 2
    assert "enough is known" in lab.of(Note)[0].text
    assert [event.phase for event in lab.of(PhaseStarted)] == ["enrol", "overlay"]


def test_enrolment_goes_on_when_the_plan_does_not_say_to_stop():
    lab = running(n_images=4)
    lab.controller.report_enough(True)
    lab.until(State.FINISHED)
    assert lab.controller.status.n_done == 4


def test_the_experimenter_may_end_a_phase():
    lab = running(replace(PLAN, phases=("enrol", "overlay")), n_images=8)
    lab.until_image()
    lab.controller.end_phase(lab.now_s)
    assert lab.controller.status.n_trials == 3
    assert [lab.controller.status.count_of(phase).n_trials for phase in ("enrol", "overlay", "practice")] == [1, 2, 0]
    lab.until(State.FINISHED)
    assert lab.controller.status.n_done == 3
    assert [lab.controller.status.count_of(phase).n_done for phase in ("enrol", "overlay")] == [1, 2]


def test_a_phase_cannot_be_ended_before_it_began():
    lab = connected()
    assert Command.END_PHASE not in lab.controller.status.allowed
    with pytest.raises(InvalidTransition):
        lab.controller.end_phase(lab.now_s)


def test_images_can_be_chosen_one_by_one_and_each_comes_once():
    lab = running(replace(PLAN, phases=("enrol", "overlay")), n_images=8)
    asked = []

    def choose(left, shown):
        asked.append((len(left), len(shown)))
        return max(left)

    lab.controller.choose_images_by(choose)
    lab.until(State.FINISHED)
    shown = [event.frame.stimulus_id for event in lab.of(StimulusShown)]
    assert sorted(shown) == [f"image-{n}" for n in range(8)]
    assert shown[1:6] == sorted(shown[1:6], reverse=True)
    assert asked == [(5, 1), (4, 2), (3, 3), (2, 4), (1, 5)]


def test_the_delay_of_the_screen_is_known_for_every_image():
    lab = running(n_images=2)
    waiting = []
    lab.stage.show = lambda scene, on_shown: waiting.append((scene, on_shown))
    for _ in range(400):
        if waiting:  # this screen shows everything 16 ms late
            lab.stage.scene, on_shown = waiting.pop(0)
            on_shown(lab.now_s + 0.016, "swap")
        lab.step()
    assert lab.controller.status.state is State.FINISHED
    assert lab.controller.exposures[0].delays_s == pytest.approx({"onset_delay_s": 0.016, "offset_delay_s": 0.016})
    assert {event.onset_kind for event in lab.of(StimulusShown)} == {"swap"}
