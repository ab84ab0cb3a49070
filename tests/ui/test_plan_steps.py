"""A plan of many steps, led in real windows from the first words to the thanks."""

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest

from gazeapp.experiment.participant_display import Message
from gazeapp.experiment.plan_reader import read_plan
from gazeapp.experiment.settings import Settings
from gazeapp.experiment.state import SessionStep, State
from gazeapp.store.events import PhaseStarted
from gazeapp.store.reader import SessionReader
from gazeapp.store.study import Study
from gazeapp.ui.application import ApplicationController, ApplicationOptions, observer_choice
from gazeapp.ui.models.setup_model import Scan, Subject, missing_images
from gazeapp.ui.participant.painter import ScenePainter
from gazeapp.ui.screens import list_screens
from gazeapp.ui.session_builder import RecordingOptions

PLAN = """
[plan]
name = "many steps"
[trials]
duration_s = 0.4
fixation_cross_s = 0.1
fixation_gate = false
blank_s = 0.1
[calibration]
points = 3
validation_points = 1
model = "shift"
[quality]
pass_deg = 5
warn_deg = 9
max_loss = 0.9
[[steps]]
kind = "instruction"
text = { en = "Look at the targets.", de = "Bitte auf die Punkte sehen." }
[[steps]]
kind = "calibrate"
[[steps]]
kind = "instruction"
text = "Now pictures."
picture = "sketch.png"
[[steps]]
kind = "enrol"
files = ["images/0.png", "images/1.png"]
[[steps]]
kind = "break"
text = "A rest."
duration_s = 0.3
[[steps]]
kind = "enrol"
files = ["images/2.png"]
[[steps]]
kind = "thanks"
text = "Thank you."
"""


@pytest.fixture
def plan_file(tmp_path):
    (tmp_path / "images").mkdir()
    for n in range(3):
        cv2.imwrite(str(tmp_path / "images" / f"{n}.png"), np.full((60, 80, 3), 60 + 40 * n, np.uint8))
    cv2.imwrite(str(tmp_path / "sketch.png"), np.full((90, 160, 3), (0, 0, 255), np.uint8))
    file = tmp_path / "PLAN.toml"
    file.write_text(PLAN, "utf-8")
    return file


@pytest.mark.slow
def test_a_plan_of_many_steps_is_led_by_keys_alone(qtbot, dark, plan_file, tmp_path, monkeypatch):
    monkeypatch.setattr("gazeapp.ui.application.scan", Scan)
    options = ApplicationOptions(
        study=tmp_path / "study",
        plan=read_plan(plan_file),
        settings=Settings(),
        recording=RecordingOptions(use_gl=False),
        tracker=observer_choice("ada"),
    )
    application = ApplicationController(dark, options)
    qtbot.addWidget(application.window)
    window, session = application.window, application.session
    window.show()
    with Study.open_or_create(application.setup.study_dir) as study:
        study.add_participant("P-017")
        study.record_consent("P-017")
    application.setup.show_screens(list_screens())
    application.setup.prepare(Subject(pseudonym="P-017"))
    window.open_page("screens")
    application.start_session()
    try:
        qtbot.waitUntil(lambda: session.is_attached, timeout=60_000)
        assert window.current == "calibrate"
        assert session.status.scene.text == "Look at the targets."
        assert window.press("Return")
        qtbot.waitUntil(lambda: session.status.state is State.CALIBRATED, timeout=20_000)
        window.press("Return")
        assert window.current == "enrol"
        window.press("Return")
        qtbot.waitUntil(lambda: session.status.step is SessionStep.INSTRUCTION)
        page = window.pages["enrol"]
        assert page.go.words == "Go on"
        assert "–" not in page.banner.text, "no figure stands for a time that is open"
        assert "reads" in page.banner.text
        assert session.status.scene.image_file.endswith("sketch.png")
        assert window.thumbnail.isVisible()
        window.open_place("analyse")  # whoever looks at something else stops nobody
        qtbot.wait(200)

        def goes_on() -> bool:  # a key right after a change is dropped on purpose, and a busy computer paints late
            QTest.keyClick(application.stage.window.surface, Qt.Key.Key_Space)
            return session.status.step is not SessionStep.INSTRUCTION

        read: list[str] = []
        session.state_changed.connect(lambda: read.append(getattr(session.status.scene, "text", "")))
        qtbot.waitUntil(goes_on, timeout=20_000)
        qtbot.waitUntil(lambda: session.is_saved, timeout=20_000)
        assert session.status.scene.text == "Thank you."
        assert "A rest." in read
    finally:
        application.close()
    with Study.open(application.setup.study_dir) as study:
        [stored] = study.sessions()
    with SessionReader(stored.path) as reader:
        phases = [event.phase for event in reader.events() if isinstance(event, PhaseStarted)]
        assert phases == ["calibrate", "instruction", "enrol", "break"]
        assert len(reader.trials()) == 3


def painted(scene, size=(640, 400)) -> QImage:
    image = QImage(*size, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        ScenePainter().paint(painter, scene, size)
    return image


def test_the_picture_of_an_instruction_stands_above_its_words(qapp, plan_file):
    picture = str(plan_file.parent / "sketch.png")
    image = painted(Message(background="#808080", text="Now pictures.", image_file=picture))
    red = [y for y in range(400) if image.pixelColor(320, y).red() > 200 and image.pixelColor(320, y).green() < 50]
    ink = [y for y in range(400) if any(image.pixelColor(x, y).lightness() < 60 for x in range(200, 440))]
    assert len(red) == 90, "as large as it is"
    assert max(red) < min(y for y in ink if y > max(red))
    assert abs(min(red) - (400 - max(ink))) < 20, "in the middle together"


def test_words_without_their_picture_and_long_words_stay_readable(qapp, plan_file):
    gone = painted(Message(background="#808080", text="Read.", image_file=str(plan_file.parent / "gone.png")))
    assert any(gone.pixelColor(x, 200).lightness() < 60 for x in range(640))
    long = painted(Message(background="#ffffff", text="word " * 220))
    for y in (2, 397):
        assert all(long.pixelColor(x, y).lightness() == 255 for x in range(0, 640, 3)), "nothing is cut off"


def test_images_of_a_step_that_are_not_there_are_told_when_the_plan_is_chosen(plan_file):
    assert missing_images(read_plan(plan_file)) == []
    (plan_file.parent / "images" / "2.png").unlink()
    [told] = missing_images(read_plan(plan_file))
    assert "2.png" in told
