"""Export from People with real windows: formats one after another into one folder, and destinations nobody expects."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gazeapp.store.exclusion import ExclusionList
from gazeapp.store.study import Study
from gazeapp.ui.pages.page import PageState
from tests.store.example_study import make_study


@pytest.fixture
def page(qtbot, window, setup, tmp_path):
    study, _session = make_study(tmp_path / "study")
    study.close()
    setup.study.reload()
    qtbot.waitUntil(lambda: bool(setup.study.rows))
    window.open_export(["P017"])
    return window.export


def export_to(qtbot, page, dest: str | Path, form: str, answer: str = "") -> None:
    page.dest.setText(str(dest))
    page.list.choose(form)
    QTest.keyClick(page.window(), Qt.Key.Key_Return)
    if answer:
        qtbot.waitUntil(lambda: page.dialog is not None)
        page.dialog.buttons[answer].click()
    qtbot.waitUntil(lambda: not page._model.is_running and page.state is not PageState.WORKING)


def test_every_format_goes_into_one_folder_with_one_answer_each(qtbot, page, tmp_path):
    dest = tmp_path / "out"
    export_to(qtbot, page, dest, "csv")
    for form in ("parquet", "bids", "xdf", "pysaliency", "csv"):
        export_to(qtbot, page, dest, form, "Replace files of the same name")
        assert page.state is PageState.DONE, page.banner.text
    kinds = {path.suffix for path in dest.rglob("*") if path.is_file()}
    assert {".csv", ".parquet", ".gz", ".xdf", ".hdf5"} <= kinds, kinds


def test_a_file_where_the_folder_should_be_is_told_and_not_asked_about(qtbot, page, tmp_path):
    (tmp_path / "out").write_text("mine")
    export_to(qtbot, page, tmp_path / "out", "csv")
    assert page.dialog is None
    assert page.state is PageState.FAILED
    assert "a file of this name exists" in page.banner.text
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("where", ["study", "study/sessions/x"])
def test_nothing_is_exported_among_the_study_s_own_files(qtbot, page, tmp_path, where):
    export_to(qtbot, page, tmp_path / where, "csv")
    assert page.state is PageState.FAILED
    assert "study's own files" in page.banner.text


@pytest.mark.parametrize("name", ["given away", "~nobody-has-this-name"])
def test_a_name_alone_is_a_folder_beside_the_study(qtbot, page, tmp_path, name):
    export_to(qtbot, page, name, "csv")
    assert page.state is PageState.DONE
    assert any((tmp_path / name).rglob("*.csv"))
    assert str(tmp_path / name) in page.banner.text


def test_another_study_begins_with_its_own_folder_and_everybody(qtbot, page, window, setup, tmp_path):
    page.dest.setText(str(tmp_path / "for the first"))
    with Study.create(tmp_path / "second") as study:
        study.add_participant("P017")
    setup.study.open(tmp_path / "second")
    qtbot.waitUntil(lambda: not setup.study.is_loading and setup.study.folder == tmp_path / "second")
    window.open_page("people")
    window.open_page("export")
    assert page.dest.text() == str(tmp_path / "second-export")
    assert not page._participants()


def test_what_is_excluded_is_exported_when_it_is_ticked(qtbot, page, tmp_path):
    with Study.open(tmp_path / "study") as study:
        ExclusionList(study._db).exclude("P017", reason="fell asleep")
    export_to(qtbot, page, tmp_path / "out", "csv")
    assert page.state is PageState.FAILED
    assert "fell asleep" in page.banner.text
    assert "--" not in page.banner.text, "no flag of the command line"
    page.excluded.setChecked(True)
    export_to(qtbot, page, tmp_path / "out", "csv")
    assert page.state is PageState.DONE
