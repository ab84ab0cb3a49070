"""BIDS, XDF and pysaliency exports, read back by the programs they are for where these are installed."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.errors import StoreError
from gazeapp.store.export.formats import ExportRequest, export
from gazeapp.store.reader import SessionReader
from tests.store.example_study import DISPLAY, RATE_HZ, make_study, record_session

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("formats") / "study"
    study, session = make_study(folder)
    study.add_participant("P-017")
    study.record_consent("P-017")
    record_session(study.new_session("P-017", "pilot"))
    study.close()
    return folder, session


@pytest.fixture(scope="module")
def bids(study, tmp_path_factory):
    root = tmp_path_factory.mktemp("bids") / "bids"
    export(ExportRequest(source=study[0], form="bids", dest=root))
    return root


def test_bids_validator_finds_no_error(bids):
    validator = shutil.which("bids-validator-deno") or shutil.which(
        "bids-validator-deno", path=str(Path(sys.executable).parent)
    )
    if validator is None:
        pytest.skip("bids-validator-deno is not installed (pip install bids-validator-deno)")
    done = subprocess.run([validator, "--json", str(bids)], capture_output=True, text=True, check=False)
    issues = json.loads(done.stdout)["issues"]["issues"]
    assert [issue for issue in issues if issue["severity"] == "error"] == []
    codes = {issue["code"] for issue in issues}
    assert codes <= {"SIDECAR_KEY_RECOMMENDED", "JSON_KEY_RECOMMENDED", "TOO_FEW_AUTHORS"}


def test_bids_gaze_is_one_file_per_eye_without_header(bids, study):
    stem = bids / "sub-P017" / "ses-01" / "beh" / "sub-P017_ses-01_task-pilot_recording-eye1"
    sidecar = json.loads(stem.with_name(f"{stem.name}_physio.json").read_text())
    assert (sidecar["RecordedEye"], sidecar["PhysioType"], sidecar["SamplingFrequency"]) == (
        "left",
        "eyetrack",
        RATE_HZ,
    )
    assert sidecar["Columns"] == ["timestamp", "x_coordinate", "y_coordinate", "pupil_size", "tracker_time"]
    assert sidecar["AverageCalibrationError"] == pytest.approx(0.6)
    with gzip.open(stem.with_name(f"{stem.name}_physio.tsv.gz"), "rt") as file:
        table = np.array([[float(v.replace("n/a", "nan")) for v in line.split("\t")] for line in file])
    with SessionReader(study[1].path) as reader:
        samples = reader.samples(corrected=True)
    np.testing.assert_array_equal(table[:, 0], samples.time_s)
    np.testing.assert_array_equal(table[:, 1:3], samples.left_px)
    right = json.loads(stem.with_name(stem.name.replace("eye1", "eye2") + "_physio.json").read_text())
    assert right["RecordedEye"] == "right"


def test_bids_states_the_screen_and_the_stimuli(bids):
    folder = bids / "sub-P017" / "ses-01" / "beh"
    screen = json.loads(next(folder.glob("*_events.json")).read_text())["StimulusPresentation"]
    assert screen["ScreenResolution"] == [DISPLAY.width_px, DISPLAY.height_px]
    assert screen["ScreenDistance"] == DISPLAY.distance_mm / 1000
    assert screen["ScreenOrigin"] == ["top", "left"]
    with next(folder.glob("*_events.tsv")).open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert len(rows) == 3
    assert all((bids / "stimuli" / row["stim_file"]).is_file() for row in rows)


def test_bids_fixations_are_physioevents(bids):
    path = next((bids / "sub-P017").rglob("*eye1_physioevents.tsv.gz"))
    with gzip.open(path, "rt") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    assert sum(row[2] == "fixation" for row in rows) == 3 * 9
    assert sum("scene-" in row[3] for row in rows) == 3
    assert {row[4] for row in rows if row[2] == "fixation"} == {"0"}
    saccades = [row for row in rows if row[2] == "saccade"]
    assert saccades
    assert all(0 < float(row[1]) < 0.2 for row in saccades)
    onsets = [float(row[0]) for row in rows]
    assert onsets == sorted(onsets)


def test_pseudonyms_that_would_become_one_bids_label_stay_apart(bids):
    with (bids / "participants.tsv").open() as file:
        rows = {row["pseudonym"]: row["participant_id"] for row in csv.DictReader(file, delimiter="\t")}
    assert set(rows) == {"P017", "P-017"}
    assert len(set(rows.values())) == 2
    assert all((bids / label).is_dir() for label in rows.values())


def test_the_same_session_gives_the_same_bytes(study, tmp_path):
    for name in ("a", "b"):
        export(ExportRequest(source=study[1].path, form="bids", dest=tmp_path / name))
    for path in (tmp_path / "a").rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "b" / path.relative_to(tmp_path / "a")).read_bytes()


def test_xdf_is_read_back_by_pyxdf(study, tmp_path):
    pyxdf = pytest.importorskip("pyxdf")
    (path,) = export(ExportRequest(source=study[1].path, form="xdf", dest=tmp_path / "out"))
    streams, header = pyxdf.load_xdf(str(path), dejitter_timestamps=False)
    assert header["info"]["version"] == ["1.0"]
    found = {stream["info"]["name"][0]: stream for stream in streams}
    assert set(found) == {"gaze", "gaze-corrected", "fixations", "markers"}
    with SessionReader(study[1].path) as reader:
        raw, corrected, trials = reader.samples(), reader.samples(corrected=True), reader.trials()
    np.testing.assert_array_equal(found["gaze"]["time_stamps"], raw.time_s)
    np.testing.assert_array_equal(found["gaze"]["time_series"][:, 4:6], raw.right_px)
    np.testing.assert_array_equal(found["gaze-corrected"]["time_series"][:, 0:2], corrected.left_px)
    assert len(found["fixations"]["time_stamps"]) == sum(len(t.fixations) + len(t.carried_over) for t in trials)
    marks = [row[0] for row in found["markers"]["time_series"]]
    assert sum(mark.startswith("StimulusShown trial=") for mark in marks) == 3
    channels = found["gaze"]["info"]["desc"][0]["channels"][0]["channel"]
    assert [c["label"][0] for c in channels][:2] == ["left_x", "left_y"]
    assert channels[0]["unit"] == ["pixels"]


def test_a_cut_xdf_keeps_what_came_before(study, tmp_path):
    pyxdf = pytest.importorskip("pyxdf")
    (path,) = export(ExportRequest(source=study[1].path, form="xdf", dest=tmp_path / "out"))
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"<name>gaze-corrected</name>") + 20_000])
    streams, _ = pyxdf.load_xdf(str(path), dejitter_timestamps=False)
    (gaze,) = [stream for stream in streams if stream["info"]["name"] == ["gaze"]]
    assert len(gaze["time_stamps"]) == 7200


def test_pysaliency_layout(study, tmp_path):
    h5py = pytest.importorskip("h5py")
    export(ExportRequest(source=study[0], form="pysaliency", dest=tmp_path / "out"))
    with SessionReader(study[1].path) as reader:
        trial = reader.trials()[0]
    with h5py.File(tmp_path / "out" / "stimuli.hdf5") as file:
        assert (file.attrs["type"], file.attrs["version"], file.attrs["size"]) == (
            b"FileStimuli",
            b"2.1",
            3,
        )
        assert [list(shape) for shape in file["shapes"][...]] == [[240, 320, 3]] * 3
        assert all((tmp_path / "out" / name.decode()).is_file() for name in file["filenames"][...])
    with h5py.File(tmp_path / "out" / "fixations.hdf5") as file:
        assert (file.attrs["type"], file.attrs["version"]) == (b"FixationTrains", b"1.2")
        np.testing.assert_array_equal(file["train_xs"][0], [f.x_px for f in trial.fixations])
        np.testing.assert_allclose(file["train_ts"][0], [f.onset_s - trial.shown_s for f in trial.fixations])
        np.testing.assert_array_equal(file["train_ns"][...], [0, 1, 2, 0, 1, 2])
        np.testing.assert_array_equal(file["train_subjects"][...], [0, 0, 0, 1, 1, 1])
    assert json.loads((tmp_path / "out" / "subjects.json").read_text())["n_fixations_beside_image"] == 0


def test_the_command_exports_every_format(study, tmp_path, capsys):
    for form in ("csv", "bids", "xdf"):
        assert main(["export", str(study[0]), "--format", form, "-o", str(tmp_path / form), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["files"]
    assert main(["export", str(study[0]), "--format", "csv", "-o", str(tmp_path / "csv")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["export", str(study[0]), "--format", "docx", "-o", str(tmp_path / "x")]) == 2


def test_an_unknown_format_is_a_mistake_of_the_caller(study, tmp_path):
    with pytest.raises(ValueError, match="docx"):
        export(ExportRequest(source=study[0], form="docx", dest=tmp_path / "out"))
    with pytest.raises(StoreError):
        export(ExportRequest(source=tmp_path, form="bids", dest=tmp_path / "out"))
