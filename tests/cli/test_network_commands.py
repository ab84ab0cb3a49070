"""`universal`, `enrol` and `predict` as a user types them, with the shipped weights."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from gazeapp.__main__ import main

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """Three images with fixations, one without, in a folder as `enrol --pairs` reads it."""
    folder = tmp_path_factory.mktemp("pairs")
    rng = np.random.default_rng(0)
    for k in range(4):
        cv2.imwrite(str(folder / f"{k}.png"), rng.integers(0, 256, (60, 80, 3), dtype=np.uint8))
        rows = "".join(f"{t},0.2,{x:.1f},{y:.1f}\n" for t, (x, y) in enumerate(rng.uniform(0, 60, (5, 2))))
        if k < 3:
            (folder / f"{k}.csv").write_text("onset_s,duration_s,x_px,y_px\n" + rows)
    return folder


@pytest.fixture(scope="module")
def embedding(pairs, tmp_path_factory):
    path = tmp_path_factory.mktemp("embedding") / "embedding.json"
    assert main(["enrol", "--pairs", str(pairs), "-o", str(path)]) == 0
    return path


def test_universal_writes_a_density_for_each_image(pairs, tmp_path):
    assert main(["universal", str(pairs / "0.png"), str(pairs / "1.png"), "-o", str(tmp_path)]) == 0
    for name in ("0", "1"):
        density = np.load(tmp_path / f"{name}.universal.npy")
        assert density.dtype == np.float32
        assert density.shape == (60, 80)
        assert density.sum() == pytest.approx(1, abs=1e-4)


def test_universal_writes_pictures(pairs, tmp_path):
    assert main(["universal", str(pairs / "0.png"), "-o", str(tmp_path), "--format", "png"]) == 0
    assert cv2.imread(str(tmp_path / "0.universal.png")).shape[:2] == (60, 80)


def test_unknown_universal_model_lists_those_that_exist(pairs, tmp_path, capsys):
    assert main(["universal", str(pairs / "0.png"), "--model", "magic", "-o", str(tmp_path)]) == 2
    assert "signature" in capsys.readouterr().err


def test_embedding_file_has_the_contracts_keys(embedding):
    document = json.loads(embedding.read_text())
    assert set(document) == {"schema", "vector", "n_pairs", "spread", "model", "sigma_deg"}
    assert document["n_pairs"] == 3
    assert document["sigma_deg"] == 1.0
    assert len(document["vector"]) == 36
    assert np.isfinite(document["vector"]).all()
    assert np.linalg.norm(document["vector"]) > 0


def test_m_limits_the_pairs(pairs, tmp_path, capsys):
    out = tmp_path / "e.json"
    assert main(["enrol", "--pairs", str(pairs), "--m", "2", "-o", str(out), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["n_pairs"] == 2
    assert "faces" in {one["name"] for one in printed["preferences"]}
    assert all(one["low"] < one["more"] < one["high"] for one in printed["preferences"])


def test_viewing_distance_changes_the_embedding(pairs, embedding, tmp_path):
    out = tmp_path / "e.json"
    assert main(["enrol", "--pairs", str(pairs), "--px-per-deg", "8", "-o", str(out)]) == 0
    assert json.loads(out.read_text())["vector"] != json.loads(embedding.read_text())["vector"]


def test_folder_without_fixations_is_refused(tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((10, 10, 3), np.uint8))
    assert main(["enrol", "--pairs", str(tmp_path), "-o", str(tmp_path / "e.json")]) == 2
    assert "no image with fixations" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["--px-per-deg", "0"], ["--m", "0"]],
    ids=["px-per-deg", "m"],
)
def test_wrong_numbers_are_named(pairs, arguments, capsys):
    assert main(["enrol", "--pairs", str(pairs), *arguments]) == 2
    assert arguments[0] in capsys.readouterr().err


def test_predict_writes_three_maps_that_fit_together(pairs, embedding, tmp_path):
    code = main(["predict", str(pairs / "3.png"), "--embedding", str(embedding), "-o", str(tmp_path)])
    assert code == 0
    universal, personal, discrepancy = (
        np.load(tmp_path / f"3.{name}.npy") for name in ("universal", "personal", "discrepancy")
    )
    np.testing.assert_array_equal(discrepancy, personal - universal)
    assert personal.sum() == pytest.approx(1, abs=1e-4)
    assert discrepancy.shape == (60, 80)


def test_embedding_of_other_weights_is_refused(pairs, embedding, tmp_path, capsys):
    document = json.loads(embedding.read_text())
    document["model"]["sha256"] = "0" * 64
    foreign = tmp_path / "foreign.json"
    foreign.write_text(json.dumps(document))
    assert main(["predict", str(pairs / "0.png"), "--embedding", str(foreign), "-o", str(tmp_path)]) == 2
    assert "made by other weights" in capsys.readouterr().err


def test_damaged_weights_are_one_line(pairs, tmp_path, capsys):
    for name in ("universal", "embedding", "personal"):
        (tmp_path / f"{name}.safetensors").write_bytes(b"nonsense")
    assert main(["enrol", "--pairs", str(pairs), "--weights", str(tmp_path)]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert "damaged" in message


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--pairs", "."], "needs --study"),
        (["--study", ".", "--participant", "P1"], "leave out --participant"),
        (["--study", ".", "-o", "e.json"], "leave out --out"),
    ],
)
def test_everybody_outdated_is_asked_for_alone(arguments, said, capsys):
    assert main(["enrol", *arguments, "--outdated"]) == 2
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert said in message


def test_study_needs_a_participant(tmp_path, capsys):
    assert main(["enrol", "--study", str(tmp_path)]) == 2
    assert "--participant" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"vector": [1.0, 0.0]}, "the embedding holds 2 numbers where the weights need"),
        ({"sigma_deg": -1}, "key 'sigma_deg' is missing or wrong"),
        ({"n_pairs": 0}, "key 'n_pairs' is missing or wrong"),
    ],
    ids=["length", "sigma", "pairs"],
)
def test_a_changed_embedding_is_one_line(pairs, embedding, tmp_path, capsys, change, words):
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(json.loads(embedding.read_text()) | change))
    image = str(pairs / "3.png")
    assert main(["predict", image, "--embedding", str(changed), "-o", str(tmp_path)]) == 2
    assert words in capsys.readouterr().err


def test_two_images_of_one_name_are_refused_before_one_replaces_the_other(pairs, tmp_path, capsys):
    (tmp_path / "0.png").write_bytes((pairs / "0.png").read_bytes())
    images = [str(pairs / "0.png"), str(tmp_path / "0.png")]
    assert main(["universal", *images, "-o", str(tmp_path / "maps")]) == 2
    assert "would both be written as 0.*" in capsys.readouterr().err
    assert not (tmp_path / "maps").exists()


def test_an_output_folder_that_is_a_file_is_one_line(pairs, tmp_path, capsys):
    taken = tmp_path / "taken"
    taken.write_text("")
    arguments = ["universal", str(pairs / "0.png"), "--model", "centre-bias", "-o", str(taken)]
    assert main(arguments) == 2
    assert f"{taken}: cannot be read or written" in capsys.readouterr().err


def test_predict_refines_the_universal_model_that_was_chosen(pairs, embedding, tmp_path):
    image = str(pairs / "3.png")
    arguments = ["predict", image, "--embedding", str(embedding)]
    assert main([*arguments, "-o", str(tmp_path / "a"), "--universal", "bms-centre"]) == 0
    assert main(["universal", image, "--model", "bms-centre", "-o", str(tmp_path / "u")]) == 0
    by_name, alone = (np.load(tmp_path / folder / "3.universal.npy") for folder in ("a", "u"))
    np.testing.assert_array_equal(by_name, alone)
    assert main([*arguments, "-o", str(tmp_path / "b"), "--universal", str(tmp_path / "u")]) == 0
    read = np.load(tmp_path / "b" / "3.universal.npy")
    np.testing.assert_allclose(read, alone, atol=1e-9)


@pytest.mark.parametrize("command", ["predict", "universal", "identify"])
def test_inputs_are_looked_at_before_networks_are_loaded(pairs, embedding, tmp_path, capsys, monkeypatch, command):
    def load(*_):
        raise AssertionError("loaded")

    monkeypatch.setattr("gazeapp.networks.predictors.Predictors.load", load)
    monkeypatch.setattr("gazeapp.api.people.predictors_of", load)
    monkeypatch.setattr("gazeapp.api.load_universal", load)
    (tmp_path / "bad.png").write_bytes(b"no image")
    image, bad = str(pairs / "0.png"), str(tmp_path / "bad.png")
    calls = {
        "predict": [
            ["predict", image, bad, "--embedding", str(embedding)],
            ["predict", image, "--embedding", bad],
            ["predict", str(tmp_path / "absent.png"), "--embedding", str(embedding)],
        ],
        "universal": [["universal", image, bad], ["universal", image, str(tmp_path / "absent.png")]],
        "identify": [["identify", bad, "--among", str(tmp_path)], ["identify", str(embedding), "--among", "absent"]],
    }
    for call in calls[command]:
        assert main(call) == 2
        assert capsys.readouterr().err.count("\n") == 1
