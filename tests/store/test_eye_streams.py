"""How far the eyes were open, and pictures of them: stored, recovered, erased."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from gazeapp.errors import UnsupportedSchema
from gazeapp.gaze.eye_openness import EyeOpenness
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store import schema
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import EyeImageRow, StimulusRow
from gazeapp.store.recovery.session import recover
from gazeapp.store.study import Study
from gazeapp.store.writer import SessionWriter

GOLDEN = Path(__file__).parents[1] / "golden" / "calm"
IMAGE = EyeImageRow(
    time_s=1.5,
    device_time_s=8.5,
    camera=1,
    region=0,
    kind="cropped",
    left_px=3,
    top_px=4,
    width_px=2,
    height_px=1,
    format="gif",
    image=b"GIF89a" + bytes(range(60)),
)
STIMULUS = StimulusRow(stimulus_id="ab" * 32, name="beach", file="ab.png", width_px=8, height_px=6, source="shipped")


def opened(n: int, *, start_s: float = 0.0) -> EyeOpenness:
    time_s = start_s + np.arange(n) / 600
    seen = np.arange(n) % 4 != 0
    return EyeOpenness.build(
        time_s=time_s,
        device_time_s=time_s + 7,
        receive_time_s=time_s + 0.01,
        left_mm=np.full(n, 9.5),
        right_mm=9 + time_s,
        left_valid=seen,
        right_valid=np.ones(n, bool),
    )


def read_openness(path):
    with SessionReader(path) as reader:
        return list(reader.openness_chunks(n_rows=1000))


def test_what_an_invalid_eye_is_said_to_measure_is_masked():
    chunk = opened(8)
    assert np.isnan(chunk.left_mm[[0, 4]]).all()
    assert (chunk.left_mm[[1, 2, 3]] == 9.5).all()
    with pytest.raises(ValueError, match="device_time_s has 8 rows"):
        EyeOpenness(time_s=np.zeros(2), **{name: getattr(chunk, name) for name in chunk.__slots__ if name != "time_s"})


def test_openness_and_images_come_back_as_they_were_written(tmp_path):
    with SessionWriter(tmp_path / "session.sqlite") as writer:
        writer.write_openness(opened(700))
        writer.commit()
        writer.write_openness(opened(800, start_s=2.0))
        writer.write_eye_image(IMAGE)
    chunks = read_openness(tmp_path)
    assert [len(chunk) for chunk in chunks] == [1000, 500]
    wanted = [opened(700), opened(800, start_s=2.0)]
    for name in EyeOpenness.__slots__:
        assert np.array_equal(
            np.concatenate([getattr(c, name) for c in chunks]),
            np.concatenate([getattr(c, name) for c in wanted]),
            equal_nan=not name.endswith("valid"),
        ), name
    with SessionReader(tmp_path) as reader:
        assert reader.has_openness()
        assert list(reader.eye_images()) == [IMAGE]


def test_a_session_of_the_first_schema_is_read_as_it_is_and_migrated_when_it_is_written(tmp_path):
    shutil.copytree(GOLDEN, tmp_path / "old")
    with SessionReader(tmp_path / "old") as reader:
        before = reader.counts()
        assert before["samples"] > 0
        assert (before["openness"], before["eye_images"]) == (0, 0)
        assert not reader.has_openness()
        assert list(reader.eye_images()) == list(reader.openness_chunks()) == []
    with SessionWriter(tmp_path / "old" / "session.sqlite") as writer:
        writer.write_openness(opened(3))
    with SessionReader(tmp_path / "old") as reader:
        assert reader.counts() == {**before, "openness": 3}
        assert reader.passes_check()


def test_recovering_brings_an_old_session_up_to_date(tmp_path):
    shutil.copytree(GOLDEN, tmp_path / "old")
    recover(tmp_path / "old")
    db = sqlite3.connect(tmp_path / "old" / "session.sqlite")
    assert db.execute("PRAGMA user_version").fetchone() == (schema.SESSION_SCHEMA,)
    assert db.execute("SELECT count(*) FROM openness").fetchone() == (0,)
    db.execute("PRAGMA user_version = 0")
    db.close()
    with pytest.raises(UnsupportedSchema, match="schema 0"):
        SessionReader(tmp_path / "old")


def test_rows_of_a_damaged_file_go_back_to_the_table_they_came_from(tmp_path):
    with SessionWriter(tmp_path / "session.sqlite") as writer:
        writer.write_samples(GazeSamples.build(np.arange(4000) / 600, eyes="left"))
        writer.write_openness(opened(4000))
        writer.write_stimulus(STIMULUS)
        writer.write_eye_image(IMAGE)
    data = bytearray((tmp_path / "session.sqlite").read_bytes())
    data[:4096] = bytes(4096)  # the header and the list of tables
    (tmp_path / "session.sqlite").write_bytes(data)
    found = recover(tmp_path)
    assert found.counts["openness"] == 4000
    assert found.counts["samples"] == 4000
    with SessionReader(tmp_path) as reader:
        assert reader.stimulus_rows() == [STIMULUS]
        assert list(reader.eye_images()) == [IMAGE]


def test_erasing_a_participant_leaves_no_picture_of_the_eyes(tmp_path):
    with Study.create(tmp_path / "study") as study:
        study.add_participant("P1")
        study.record_consent("P1")
        session = study.new_session("P1", "plan")
        with session.writer() as writer:
            writer.write_eye_image(IMAGE)
        assert IMAGE.image in session.database.read_bytes()
        study.erase("P1", reason="asked")
    left = [path for path in (tmp_path / "study").rglob("*") if path.is_file()]
    assert left
    assert not any(IMAGE.image in path.read_bytes() for path in left)
