"""Points, look, pace and fit of the calibration can be changed while a session runs."""

from dataclasses import replace

import pytest

from gazeapp.errors import InvalidTransition, PlanError
from gazeapp.experiment.participant_display import Target
from gazeapp.experiment.plan import CalibrationPlan
from gazeapp.experiment.plan_reader import read_plan
from gazeapp.experiment.state import Command, State
from gazeapp.store.events import Note
from tests.experiment.test_controller import PLAN, connected, validated


def test_the_next_calibration_shows_as_many_targets_as_were_asked_for():
    lab = connected()
    lab.controller.set_up_calibration(CalibrationPlan(points=9, target="picture"), lab.now_s)
    lab.controller.start_calibration(lab.now_s)
    lab.until(State.CALIBRATED)
    assert len(lab.controller.status.targets) == 9
    assert len(lab.controller.status.selected_attempt.points) == 9
    assert lab.controller.status.plan.calibration.points == 9
    assert any("9 targets" in event.text for event in lab.of(Note))


def test_targets_wait_for_the_key_once_pacing_is_by_key():
    lab = connected()
    lab.controller.set_up_calibration(CalibrationPlan(points=1, pacing="key"), lab.now_s)
    lab.controller.start_calibration(lab.now_s)
    for _ in range(400):
        lab.step()
    assert lab.controller.status.state is State.CALIBRATING
    lab.controller.accept_point(lab.now_s)
    lab.until(State.CALIBRATED)


def test_another_fit_is_a_further_attempt_and_the_validation_is_judged_again():
    lab = validated()
    before = lab.controller.status.selected_attempt
    shift = replace(lab.controller.status.plan.calibration, model="shift")
    lab.controller.set_up_calibration(shift, lab.now_s)
    assert [attempt.number for attempt in lab.controller.status.attempts] == [1, 2]
    assert (before.correction.kind, lab.controller.status.correction.kind) == ("affine", "shift")
    assert lab.controller.status.validation.calibration == 2
    assert lab.controller.status.state is State.VALIDATED


def test_nothing_is_fitted_again_where_the_model_stays():
    lab = validated()
    lab.controller.set_up_calibration(replace(lab.controller.status.plan.calibration, points=13), lab.now_s)
    assert len(lab.controller.status.attempts) == 1
    assert lab.controller.status.validation is not None


def test_targets_on_the_screen_are_not_changed():
    lab = connected()
    lab.controller.start_calibration(lab.now_s)
    with pytest.raises(InvalidTransition):
        lab.controller.set_up_calibration(CalibrationPlan(points=3), lab.now_s)
    assert Command.START_CALIBRATION not in lab.controller.status.allowed


def test_a_picture_of_ones_own_is_shown_where_the_plan_lies(tmp_path):
    plan = replace(
        PLAN, folder=tmp_path, calibration=CalibrationPlan(points=1, target="image", target_image="bear.png")
    )
    lab = connected(plan)
    lab.controller.start_calibration(lab.now_s)
    lab.step()
    scene = lab.controller.status.scene
    assert isinstance(scene, Target)
    assert (scene.look, scene.image_file) == ("image", str(tmp_path / "bear.png"))


def test_a_plan_with_a_picture_must_name_its_file(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text('[stimuli]\nfolders = ["shipped"]\n[calibration]\ntarget = "image"\n')
    with pytest.raises(PlanError, match="target_image"):
        read_plan(path)
