"""Opening a plan in the windows."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from gazeapp.experiment.plan import default_plan
from gazeapp.ui.pages.page import PageState

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def page(qtbot, window, setup):
    qtbot.waitUntil(lambda: not setup.is_study_loading)
    return window.pages["participant"]


@pytest.fixture
def choose(monkeypatch):
    """What the person chooses in the file dialog."""

    def of(path) -> None:
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))

    return of


def test_a_plan_is_opened_with_a_key_and_named_with_its_steps(page, window, setup, choose, tmp_path):
    file = tmp_path / "short.toml"
    file.write_text('[plan]\nname = "short"\nphases = ["calibrate", "validate"]\n', "utf-8")
    choose(file)
    QTest.keyClick(window, Qt.Key.Key_P, CONTROL)
    assert setup.plan.name == "short"
    assert setup.plan_file == file
    assert page.plan.toolTip().endswith("short.toml · calibrate → validate")
    assert not page.default_plan.isHidden()
    QTest.keyClick(window, Qt.Key.Key_D, CONTROL)
    assert setup.plan == default_plan()
    assert page.default_plan.isHidden()


def test_a_wrong_plan_is_refused_by_its_key_and_the_one_in_use_stays(page, setup, choose, tmp_path):
    file = tmp_path / "wrong.toml"
    file.write_text("[trials]\nduration = 3\n", "utf-8")
    choose(file)
    page.open_plan.click()
    assert page.state is PageState.FAILED
    assert "wrong.toml" in page.banner.text
    assert "duration" in page.banner.text
    assert "stays: default" in page.banner.text
    assert setup.plan == default_plan()
    file.write_text('[stimuli]\nfolders = ["shipped"]\n', "utf-8")
    page.open_plan.click()
    assert page.state is PageState.EMPTY
    assert setup.plan_file == file


def test_a_dialog_that_is_closed_changes_nothing(page, setup, choose):
    choose("")
    page.open_plan.click()
    assert setup.plan == default_plan()
    assert setup.plan_problem == ""
