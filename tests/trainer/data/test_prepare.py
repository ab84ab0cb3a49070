"""Published layouts become DATA, and what is missing is said exactly."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.trainer.synthetic_data import write_synthetic
from trainer.__main__ import main
from trainer.data.dataset import open_data
from trainer.data.prepare import write_data


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("prepared")
    source = write_synthetic(folder / "images")
    write_data(source, folder / "DATA", map_size_wh=(32, 24))
    return source, folder / "DATA"


def test_maps_have_maximum_one_and_peak_where_the_person_looked(prepared):
    source, folder = prepared
    data = open_data(folder)
    assert data.maps.shape == (12, 4, 24, 32)
    np.testing.assert_allclose(data.maps.max(axis=(2, 3)), 1)
    rows = source.fixations[(source.fixations["image"] == 3) & (source.fixations["observer"] == 1)]
    y, x = np.unravel_index(np.asarray(data.maps[3, 1], np.float32).argmax(), (24, 32))
    gap = np.hypot(rows["x_px"] * 32 / 80 - x - 0.5, rows["y_px"] * 24 / 60 - y - 0.5)
    assert gap.min() < 1.5


def test_provenance_states_sigma_in_both_units(prepared):
    meta = json.loads((prepared[1] / "meta.json").read_text())
    assert meta["sigma_deg"] == 1.0
    assert meta["sigma_px"] == 4.0
    assert meta["sigma_cells"] == pytest.approx(1.6)
    assert len(meta["sha256"]) == 64


def test_same_recording_gives_the_same_hash(prepared, tmp_path):
    again = write_synthetic(tmp_path / "images")
    write_data(again, tmp_path / "DATA", map_size_wh=(32, 24))
    assert open_data(tmp_path / "DATA").sha256 == open_data(prepared[1]).sha256


def test_unfinished_folder_is_refused(prepared, tmp_path, capsys):
    code = main(["train", "universal", "--data", str(tmp_path), "-o", str(tmp_path / "run")])
    assert code == 2
    assert "not a complete DATA folder" in capsys.readouterr().err


@pytest.mark.parametrize("source", ["osie", "crowd"])
def test_absent_fixations_are_named(source, tmp_path, capsys):
    assert main(["prepare", source, "--root", str(tmp_path), "-o", str(tmp_path / "D")]) == 2
    assert "fixations.mat is missing" in capsys.readouterr().err


def test_ps_without_images_says_what_to_pass(tmp_path, capsys):
    (tmp_path / "Data" / "fixData").mkdir(parents=True)
    assert main(["prepare", "ps", "--root", str(tmp_path), "-o", str(tmp_path / "D")]) == 2
    assert "--stimuli" in capsys.readouterr().err


@pytest.mark.parametrize("size", ["160", "160x121", "axb"])
def test_wrong_size_is_refused(size, tmp_path, capsys):
    code = main(["prepare", "osie", "--root", str(tmp_path), "-o", str(tmp_path / "D"), "--size", size])
    assert code == 2


@pytest.mark.shared_data
def test_missing_images_are_counted(shared_data, tmp_path, capsys):
    (tmp_path / "stimuli").mkdir()
    code = main(
        [
            "prepare",
            "osie",
            "--root",
            str(shared_data / "osie"),
            "--stimuli",
            str(tmp_path / "stimuli"),
            "-o",
            str(tmp_path / "D"),
        ]
    )
    assert code == 2
    assert "630 of 630 images are missing" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.shared_data
def test_published_layouts_read_completely(shared_data):
    from trainer.data.readers.registry import read_published

    osie = read_published("osie", shared_data / "osie", None)
    assert (len(osie.image_paths), len(osie.observers), len(osie.fixations)) == (630, 12, 70889)
    crowd = read_published("crowd", shared_data / "crowd", None)
    assert (len(crowd.image_paths), len(crowd.observers)) == (450, 12)
    ps = read_published("ps", shared_data / "ps", shared_data / "osie" / "data" / "stimuli")
    assert (len(ps.image_paths), len(ps.observers)) == (40, 20)
    assert set(np.unique(ps.fixations["viewing"])) >= {1, 2, 3, 4}
