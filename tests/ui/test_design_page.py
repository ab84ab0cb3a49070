"""A plan is made without a text editor: steps, images, timing, words; every mistake at its place, nothing lost."""

import json
import shutil
import struct
import zlib

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from gazeapp.experiment.plan import default_plan
from gazeapp.experiment.plan_images import add_images, keep_images, remove_images
from gazeapp.experiment.plan_reader import plan_mistakes, read_plan
from gazeapp.experiment.step_values import set_words
from gazeapp.store.study import Study
from gazeapp.ui.pages.page import PageState
from gazeapp.ui.plan_words import kind_name
from gazeapp.ui.study_menu import StudyMenu

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


def add(page, kind: str) -> None:
    """Choose a kind in the menu of steps."""
    page.bar.add.click()
    action = next(a for a in page.menu.actions() if a.text().endswith(f"  {kind_name(kind)}"))
    assert action.isEnabled(), action.toolTip()
    action.trigger()
    page.menu.close()


def kinds(page) -> list[str]:
    return [step["kind"] for step in page.model.steps]


def test_a_study_starts_with_the_default_plan_as_a_line_of_cards(page, setup):
    assert [card.name for card in page.cards.cards] == ["Calibrate", "Validate", "Enrol", "Overlay"]
    assert page.cards.cards[0].detail == "9 points"
    assert page.model.step["kind"] == "enrol"
    assert "40 images" in page.head.length.toolTip()
    assert len(page.grid.items) == 40
    assert setup.plan == default_plan(), "nothing is used before it is chosen"


def test_a_plan_is_made_saved_and_used_without_a_text_editor(qtbot, page, window, setup, images, choose):
    choose(images)
    QTest.keyClick(window, Qt.Key.Key_Delete)  # nothing is marked: nothing goes
    page.model.change(remove_images, [item.path for item in page.grid.items])
    QTest.keyClick(window, Qt.Key.Key_F)
    assert [item.path.name for item in page.grid.items] == ["0.png", "1.png", "2.png", "3.png"]
    page.cards.chosen.emit(0)
    add(page, "instruction")
    page.model.move_step(-1)
    assert kinds(page) == ["instruction", "calibrate", "validate", "enrol", "overlay"]
    page.word_editor.text.setPlainText("Look at the pictures.")
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
    assert not page.head.undo.isEnabled()
    page.head.redo.click()
    page.head.redo.click()
    assert page.model.document.text == after


def test_images_are_reordered_and_removed_and_copies_and_unreadable_files_are_marked(qtbot, page, images, choose):
    shutil.copy(images / "0.png", images / "copy.png")
    (images / "broken.png").write_bytes(b"no image")
    page.model.change(remove_images, [item.path for item in page.grid.items])
    choose(images)
    page.images.add_folder.click()
    qtbot.waitUntil(lambda: sum(bool(item.figure) for item in page.grid.items) == 2)
    marked = {item.path.name: item.figure for item in page.grid.items if item.figure}
    assert marked == {"copy.png": "twice", "broken.png": "unreadable"}
    page.model.change(remove_images, [images / "copy.png", images / "broken.png"])
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
    page.model.change(remove_images, [item.path for item in page.grid.items])
    page.model.change(add_images, [images])
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
    assert page.form.own.isChecked()
    page.form.fields["trials", "duration_s"].setValue(6.0)
    page.form.fields["trials", "blank_s"].setValue(0.5)
    page.save.click()
    plan = read_plan(file)
    assert (plan.trials_of(0).duration_s, plan.trials_of(0).blank_s) == (6.0, 0.5)
    assert (plan.trials.duration_s, plan.trials.blank_s) == (3.0, 0.3)
    page.form.own.click()
    assert page.form.fields["trials", "duration_s"].value() == 3.0
    page.form.fields["trials", "duration_s"].setValue(4.0)
    page.save.click()
    assert read_plan(file).trials.duration_s == 4.0
    assert read_plan(file).line[0].trials is None


def test_keys_typed_into_words_are_letters_and_no_commands(qtbot, page, window, setup):
    page.cards.chosen.emit(0)
    add(page, "instruction")
    page.word_editor.text.setFocus()
    page.word_editor.text.selectAll()
    before = page.model.document
    QTest.keyClicks(page.word_editor.text, "un so if")
    QTest.keyClick(page.word_editor.text, Qt.Key.Key_Return)
    assert page.word_editor.text.toPlainText() == "un so if\n"
    assert page.model.document is before
    assert setup.plan_file is None


