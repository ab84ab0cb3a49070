"""Layouts that are not at hand, read from small copies made as their authors describe them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from gazeapp.errors import DatasetIncomplete
from trainer.data.readers.registry import read_published


def write_image(path, size_wh=(64, 48)):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((size_wh[1], size_wh[0], 3), 128, np.uint8))


def test_mit1003_gaze_becomes_fixations(tmp_path):
    write_image(tmp_path / "ALLSTIMULI" / "i1.jpeg", (800, 600))
    still = np.repeat([[200.0, 150.0], [600.0, 400.0]], 120, axis=0)
    blink = np.zeros((30, 2))
    gaze = np.column_stack([np.vstack([still, blink]), np.zeros(270)])
    (tmp_path / "DATA" / "ab").mkdir(parents=True)
    savemat(tmp_path / "DATA" / "ab" / "i1.mat", {"i1": {"DATA": {"eyeData": gaze}}})
    source = read_published("mit1003", tmp_path, None)
    np.testing.assert_allclose(source.fixations["x_px"], [200, 600])
    np.testing.assert_allclose(source.fixations["duration_s"], 0.5, atol=0.05)
    assert source.median_px_per_deg == pytest.approx(35, abs=0.5)


def test_mit1003_without_an_observers_file_names_it(tmp_path):
    write_image(tmp_path / "ALLSTIMULI" / "i1.jpeg")
    (tmp_path / "DATA" / "ab").mkdir(parents=True)
    with pytest.raises(DatasetIncomplete, match=r"ab/i1\.mat"):
        read_published("mit1003", tmp_path, None)


def test_cat2000_pools_all_observers(tmp_path):
    write_image(tmp_path / "Stimuli" / "Action" / "001.jpg")
    write_image(tmp_path / "Stimuli" / "Output" / "001.jpg")
    marks = np.zeros((48, 64), np.uint8)
    marks[10, 20] = 1
    (tmp_path / "FIXATIONLOCS" / "Action").mkdir(parents=True)
    savemat(tmp_path / "FIXATIONLOCS" / "Action" / "001.mat", {"fixLocs": marks})
    source = read_published("cat2000", tmp_path, None)
    assert source.observers == ("all",)
    assert len(source.image_paths) == 1
    assert (source.fixations["x_px"][0], source.fixations["y_px"][0]) == (20.5, 10.5)


def test_salicon_viewers_are_numbered_per_image(tmp_path):
    write_image(tmp_path / "images" / "train" / "a.jpg", (640, 480))
    (tmp_path / "fixations" / "train").mkdir(parents=True)
    people = np.zeros(2, dtype=[("fixations", object)])
    people["fixations"][0] = np.array([[1.0, 1.0], [300.0, 200.0]])
    people["fixations"][1] = np.array([[640.0, 480.0]])
    savemat(tmp_path / "fixations" / "train" / "a.mat", {"gaze": people})
    source = read_published("salicon", tmp_path, None)
    assert source.fixations["observer"].tolist() == [0, 0, 1]
    assert source.fixations["x_px"].tolist() == [0.5, 299.5, 639.5]


def test_id_table_is_read_in_order_of_viewing(tmp_path):
    write_image(tmp_path / "stimuli" / "1001.jpg", (800, 600))
    (tmp_path / "fixations.csv").write_text(
        "image,observer,x_px,y_px,duration_s\n1001.jpg,a,400,300,.2\n1001.jpg,b,1,2,.1\n1001.jpg,a,5,6,.3\n"
    )
    source = read_published("id", tmp_path, None)
    assert source.observers == ("a", "b")
    assert source.fixations["x_px"].tolist() == [400, 5, 1]


def test_id_table_lacking_a_column_says_which(tmp_path):
    write_image(tmp_path / "stimuli" / "1001.jpg")
    (tmp_path / "fixations.csv").write_text("image,observer,x_px,y_px\n")
    with pytest.raises(DatasetIncomplete, match="columns duration_s are missing"):
        read_published("id", tmp_path, None)


@pytest.mark.parametrize("source", ["mit1003", "cat2000", "salicon", "id"])
def test_missing_parts_are_named_with_their_path(source, tmp_path):
    with pytest.raises(DatasetIncomplete, match="is missing"):
        read_published(source, tmp_path, None)
