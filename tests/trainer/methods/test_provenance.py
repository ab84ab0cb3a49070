"""Runs say what they began from: the weights, not where they lay on somebody's disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gazeapp.errors import SettingsError
from gazeapp.networks.checkpoint import load_checkpoint
from tests.trainer.synthetic_people import write_people
from trainer.__main__ import main
from trainer.data.dataset import open_data
from trainer.evaluation.protocol import require_unseen
from trainer.methods.provenance import learnt_from, trainings

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return write_people(tmp_path_factory.mktemp("origins"))


def train(people, out, *more):
    return main(
        [
            "train",
            "multitask",
            "--preset",
            "tiny",
            "--set",
            "steps=2",
            "--data",
            str(people),
            "--device",
            "cpu",
            "-o",
            str(out),
            *more,
        ]
    )


def test_run_names_the_weights_it_began_from(people, tmp_path):
    assert train(people, tmp_path / "first") == 0
    assert train(people, tmp_path / "second", "--from", str(tmp_path / "first")) == 0
    began = load_checkpoint(tmp_path / "first" / "weights.safetensors")
    text = (tmp_path / "second" / "run.json").read_text()
    assert json.loads(text)["from"] == {"sha256": began.sha256, "architecture": "multitask"}
    assert json.loads(text)["task"] == "multitask"
    assert str(tmp_path) not in text
    assert load_checkpoint(tmp_path / "second" / "weights.safetensors").provenance["from"] == {
        "sha256": began.sha256,
        "architecture": "multitask",
    }
    assert "from" not in json.loads((tmp_path / "first" / "run.json").read_text())


def test_resuming_on_other_weights_is_refused(people, tmp_path, capsys):
    for name, seed in (("a", "0"), ("b", "1")):
        train(people, tmp_path / name, "--seed", seed)
    assert train(people, tmp_path / "c", "--from", str(tmp_path / "a")) == 0
    capsys.readouterr()
    assert train(people, tmp_path / "c", "--from", str(tmp_path / "b"), "--resume") == 2
    assert "--resume with another from" in capsys.readouterr().err


@pytest.mark.parametrize("task", ["embedding", "personal"])
def test_networks_that_begin_from_nothing_refuse_weights(task, people, tmp_path, capsys):
    code = main(["train", task, "--data", str(people), "--from", "anything", "-o", str(tmp_path / "run")])
    assert code == 2
    assert f"train {task}: begins from nothing" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_what_weights_began_from_was_seen_too(people, tmp_path):
    assert train(people, tmp_path / "first") == 0
    (tmp_path / "images.txt").write_text("0\n")
    left_out = ("--exclude-images", str(tmp_path / "images.txt"))
    assert train(people, tmp_path / "second", "--from", str(tmp_path / "first"), *left_out) == 0
    second = load_checkpoint(tmp_path / "second" / "weights.safetensors")
    (own, began) = trainings(second)
    assert own[1]["exclude_images"] == ["0"]
    assert began[1]["role"] == "first"
    assert began[1]["exclude_images"] == []
    assert began[1]["data"] == own[1]["data"]
    with pytest.raises(SettingsError, match="was trained on 1 of the images"):
        require_unseen([second], open_data(people), open_data(people).only(["0"], None), "closed")


def test_the_shipped_network_by_its_name_says_what_it_has_seen():
    (facts,) = learnt_from("universal", [Path("default")])
    assert facts["sha256"]
    assert {entry["source"] for entry in facts["data"]} == {"osie", "crowd"}
