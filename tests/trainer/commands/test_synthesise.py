"""`synthesise` writes data that `train gaze` and `prepare cat2000` read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from trainer.__main__ import main
from trainer.data.gaze_frames import open_frames

pytestmark = pytest.mark.slow


def test_faces_become_data(tmp_path, capsys):
    options = ["--people", "2", "--points", "3", "--views", "1", "-o", str(tmp_path / "DATA")]
    assert main(["synthesise", "faces", *options]) == 0
    assert "8 frames of 2 people" in capsys.readouterr().out
    assert len(open_frames(tmp_path / "DATA").table) == 8


def test_categories_are_read_by_prepare(tmp_path, capsys):
    stimuli, eye = tmp_path / "osie" / "data" / "stimuli", tmp_path / "osie" / "data" / "eye"
    stimuli.mkdir(parents=True)
    eye.mkdir()
    looks = {"fix_x": [400.0], "fix_y": [300.0], "fix_duration": [250.0]}
    for name in ("1001.jpg", "1002.jpg"):
        cv2.imwrite(str(stimuli / name), np.full((600, 800, 3), 128, np.uint8))
    records = [{"img": name, "subjects": [looks, looks]} for name in ("1001.jpg", "1002.jpg")]
    savemat(eye / "fixations.mat", {"fixations": records})
    root = tmp_path / "root"
    assert main(["synthesise", "categories", "--osie", str(tmp_path / "osie"), "-o", str(root)]) == 0
    assert "images in 9 categories" in capsys.readouterr().out
    assert (root / "taken.txt").read_text().split() == ["osie:1"]
    assert main(["prepare", "cat2000", "--root", str(root), "-o", str(tmp_path / "DATA"), "--size", "80x64"]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["faces", "--people", "0", "-o", "DATA"], "needs people"),
        (["categories", "-o", "ROOT"], "give --osie, --crowd or both"),
        (["categories", "--osie", "nowhere", "-o", "ROOT"], "nowhere: no such folder"),
        ([], "--help shows the options"),
    ],
    ids=["no people", "no images", "no folder", "no kind"],
)
def test_bad_input_is_one_line(words, said, capsys):
    assert main(["synthesise", *words]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
