from __future__ import annotations

import json
import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest

from gazeapp.__main__ import main
from gazeapp.store.embedding import read_embedding
from gazeapp.store.map_folder import read_map
from gazeapp.store.study import Study

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A finished demo on three drawn images."""
    folder = tmp_path_factory.mktemp("demo")
    images = folder / "images"
    images.mkdir()
    for n in range(3):
        image = np.full((120, 160, 3), 200, np.uint8)
        cv2.circle(image, (40 + 40 * n, 60), 20, (0, 80 * n, 220), -1)
        cv2.imwrite(str(images / f"drawn-{n}.png"), image)
    code = main(["demo", "--headless", "--images", str(images), "--out", str(folder / "out")])
    assert code == 0
    return folder / "out"


def test_the_demo_leaves_study_maps_embedding_and_report(demo):
    names = {path.name for path in demo.iterdir()}
    assert {"study", "maps", "embedding.json", "report.html", "overview.png"} <= names
    kinds = ("universal", "personal", "discrepancy")
    files = {path.name for path in (demo / "maps").iterdir()}
    assert {name for name in files if name.endswith(".png")} == {f"drawn-{n}.{k}.png" for n in range(3) for k in kinds}
    # of the image from which nothing was learnt; all of them would be hundreds of megabytes
    (shown,) = {name.partition(".")[0] for name in files if name.endswith(".npy")}
    assert {name for name in files if name.endswith(".npy")} == {f"{shown}.{kind}.npy" for kind in kinds}


def test_erase_lists_every_file_of_the_demo_that_shows_the_observer(demo, capsys):
    assert main(["erase", str(demo / "study"), "--participant", "SIM-ada", "--dry-run"]) == 0
    listed = capsys.readouterr().out
    for path in demo.iterdir():
        assert path.name == "study" or str(path) in listed


def test_maps_are_densities_of_the_images_size_and_the_discrepancy_is_their_difference(demo):
    universal, personal, discrepancy = (
        read_map(next((demo / "maps").glob(f"*.{kind}.npy"))) for kind in ("universal", "personal", "discrepancy")
    )
    assert universal.shape == personal.shape == discrepancy.shape == (120, 160)
    assert universal.dtype == np.float32
    assert universal.sum() == pytest.approx(1, abs=1e-4)
    assert personal.sum() == pytest.approx(1, abs=1e-4)
    np.testing.assert_array_equal(discrepancy, personal - universal)


def test_a_folder_of_another_user_is_refused_before_anything_is_done(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("os.access", lambda path, _mode: path != tmp_path)
    assert main(["demo", "--headless", "--out", str(tmp_path / "demo")]) == 2
    assert "choose a folder of your own with --out" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_observer_is_labelled_an_illustration_everywhere(demo):
    assert "simulated" in (demo / "report.html").read_text(encoding="utf-8").lower()
    with Study.open(demo / "study") as study:
        (participant,) = study.participants()
        assert participant.pseudonym == "SIM-ada"
        assert participant.consent_version == "simulated"


def test_the_embedding_can_be_read_and_is_that_of_the_study(demo):
    with Study.open(demo / "study") as study:
        stored = study.load_embedding("SIM-ada")
    assert read_embedding(demo / "embedding.json").vector == stored.vector
    assert stored.n_pairs == 2


def test_an_embedding_of_other_weights_is_computed_again_from_the_session(demo, tmp_path, capsys):
    folder = shutil.copytree(demo / "study", tmp_path / "study")
    with Study.open(folder) as study:
        known = study.load_embedding("SIM-ada")
        session_id = study.embedding_figures()["SIM-ada"].session_id
        former = replace(known, vector=(0.5,) * 8, model_sha256="0" * 64)
        study.save_embedding("SIM-ada", former, session_id=session_id)
    assert main(["enrol", "--study", str(folder), "--outdated"]) == 0
    assert "1 of 1 embeddings of other weights computed again" in capsys.readouterr().out
    with Study.open(folder) as study:
        *_, kept, new = study.embeddings("SIM-ada")
        assert study.embedding_figures()["SIM-ada"].session_id == session_id
    assert kept == former
    assert new.vector == pytest.approx(known.vector, abs=1e-4), "the one that these weights had made"
    assert (new.n_pairs, new.model_sha256) == (known.n_pairs, known.model_sha256)
    assert main(["enrol", "--study", str(folder), "--outdated", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["renewed"] == []


def test_an_existing_demo_is_never_overwritten(demo, capsys):
    assert main(["demo", "--headless", "--out", str(demo)]) == 2
    assert "--out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--observer", "zoe"], "ada"),
        (["--images", "nowhere"], "nowhere"),
        (["--n-images", "1"], "--n-images"),
        (["--seed", "-1"], "--seed"),
    ],
)
def test_a_wrong_option_is_named_and_nothing_is_written(tmp_path, monkeypatch, capsys, argv, said):
    monkeypatch.chdir(tmp_path)
    assert main(["demo", "--headless", *argv]) == 2
    said_line = capsys.readouterr().err
    assert said in said_line
    assert "Traceback" not in said_line


def test_a_demo_that_failed_before_its_session_can_be_tried_again(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert main(["demo", "--headless", "--images", "nowhere"]) == 2
        assert "nowhere" in capsys.readouterr().err


def test_no_path_of_this_machine_is_stored(demo):
    (folder,) = (demo / "study" / "sessions").iterdir()
    assert str(demo.parent).encode() not in (folder / "session.sqlite").read_bytes()


def test_json_names_every_file(tmp_path, demo, capsys):
    images = demo.parent / "images"
    capsys.readouterr()
    argv = [
        "demo",
        "--headless",
        "--images",
        str(images),
        "--n-images",
        "2",
        "--seed",
        "3",
        "--observer",
        "ben",
        "--out",
        str(tmp_path / "b"),
        "--json",
    ]
    assert main(argv) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["is_simulated"] is True
    assert document["n_trials"] == 2
    assert document["n_maps"] == 2