def drop(widget, paths, at) -> None:
    """What Qt does when a file manager drops files at a point of a widget."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    actions, buttons, keys = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(widget, QDragEnterEvent(at, actions, data, buttons, keys))
    QApplication.sendEvent(widget, QDragMoveEvent(at, actions, data, buttons, keys))
    QApplication.sendEvent(widget, QDropEvent(at.toPointF(), actions, data, buttons, keys))


def names(page) -> list[str]:
    return [item.path.name for item in page.grid.items]


def test_folders_and_images_are_dropped_where_they_belong(page, images, tmp_path):
    drop(page.grid.viewport(), [images], QPoint(5, 5))
    assert names(page) == ["0.png", "1.png", "2.png", "3.png"], "the shipped images only held the place"
    other = tmp_path / "other.png"
    shutil.copy(images / "1.png", other)
    page.window().grab()
    second = page.grid.visualRect(page.grid.model().index(1, 0))
    drop(page.grid.viewport(), [other], QPoint(second.left() + 4, second.center().y()))
    assert names(page) == ["0.png", "other.png", "1.png", "2.png", "3.png"]
    page.model.undo()
    page.model.undo()
    assert len(page.grid.items) == 40
    file = tmp_path / "dropped.toml"
    file.write_text('[stimuli]\nfolders = ["shipped"]\n', "utf-8")
    drop(page, [file], QPoint(600, 20))
    assert page.model.document.path == file


def test_images_that_are_dropped_on_a_step_are_that_steps(page, images):
    place = page.cards.place(3).center().toPoint()
    drop(page.cards, [images], place)
    assert page.model.selected == 3
    assert names(page) == ["0.png", "1.png", "2.png", "3.png"]
    before = page.model.document.text
    drop(page.cards, [images], page.cards.place(0).center().toPoint())
    assert page.model.document.text == before, "a calibration shows no images"


def test_a_card_is_dragged_to_another_place(qtbot, page):
    cards = page.cards
    start, end = cards.place(2).center().toPoint(), cards.place(0).center().toPoint() - QPoint(30, 0)
    QTest.mousePress(cards, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(cards, (start + end) / 2)
    QTest.mouseMove(cards, end)
    QTest.mouseRelease(cards, Qt.MouseButton.LeftButton, pos=end)
    assert kinds(page) == ["enrol", "calibrate", "validate", "overlay"]
    assert page.model.selected == 0
    QTest.mousePress(cards, Qt.MouseButton.LeftButton, pos=cards.place(0).center().toPoint())
    QTest.mouseMove(cards, cards.place(3).center().toPoint() + QPoint(40, 0))
    QTest.keyClick(cards, Qt.Key.Key_Escape)
    QTest.mouseRelease(cards, Qt.MouseButton.LeftButton)
    assert kinds(page)[0] == "enrol", "Escape ends a drag"


def test_dragged_images_keep_their_order_and_take_one_step_to_undo(page, images):
    page.model.change(add_images, [images])
    page.images.moved.emit([images / "0.png", images / "3.png"], 3)
    assert names(page) == ["1.png", "2.png", "0.png", "3.png"]
    page.model.undo()
    assert names(page) == ["0.png", "1.png", "2.png", "3.png"]


@pytest.mark.parametrize(("key", "steps", "sittings"), [("1", 5, 1), ("2", 5, 4), ("3", 5, 1)])
def test_a_template_is_a_plan_that_can_be_used_at_once(page, window, setup, key, steps, sittings):
    QTest.keyClicks(window, key)
    assert (len(kinds(page)), kinds(page)[0], kinds(page)[-1]) == (steps, "instruction", "thanks")
    assert page.use.isEnabled()
    QTest.keyClick(window, Qt.Key.Key_U)
    assert setup.plan.sittings.count == sittings


def test_a_template_takes_the_images_that_were_chosen_before(page, images):
    page.model.change(add_images, [images])
    page.list.starts["viewings"].click()
    assert names(page) == ["0.png", "1.png", "2.png", "3.png"]


def test_words_are_written_in_several_languages(qtbot, page, window, setup):
    page.cards.chosen.emit(0)
    add(page, "instruction")
    words = page.word_editor
    words.text.setPlainText("Thank you.")
    words.finish()
    assert page.model.step["text"] == "Thank you."
    words.add_language.setCurrentIndex(words.add_language.findData("de"))
    words.add_language.activated.emit(words.add_language.currentIndex())
    assert words.text.toPlainText() == "Thank you.", "what is to be translated is there"
    words.text.setPlainText("Danke.")
    words.finish()
    assert page.model.step["text"] == {"en": "Thank you.", "de": "Danke."}
    words.languages.setCurrentIndex(words.languages.findData("en"))
    words.languages.activated.emit(0)
    assert words.text.toPlainText() == "Thank you."
    words.remove_language.click()
    assert page.model.step["text"] == "Danke."


def test_a_text_without_a_language_was_written_in_that_of_the_windows(page):
    page.model.select(0)
    page.model.add_step("instruction")
    for spoken, added in (("de", "en"), ("de", "de")):
        page.model.set_step("text", "Bitte warten.")
        page.model.change(set_words, added, "Please wait.", spoken=spoken)
        assert page.model.step["text"] == {"de": "Bitte warten."} | {added: "Please wait."}


def test_a_step_that_makes_no_sense_says_why_it_cannot_be_added(page):
    page.cards.chosen.emit(3)
    page.bar.add.click()
    reasons = {a.text().split("  ")[1]: a.toolTip() for a in page.menu.actions() if not a.isEnabled()}
    page.menu.close()
    assert "put it before" in reasons["Practice"]
    assert "Enrol" not in reasons


def test_the_images_that_tell_most_are_offered_with_what_they_save_and_kept(qtbot, page, window, images, monkeypatch):
    def look(paths, _predictors, on_image):
        """Of four images one tells much, and one cannot be read."""
        for n in range(len(paths)):
            assert on_image(n + 1)
        return paths[:3], [np.eye(2) * tells for tells in (0.1, 9.0, 0.2)], [f"{paths[3]}: cannot be read"]

    monkeypatch.setattr("gazeapp.runtime.best_images.read_informations", look)
    monkeypatch.setattr("gazeapp.networks.predictors.Predictors.load", lambda *_: None)
    page.model.change(remove_images, [item.path for item in page.grid.items])
    page.model.change(add_images, [images])
    qtbot.waitUntil(lambda: len(page.grid.items) == 4 and page.images.best.isEnabled())
    QTest.keyClick(window, Qt.Key.Key_B)
    dialog = page.dialog
    qtbot.waitUntil(dialog.take.isEnabled)
    assert "1 image cannot be read" in dialog.more.text()
    dialog.count.setValue(1)
    assert "tell as much as 2 random ones" in dialog.finding.text() or "as 3 random" in dialog.finding.text()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert [path.name for path in page.model.images(page.model.selected).paths] == ["1.png"]
    assert page.model.document.can_undo


def test_images_that_moved_are_marked_and_found_again(qtbot, page, images, tmp_path):
    page.model.change(keep_images, sorted(images.iterdir()))
    elsewhere = tmp_path / "moved" / "photographs"
    elsewhere.parent.mkdir()
    images.rename(elsewhere)
    page.entered()
    qtbot.waitUntil(lambda: [item.figure for item in page.grid.items] == ["gone"] * 4)
    assert len(page.model.check.mistakes) == 4
    assert not page.use.isEnabled()
    page.model.find_moved(tmp_path / "moved")
    qtbot.waitUntil(lambda: not page.model.check.mistakes)
    assert "4 of 4" in page.banner.text
    assert all(path.parent == elsewhere for path in page.model.images(page.model.selected).paths)
    page.model.undo()
    assert len(page.model.check.mistakes) == 4


def test_an_image_of_200_megapixels_is_marked_without_being_decoded(qtbot, page, images):
    page.model.change(add_images, [images])
    header = struct.pack(">IIBBBBB", 20_000, 10_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    (images / "huge.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)
    page.entered()
    qtbot.waitUntil(lambda: any(item.figure == "unreadable" for item in page.grid.items))
    item = next(item for item in page.grid.items if item.figure)
    assert item.path.name == "huge.png"
    assert "million" in item.detail
    page.images.remove_faulty.click()
    assert "huge.png" not in names(page)


def test_what_the_editor_marks_is_what_the_check_of_the_command_says(page, tmp_path, capsys):
    from gazeapp.cli.run import check_plan

    file = tmp_path / "wrong.toml"
    file.write_text(
        '[plan]\nseed = -1\n[stimuli]\nfiles = ["a.png", "b.png"]\n[trials]\nordre = "x"\n[[steps]]\nkind = "enrol"\n'
        'scale = "degrees"\n[[steps]]\nkind = "practice"\n',
        "utf-8",
    )
    for text in (file.read_text("utf-8"), '[stimuli]\nfiles = ["a.png", "b.png"]\nvariables = "c.csv"\n'):
        file.write_text(text, "utf-8")
        page.model.open(file)
        assert check_plan(file, as_json=True) == 2
        told = json.loads(capsys.readouterr().out)["mistakes"]
        assert [(m["key"], m["line"] or 0, m["fault"]) for m in told] == [
            (m.key, m.line, m.fault) for m in page.model.mistakes()
        ]


def test_changes_that_were_not_saved_are_there_when_one_comes_back(page, setup):
    page.save.click()
    first = page.model.document.path
    page.model.add_step("break")
    page.default_plan.click()
    assert [c.detail for c in page.list.plans.choices].count("not saved") == 2
    page.list.plans.choose(str(first))
    assert kinds(page)[-2] == "break" or "break" in kinds(page)


def test_a_plan_goes_with_its_study_when_that_is_moved(qtbot, page, window, setup, tmp_path):
    Study.create(setup.study_dir).close()
    page.model.use()
    page.model.set_value("trials", "blank_s", 0.5)
    before, now = setup.study_dir, tmp_path / "elsewhere" / "study"
    StudyMenu(window, setup.study, lambda: False).transfer("move", now)
    qtbot.waitUntil(lambda: setup.study_dir == now and not setup.study.is_loading)
    window.open_page("design")
    assert setup.plan_file == page.model.document.path == now / "plans" / "plan.toml"
    assert page.model.document.is_changed
    page.save.click()
    assert "blank_s = 0.5" in (now / "plans" / "plan.toml").read_text("utf-8")
    assert not before.exists()


def test_a_plan_is_called_as_it_is_named(page, setup):
    page.head.name.setText("Faces: pilot?")
    page.head.name.editingFinished.emit()
    page.save.click()
    assert page.model.document.path == setup.study_dir / "plans" / "Faces pilot.toml"
    assert read_plan(page.model.document.path).name == "Faces: pilot?"
