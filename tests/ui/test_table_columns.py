"""A foreign table in the windows: a choice per column gives what `--option columns=…` gives, and is remembered."""

from __future__ import annotations

import numpy as np
import pytest

from gazeapp.gaze.display import Display
from gazeapp.store.imports.formats import read_recording
from gazeapp.store.imports.recording import ImportSettings
from gazeapp.store.imports.table_preview import columns_option, preview_table
from gazeapp.ui.dialogs.table_columns import TableColumnsDialog
from gazeapp.ui.models.table_columns import TableColumns

DISPLAY = Display(width_px=1600, height_px=900, width_mm=531, height_mm=299, distance_mm=650)


@pytest.fixture
def table(tmp_path):
    rng = np.random.default_rng(2)
    lines = ["clock;horiz;vert;ok;size, mm"]
    for i in range(400):
        x, y = rng.uniform([-700, -400], [700, 400])
        lines.append(f"{i * 4};{x:.1f};{y:.1f};{int(i % 10 > 0)};3.2")
    (tmp_path / "odd.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "odd.csv"


def choose(box, value):
    box.setCurrentIndex(box.findData(value))


def test_a_choice_per_column_equals_the_option(qtbot, table, tmp_path):
    model = TableColumns(table, DISPLAY, tmp_path / "memory.json")
    chosen = []
    dialog = TableColumnsDialog(None, model, chosen.append)
    qtbot.addWidget(dialog)
    assert not dialog.go.isEnabled()
    assert "not understood" in dialog.verdict.text()
    for column, role in enumerate(("time", "x", "y", "valid", "pupil")):
        choose(dialog.roles[column], role)
    assert not dialog.go.isEnabled()
    assert "origin" in dialog.verdict.text()  # the question of the command line
    choose(dialog.boxes["origin"], "centre-up")
    assert dialog.go.isEnabled()
    assert dialog.verdict.text() == "360 of the first 400 rows have gaze, at 250 Hz."
    dialog.go.click()
    said = {"columns": "time:clock,x:horiz,y:vert,valid:ok,pupil:4", "origin": "centre-up"}
    assert chosen == [said]
    recording = read_recording(table, "auto", ImportSettings(display=DISPLAY, options=said))
    assert (int(recording.samples[:].valid.sum()), recording.rate_hz) == (360, 250)


def test_what_was_said_is_remembered_for_tables_with_the_same_columns(qtbot, table, tmp_path):
    memory = tmp_path / "memory.json"
    first = TableColumns(table, DISPLAY, memory)
    for column, role in enumerate(("time", "x", "y")):
        first.set_role(column, role)
    first.say("origin", "centre")
    first.remember()
    again = TableColumns(table, DISPLAY, memory)
    assert again.is_recalled
    assert again.options == first.options
    assert again.roles == {"time": 0, "x": 1, "y": 2}
    again.say_nothing()
    again.remember()
    assert not TableColumns(table, DISPLAY, memory).is_recalled
    memory.write_text("{damaged")
    assert TableColumns(table, DISPLAY, memory).options == {}


def test_a_table_that_is_understood_needs_no_answer(qtbot, tmp_path):
    path = tmp_path / "own.csv"
    rows = "".join(f"{i / 100},{500 + i % 7},{400 + i % 5}\n" for i in range(100))
    path.write_text("time_s,left_x_px,left_y_px\n" + rows)
    dialog = TableColumnsDialog(None, TableColumns(path, DISPLAY, tmp_path / "memory.json"), print)
    qtbot.addWidget(dialog)
    assert dialog.go.isEnabled()
    assert [box.currentData() for box in dialog.roles] == ["time", "left_x", "left_y"]
    assert dialog.boxes["unit"].currentData() == ""


def test_a_role_has_one_column_and_names_that_are_not_clear_become_numbers(table, tmp_path):
    model = TableColumns(table, DISPLAY, tmp_path / "memory.json")
    for column, role in ((0, "time"), (1, "x"), (2, "y"), (3, "y")):
        model.set_role(column, role)
    assert model.roles == {"time": 0, "x": 1, "y": 3}
    assert columns_option(("a", "a", "b,c", "7"), {"x": 0, "y": 1, "time": 2, "pupil": 3}) == "x:a,y:1,time:2,pupil:7"


def test_only_the_head_of_a_long_table_is_read(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("time_s,x_px,y_px\n" + "".join(f"{i / 100},5,5\n" for i in range(5000)) + "broken")
    assert len(preview_table(path).rows) == 500
