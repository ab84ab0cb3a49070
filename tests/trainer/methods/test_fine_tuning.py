"""Fine-tuning of a universal network: it helps on the new study, ends by itself, and remembers both trainings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from gazeapp.networks.checkpoint import Checkpoint, load_checkpoint
from tests.trainer.synthetic_data import write_synthetic
from trainer.__main__ import main
from trainer.data.dataset import open_data
from trainer.data.prepare import write_data
from trainer.data.tensors import TensorDataset
from trainer.methods.fine_tuning import hold_out
from trainer.methods.provenance import joined_facts

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """Two prepared studies of other names."""
    folder = tmp_path_factory.mktemp("data")
    for name in ("first", "second"):
        source = write_synthetic(folder / name, n_images=12, n_observers=4)
        write_data(replace(source, name=name), folder / f"{name}-D", map_size_wh=(32, 24))
    return folder / "first-D", folder / "second-D"


@pytest.fixture(scope="module")
def start(studies, tmp_path_factory):
    run = tmp_path_factory.mktemp("start") / "run"
    (run.parent / "out.txt").write_text("first:3\nsecond:5\n7\n")
    arguments = ["--preset", "tiny", "--exclude-images", str(run.parent / "out.txt")]
    assert main(["train", "universal", "--data", str(studies[0]), "-o", str(run), *arguments]) == 0
    return run


@pytest.fixture(scope="module")
def tuned(studies, start, tmp_path_factory):
    out = tmp_path_factory.mktemp("tuned") / "run"
    arguments = ["--from", str(start), "--set", "steps=20", "--set", "batch=4"]
    assert main(["train", "universal", "--data", str(studies[1]), "-o", str(out), *arguments]) == 0
    return out


def test_network_keeps_its_form_and_changes_its_weights(start, tuned):
    after, before = (load_checkpoint(run / "weights.safetensors") for run in (tuned, start))
    assert after.config == before.config
    assert not torch.equal(after.tensors["centre"], before.tensors["centre"])
    norms = [name for name in before.tensors if name.endswith("running_mean")]
    assert all(torch.equal(after.tensors[name], before.tensors[name]) for name in norms)


def test_weights_remember_both_trainings(start, tuned):
    facts = load_checkpoint(tuned / "weights.safetensors").provenance
    assert [entry["source"] for entry in facts["data"]] == ["first", "second"]
    assert facts["exclude_images"] == ["first:3", "first:7"]
    assert facts["from"]["sha256"] == load_checkpoint(start / "weights.safetensors").sha256
    assert 0.4 < facts["temperature"] < 2.1


def test_what_either_training_saw_is_not_scored(studies, tuned, tmp_path, capsys):
    (tmp_path / "i.txt").write_text("4\n")
    for data in studies:
        code = main(
            [
                "evaluate",
                str(tuned),
                "--data",
                str(data),
                "--protocol",
                "closed",
                "--images",
                str(tmp_path / "i.txt"),
                "-o",
                str(tmp_path / "R"),
            ]
        )
        assert code == 2
        assert "were trained on 1 of the images" in capsys.readouterr().err


def test_image_is_unseen_only_where_neither_training_saw_it():
    first = Checkpoint(
        architecture="universal",
        config={},
        tensors={},
        sha256="0",
        provenance={
            "data": [{"source": "a"}, {"source": "b"}],
            "n_images": [5, 6],
            "n_observers": [2, 2],
            "exclude_images": ["a:1", "a:2", "b:1", "9"],
        },
    )
    own = {"data": [{"source": "a"}], "n_images": [3], "n_observers": [2], "exclude_images": ["2", "9"]}
    facts = joined_facts(own, first)
    assert facts["exclude_images"] == ["a:2", "a:9", "b:1", "b:9"]
    assert facts["n_images"] == [5, 6]


def test_held_out_images_are_fixed_by_seed_and_not_trained_on(studies):
    data = [TensorDataset(open_data(studies[0]))]
    kept, watched = hold_out(data, seed=2)
    again, _ = hold_out(data, seed=2)
    np.testing.assert_array_equal(kept[0].dataset.image_index, again[0].dataset.image_index)
    both = np.concatenate([kept[0].dataset.image_index, watched[0].dataset.image_index])
    assert sorted(both.tolist()) == list(range(12))
    assert watched[0].n_images == 2


def test_study_of_a_few_images_is_refused(studies, start, tmp_path, capsys):
    (tmp_path / "out.txt").write_text("".join(f"{i}\n" for i in range(9)))
    code = main(
        [
            "train",
            "universal",
            "--data",
            str(studies[1]),
            "-o",
            str(tmp_path / "run"),
            "--from",
            str(start),
            "--exclude-images",
            str(tmp_path / "out.txt"),
        ]
    )
    assert code == 2
    assert "fine-tuning needs at least 5" in capsys.readouterr().err
