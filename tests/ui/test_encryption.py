"""Encrypting a study from its menu, and giving its passphrase when it is opened."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from gazeapp.errors import StudyLocked
from gazeapp.store import study_key
from gazeapp.store.study import Study
from gazeapp.ui.study_menu import StudyMenu

WORDS = "four words no sentence"


@pytest.fixture
def menu(qtbot, setup, tmp_path, monkeypatch):
    monkeypatch.setattr(study_key, "_COST", {"n": 1 << 8, "r": 8, "p": 1})
    monkeypatch.delenv(study_key.PASSPHRASE_VARIABLE, raising=False)
    study_key.ask_with(None)
    with Study.create(tmp_path / "secret") as study:
        study.add_participant("P-001")
    parent = QWidget()
    qtbot.addWidget(parent)
    made = StudyMenu(parent, setup.study, lambda: False)
    setup.study.locked.connect(made.ask_passphrase)
    yield made
    study_key.lock_all()


def opened(qtbot, model, folder):
    model.open(folder)
    qtbot.waitUntil(lambda: not model.is_loading)


def entries(menu):
    menu.fill()
    return {action.text(): action for action in menu.actions()}


def test_a_study_is_encrypted_once_the_passphrase_is_typed_twice_and_asked_for_when_it_is_opened(
    qtbot, menu, setup, tmp_path
):
    model, folder = setup.study, tmp_path / "secret"
    opened(qtbot, model, folder)
    entries(menu)["Encrypt …"].trigger()
    dialog = menu.dialog
    dialog.twice.first.setText("short")
    assert not dialog.go.isEnabled()
    dialog.twice.first.setText(WORDS)
    dialog.twice.second.setText("something else")
    assert not dialog.go.isEnabled()
    assert dialog.twice.hint.text() == "The two differ."
    dialog.twice.second.setText(WORDS)
    with qtbot.waitSignal(model.told) as told:
        qtbot.mouseClick(dialog.go, Qt.MouseButton.LeftButton)
    assert told.args == ["The study is encrypted."]
    assert study_key.is_encrypted(folder)
    qtbot.waitUntil(lambda: "Decrypt …" in entries(menu))

    study_key.lock_all()
    opened(qtbot, model, folder)
    assert [row.pseudonym for row in model.rows] == ["P-001"], "people are listed without it"
    asked = menu.dialog
    asked.field.setText("not the passphrase")
    qtbot.mouseClick(asked.go, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: asked.problem.text() == "That is not the passphrase of this study.")
    asked.field.setText(WORDS)
    qtbot.keyClick(asked.field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: model.content.encryption == "open")


def test_what_became_of_one_study_is_not_told_of_another(qtbot, menu, setup, tmp_path):
    model, folder = setup.study, tmp_path / "secret"
    opened(qtbot, model, folder)
    told = []
    model.told.connect(told.append)
    model.encrypt(WORDS)
    assert model.is_encrypting
    opened(qtbot, model, tmp_path / "other")
    qtbot.waitUntil(lambda: not model.is_encrypting)
    assert study_key.is_encrypted(folder)
    assert told == []


def test_whoever_does_not_give_it_can_do_so_later_and_decrypt(qtbot, menu, setup, tmp_path):
    model, folder = setup.study, tmp_path / "secret"
    study_key.create_key(folder, WORDS)
    study_key.lock_all()
    opened(qtbot, model, folder)
    menu.dialog.reject()
    model.reload()
    qtbot.waitUntil(lambda: not model.is_loading)
    assert menu.dialog is None, "it is not asked again and again"
    entries(menu)["Give the passphrase …"].trigger()
    menu.dialog.field.setText(WORDS)
    menu.dialog.go.click()
    qtbot.waitUntil(lambda: model.content.encryption == "open")
    entries(menu)["Decrypt …"].trigger()
    with qtbot.waitSignal(model.told):
        menu.dialog.buttons["Decrypt"].click()
    qtbot.waitUntil(lambda: model.content.encryption == "none")
    assert not study_key.is_encrypted(folder)


def test_the_passphrase_is_changed_by_whoever_knows_it(qtbot, menu, setup, tmp_path):
    model, folder, new = setup.study, tmp_path / "secret", "another four words"
    study_key.create_key(folder, WORDS)
    opened(qtbot, model, folder)
    entries(menu)["Change the passphrase …"].trigger()
    dialog = menu.dialog
    dialog.field.setText("not the passphrase")
    for field in (dialog.twice.first, dialog.twice.second):
        assert not dialog.go.isEnabled()
        field.setText(new)
    dialog.go.click()
    qtbot.waitUntil(lambda: dialog.problem.text() == "That is not the passphrase of this study.")
    assert study_key.unlock(folder, WORDS), "nothing was changed"
    dialog.field.setText(WORDS)
    with qtbot.waitSignal(model.told):
        dialog.go.click()
    with pytest.raises(StudyLocked):
        study_key.unlock(folder, WORDS)
    assert study_key.unlock(folder, new)
