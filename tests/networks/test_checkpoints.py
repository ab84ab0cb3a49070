"""Weights files: exact, and never trusted."""

from __future__ import annotations

import json
import pickle

import pytest
import torch
from safetensors.torch import save

from gazeapp.errors import CheckpointError
from gazeapp.networks.checkpoint import build_network, load_checkpoint, save_checkpoint
from gazeapp.networks.user_embedding import UserEncoder

CONFIG = {"widths": (4, 4, 8, 8), "dim": 8}


@pytest.fixture
def weights(tmp_path):
    torch.manual_seed(3)
    network = UserEncoder(**CONFIG)
    path = tmp_path / "embedding.safetensors"
    save_checkpoint(
        path,
        architecture="user_embedding",
        config=CONFIG,
        tensors=network.state_dict(),
        provenance={"seed": 3},
    )
    return path, network


def test_round_trip_is_bit_exact(weights):
    path, network = weights
    checkpoint = load_checkpoint(path)
    built = build_network(checkpoint, path)
    for name, value in network.state_dict().items():
        assert torch.equal(built.state_dict()[name], value), name
    assert checkpoint.provenance == {"seed": 3}
    assert not built.training


def test_same_content_gives_the_same_bytes(weights, tmp_path):
    path, network = weights
    again = tmp_path / "again.safetensors"
    digest = save_checkpoint(
        again,
        architecture="user_embedding",
        config=CONFIG,
        tensors=network.state_dict(),
        provenance={"seed": 3},
    )
    assert again.read_bytes() == path.read_bytes()
    assert digest == load_checkpoint(path).sha256


def test_missing_file_is_named(tmp_path):
    with pytest.raises(CheckpointError, match=r"nowhere\.safetensors: cannot be read"):
        load_checkpoint(tmp_path / "nowhere.safetensors")


@pytest.mark.parametrize("size", [0, 5, 200, -1], ids=["empty", "header cut", "header", "last byte"])
def test_file_that_was_cut_is_damaged(weights, size):
    path, _ = weights
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CheckpointError, match="damaged"):
        load_checkpoint(path)


def test_pickle_is_refused_without_being_executed(tmp_path):
    marker = tmp_path / "executed"

    class Trap:
        def __reduce__(self):
            return (marker.touch, ())

    path = tmp_path / "trap.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(CheckpointError, match="damaged, or not a weights file"):
        load_checkpoint(path)
    assert not marker.exists()


def test_foreign_safetensors_is_refused(tmp_path):
    path = tmp_path / "foreign.safetensors"
    path.write_bytes(save({"w": torch.zeros(2)}))
    with pytest.raises(CheckpointError, match="foreign weights"):
        load_checkpoint(path)


def test_other_schema_is_refused(tmp_path):
    path = tmp_path / "new.safetensors"
    path.write_bytes(save({"w": torch.zeros(2)}, {"gazeapp": json.dumps({"schema": 99})}))
    with pytest.raises(CheckpointError, match="schema 99"):
        load_checkpoint(path)


def test_other_architecture_is_refused(weights):
    with pytest.raises(CheckpointError, match="'user_embedding' network where universal is needed"):
        load_checkpoint(weights[0], architectures=("universal",))


@pytest.mark.parametrize(
    ("architecture", "config"),
    [
        ("user_embedding", {**CONFIG, "dim": 9}),
        ("user_embedding", {**CONFIG, "surprise": 1}),
        ("user_embedding", {**CONFIG, "widths": (10**6, 10**6, 8, 8)}),
        ("os.system", CONFIG),
    ],
    ids=["other size", "unknown argument", "huge", "unknown architecture"],
)
def test_forged_header_is_refused(weights, tmp_path, architecture, config):
    path = tmp_path / "forged.safetensors"
    save_checkpoint(
        path,
        architecture=architecture,
        config=config,
        tensors=weights[1].state_dict(),
        provenance={},
    )
    with pytest.raises(CheckpointError):
        build_network(load_checkpoint(path), path)


def test_former_arguments_mean_the_network_of_today_only_with_its_own_values(weights, tmp_path):
    path, former = tmp_path / "old.safetensors", {"map_channels": ("psm",), "centred": False}
    stored = {"architecture": "user_embedding", "tensors": weights[1].state_dict()}
    save_checkpoint(path, config=CONFIG | former, provenance={}, **stored)
    assert build_network(load_checkpoint(path), path).state_dict().keys() == stored["tensors"].keys()
    save_checkpoint(path, config=CONFIG | former | {"centred": True}, provenance={}, **stored)
    with pytest.raises(CheckpointError, match="earlier recipe"):
        load_checkpoint(path)
