"""GazeCapture's and MPIIFaceGaze's layouts, on small generated copies."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from trainer.__main__ import main
from trainer.data.gaze_frames import open_frames
from trainer.data.readers.registry import read_faces


def write_gazecapture(root):
    """Two recordings of four frames; of the first, one frame lacks an eye and one comes too early."""
    for name in ("00002", "00028"):
        folder = root / name
        (folder / "frames").mkdir(parents=True)
        is_first = name == "00002"
        for k in range(4):
            cv2.imwrite(str(folder / "frames" / f"{k:05d}.jpg"), np.full((64, 48, 3), 40 * k, np.uint8))
        eye = [1, 0 if is_first else 1, 1, 1]
        files = {
            "frames": [f"{k:05d}.jpg" for k in range(4)],
            "dotInfo": {
                "DotNum": [0] * 4,
                "XPts": [0] * 4,
                "YPts": [0] * 4,
                "XCam": [1.5, 2, 3, 4],
                "YCam": [-2.5, -3, -4, -5],
                "Time": [0.6, 0.7, 0.2 if is_first else 0.8, 0.9],
            },
            "appleFace": {"X": [10] * 4, "Y": [12] * 4, "W": [20] * 4, "H": [20] * 4, "IsValid": [1] * 4},
            "appleLeftEye": {"X": [11] * 4, "Y": [4] * 4, "W": [6] * 4, "H": [6] * 4, "IsValid": [1] * 4},
            "appleRightEye": {"X": [3] * 4, "Y": [4] * 4, "W": [6] * 4, "H": [6] * 4, "IsValid": eye},
            "faceGrid": {"X": [6] * 4, "Y": [6] * 4, "W": [10] * 4, "H": [10] * 4, "IsValid": eye},
            "info": {"DeviceName": "iPhone 6" if is_first else "iPad Air 2"},
            "screen": {"Orientation": [1, 1, 3, 4]},
        }
        for file, content in files.items():
            (folder / f"{file}.json").write_text(json.dumps(content))


def write_mpiifacegaze(root):
    """One person on two days."""
    folder = root / "p00"
    lines = []
    for day in ("day01", "day02"):
        (folder / day).mkdir(parents=True)
        cv2.imwrite(str(folder / day / "0001.jpg"), np.full((90, 120, 3), 90, np.uint8))
        corners = "40 30 50 30 70 30 80 30 50 55 70 55"
        lines.append(f"{day}/0001.jpg 1157 666 {corners} 0 0 0 1 2 500 1 2 500 -127.8 46.2 -12.0 left")
    (folder / "p00.txt").write_text("\n".join(lines) + "\n")


WRITERS = {"gazecapture": write_gazecapture, "mpiifacegaze": write_mpiifacegaze}


def test_gazecapture_keeps_settled_frames_with_face_and_eyes(tmp_path):
    write_gazecapture(tmp_path)
    source = read_faces("gazecapture", tmp_path)
    assert source.people == ("00002", "00028")
    assert [entry.person for entry in source.entries] == [0, 0, 1, 1, 1, 1]
    turned = ["phone"] * 2 + ["tablet"] * 2 + ["tablet landscape"] * 2
    assert [entry.device for entry in source.entries] == turned
    first = source.entries[0]
    assert first.left_px == (24, 19)  # the middle of a box that counts from the face's corner
    assert first.right_px == (16, 19)
    assert first.point_cm == (1.5, 2.5)  # below the camera is down here
    assert source.read(1).mean() == pytest.approx(120, abs=2)


def test_mpiifacegaze_turns_the_cameras_axis_and_places_eyes_between_their_corners(tmp_path):
    write_mpiifacegaze(tmp_path)
    source = read_faces("mpiifacegaze", tmp_path)
    assert source.people == ("p00",)
    assert [entry.session for entry in source.entries] == [0, 1]
    first = source.entries[0]
    assert first.point_cm == pytest.approx((12.78, 4.62))
    assert first.right_px == (45, 30)  # the middle of an eye's corners
    assert first.left_px == (75, 30)


@pytest.mark.parametrize("source", WRITERS)
def test_a_published_layout_becomes_data(source, tmp_path, capsys):
    WRITERS[source](tmp_path / "root")
    assert main(["prepare", source, "--root", str(tmp_path / "root"), "-o", str(tmp_path / "DATA")]) == 0
    frames = open_frames(tmp_path / "DATA")
    assert frames.source == source
    assert len(frames.with_points().index) == len(frames.index) > 0
    assert f"{len(frames.people)} people" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("source", "file", "said"),
    [
        ("gazecapture", "00028/appleFace.json", "appleFace.json"),
        ("gazecapture", "00028/frames/00001.jpg", "00001.jpg"),
        ("mpiifacegaze", "p00/p00.txt", "p00.txt"),
        ("mpiifacegaze", "p00/day02/0001.jpg", "0001.jpg"),
    ],
)
def test_missing_parts_are_named(source, file, said, tmp_path, capsys):
    WRITERS[source](tmp_path / "root")
    (tmp_path / "root" / file).unlink()
    assert main(["prepare", source, "--root", str(tmp_path / "root"), "-o", str(tmp_path / "DATA")]) == 2
    assert said in capsys.readouterr().err


def test_a_line_without_a_target_is_named(tmp_path, capsys):
    write_mpiifacegaze(tmp_path / "root")
    (tmp_path / "root" / "p00" / "p00.txt").write_text("day01/0001.jpg 1 2 3\n")
    assert main(["prepare", "mpiifacegaze", "--root", str(tmp_path / "root"), "-o", str(tmp_path / "DATA")]) == 2
    assert "line 1" in capsys.readouterr().err
