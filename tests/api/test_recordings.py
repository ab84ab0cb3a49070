"""Studies and sessions as data frames, of a study that the demonstration made."""

from __future__ import annotations

import numpy as np
import pytest

import gazeapp.api as ga
from gazeapp.__main__ import main
from gazeapp.errors import StoreError

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo")
    assert main(["demo", "--headless", "--n-images", "2", "--out", str(path), "--seed", "3"]) == 0
    return path / "study"


@pytest.fixture
def study(folder):
    return ga.Study(folder)


def test_a_study_lists_its_people_and_sessions(study):
    people = study.participants()
    sessions = study.sessions()
    assert people["n_sessions"].sum() == len(sessions) >= 1
    assert people["participant"].tolist() == [sessions[0].participant]


def test_fixations_of_a_study_are_those_of_its_sessions(study):
    whole = study.table("fixations")
    session = ga.Session(study.sessions()[0].path)
    own = session.fixations()
    trials = session.trials()
    assert set(session.meaning("fixations")) == set(own.columns)
    assert whole.equals(own)
    assert (own["duration_s"] > 0).all()
    assert set(own["trial"]) <= set(trials["trial"])


def test_samples_events_and_images_of_a_session_are_read(study):
    for session in study.sessions():
        samples = session.samples()
        assert samples["time_s"].is_monotonic_increasing
        assert len(session.table("events"))
        image = session.image(session.table("stimuli")["stimulus_id"][0])
        assert image.dtype == np.uint8


def test_maps_of_a_trial_are_densities(study):
    for session in study.sessions():
        trial = int(session.table("predictions")["trial"].max())
        maps = session.maps(trial)
        assert maps.universal.sum() == pytest.approx(1, abs=1e-3)
        assert np.array_equal(maps.discrepancy, maps.personal - maps.universal)
        assert session.embedding().n_pairs >= 1
        with pytest.raises(ga.ArgumentError, match="9999"):
            session.maps(9999)


def test_what_somebody_excluded_is_left_out(study, folder):
    session = study.sessions()[0]
    trial = int(session.trials()["trial"].iloc[-1])
    n_all = len(study.table("trials"))
    arguments = ["exclude", str(folder), "--participant", session.participant, "--session", session.id]
    assert main([*arguments, "--trial", str(trial), "--reason", "sneezed"]) == 0
    try:
        assert trial not in study.table("trials")["trial"].tolist()
        assert trial not in study.table("fixations")["trial"].tolist()
        assert len(study.table("trials", include_excluded=True)) == n_all
    finally:
        assert main([*arguments, "--trial", str(trial), "--include"]) == 0


def test_what_is_not_there_is_told(study, tmp_path):
    with pytest.raises(StoreError):
        ga.Study(tmp_path)
    with pytest.raises(StoreError):
        ga.Session(tmp_path)
    with pytest.raises(ga.ArgumentError, match="fixations"):
        study.table("fixation")
    with pytest.raises(ga.ArgumentError, match="pandas or polars"):
        study.table("fixations", library="r")
    with pytest.raises(StoreError, match="P999"):
        study.table("fixations", participant="P999")


def test_polars_frames_have_the_same_columns(study):
    polars = pytest.importorskip("polars")
    frame = study.table("fixations", library="polars")
    assert isinstance(frame, polars.DataFrame)
    assert frame.columns == list(study.table("fixations").columns)
