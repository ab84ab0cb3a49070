"""What is found in the background goes to the plan and the study that it was asked for; no plan is lost."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal

from gazeapp.experiment.plan import SHIPPED, default_plan
from gazeapp.experiment.plan_images import keep_images, name_from
from gazeapp.ui.models.design_model import DesignModel
from tests.ui.test_area_model import LateBridge


class Study(QObject):
    """What the model asks of the study."""

    moved = Signal(object, object)


class Setup(QObject):
    """What the model asks of the set-up."""

    changed = Signal()

    def __init__(self, folder):
        super().__init__()
        self.bridge, self.study_dir = LateBridge(), folder
        self.plan, self.plan_file, self.plan_problem = default_plan(), None, ""
        self.study = Study()


def work(bridge):
    """Do what waits, and what comes of it."""
    while bridge.waiting:
        bridge.work_one()


@pytest.fixture
def model(qtbot, tmp_path):
    made = DesignModel(Setup(tmp_path / "study"))
    made.ensure()
    return made


@pytest.fixture
def photographs(tmp_path):
    folder = tmp_path / "photographs"
    folder.mkdir()
    for n in range(3):
        cv2.imwrite(str(folder / f"{n}.png"), np.full((6, 8, 3), 60 * n, np.uint8))
    return folder


def files(document):
    return document.value("stimuli", "files")


def test_files_found_again_go_to_the_plan_they_were_looked_for(model, photographs, tmp_path):
    model.change(keep_images, sorted(photographs.iterdir()))
    asked = model.document
    photographs.rename(tmp_path / "moved")
    work(model.setup.bridge)
    model.find_moved(tmp_path)
    model.remove_step()  # its places are others by the time of the answer
    model.begin()
    other = model.document
    work(model.setup.bridge)
    assert other is not asked
    assert files(asked) == [name_from(tmp_path / "moved" / f"{n}.png", asked.path.parent) for n in range(3)]
    assert other.value("stimuli", "folders") in (None, [SHIPPED])
    assert not other.can_undo
    assert model.document is other
    assert not model.told, "it is told where it is seen"


def test_a_picture_and_a_table_that_moved_are_found_too(model, photographs, tmp_path):
    table = photographs / "table.csv"
    table.write_text("image,condition\n0,a\n")
    model.set_table(table)
    model.add_step("instruction")
    model.set_picture(photographs / "0.png")
    photographs.rename(tmp_path / "moved")
    model.find_moved(tmp_path)
    work(model.setup.bridge)
    assert model.value("stimuli", "variables") == str(tmp_path / "moved" / "table.csv")
    assert model.step["picture"] == str(tmp_path / "moved" / "0.png")
    assert "2 of 2" in model.told
    model.undo()
    assert model.step["picture"] == str(photographs / "0.png")
    assert model.value("stimuli", "variables") == str(table), "one answer is one step of undoing"


def test_a_plan_from_a_session_is_not_begun_in_another_study(model, tmp_path):
    work(model.setup.bridge)
    model.begin_from_session("S-1")
    assert model.is_busy
    model.setup.bridge.waiting = [(default_plan, done) for _, done in model.setup.bridge.waiting]
    model.setup.study_dir = tmp_path / "another"
    model.forget()
    model.ensure()
    shown = model.document
    work(model.setup.bridge)
    assert model.document is shown
    assert not model.is_busy


def test_changes_that_were_not_saved_go_with_a_study_that_is_moved(model, tmp_path):
    before, now = model.setup.study_dir, tmp_path / "moved"
    model.set_value("trials", "blank_s", 0.5)
    changed = model.document
    model.setup.study_dir = now
    model.setup.study.moved.emit(before, now)
    model.forget()
    model.ensure()
    assert model.document is changed
    assert model.drafts.files == [now / "plans" / "plan.toml"]
    assert model.save_all()
    assert "blank_s = 0.5" in (now / "plans" / "plan.toml").read_text("utf-8")
    assert not before.exists(), "nothing is written where the study was"


def test_changes_are_kept_when_another_plan_or_another_study_is_begun(model, tmp_path):
    model.set_value("trials", "blank_s", 0.5)
    changed = model.document
    model.begin()
    assert model.document.path != changed.path
    assert model.drafts.open(changed.path) is changed
    model.open(changed.path)
    study, model.setup.study_dir = model.setup.study_dir, tmp_path / "another"
    model.forget()
    model.ensure()
    assert model.document is not changed
    assert model.unsaved == ["plan"]
    model.setup.study_dir = study
    model.forget()
    model.ensure()
    assert model.document is changed
    model.setup.study_dir = tmp_path / "another"
    assert model.save_all()
    assert "blank_s = 0.5" in (study / "plans" / "plan.toml").read_text("utf-8")


def test_what_is_being_typed_belongs_to_the_plan_that_is_left(qtbot, window, setup):
    window.open_page("design")
    page = window.design
    page.model.add_step("instruction")
    typed = page.model.document
    page.word_editor.text.setPlainText("Look around.")
    page.head.name.setFocus()
    page.head.name.setText("first")
    page.model.begin()
    assert "Look around." in typed.text
    assert typed.value("plan", "name") == "first"
    assert page.model.document is not typed
    assert not page.model.document.can_undo
    assert page.head.name.text() != "first"
