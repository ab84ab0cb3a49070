"""Gaze of other laboratories, imported in the windows with mouse and keys."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from gazeapp.store.study import Study
from gazeapp.ui.dialogs.import_gaze import ImportGazeDialog
from gazeapp.ui.models import table_columns
from gazeapp.ui.models.gaze_import import GazeImport

COLUMNS = ("time", "x", "y")
LONG_MS = 30_000
"""Longer than an import takes on the busiest machine."""


RECALL, REMEMBER = table_columns.recall, table_columns.remember


@pytest.fixture
def study(qtbot, setup, tmp_path, monkeypatch):
    """P-001 consented, P-002 did not; what is said of columns is remembered beside the test."""
    memory = tmp_path / "memory.json"
    monkeypatch.setattr(table_columns, "recall", lambda header, _file: RECALL(header, memory))
    monkeypatch.setattr(table_columns, "remember", lambda header, said, _file: REMEMBER(header, said, memory))
    with Study.open_or_create(setup.study.folder) as study:
        for name in ("P-001", "P-002"):
            study.add_participant(name)
        study.record_consent("P-001")
    setup.study.open(setup.study.folder)
    qtbot.waitUntil(lambda: len(setup.study.rows) == 2, timeout=LONG_MS)
    yield setup.study
    setup.study.close()


@pytest.fixture
def imports(bridge):
    return GazeImport(bridge)


@pytest.fixture
def choose(qtbot, dark, study, imports):
    """The dialog after files were chosen."""

    def choose(*paths, pseudonym="P-001"):
        imports.forget()
        dialog = ImportGazeDialog(None, study, imports, pseudonym)
        dialog.take(list(paths))
        dialog.open()
        qtbot.waitUntil(lambda: not imports.is_looking, timeout=LONG_MS)
        return dialog

    return choose


def own_table(path, n=200):
    rows = "".join(f"{i / 100},{500 + i % 7},{400 + i % 5}\n" for i in range(n))
    path.write_text("time_s,left_x_px,left_y_px\n" + rows)
    return path


def test_an_import_that_was_closed_meanwhile_does_not_begin(qtbot, choose, study, imports, tmp_path):
    table = tmp_path / "gaze.csv"
    own_table(table)
    dialog = choose(table, pseudonym="P-002")
    qtbot.waitUntil(dialog.go.isEnabled)
    dialog.go.click()
    dialog.asked.boxes["gaze"].click()
    dialog.asked.go.click()
    dialog.reject()  # while the consent is stored
    qtbot.waitUntil(lambda: study.row("P-002").person.consented_in_person, timeout=20_000)
    assert not imports.is_running
    with Study.open(study.folder) as opened:
        assert opened.sessions("P-002") == []


def odd_table(path, seed=2):
    rng = np.random.default_rng(seed)
    rows = (f"{i * 4};{rng.uniform(50, 1800):.1f};{rng.uniform(50, 1000):.1f}\n" for i in range(400))
    path.write_text("clock;horiz;vert\n" + "".join(rows))
    return path


def press(widget, key, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.keyClick(widget, key, modifier)


def click(button):
    assert button.isVisible()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def sessions(model, name):
    with Study.open(model.folder) as study:
        return study.sessions(name)


def test_files_become_sessions_by_keys_alone(qtbot, window, study, tmp_path, monkeypatch):
    page = window.people
    chosen = [str(own_table(tmp_path / "a.csv")), str(own_table(tmp_path / "b.csv", 300))]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_args: (chosen, ""))
    page.view.choose("P-001")
    press(window, Qt.Key.Key_I)
    dialog = page.importing
    qtbot.waitUntil(lambda: not page.imports.is_looking and dialog.isActiveWindow(), timeout=LONG_MS)
    assert [dialog.list.item(n, 0).text() for n in range(2)] == ["a.csv", "b.csv"]
    assert "at 100 Hz" in dialog.list.item(0, 1).text()
    assert dialog.form.pseudonym == "P-001"
    with qtbot.waitSignal(page.imports.ended, timeout=LONG_MS):
        press(dialog, Qt.Key.Key_Return)
    assert dialog.report.finding.text() == "Stored sessions of P-001: 2."
    assert [news.words for news in page.imports.news] == [
        f"{n} samples at 100 Hz, 0 images, 0 fixations" for n in (200, 300)
    ]
    assert "are assumed" in page.imports.news[0].notes[-1]
    assert len(sessions(study, "P-001")) == 2
    qtbot.waitUntil(lambda: len(study.row("P-001").sessions) == 2, timeout=LONG_MS)
    press(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: page.importing is None, timeout=LONG_MS)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_args: ([], ""))
    click(page.import_gaze)
    assert page.importing is None, "no file was chosen"


def test_columns_that_are_not_understood_are_asked_for_once(qtbot, study, imports, choose, tmp_path):
    dialog = choose(odd_table(tmp_path / "one.csv"), odd_table(tmp_path / "two.csv", 3))
    assert "say what its columns hold" in dialog.list.item(1, 1).text()
    click(dialog.go)
    asked = dialog.asked
    assert not asked.go.isEnabled()
    for box, role in zip(asked.roles, COLUMNS, strict=True):
        box.setCurrentIndex(box.findData(role))
    with qtbot.waitSignal(imports.ended, timeout=LONG_MS):
        click(asked.go)
    assert [news.is_stored for news in imports.news] == [True, True], "one answer serves for both"
    with sessions(study, "P-001")[0].reader() as reader:
        assert reader.meta["tracker"]["rate_hz"] == 250
    assert RECALL(("clock", "horiz", "vert"), tmp_path / "memory.json") == {"columns": "time:clock,x:horiz,y:vert"}


def test_nothing_is_stored_where_one_file_is_refused(qtbot, study, imports, choose, tmp_path):
    good, bad = own_table(tmp_path / "good.csv"), own_table(tmp_path / "bad.csv")
    bad.write_text(bad.read_text() + "0.5,1,1\n")
    dialog = choose(good, bad)
    with qtbot.waitSignal(imports.ended, timeout=LONG_MS):
        click(dialog.go)
    assert dialog.report.finding.text() == "Nothing was stored: 1 of 2 files are not read."
    (news,) = imports.news
    assert news.path == bad
    assert news.words.startswith("time goes back after sample 200"), "without folder"
    assert "--" not in news.words
    assert sessions(study, "P-001") == []
    click(dialog.back)
    dialog.form.answers.setText("sort=maybe")
    assert dialog.go.isEnabled()
    dialog.form.answers.setText("sort yes")
    assert "NAME=VALUE" in dialog.problem.text()
    dialog.form.answers.setText("sort=yes")
    with qtbot.waitSignal(imports.ended, timeout=LONG_MS):
        click(dialog.go)
    assert dialog.report.finding.text() == "Stored sessions of P-001: 2."


def test_who_did_not_consent_is_asked_and_somebody_new_is_added(qtbot, study, imports, choose, tmp_path):
    dialog = choose(own_table(tmp_path / "a.csv"))
    dialog.form.participant.setEditText("Jane Doe")
    assert "white space" in dialog.problem.text()
    dialog.form.participant.setEditText("P-009")
    click(dialog.go)
    qtbot.waitUntil(lambda: dialog.asked is not None, timeout=LONG_MS)
    assert sessions(study, "P-009") == []
    dialog.asked.boxes["gaze"].setChecked(True)
    with qtbot.waitSignal(imports.ended, timeout=LONG_MS):
        click(dialog.asked.go)
    assert len(sessions(study, "P-009")) == 1
    click(dialog.close_it)
    dialog = choose(tmp_path / "a.csv")
    dialog.form.participant.setEditText("P-001")
    with qtbot.waitSignal(imports.ended, timeout=LONG_MS):
        click(dialog.go)
    assert "P-009" in imports.problem, "the file is in the study as somebody else's"
    assert "--again" not in imports.problem


def test_a_screen_that_cannot_be_is_refused_before_anything_is_read(qtbot, imports, choose, tmp_path):
    dialog = choose(own_table(tmp_path / "a.csv"))
    dialog.form.screen_box.setCurrentIndex(1)
    dialog.form.measures[4].setValue(65)
    assert "centimetres" in dialog.problem.text()
    assert not dialog.go.isEnabled()
    dialog.form.measures[4].setValue(700)
    qtbot.waitUntil(lambda: dialog.go.isEnabled(), timeout=LONG_MS)
    with qtbot.waitSignal(imports.ended, timeout=LONG_MS):
        click(dialog.go)
    assert imports.news[0].notes == ()


def test_a_cancelled_import_leaves_no_half_session(qtbot, study, imports, choose, tmp_path, monkeypatch):
    from gazeapp.runtime import import_session

    dialog = choose(own_table(tmp_path / "a.csv"))
    write = import_session.SessionWriter.write_samples

    def cancel_midway(writer, samples):
        imports.cancel()
        write(writer, samples)

    monkeypatch.setattr(import_session.SessionWriter, "write_samples", cancel_midway)
    with qtbot.waitSignal(imports.ended, timeout=LONG_MS):
        click(dialog.go)
    assert imports.problem == "The import was cancelled."
    assert sessions(study, "P-001") == []
    assert list((study.folder / "sessions").iterdir()) == []


def test_an_import_goes_on_while_its_window_is_hidden(qtbot, study, imports, choose, tmp_path):
    dialog = choose(own_table(tmp_path / "a.csv", 2000))
    with qtbot.waitSignal(imports.ended, timeout=LONG_MS):
        click(dialog.go)
        dialog.close()
        assert not dialog.isVisible()
    assert dialog.isVisible(), "what came of it is shown"
    assert len(sessions(study, "P-001")) == 1


def test_a_file_of_no_format_is_told_and_can_be_left_out(qtbot, imports, choose, tmp_path):
    shutil.copy(__file__, tmp_path / "notes.db")
    (tmp_path / "notes.db").write_bytes(b"SQLite format 3\0" + bytes(100))
    dialog = choose(own_table(tmp_path / "a.csv"), tmp_path / "notes.db")
    assert "a database" in dialog.list.item(1, 1).text()
    assert "leave it out" in dialog.problem.text()
    dialog.list.selectRow(1)
    click(dialog.remove)
    assert dialog.go.isEnabled()
