"""Choosing the universal model in the application."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gazeapp.errors import CheckpointError
from gazeapp.experiment.plan import StimuliPlan
from gazeapp.networks.universal_models import MODELS, UniversalChoice
from gazeapp.ui.models.universal_choice import Trial, try_model
from gazeapp.ui.pages.page import PageState
from tests.ui import fake_session as fake

pytestmark = pytest.mark.slow


def attempt(choice: UniversalChoice, _plan) -> Trial:
    if choice.weights == Path("broken.onnx"):
        raise CheckpointError("broken.onnx: not an ONNX file; export it again.")
    return Trial(
        choice=choice,
        name=f"{choice.model} 1",
        sha256="ab" * 32,
        image_name="a.jpg",
        image_rgb=fake.photograph(),
        density=fake.bump([(0.5, 0.5)]),
    )


@pytest.fixture
def page(qtbot, window, setup, monkeypatch):
    monkeypatch.setattr(setup.universal, "_attempt", attempt)
    QTest.keyClick(window, Qt.Key.Key_U, Qt.KeyboardModifier.AltModifier)
    assert window.current == "universal"
    made = window.pages["universal"]
    qtbot.waitUntil(lambda: setup.universal.trial is not None, timeout=20_000)
    return made


@pytest.fixture
def plan(setup, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((60, 80, 3), 90, np.uint8))
    return replace(setup.plan, stimuli=StimuliPlan(folders=(str(tmp_path),)))


def test_the_shipped_network_is_in_use_and_its_map_is_shown(page, setup):
    assert setup.universal.in_use == UniversalChoice()
    assert page.list.key == "default"
    assert [c.name for c in page.list.choices if c.figure == "in use"] == ["The shipped network"]
    assert page.state is PageState.DONE
    assert page.name.text() == "default 1"
    assert page._layers.universal is not None


def test_every_model_can_be_chosen(page):
    assert [choice.key for choice in page.list.choices] == [model.name for model in MODELS]
    assert all(choice.is_enabled for choice in page.list.choices)


def test_a_model_is_used_once_it_has_predicted_an_image(qtbot, page, setup):
    page.list.choose("bms-centre")
    assert page.state is PageState.LOADING
    assert setup.universal.in_use.model == "default"
    qtbot.waitUntil(lambda: setup.universal.in_use.model == "bms-centre", timeout=20_000)
    assert page.state is PageState.DONE
    assert "fixed Gaussian" in page._notes.text()
    page.back.click()
    qtbot.waitUntil(lambda: setup.universal.in_use == UniversalChoice(), timeout=20_000)


def test_a_model_without_its_file_asks_for_it_and_changes_nothing(page, setup):
    page.list.choose("deepgaze")
    assert "needs its file" in page.banner.text
    assert setup.universal.in_use == UniversalChoice()
    assert page.browse.isVisible()


def test_a_wrong_file_is_one_sentence_and_the_model_in_use_stays(qtbot, page, setup):
    page.list.choose("onnx")
    page.take_file(Path("broken.onnx"))
    qtbot.waitUntil(lambda: bool(setup.universal.problem), timeout=20_000)
    assert page.state is PageState.FAILED
    assert page.banner.text.startswith("broken.onnx: not an ONNX file")
    assert "stays: the shipped network" in page.banner.text
    assert setup.universal.in_use == UniversalChoice()
    page.take_file(Path("good.onnx"))
    qtbot.waitUntil(lambda: setup.universal.in_use.weights == Path("good.onnx"), timeout=20_000)


def test_settings_of_a_model_are_fields(qtbot, page, setup):
    page.list.choose("onnx")
    page.take_file(Path("good.onnx"))
    qtbot.waitUntil(lambda: setup.universal.in_use.model == "onnx", timeout=20_000)
    page.fields["output"].setText("log")
    page.go.click()
    qtbot.waitUntil(lambda: setup.universal.in_use.options == {"output": "log"}, timeout=20_000)


def test_what_runs_and_what_comes_next_are_told_apart(qtbot, window, page, session, setup):
    run = fake.FakeRun()
    run.inference.in_use = SimpleNamespace(universal_name="universal-small")
    session.attach(run, "P-017")
    page.list.choose("signature")
    qtbot.waitUntil(lambda: setup.universal.in_use.model == "signature", timeout=20_000)
    assert "universal-small" in page.banner.text


def test_a_model_of_the_last_time_is_used_at_once(qtbot, setup, monkeypatch, tmp_path):
    monkeypatch.setattr(setup.universal, "_attempt", attempt)
    file = tmp_path / "mine.onnx"
    file.touch()
    choice = UniversalChoice(model="onnx", weights=file, options={"output": "log"})
    setup.universal.restore(choice)
    assert setup.universal.in_use == choice
    setup.universal.check(setup.plan)
    qtbot.waitUntil(lambda: setup.universal.trial is not None, timeout=20_000)
    assert setup.universal.in_use == setup.universal.remembered == choice
    assert setup.universal.fallback == ""


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (UniversalChoice(model="onnx", weights=Path("/gone/mine.onnx")), "/gone/mine.onnx is not there"),
        (UniversalChoice(model="psychic"), "'psychic' is not known"),
    ],
    ids=["file", "name"],
)
def test_a_model_that_is_gone_is_told_and_looked_for_the_next_time(setup, choice, said):
    setup.universal.restore(choice)
    assert setup.universal.in_use == UniversalChoice()
    assert said in setup.universal.fallback
    assert setup.universal.remembered == choice


def test_a_model_damaged_since_the_last_time_gives_way_to_the_shipped_one(qtbot, setup, monkeypatch, tmp_path):
    (tmp_path / "broken.onnx").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(setup.universal, "_attempt", attempt)
    setup.universal.restore(UniversalChoice(model="onnx", weights=Path("broken.onnx")))
    setup.universal.check(setup.plan)
    qtbot.waitUntil(lambda: bool(setup.universal.fallback), timeout=20_000)
    assert setup.universal.in_use == UniversalChoice()
    assert "not an ONNX file" in setup.universal.fallback


def test_choosing_the_shipped_network_ends_the_search_for_one_that_is_gone(qtbot, setup, monkeypatch):
    monkeypatch.setattr(setup.universal, "_attempt", attempt)
    setup.universal.restore(UniversalChoice(model="onnx", weights=Path("/gone/mine.onnx")))
    setup.universal.take(UniversalChoice(), setup.plan)
    qtbot.waitUntil(lambda: not setup.universal.is_trying, timeout=20_000)
    assert setup.universal.remembered == UniversalChoice()
    assert setup.universal.fallback == ""


def test_a_page_beside_the_way_leads_nowhere(window, page):
    window.open_page("results")
    window.open_next()
    assert window.current == "results"


def test_a_model_is_tried_on_an_image_of_the_plan(plan):
    trial = try_model(UniversalChoice(model="centre-bias"), plan)
    assert trial.image_name == "a.png"
    assert trial.density.shape == (60, 80)


def test_files_that_are_no_model_are_refused_with_their_name(plan, tmp_path):
    (tmp_path / "broken.onnx").write_bytes(b"this is not a network")
    with pytest.raises(CheckpointError, match=r"broken\.onnx"):
        try_model(UniversalChoice(model="onnx", weights=tmp_path / "broken.onnx"), plan)
