"""Encrypting a study from its menu, and giving its passphrase when it is opened."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from gazeapp.errors import StoreError, StudyLocked
from gazeapp.store import study_key
from gazeapp.store.study import Study
from gazeapp.ui.study_menu import StudyMenu

WORDS = "four words no sentence"


@pytest.fixture
def menu(qtbot, setup, tmp_path, monkeypatch):
    monkeypatch.setattr(study_key, "_COST", {"n": 1 << 8, "r": 8, "p": 1})
    monkeypatch.setattr(study_key, "_opened", {})
    monkeypatch.delenv(study_key.PASSPHRASE_VARIABLE, raising=False)
    study_key.ask_with(None)
    with Study.create(tmp_path / "secret") as study:
        study.add_participant("P-001")
    parent = QWidget()
    qtbot.addWidget(parent)
    made = StudyMenu(parent, setup.study, lambda: False)
    setup.study.locked.connect(made.ask_passphrase)
    yield made
    assert parent, "a menu goes with its window"


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

    opened(qtbot, model, folder)  # once more: a study that is closed is locked
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
    study_key.lock(folder)
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


def test_the_key_store_of_the_computer_opens_a_study_that_was_put_there(qtbot, menu, setup, tmp_path, monkeypatch):
    keys = {}
    monkeypatch.setattr(study_key, "keep_key", keys.__setitem__)
    monkeypatch.setattr(study_key, "recall_key", keys.get)
    monkeypatch.setattr(study_key, "drop_key", keys.pop)
    model, folder, words = setup.study, tmp_path / "secret", "Open without the passphrase on this computer"
    study_key.create_key(folder, WORDS)
    opened(qtbot, model, folder)
    assert model.content.encryption == "open"
    assert not entries(menu)[words].isChecked()
    with qtbot.waitSignal(model.told):
        entries(menu)[words].trigger()
    opened(qtbot, model, folder)
    assert model.content.encryption == "open"
    assert entries(menu)[words].isChecked()
    with qtbot.waitSignal(model.told):
        entries(menu)[words].trigger()
    opened(qtbot, model, folder)
    assert model.content.encryption == "locked"


def test_where_no_key_store_is_the_window_says_so(qtbot, menu, setup, tmp_path, monkeypatch):
    def refuse(*_):
        raise StoreError("this computer has no key store")

    monkeypatch.setattr(study_key, "keep_key", refuse)
    model, folder = setup.study, tmp_path / "secret"
    study_key.create_key(folder, WORDS)
    opened(qtbot, model, folder)
    assert model.content.encryption == "open"
    with qtbot.waitSignal(model.failed) as said:
        model.keep_in_key_store(True)
    assert said.args == ["this computer has no key store"]
