"""A correction that is applied to a session afterwards: every reader follows it, nothing recorded changes."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from gazeapp.errors import DamagedSession, FolderInUse
from gazeapp.gaze.correction import Correction
from gazeapp.gaze.correction_late import LateCorrection
from gazeapp.store import schema, study_key
from gazeapp.store.export.methods import methods_paragraph
from gazeapp.store.folder_lock import FolderLock
from gazeapp.store.reader import SessionReader
from gazeapp.store.recalibration import apply_recalibration, undo_recalibration
from gazeapp.store.study_encryption import encrypt_study
from tests.store.example_study import make_study

SHIFT_PX = (30.0, -12.0)
LATE = LateCorrection(from_time_s=0.0, correction=Correction.shift(SHIFT_PX))


@pytest.fixture
def folder(tmp_path):
    study, session = make_study(tmp_path / "study")
    study.close()
    return session.path


def places(trials):
    return [np.array([(f.x_px, f.y_px) for f in trial.fixations]) for trial in trials]


def test_fixations_and_samples_move_and_what_was_recorded_stays(folder):
    with SessionReader(folder) as session:
        before, gaze = places(session.trials()), session.samples(corrected=True)
        scale = session.trials()[0].frame.scale
    apply_recalibration(folder, LATE, {"finding": "Gaze has shifted."})
    with SessionReader(folder) as session:
        moved, again = places(session.trials()), session.samples(corrected=True)
        assert all(np.allclose(m - b, np.array(SHIFT_PX) / scale) for m, b in zip(moved, before, strict=True))
        seen = np.isfinite(gaze.left_px).all(axis=1)
        assert np.allclose((again.left_px - gaze.left_px)[seen], SHIFT_PX)
        assert all(np.array_equal(a, b) for a, b in zip(places(session.recorded_trials()), before, strict=True))
        raw = session.samples()
        assert np.array_equal(session.corrected(raw, as_recorded=True).left_px, gaze.left_px, equal_nan=True)


def test_it_is_taken_back_and_both_stay_in_the_file(folder):
    with SessionReader(folder) as session:
        before = places(session.trials())
    apply_recalibration(folder, LATE, {})
    undo_recalibration(folder)
    with SessionReader(folder) as session:
        assert all(np.array_equal(a, b) for a, b in zip(places(session.trials()), before, strict=True))
        assert [row.correction is None for row in session.recalibrations()] == [False, True]


def test_the_newest_one_replaces_those_before(folder):
    apply_recalibration(folder, LATE, {})
    other = LateCorrection(from_time_s=0.0, correction=Correction.shift((1.0, 2.0)))
    apply_recalibration(folder, other, {})
    with SessionReader(folder) as session:
        assert session.late_correction().correction == other.correction


def test_the_methods_paragraph_says_it(folder):
    apply_recalibration(folder, LATE, {"finding": "Gaze has probably shifted."})
    with SessionReader(folder) as session:
        said = methods_paragraph(session)
    assert "applied after the recording" in said
    assert "Gaze has probably shifted." in said


def test_a_session_that_is_recorded_is_left_alone(folder):
    with FolderLock(folder), pytest.raises(FolderInUse):
        apply_recalibration(folder, LATE, {})


def test_a_session_of_an_earlier_schema_takes_one(folder):
    database = sqlite3.connect(folder / "session.sqlite")
    database.execute("DROP TABLE recalibrations")
    database.execute("PRAGMA user_version = 3")
    database.commit()
    database.close()
    with SessionReader(folder) as session:
        assert session.recalibrations() == []
    apply_recalibration(folder, LATE, {})
    with SessionReader(folder) as session:
        assert session.late_correction() is not None
    database = sqlite3.connect(folder / "session.sqlite")
    assert database.execute("PRAGMA user_version").fetchone() == (schema.SESSION_SCHEMA,)
    database.close()


@pytest.mark.parametrize("content", ['{"correction": {}}', "[1]", '"x"', "nonsense"], ids=str)
def test_a_damaged_one_is_an_error_not_a_crash(folder, content):
    apply_recalibration(folder, LATE, {})
    database = sqlite3.connect(folder / "session.sqlite")
    database.execute("UPDATE recalibrations SET correction = ?", (content,))
    database.commit()
    database.close()
    with SessionReader(folder) as session, pytest.raises(DamagedSession):
        session.trials()


def test_drift_moves_gaze_by_time_and_nothing_before_it_began():
    late = LateCorrection(from_time_s=10.0, correction=Correction.identity(), drift_px_s=(2.0, 0.0), middle_s=20.0)
    moved = late.move(np.zeros((3, 2)), [5.0, 10.0, 30.0])
    assert moved.tolist() == [[0, 0], [-20, 0], [20, 0]]


def test_moving_back_is_the_inverse():
    bent = Correction(
        kind="second_order", left=[[20, 1.03, 0.02, 1e-5, 0, 0], [-9, 0.01, 0.98, 0, 1e-5, 0]], right=np.eye(2, 6, 1)
    )
    late = LateCorrection(from_time_s=0.0, correction=bent, drift_px_s=(0.5, -0.2), middle_s=50.0)
    points, time_s = np.random.default_rng(0).uniform(0, 1900, (50, 2)), np.linspace(0, 100, 50)
    assert np.abs(late.unmove(late.move(points, time_s), time_s) - points).max() < 1e-6


def test_an_encrypted_session_takes_one_and_stays_encrypted(folder, monkeypatch):
    monkeypatch.setattr(study_key, "_COST", {"n": 1 << 8, "r": 8, "p": 1})
    monkeypatch.setattr(study_key, "_opened", {})
    study = folder.parent.parent
    encrypt_study(study, "four words no sentence")
    apply_recalibration(folder, LATE, {})
    assert not (folder / "session.sqlite").exists()
    with SessionReader(folder) as session:
        assert session.late_correction() is not None
