"""Files of data sets and of DATA that were cut, damaged or made against their readers: one typed line each."""

from __future__ import annotations

import json

import numpy as np
import pytest

from gazeapp.errors import DatasetIncomplete
from tests.trainer.synthetic_data import write_synthetic
from trainer.data.dataset import open_data, read_names
from trainer.data.prepare import write_data
from trainer.data.readers.gazecapture import read_gazecapture
from trainer.data.readers.individual_differences import read_individual_differences
from trainer.data.readers.mpiifacegaze import read_mpiifacegaze


@pytest.fixture
def data(tmp_path):
    write_data(write_synthetic(tmp_path / "images", n_images=2, n_observers=2), tmp_path / "data", map_size_wh=(8, 6))
    return tmp_path / "data"


def _refused(read, *args):
    with pytest.raises(DatasetIncomplete) as info:
        read(*args)
    assert "\n" not in info.value.message
    return info.value.message


@pytest.mark.parametrize(("key", "value"), [("image", 2), ("image", -1), ("observer", 513), ("observer", -603979776)])
def test_a_fixation_of_an_image_or_observer_that_there_is_not(data, key, value):
    table = np.load(data / "fixations.npy")
    table[key][0] = value
    np.save(data / "fixations.npy", table)
    assert "do not belong together" in _refused(open_data, data)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[" * 100_000,
        b"\xff\xfe",
        b"null",
        b'{"schema": 1}',
        b'{"schema": 1, "source": "a", "sha256": "b", "images": 5, "observers": []}',
    ],
    ids=["empty", "nested", "no text", "null", "bare", "number"],
)
def test_a_description_of_data_that_is_none(data, content):
    (data / "meta.json").write_bytes(content)
    _refused(open_data, data)


def test_one_name_too_many(data):
    meta = json.loads((data / "meta.json").read_text())
    meta["observers"].append("another")
    (data / "meta.json").write_text(json.dumps(meta))
    assert "do not belong together" in _refused(open_data, data)


@pytest.mark.parametrize("name", ["maps", "images", "fixations"])
@pytest.mark.parametrize(
    "header", [b"{'descr': '<f8', 'shape': (9999999999,), 'fortran_order': False}", b"{'descr': (("]
)
def test_an_array_of_data_that_claims_more_than_it_holds_or_has_no_header(data, name, header):
    head = header.ljust(117) + b"\n"
    (data / f"{name}.npy").write_bytes(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head)
    assert "not a complete DATA folder" in _refused(open_data, data)


def test_texts_of_data_sets_that_are_no_text_or_no_table(tmp_path):
    (tmp_path / "p00").mkdir()
    for content in (b"\xff\xfe 1 2", b"day01/a.jpg 1 2 nothing"):
        (tmp_path / "p00" / "p00.txt").write_bytes(content)
        _refused(read_mpiifacegaze, tmp_path)
    (tmp_path / "stimuli").mkdir()
    header = b"image,observer,x_px,y_px,duration_s\n"
    for content in (header + b"a.png,\xf9,1,1,1\n", header + b"a.png\n", header + b"a.png,1,1,1,1,1,1\n", b"\0", b""):
        (tmp_path / "fixations.csv").write_bytes(content)
        _refused(read_individual_differences, tmp_path, None)
    (tmp_path / "names.txt").write_bytes(b"a.png\n\xff\n")
    _refused(read_names, tmp_path / "names.txt")


@pytest.mark.parametrize("content", ["5", '{"0": "a.jpg"}', "[" * 100_000])
def test_frames_of_a_recording_that_are_no_list(tmp_path, content):
    folder = tmp_path / "00002"
    folder.mkdir()
    (folder / "dotInfo.json").write_text('{"XCam": [1]}')
    (folder / "frames.json").write_text(content)
    _refused(read_gazecapture, tmp_path)
