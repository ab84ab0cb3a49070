"""Whatever stands in a session's rows: recovery and reports go on with the rest, and say what is missing."""

from __future__ import annotations

import random
import sqlite3

import pytest

from gazeapp.errors import DamagedSession
from gazeapp.store import schema
from gazeapp.store.export.report import write_report
from gazeapp.store.reader import SessionReader
from gazeapp.store.recovery.session import recover
from tests.store.example_study import N_TRIALS, make_study

VALUES = ("NULL", "9e999", "-9e999", "1e300", "-1", "'text'", "x'00ff'", "''", "'[1'", "0", "9223372036854775807")


@pytest.fixture
def session(tmp_path):
    study, made = make_study(tmp_path / "study")
    study.close()
    return made


def change(session, *statements):
    with sqlite3.connect(session.database) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_a_whole_session_is_whole(session):
    found = recover(session.path)
    assert found.is_whole
    assert found.lost_trials == ()


def test_an_infinite_time_in_a_session_of_an_earlier_version_spoils_nothing(session, tmp_path):
    change(session, "UPDATE samples SET time_s = 9e999 WHERE rowid = 5")
    with SessionReader(session.path) as reader:
        n = reader.n_samples
        assert len(reader.samples()) == n - 1
    write_report(session.path, tmp_path / "report.html")
    found = recover(session.path)
    assert found.n_lost["samples"] == 1
    assert not found.is_whole
    assert found.kept_as


def test_a_trial_whose_row_is_gone_is_named(session):
    change(session, "DELETE FROM trials WHERE trial = 1")
    found = recover(session.path)
    (lost,) = found.lost_trials
    assert (lost.trial, lost.stimulus) == (1, "scene-1.png")
    assert not found.is_whole


def test_a_trial_whose_samples_are_gone_is_named(session):
    change(session, "DELETE FROM samples WHERE time_s >= (SELECT shown_s + 0.1 FROM trials WHERE trial = 2)")
    lost = recover(session.path).lost_trials
    assert [trial.trial for trial in lost] == [2]
    assert "samples are gone" in lost[0].what


def test_a_row_that_means_nothing_is_left_out_and_counted(session):
    change(session, 'UPDATE events SET payload = \'{"trial": "x"}\' WHERE number = 3')
    with SessionReader(session.path) as reader, pytest.raises(DamagedSession):
        reader.events()
    found = recover(session.path)
    assert found.n_lost["events"] == 1
    with SessionReader(session.path) as reader:
        reader.events()


@pytest.mark.parametrize("seed", range(12))
def test_recovery_and_reports_never_fail_because_of_contents(session, tmp_path, seed):
    chance = random.Random(seed)
    tables = [table for table in schema.SESSION_TABLES if table not in ("eye_images", "openness")]
    for table in chance.sample(tables, 6):
        column = chance.choice(schema.SESSION_TABLES[table]).split()[0]
        value = chance.choice(VALUES)
        try:
            change(session, f"UPDATE {table} SET {column} = {value} WHERE rowid % 3 = 1")
        except sqlite3.Error:
            continue  # SQLite itself does not take it
    found = recover(session.path)
    assert found.counts["samples"] >= 0
    write_report(session.path, tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size > 1000
    assert N_TRIALS


def test_an_interrupted_session_is_recovered_without_free_space(session, monkeypatch):
    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    change(session, "UPDATE meta SET value = '\"recording\"' WHERE key = 'state'")
    monkeypatch.setattr("gazeapp.store.recovery.session._mark_recovered", full)
    monkeypatch.setattr("gazeapp.store.recovery.session.fold_log", full)
    found = recover(session.path)
    assert found.was == "interrupted"
    assert found.is_whole
