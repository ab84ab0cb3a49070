"""What a session keeps of its plan: nothing of the machine it ran on."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from gazeapp.experiment.plan import CalibrationPlan, StimuliPlan, default_plan
from gazeapp.runtime.build import plan_json
from gazeapp.runtime.options import RunOptions
from gazeapp.store.provenance import without_folders, without_place


def stored(tmp_path, **parts):
    plan = replace(default_plan(name="pilot"), folder=tmp_path, **parts)
    return plan_json(RunOptions(plan=plan, study=tmp_path / "study", participant="P1"))


def test_a_targets_picture_chosen_in_the_windows_is_kept_by_name_and_content(tmp_path):
    (tmp_path / "bear.png").write_bytes(b"a bear")
    chosen = CalibrationPlan(target="image", target_image=str(tmp_path / "bear.png"))
    document = stored(tmp_path, calibration=chosen)
    assert document["calibration"]["target_image"] == "bear.png"
    assert document["calibration"]["target_image_sha256"] == hashlib.sha256(b"a bear").hexdigest()
    assert str(tmp_path) not in repr(document)
    beside = stored(tmp_path, calibration=replace(chosen, target_image="bear.png"))
    assert beside == document


def test_a_picture_that_is_gone_is_kept_by_name(tmp_path):
    chosen = CalibrationPlan(target="image", target_image=str(tmp_path / "gone.png"))
    calibration = stored(tmp_path, calibration=chosen)["calibration"]
    assert calibration["target_image"] == "gone.png"
    assert "target_image_sha256" not in calibration


def test_folders_of_images_are_kept_without_where_they_lie(tmp_path):
    document = stored(tmp_path, stimuli=StimuliPlan(folders=(str(tmp_path / "scenes"), "more")))
    assert document["stimuli"]["folders"] == ["scenes", "more"]


def test_options_of_a_tracker_lose_their_folders_on_every_system():
    options = {"file": "/data/anna/gaze.tsv", "calibration": "C:\\Users\\anna\\S1", "rate_hz": "60"}
    assert without_folders(options) == {"file": "gaze.tsv", "calibration": "S1", "rate_hz": "60"}


@pytest.mark.parametrize("given", ["{0}/anna/face.mp4", "anna/face.mp4", "../{1}/anna/face.mp4", "~/anna/face.mp4"])
def test_a_file_given_as_an_option_is_kept_by_name(tmp_path, monkeypatch, given):
    (tmp_path / "anna").mkdir()
    (tmp_path / "anna" / "face.mp4").touch()
    monkeypatch.chdir(tmp_path)
    assert without_place(given.format(tmp_path, tmp_path.name)) == "face.mp4"


def test_an_option_that_names_no_file_is_kept_as_it_is():
    assert without_place("Tobii/left") == "Tobii/left"
    assert without_place("a\0/b") == "a\0/b"
