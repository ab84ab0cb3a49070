"""Studies of earlier versions: read, brought up to date, and readable also where nothing can be written."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from gazeapp.errors import ReadOnlyStudy, StoreError, UnsupportedSchema
from gazeapp.store import study_database, study_schema
from gazeapp.store.consent import DEFAULT_TEXTS
from gazeapp.store.exclusion import SessionExclusions, session_exclusions
from gazeapp.store.recovery.study import recover_study
from gazeapp.store.study import Study
from gazeapp.store.study_place import STUDY_NAME

OLD = Path(__file__).parents[1] / "golden" / "study-schema-1" / STUDY_NAME
"""Written by the version before participants had consents by purpose; P018 was erased from it."""


@pytest.fixture
def old(tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    shutil.copy(OLD, folder / STUDY_NAME)
    with sqlite3.connect(OLD) as connection:
        (session_id,) = connection.execute("SELECT session_id FROM sessions").fetchone()
    connection.close()
    (folder / "sessions" / session_id).mkdir(parents=True)
    return folder


def test_an_old_study_keeps_everything(old):
    with Study.open(old) as study:
        people = {person.pseudonym: person for person in study.participants()}
        assert sorted(people) == ["P017", "P020", "SIM-ada", "p020"]
        assert people["P017"].consented_in_person
        assert not people["P017"].allows_eye_images
        assert people["P020"].consented_to(eye_images=True)
        assert not people["p020"].consents
        assert people["SIM-ada"].consent_version == "simulated"
        assert not people["SIM-ada"].consented_in_person
        assert study.load_embedding("P017").vector == (0.6, 0.8)
        assert [session.pseudonym for session in study.sessions()] == ["P017"]
        assert study.passes_check()
    with Study.open(old) as again:
        assert len(again.participants()) == 4


def test_the_study_goes_on_asking_its_own_text(old):
    with Study.open(old) as study:
        texts = [text for text in study.consents.texts() if text.purpose == "gaze"]
        assert {text.text for text in texts} != set(DEFAULT_TEXTS["gaze"].values())
        assert all(text.is_current for text in texts)
        study.consents.set_text("gaze", "en", "Another text.")
        assert not study.participant("P017").consented_in_person
        study.record_consent("P017")
        assert study.participant("P017").consented_in_person


@pytest.mark.slow
def test_an_erased_pseudonym_leaves_the_old_file_and_stays_taken(old):
    with Study.open(old) as study:
        assert b"P018" not in (old / STUDY_NAME).read_bytes()
        (erasure,) = study.erasures()
        assert erasure.n_sessions == 0
        for name in ("P018", "p018"):
            with pytest.raises(StoreError, match="erased"):
                study.add_participant(name)


def test_an_old_study_that_cannot_be_written_is_read(old, monkeypatch):
    before = (old / STUDY_NAME).read_bytes()
    monkeypatch.setattr(study_database.os, "access", lambda *_: False)
    with Study.open(old) as study:
        assert study.is_read_only
        assert study.participant("P017").consented_in_person
        with pytest.raises(ReadOnlyStudy, match="cannot be written"):
            study.add_participant("P030")
        with pytest.raises(ReadOnlyStudy):
            study.new_session("P017", "pilot")
    assert (old / STUDY_NAME).read_bytes() == before
    assert len(list((old / "sessions").iterdir())) == 1


def test_a_migration_that_fails_leaves_the_old_study(old, monkeypatch):
    before = (old / STUDY_NAME).read_bytes()

    def fail(connection):
        connection.execute("DROP TABLE embeddings")
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(study_database.study_migration, "MIGRATIONS", {1: fail})
    with pytest.raises(UnsupportedSchema):
        Study.open(old)
    monkeypatch.undo()
    assert (old / STUDY_NAME).read_bytes() == before
    with Study.open(old) as study:
        assert len(study.participants()) == 4


@pytest.mark.slow
def test_a_damaged_old_study_is_rebuilt_and_brought_up_to_date(old):
    data = bytearray((old / STUDY_NAME).read_bytes())
    data[100:200] = bytes(100)
    (old / STUDY_NAME).write_bytes(data)
    found = recover_study(old)
    assert found.was == "damaged"
    with Study.open(old) as study:
        assert {person.pseudonym for person in study.participants()} == {"P017", "P020", "p020", "SIM-ada"}
        assert study.participant("P017").consented_in_person
        assert study.was_erased("P018")


def test_a_newer_study_is_refused_by_name(old):
    with sqlite3.connect(old / STUDY_NAME) as connection:
        connection.execute(f"PRAGMA user_version = {study_schema.STUDY_SCHEMA + 1}")
    connection.close()
    with pytest.raises(UnsupportedSchema, match="update gazeapp"):
        Study.open(old)


@pytest.mark.parametrize("may_write", [True, False])
def test_a_study_from_before_exclusions_has_none(tmp_path, monkeypatch, caplog, may_write):
    with Study.create(tmp_path / "study") as study:
        study.add_participant("P017")
        study.record_consent("P017")
        session = study.new_session("P017", "pilot")
    with contextlib.closing(sqlite3.connect(tmp_path / "study" / STUDY_NAME)) as connection:
        connection.execute("DROP TABLE exclusions")
        connection.execute("PRAGMA user_version = 2")
    if not may_write:
        monkeypatch.setattr(study_database.os, "access", lambda *_: False)
    assert session_exclusions(session.path) == SessionExclusions()
    assert not caplog.records
    with Study.open(tmp_path / "study") as study:
        assert study.exclusions.history() == []
