"""A plan is rehearsed with the mouse on the participant's screen, and nothing of it stays anywhere."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gazeapp.experiment.participant_display import Cross, Message, Stimulus
from gazeapp.experiment.plan import CalibrationPlan, PlanStep, StimuliPlan, TrialsPlan, Wording, default_plan
from gazeapp.experiment.settings import Settings
from gazeapp.store.events import StimulusShown
from gazeapp.ui.application import ApplicationController, ApplicationOptions
from gazeapp.ui.models.setup_model import Scan
from gazeapp.ui.rehearsal import step_alone
from gazeapp.ui.session_builder import RecordingOptions

pytestmark = pytest.mark.slow


@pytest.fixture
def plan(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for n in range(3):
        cv2.imwrite(str(folder / f"{n}.png"), np.full((60, 80, 3), 60 + 40 * n, np.uint8))
    words = (Wording(language="en", text="Look at the pictures."), Wording(language="de", text="Bitte ansehen."))
    steps = (
        PlanStep(kind="instruction", text=words),
        PlanStep(kind="calibrate", points=1),
        PlanStep(kind="enrol", folders=(str(folder),)),
        PlanStep(kind="thanks"),
    )
    return replace(
        default_plan(name="short"),
        phases=("calibrate", "enrol"),
        stimuli=StimuliPlan(),
        trials=TrialsPlan(duration_s=30, fixation_cross_s=5, fixation_gate=True, blank_s=0.1),
        calibration=CalibrationPlan(model="shift"),
        steps=steps,
        folder=tmp_path,
    )


@pytest.fixture
def application(qtbot, dark, tmp_path, monkeypatch):
    monkeypatch.setattr("gazeapp.ui.application.scan", Scan)
    options = ApplicationOptions(
        study=tmp_path / "study", settings=Settings(), recording=RecordingOptions(use_gl=False)
    )
    made = ApplicationController(dark, options)
    qtbot.addWidget(made.window)
    made.window.show()
    made.window.open_page("design")
    yield made
    made.close()


def press(qtbot, rehearsal, key) -> None:
    qtbot.waitUntil(rehearsal.stage.surface.isExposed)
    qtbot.wait(160)  # a key right after a change is meant for what was there before
    if rehearsal.is_on:
        QTest.keyClick(rehearsal.stage.surface, key)


def scene(application):
    run = application.rehearsals.rehearsal.run
    return run.controller.status.scene if run is not None else None


def test_a_plan_is_rehearsed_by_keys_and_leaves_nothing(qtbot, application, plan, tmp_path):
    rehearsal = application.rehearsals.rehearsal
    application.rehearsals.rehearse(plan)
    folder = Path(rehearsal._folder.name)
    qtbot.waitUntil(lambda: rehearsal.run is not None, timeout=20_000)
    told, read = [], []
    rehearsal.run.controller.events.add(told.append)
    for _ in range(400):
        if not rehearsal.is_on:
            break
        read.append(scene(application))
        press(qtbot, rehearsal, Qt.Key.Key_Space)
    assert not rehearsal.is_on
    assert any(isinstance(s, Message) and s.text == "Look at the pictures." for s in read)
    assert sum(isinstance(event, StimulusShown) for event in told) == 3
    assert "3 of 3 images" in application.window.design.banner.text
    qtbot.waitUntil(lambda: not folder.exists(), timeout=20_000)
    assert not (tmp_path / "study").exists(), "the study of the people is never touched"


def test_escape_ends_a_rehearsal_even_while_it_is_prepared(qtbot, application, plan):
    application.rehearsals.rehearse(plan)
    folder = Path(application.rehearsals.rehearsal._folder.name)
    press(qtbot, application.rehearsals.rehearsal, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not application.rehearsals.rehearsal.is_on)
    qtbot.waitUntil(lambda: not folder.exists(), timeout=20_000)


def test_one_image_or_one_text_is_previewed(qtbot, application, plan, tmp_path):
    rehearsal = application.rehearsals.rehearsal
    application.rehearsals.preview(plan, 0, "")
    assert rehearsal.stage._scene.text == "Look at the pictures."
    press(qtbot, rehearsal, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not rehearsal.is_on)
    image = tmp_path / "images" / "1.png"
    alone = step_alone(plan, 2, image)
    assert (alone.steps[0].files, alone.trials_of(0).repeats) == ((str(image),), 1)
    application.rehearsals.preview(plan, 2, str(image))
    qtbot.waitUntil(lambda: rehearsal.run is not None, timeout=20_000)
    qtbot.waitUntil(lambda: isinstance(scene(application), Cross), timeout=20_000)
    press(qtbot, rehearsal, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: isinstance(scene(application), Stimulus), timeout=20_000)
    assert scene(application).frame.image_width_px == 80
    rehearsal.stop()


def test_changes_of_a_plan_are_not_lost_when_the_window_is_closed(qtbot, application, tmp_path):
    window, model = application.window, application.window.design.model
    model.set_value("trials", "blank_s", 0.5)
    assert model.unsaved == ["plan"]
    window.close()
    assert window.isVisible()
    application.questions.dialog.buttons["Go on"].click()
    window.close()
    application.questions.dialog.buttons["Save and close"].click()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert "blank_s = 0.5" in (tmp_path / "study" / "plans" / "plan.toml").read_text("utf-8")
