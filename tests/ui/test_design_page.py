"""A plan is made without a text editor: steps, images, timing, words; every mistake at its place, nothing lost."""

import shutil

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from gazeapp.experiment.plan import default_plan
from gazeapp.experiment.plan_reader import plan_mistakes, read_plan
from gazeapp.ui.pages.page import PageState

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def page(qtbot, window, setup):
    window.open_page("design")
    return window.pages["design"]


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "photographs"
    folder.mkdir()
    for n in range(4):
        cv2.imwrite(str(folder / f"{n}.png"), np.full((60, 80, 3), 60 + 40 * n, np.uint8))
    return folder


@pytest.fixture
def choose(monkeypatch):
    """What the person chooses in the dialogs."""

    def of(path) -> None:
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path) if path else "", ""))
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(path) if path else "")

    return of


def kinds(page) -> list[str]:
    return [step["kind"] for step in page.model.steps]


def test_a_study_starts_with_the_default_plan_as_a_line_of_cards(page, setup):
    assert [card.name for card in page.cards.cards] == ["Calibrate", "Validate", "Enrol", "Overlay"]
    assert page.cards.cards[0].detail == "9 points"
    assert page.model.step["kind"] == "enrol"
    assert "40 images" in page.length.toolTip()
    assert len(page.grid.items) == 40
    assert setup.plan == default_plan(), "nothing is used before it is chosen"


def test_a_plan_is_made_saved_and_used_without_a_text_editor(qtbot, page, window, setup, images, choose):
    choose(images)
    QTest.keyClick(window, Qt.Key.Key_Delete)  # nothing is marked: nothing goes
    page.model.remove_images([item.path for item in page.grid.items])
    QTest.keyClick(window, Qt.Key.Key_F)
    assert [item.path.name for item in page.grid.items] == ["0.png", "1.png", "2.png", "3.png"]
    page.cards.chosen.emit(0)
    page.add.activated.emit(page.add.findData("instruction"))
    page.model.move_step(-1)
    assert kinds(page) == ["instruction", "calibrate", "validate", "enrol", "overlay"]
    page.text.setPlainText("Look at the pictures.")
    page.cards.chosen.emit(3)  # what was typed belongs to the step that was shown
    page.form.fields["trials", "duration_s"].setValue(2.0)
    page.form.fields["trials", "order"].setCurrentIndex(1)
    QTest.keyClick(window, Qt.Key.Key_U)
    file = setup.study_dir / "plans" / "plan.toml"
    assert setup.plan_file == file
    assert page.state is PageState.DONE
    plan = read_plan(file)
    assert setup.plan == plan
    assert plan.line[0].words("en") == "Look at the pictures."
    assert (plan.trials.duration_s, plan.trials.order) == (2.0, "fixed")
    assert plan.stimuli.folders == (str(images),)


def test_every_change_is_undone_and_redone(page, window):
    before = page.model.document.text
    page.model.add_step("break")
    page.form.fields["blocks", "size"].setValue(7)
    after = page.model.document.text
    QTest.keyClick(window, Qt.Key.Key_Z, CONTROL)
    QTest.keyClick(window, Qt.Key.Key_Z, CONTROL)
    assert page.model.document.text == before
    assert not page.undo.isEnabled()
    page.redo.click()
    page.redo.click()
    assert page.model.document.text == after


def test_images_are_reordered_and_removed_and_copies_and_unreadable_files_are_marked(qtbot, page, images, choose):
    shutil.copy(images / "0.png", images / "copy.png")
    (images / "broken.png").write_bytes(b"no image")
    page.model.remove_images([item.path for item in page.grid.items])
    choose(images)
    page.add_folder.click()
    qtbot.waitUntil(lambda: sum(bool(item.figure) for item in page.grid.items) == 2)
    marked = {item.path.name: item.figure for item in page.grid.items if item.figure}
    assert marked == {"copy.png": "twice", "broken.png": "unreadable"}
    page.model.remove_images([images / "copy.png", images / "broken.png"])
    page.model.move_image(images / "3.png", -1)
    assert [item.path.name for item in page.grid.items] == ["0.png", "1.png", "3.png", "2.png"]
    qtbot.waitUntil(lambda: not any(item.figure for item in page.grid.items))


