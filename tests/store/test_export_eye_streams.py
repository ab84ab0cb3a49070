"""How far the eyes were open, in every export that has a place for it; pictures of them only when asked for."""

from __future__ import annotations

import csv
import gzip
import json

import numpy as np
import pytest

from gazeapp.gaze.eye_openness import EyeOpenness
from gazeapp.store.export.formats import ExportRequest, export
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import EyeImageRow
from tests.store.example_study import make_study

PICTURE = b"GIF89a and a retina"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The example, with openness of every second sample."""
    study, session = make_study(tmp_path_factory.mktemp("eyes") / "study")
    study.close()
    with session.reader() as reader:
        samples = reader.samples()
    half = samples[slice(0, None, 2)]
    n = len(half)
    with session.writer() as writer:
        writer.write_openness(
            EyeOpenness.build(
                time_s=half.time_s,
                device_time_s=half.device_time_s,
                receive_time_s=half.receive_time_s,
                left_mm=np.full(n, 9.0),
                right_mm=8 + np.arange(n) / n,
                left_valid=np.arange(n) > 10,
                right_valid=np.ones(n),
            )
        )
        writer.write_eye_image(
            EyeImageRow(
                time_s=3.0,
                device_time_s=5003.0,
                camera=1,
                region=0,
                kind="cropped",
                left_px=0,
                top_px=0,
                width_px=64,
                height_px=32,
                format="gif",
                image=PICTURE,
            )
        )
    return study.path, session


def test_tables_hold_openness_with_its_stamps_and_no_picture(recorded, tmp_path):
    _, session = recorded
    written = export(ExportRequest(source=session.path, form="csv", dest=tmp_path / "out"))
    folder = tmp_path / "out" / session.session_id
    with (folder / "eye_openness.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["left_openness_mm"] for row in rows[9:13]] == ["", "", "9.0", "9.0"]
    assert [row["left_valid"] for row in rows[9:13]] == ["0", "0", "1", "1"]
    with SessionReader(session.path) as reader:
        (chunk,) = reader.openness_chunks()
    assert [float(row["device_time_s"]) for row in rows] == chunk.device_time_s.tolist()
    meanings = json.loads((folder / "columns.json").read_text())["tables"]["eye_openness"]
    assert meanings["columns"]["right_openness_mm"]["unit"] == "mm"
    assert not any(PICTURE in path.read_bytes() for path in written)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_pictures_are_exported_when_asked_for(recorded, tmp_path, form):
    source, session = recorded
    export(ExportRequest(source=source, form=form, dest=tmp_path, include_eye_images=True))
    folder = tmp_path / session.session_id
    assert (folder / "eye_images" / "000001.gif").read_bytes() == PICTURE
    assert (folder / f"eye_images.{form}").is_file()
    assert json.loads((tmp_path / "export.json").read_text())["eye_images_included"] is True


def test_bids_has_openness_beside_the_gaze_of_the_same_stamp(recorded, tmp_path):
    source, _ = recorded
    export(ExportRequest(source=source, form="bids", dest=tmp_path))
    stem = "sub-P017_ses-01_task-pilot_recording-eye2"
    folder = tmp_path / "sub-P017" / "ses-01" / "beh"
    sidecar = json.loads((folder / f"{stem}_physio.json").read_text())
    assert sidecar["Columns"][-1] == "eye_openness"
    assert sidecar["eye_openness"]["Units"] == "mm"
    with gzip.open(folder / f"{stem}_physio.tsv.gz", "rt") as file:
        last = [line.rstrip("\n").split("\t")[-1] for line in file]
    assert set(last[1::2]) == {"n/a"}
    n = len(last[::2])
    assert [float(value) for value in last[::2]] == (8 + np.arange(n) / n).tolist()


def test_xdf_has_a_stream_of_openness(recorded, tmp_path):
    pyxdf = pytest.importorskip("pyxdf")
    _, session = recorded
    (file,) = export(ExportRequest(source=session.path, form="xdf", dest=tmp_path))
    streams, _ = pyxdf.load_xdf(str(file), dejitter_timestamps=False)
    (stream,) = (s for s in streams if s["info"]["name"] == ["eye-openness"])
    labels = [c["label"][0] for c in stream["info"]["desc"][0]["channels"][0]["channel"]]
    assert labels == ["left_openness", "left_validity", "right_openness", "right_validity"]
    assert np.isnan(stream["time_series"][10][0])
    assert stream["time_series"][11].tolist()[:2] == [9.0, 1.0]
