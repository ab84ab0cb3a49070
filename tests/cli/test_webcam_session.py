"""Sessions before a video in place of a camera: what tells nothing of gaze corrects nothing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.camera.cascades import has_cascades
from gazeapp.camera.face_network import has_face_network
from gazeapp.store.reader import SessionReader
from trainer.data.synthetic_faces import draw_person, draw_pose, draw_sitting, render_face

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (has_cascades() or has_face_network()), reason="nothing to find faces with"),
]
RATE_HZ = 10
PLAN = """[plan]
name = "webcam"
phases = ["enrol"]
[stimuli]
folders = ["images"]
[trials]
duration_s = 0.4
fixation_cross_s = 0.1
"""


def face(seed=1):
    """One frame of a drawn person."""
    rng = np.random.default_rng(seed)
    person, sitting = draw_person(rng), draw_sitting(rng)
    return render_face(person, sitting, draw_pose(person, sitting, rng), (0.0, 10.0), rng)


def wall():
    """Nobody."""
    return np.full((480, 640, 3), 120, np.uint8)


def two_faces():
    """Two people as near to the camera."""
    left, right = face(1)[:, 160:480], face(2)[:, 160:480]
    return np.concatenate([left, right], axis=1)


@pytest.fixture
def session(tmp_path, monkeypatch):
    """Records a session before a video that shows a frame for so long; returns its folder and the exit status."""
    monkeypatch.setattr("gazeapp.experiment.unattended.PATIENCE_S", 0.5)
    (tmp_path / "images").mkdir()
    for k in range(5):
        pixels = np.random.default_rng(k).integers(0, 255, (30, 40, 3), np.uint8)
        cv2.imwrite(str(tmp_path / "images" / f"{k}.png"), pixels)
    (tmp_path / "plan.toml").write_text(PLAN)

    def record(frame, for_s):
        path = tmp_path / "face.avi"
        video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), RATE_HZ, (640, 480))
        for _ in range(round(for_s * RATE_HZ)):
            video.write(frame[:, :, ::-1])
        video.release()
        words = ["run", str(tmp_path / "plan.toml"), "--participant", "P1", "--device", "webcam", "--headless"]
        words += ["--device-option", f"camera={path}", "--consent", "gaze", "--study", str(tmp_path / "study")]
        status = main(words)
        return sorted((tmp_path / "study" / "sessions").iterdir())[-1], status

    return record


@pytest.mark.parametrize(
    ("frame", "for_s", "status"),
    [(wall, 60.0, 0), (two_faces, 60.0, 0), (face, 1.0, 2)],
    ids=["no face", "two faces", "a video of one second"],
)
def test_from_such_a_video_no_correction_can_be_told(session, frame, for_s, status, capsys):
    folder, ended = session(frame(), for_s)
    assert ended == status, capsys.readouterr().err
    capsys.readouterr()
    assert main(["recalibrate", str(folder), "--apply"]) == 0
    said = capsys.readouterr().out
    assert "No correction can be told from this" in said
    assert "Nothing was applied" in said
    with SessionReader(folder) as reader:
        assert reader.recalibrations() == []


def test_a_video_makes_the_same_session_every_time(session):
    recorded = []
    for _ in range(2):
        folder, status = session(face(), 60.0)
        assert status == 0
        with SessionReader(folder) as reader:
            recorded.append(reader.samples())
            assert len(reader.recorded_trials()) == 5
    first, second = recorded
    assert np.isfinite(first.left_px).all(), "the eyes are found in every frame"
    assert np.diff(first.time_s) == pytest.approx(1 / RATE_HZ)
    assert np.array_equal(first.time_s, second.time_s)
    assert np.array_equal(first.left_px, second.left_px)
