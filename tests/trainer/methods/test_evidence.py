"""Weights say what they and the networks they learnt from have seen, and nothing they have seen is scored."""

from __future__ import annotations

import json
import shlex

import pytest
import torch

from gazeapp.errors import CheckpointError, SettingsError
from gazeapp.networks.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from gazeapp.networks.personal_saliency import PersonalNetwork
from gazeapp.networks.universal import UniversalNetwork
from gazeapp.networks.user_embedding import UserEncoder
from tests.trainer.synthetic_people import write_people
from trainer.__main__ import main
from trainer.commands.train import EXAMPLE
from trainer.data.dataset import open_data
from trainer.evaluation.baselines.registry import load_models
from trainer.evaluation.protocol import require_unseen
from trainer.evaluation.universal_predictions import known_weights
from trainer.export import export_weights

SEEN_ALL = {"data": [{"source": "synthetic"}], "exclude_images": [], "exclude_observers": []}
SMALL = ("--preset", "paper", "--device", "cpu", "--set=steps=1", "--set=batch=4", "--set=widths=8,8,8")


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    return write_people(tmp_path_factory.mktemp("evidence"))


def save(path, architecture, network, config, **provenance):
    save_checkpoint(path, architecture=architecture, config=config, tensors=network.state_dict(), provenance=provenance)
    return path


def encoder(path, seed=0, **provenance):
    torch.manual_seed(seed)
    config = {"dim": 4, "widths": (4, 4)}
    return save(path, "user_embedding", UserEncoder(**config), config, **provenance)


@pytest.mark.slow
def test_example_of_train_runs_as_it_stands(people, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "osie-data").symlink_to(people, target_is_directory=True)
    words = shlex.split(EXAMPLE)
    assert words[:3] == ["python", "-m", "trainer"]
    assert main([*words[3:], "--device", "cpu", "--set", "steps=1"]) == 0
    assert (tmp_path / "run-universal" / "weights.safetensors").is_file()


@pytest.mark.parametrize("setting", ["m=64", "optimizer=adam", "normalisation=layer"])
def test_start_that_fails_does_not_block_the_corrected_command(setting, people, tmp_path, capsys):
    command = ["train", "embedding", "--data", str(people), *SMALL, "--set=m=1", "-o", str(tmp_path / "run")]
    assert main([*command, "--set", setting]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert setting.partition("=")[2] in error
    assert not (tmp_path / "run").exists()
    assert main(command) == 0


def test_personal_network_names_its_embedding_and_resumes_only_with_it(people, tmp_path, capsys):
    embeddings = [encoder(tmp_path / f"{k}.safetensors", k, **SEEN_ALL) for k in (0, 1)]
    command = ["train", "personal", "--data", str(people), *SMALL, "--set=m_min=1", "--set=m_max=2"]
    command += ["-o", str(tmp_path / "run"), "--embedding"]
    assert main([*command, str(embeddings[0])]) == 0
    (learnt,) = json.loads((tmp_path / "run" / "run.json").read_text())["learnt_from"]
    assert (learnt["role"], learnt["sha256"]) == ("embedding", load_checkpoint(embeddings[0]).sha256)
    capsys.readouterr()
    assert main([*command, str(embeddings[1]), "--resume"]) == 2
    assert "--resume with another learnt_from" in capsys.readouterr().err
    load_models([embeddings[0], tmp_path / "run"])
    with pytest.raises(CheckpointError, match="learnt from another embedding network"):
        load_models([embeddings[1], tmp_path / "run"])
    exported = tmp_path / "exported"
    export_weights([embeddings[0]], exported, dtype="float16")
    load_models([exported / "embedding.safetensors", tmp_path / "run"])


def test_networks_of_one_kind_are_told_apart_by_their_folders(tmp_path):
    config = {"dim": 4, "widths": (8, 8, 8)}
    paths = [tmp_path / "a" / "seed-0", tmp_path / "a" / "seed-1", tmp_path / "b" / "seed-1"]
    for seed, path in enumerate(paths):
        torch.manual_seed(seed)
        save(path / "weights.safetensors", "personal_paper", PersonalNetwork(**config), config)
    models, checkpoints = load_models([encoder(tmp_path / "e.safetensors"), *paths])
    names = [model.name for model in models if model.needs_support]
    assert names == [
        "personal_paper_seed-0",
        *(f"personal_paper_seed-1_{checkpoint.sha256[:8]}" for checkpoint in checkpoints[2:]),
    ]
    assert [model.wrong_name for model in models if model.wrong_name] == [f"{name}_wrong_user" for name in names]
    alone, _ = load_models([tmp_path / "e.safetensors", paths[0]])
    assert [model.name for model in alone] == ["personal_paper", "personal_paper_mean_user"]


@pytest.mark.parametrize(
    ("facts", "protocol", "message"),
    [
        ({}, "cross", "the universal network that the weights learnt from was trained on synthetic"),
        ({}, "closed", "universal network that the weights learnt from was trained on 3 of the images to score"),
        ({"exclude_images": ["0", "1", "2"]}, "open", "learnt from was trained on observers"),
    ],
)
def test_networks_that_weights_learnt_from_count_as_they_do(facts, protocol, message, people):
    dataset = open_data(people)
    universal = {"role": "universal", "sha256": "a", **SEEN_ALL, **facts}
    left_out = {"exclude_images": ["0", "1", "2"], "exclude_observers": ["4", "5"] if protocol == "open" else []}
    provenance = {"data": [], "learnt_from": [universal]} if protocol == "cross" else {**SEEN_ALL, **left_out}
    weights = Checkpoint(
        architecture="personal_paper",
        config={},
        tensors={},
        provenance={**provenance, "learnt_from": [universal]},
        sha256="",
    )
    scored = dataset.only(["0", "1", "2"], ["4", "5"])
    with pytest.raises(SettingsError, match=message):
        require_unseen([weights], dataset, scored, protocol)


def test_universal_network_is_not_scored_on_the_people_it_was_trained_on(people, tmp_path, capsys):
    config = {"width": 4}
    universal = save(tmp_path / "u.safetensors", "universal", UniversalNetwork(**config), config, **SEEN_ALL)
    (tmp_path / "images.txt").write_text("0\n1\n")
    (tmp_path / "observers.txt").write_text("4\n5\n")
    command = ["evaluate", "--data", str(people), "--protocol", "open", "--m", "1", "--draws", "1"]
    command += ["--images", str(tmp_path / "images.txt"), "--observers", str(tmp_path / "observers.txt")]
    assert main([*command, "--usm", str(universal), "-o", str(tmp_path / "results")]) == 2
    assert "trained on 2 of the images to score" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()


def test_shipped_network_says_what_it_has_seen():
    shipped = known_weights("default")
    assert {entry["source"] for entry in shipped.provenance["data"]} == {"osie", "crowd"}
    assert known_weights("centre-bias") is None


def test_weights_trained_on_data_without_a_licence_are_not_exported(tmp_path):
    learnt = {"role": "embedding", "sha256": "a", "data": [{"source": "ps"}]}
    config = {"dim": 4, "widths": (8, 8, 8)}
    facts = {"data": [{"source": "osie"}], "learnt_from": [learnt]}
    path = save(tmp_path / "p.safetensors", "personal_paper", PersonalNetwork(**config), config, **facts)
    with pytest.raises(CheckpointError, match="trained on ps, data without a licence"):
        export_weights([path], tmp_path / "out")
    assert not (tmp_path / "out").exists()
