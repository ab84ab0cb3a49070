from __future__ import annotations

import json

import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.saliency.maps import fixation_density


@pytest.fixture
def fixations(tmp_path):
    path = tmp_path / "fixations.csv"
    path.write_text("onset_s,duration_s,x_px,y_px\n0.1,0.2,400,300\n0.4,0.3,100.5,50\n0.9,0.2,900,10\n")
    return path


def test_map_writes_the_density_of_the_fixations(fixations, tmp_path, capsys):
    out = tmp_path / "map.npy"
    words = ["map", str(fixations), "--image-size", "800,600", "--sigma-px", "24", "-o", str(out)]
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_outside"] == 1
    expected = fixation_density([(400, 300), (100.5, 50)], (800, 600), 24)
    assert np.array_equal(np.load(out), expected)
    assert main([*words[:-1], str(tmp_path / "map.png")]) == 0
    assert (tmp_path / "map.png").stat().st_size > 500


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--image-size", "800x600", "--sigma-px", "24"], "image-size"),
        (["--image-size", "50,50", "--sigma-px", "24"], "none of 3"),
        (["--image-size", "800,600", "--sigma-px", "-1"], "sigma-px"),
        (["--image-size", "800,600", "--sigma-px", "24", "-o", "map.jpg"], "map.jpg"),
    ],
    ids=["size", "beside", "sigma", "suffix"],
)
def test_bad_input_is_one_line_and_exit_code_2(fixations, capsys, words, told):
    assert main(["map", str(fixations), *words]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert told in lines[0]


def test_a_file_that_is_not_there_is_named(tmp_path, capsys):
    words = ["map", str(tmp_path / "no.csv"), "--image-size", "8,6", "--sigma-px", "1"]
    assert main(words) == 2
    assert "no.csv" in capsys.readouterr().err