def test_a_plan_with_mistakes_is_opened_with_each_at_its_place(page, setup, choose, tmp_path):
    file = tmp_path / "wrong.toml"
    text = (
        '# mine\n[plan]\nname = "x"\n[stimuli]\nfolders = ["shipped"]\n[trials]\nblank_s = -1\n'
        '[[steps]]\nkind = "thanks"\n[[steps]]\nkind = "enrol"\nrepeat = 2 # of a newer version\n'
    )
    file.write_text(text, "utf-8")
    choose(file)
    page.open_plan.click()
    assert page.state is PageState.FAILED
    for key in ("blank_s", "thanks ends the session", "repeat"):
        assert key in page.problems.text()
    assert "line 7" in page.problems.text()
    assert [bool(card.fault) for card in page.cards.cards] == [True, True]
    assert not page.use.isEnabled()
    assert setup.plan == default_plan()
    page.model.select(0)
    page.model.move_step(1)
    page.form.show_values({})
    page.model.set_value("trials", "blank_s", 0.1)
    page.save.click()
    assert "# mine" in file.read_text("utf-8")
    assert "repeat = 2 # of a newer version" in file.read_text("utf-8"), "what is not known stays"
    assert [m.key for m in plan_mistakes(file)] == ["steps[0].repeat"]


def test_a_file_that_is_no_plan_leaves_the_open_one(page, choose, tmp_path):
    file = tmp_path / "no.toml"
    file.write_text("[[[", "utf-8")
    before = page.model.document.text
    choose(file)
    page.open_plan.click()
    assert page.state is PageState.FAILED
    assert page.model.document.text == before
    choose("")
    page.open_plan.click()
    assert page.model.document.text == before


def test_images_that_are_gone_are_told_before_the_participant_sits_there(page, images, choose):
    page.model.remove_images([item.path for item in page.grid.items])
    page.model.add_folder(images)
    assert page.use.isEnabled()
    shutil.rmtree(images)
    page.model.changed.emit()
    page.model.set_value("trials", "repeats", 2)
    assert not page.use.isEnabled()
    assert "photographs" in page.problems.text()


def test_a_file_that_another_program_changed_is_not_written_over(page, setup):
    page.save.click()
    file = page.model.document.path
    file.write_text(file.read_text("utf-8") + "# theirs\n", "utf-8")
    page.model.add_step("break")
    page.save.click()
    assert page.state is PageState.FAILED
    assert file.read_text("utf-8").endswith("# theirs\n")


def test_a_step_keeps_its_own_timing(page, tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('[stimuli]\nfolders = ["shipped"]\n[[steps]]\nkind = "enrol"\nduration_s = 5.0\n', "utf-8")
    page.model.open(file)
    assert page.form.fields["trials", "duration_s"].value() == 5.0
    page.form.fields["trials", "duration_s"].setValue(6.0)
    page.form.fields["trials", "blank_s"].setValue(0.5)
    page.save.click()
    plan = read_plan(file)
    assert plan.trials_of(0).duration_s == 6.0
    assert (plan.trials.duration_s, plan.trials.blank_s) == (3.0, 0.5)


def test_keys_typed_into_words_are_letters_and_no_commands(qtbot, page, window, setup):
    page.cards.chosen.emit(0)
    page.add.activated.emit(page.add.findData("instruction"))
    page.text.setFocus()
    page.text.selectAll()
    before = page.model.document
    QTest.keyClicks(page.text, "un so if")
    QTest.keyClick(page.text, Qt.Key.Key_Return)
    assert page.text.toPlainText() == "un so if\n"
    assert page.model.document is before
    assert setup.plan_file is None
