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
    window.open_page("design")
    return window.pages["design"]


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
    QTest.keyClick(window, Qt.Key.Key_O)
    assert setup.plan.name == "short"
    assert setup.plan_file == file
    assert page.name.text() == "short"
    assert page.file.toolTip().endswith("short.toml")
    assert page.steps.text() == "calibrate → validate"
    QTest.keyClick(window, Qt.Key.Key_D)
    assert setup.plan == default_plan()
    assert not page.default_plan.isEnabled()


def test_a_wrong_plan_is_refused_with_all_its_mistakes_and_the_one_in_use_stays(page, setup, choose, tmp_path):
    file = tmp_path / "wrong.toml"
    file.write_text('[plan]\nseed = "x"\n[trials]\nduration = 3\norder = "backwards"\nblank_s = -1\n', "utf-8")
    choose(file)
    page.open_plan.click()
    assert page.state is PageState.FAILED
    told = page.problems.text()
    for key in ("plan.seed", "trials.duration", "trials.order", "trials.blank_s", "stimuli.folders"):
        assert key in told
    assert "5 mistakes" in page.banner.text
    assert "stays" in page.banner.text
    assert setup.plan == default_plan()
    file.write_text('[stimuli]\nfolders = ["nowhere"]\n', "utf-8")
    page.open_plan.click()
    assert "nowhere" in page.problems.text()
    file.write_text('[stimuli]\nfolders = ["shipped"]\n', "utf-8")
    page.open_plan.click()
    assert page.state is PageState.DONE
    assert setup.plan_file == file


def test_a_dialog_that_is_closed_changes_nothing(page, setup, choose):
    choose("")
    page.open_plan.click()
    assert setup.plan == default_plan()
    assert setup.plan_problem == ""
