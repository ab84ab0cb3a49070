"""Training on a tiny synthetic data set: it learns, resumes exactly, and exports what the application loads."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from gazeapp.networks.checkpoint import load_checkpoint
from gazeapp.networks.predictors import Predictors
from tests.trainer.synthetic_data import write_synthetic
from trainer.__main__ import main
from trainer.data.prepare import write_data
from trainer.engine.runs import read_metrics

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    source = write_synthetic(folder / "images", n_images=12, n_observers=4)
    write_data(source, folder / "DATA", map_size_wh=(32, 24))
    return folder / "DATA"


SIAMESE = ("--preset", "paper", "--set=m=2", "--set=batch=16", "--set=widths=4,4,8,8")
PERSONAL = ("--preset", "paper", "--set=batch=4", "--set=widths=8,8,8", "--set=m_min=2", "--set=m_max=4")
"""The paper's networks, small."""


def train(task, data, out, *more):
    preset = () if "--preset" in more else ("--preset", "tiny")
    code = main(["train", task, "--data", str(data), "-o", str(out), "--device", "cpu", *preset, *more])
    return out if code == 0 else code


def weights(run):
    return load_checkpoint(run / "weights.safetensors").tensors


@pytest.fixture(scope="module")
def runs(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    universal = train("universal", data, folder / "u")
    embedding = train("embedding", data, folder / "e", "--universal", str(universal))
    personal = train("personal", data, folder / "p", "--embedding", str(embedding), "--universal", str(universal))
    return universal, embedding, personal


@pytest.fixture(scope="module")
def siamese(data, tmp_path_factory):
    return train("embedding", data, tmp_path_factory.mktemp("siamese") / "e", *SIAMESE, "--set=steps=8")


@pytest.fixture
def kinds(runs, siamese):
    """Arguments of every kind of network."""
    universal, embedding, _ = map(str, runs)
    return {
        "universal": ("universal",),
        "posterior": ("embedding", "--universal", universal),
        "basis": ("personal", "--embedding", embedding, "--universal", universal),
        "siamese": ("embedding", *SIAMESE),
        "paper": ("personal", "--embedding", str(siamese), *PERSONAL),
    }


@pytest.mark.parametrize("kind", ["universal", "posterior", "basis", "paper"])
def test_forty_steps_lower_the_loss(kind, kinds, data, tmp_path):
    task, *more = kinds[kind]
    run = train(task, data, tmp_path / "run", *more, "--set", "steps=40")
    losses = [row["loss"] for row in read_metrics(run)]
    assert losses[-1] < losses[0]


def test_triplet_training_runs_semi_hard_and_hard(data, tmp_path):
    run = train("embedding", data, tmp_path / "run", *SIAMESE, "--set", "steps=20")
    losses = [row["loss"] for row in read_metrics(run)]
    assert all(np.isfinite(losses))


@pytest.mark.parametrize("kind", ["universal", "posterior", "basis", "siamese", "paper"])
def test_resuming_equals_not_stopping(kind, kinds, data, tmp_path, monkeypatch):
    task, *more = kinds[kind]
    more += ["--set", "steps=8"]
    whole = train(task, data, tmp_path / "whole", *more)
    stopped = interrupt_after(3, monkeypatch, lambda: train(task, data, tmp_path / "parts", *more))
    assert stopped == 1
    assert not (tmp_path / "parts" / "weights.safetensors").exists()
    parts = train(task, data, tmp_path / "parts", "--resume", *more)
    first, second = weights(whole), weights(parts)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert read_metrics(whole) == read_metrics(parts)


DIES = """
import os, signal, sys
import trainer.engine.loop, trainer.engine.runs
from trainer.__main__ import main

trainer.engine.loop._SAVE_EVERY_S = -1.0  # after every step
whole_write, n_states = trainer.engine.runs.write_whole, 0

def write(path, content):
    global n_states
    n_states += path.name == "state.safetensors"
    if n_states == 4:
        path.with_suffix(path.suffix + ".part").write_bytes(content[: len(content) // 2])
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    whole_write(path, content)

trainer.engine.runs.write_whole = write
main(sys.argv[1:])
"""


@pytest.mark.parametrize("kind", ["posterior", "basis", "siamese", "paper"])
def test_resuming_after_a_kill_amid_a_checkpoint_equals_not_stopping(kind, kinds, data, tmp_path):
    task, *more = kinds[kind]
    preset = () if "--preset" in more else ("--preset", "tiny")
    more += ["--set", "steps=6", *preset]
    whole = train(task, data, tmp_path / "whole", *more)
    parts = tmp_path / "parts"
    arguments = ["train", task, "--data", str(data), "-o", str(parts), "--device", "cpu", *more]
    died = subprocess.run([sys.executable, "-c", DIES, *arguments], check=False, capture_output=True, timeout=200)
    assert died.returncode != 0
    assert (parts / "state.safetensors.part").exists()
    with (parts / "metrics.jsonl").open("a") as file:
        file.write('{"step": 4, "lo')  # a line can be cut off just so
    train(task, data, parts, "--resume", *more)
    first, second = weights(whole), weights(parts)
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert read_metrics(whole) == read_metrics(parts)


def interrupt_after(n_steps, monkeypatch, act):
    """Press Ctrl-C during a step, as a person would."""
    import trainer.engine.loop

    step, n = torch.nn.utils.clip_grad_norm_, 0

    def clip(*args, **kwargs):
        nonlocal n
        n += 1
        if n == n_steps:
            signal.raise_signal(signal.SIGINT)
        return step(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(trainer.engine.loop.nn.utils, "clip_grad_norm_", clip)
        return act()


def test_seed_decides_the_result(data, tmp_path):
    a, b, c = (
        weights(train("embedding", data, tmp_path / name, "--seed", seed, *SIAMESE, "--set=steps=2"))
        for name, seed in (("a", "1"), ("b", "1"), ("c", "2"))
    )
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not torch.equal(a["head.weight"], c["head.weight"])


def test_run_folder_is_never_overwritten(data, runs, capsys):
    assert train("universal", data, runs[0]) == 2
    assert "holds a run already" in capsys.readouterr().err


def test_resuming_with_other_settings_is_refused(data, runs, capsys):
    assert train("universal", data, runs[0], "--resume", "--seed", "5") == 2
    assert "--resume with another seed" in capsys.readouterr().err


def test_exclusions_are_recorded_and_followed(data, tmp_path):
    (tmp_path / "o.txt").write_text("person-1\n3  # by position\n")
    (tmp_path / "i.txt").write_text("000.png\nsynthetic:2\nother:3\n")
    run = train(
        "universal",
        data,
        tmp_path / "run",
        "--exclude-observers",
        str(tmp_path / "o.txt"),
        "--exclude-images",
        str(tmp_path / "i.txt"),
    )
    facts = load_checkpoint(run / "weights.safetensors").provenance
    assert facts["n_images"] == [10]
    assert facts["n_observers"] == [2]
    assert facts["exclude_observers"] == ["person-1", "3"]


def test_excluding_everything_is_refused(data, tmp_path, capsys):
    (tmp_path / "o.txt").write_text("0\n1\n2\n3\n")
    code = train("universal", data, tmp_path / "run", "--exclude-observers", str(tmp_path / "o.txt"))
    assert code == 2
    assert "nothing is left" in capsys.readouterr().err


def test_wrong_key_names_those_that_exist(data, tmp_path, capsys):
    assert train("universal", data, tmp_path / "run", "--set", "stepps=3") == 2
    assert "stepps" in (message := capsys.readouterr().err)
    assert "learning_rate" in message


def test_exported_weights_are_what_the_application_loads(runs, tmp_path, capsys):
    assert main(["export", *map(str, runs), "-o", str(tmp_path / "W")]) == 0
    predictors = Predictors.load(tmp_path / "W", device="cpu")
    image = np.zeros((60, 80, 3), np.uint8)
    user = predictors.combine([predictors.encode(image, np.array([[40.0, 30.0]]), 4.0)])
    assert predictors.personal(image, None, user).sum() == pytest.approx(1, abs=1e-4)
    card = (tmp_path / "W" / "MODEL_CARD.md").read_text()
    for name in ("universal", "embedding", "personal"):
        assert load_checkpoint(tmp_path / "W" / f"{name}.safetensors").sha256 in card


def test_half_precision_export_halves_the_files(runs, tmp_path):
    main(["export", *map(str, runs), "-o", str(tmp_path / "F")])
    main(["export", *map(str, runs), "-o", str(tmp_path / "H"), "--dtype", "float16"])
    sizes = [(tmp_path / kind / "personal.safetensors").stat().st_size for kind in "FH"]
    assert sizes[1] < 0.75 * sizes[0]
    Predictors.load(tmp_path / "H", device="cpu")


def test_scoring_trained_observers_as_unseen_is_refused(data, runs, tmp_path, capsys):
    code = main(
        [
            "evaluate",
            *map(str, runs[1:]),
            "--data",
            str(data),
            "--protocol",
            "open",
            "-o",
            str(tmp_path),
        ]
    )
    assert code == 2
    assert "were trained on" in capsys.readouterr().err


def test_evaluation_scores_right_mean_and_wrong_users(data, tmp_path, capsys):
    (tmp_path / "o.txt").write_text("0\n1\n")
    (tmp_path / "i.txt").write_text("9\n10\n11\n")
    out = [
        "--exclude-observers",
        str(tmp_path / "o.txt"),
        "--exclude-images",
        str(tmp_path / "i.txt"),
    ]
    universal = train("universal", data, tmp_path / "u", *out)
    embedding = train("embedding", data, tmp_path / "e", "--universal", str(universal), *out)
    personal = train("personal", data, tmp_path / "p", "--embedding", str(embedding), *out)
    code = main(
        [
            "evaluate",
            str(embedding),
            str(personal),
            "--data",
            str(data),
            "--protocol",
            "open",
            "--m",
            "2,4",
            "--draws",
            "2",
            "--observers",
            str(tmp_path / "o.txt"),
            "--images",
            str(tmp_path / "i.txt"),
            "-o",
            str(tmp_path / "R"),
        ]
    )
    assert code == 0
    document = json.loads((tmp_path / "R" / "results.json").read_text())
    assert {row["model"] for row in document["rows"]} > {
        "usm",
        "ridge",
        "personal_best",
        "personal_mean_user",
        "personal_wrong_user",
    }
    assert {row["n_images"] for row in document["rows"]} == {3}
    assert document["meta"]["sigma_px"] == 4.0
    assert main(["table", str(tmp_path / "R"), "--format", "latex"]) == 0
    assert "personal\\_best" in capsys.readouterr().out


def test_identification_finds_people_who_differ_but_none_that_the_weights_have_seen(data, runs, tmp_path, capsys):
    source = write_synthetic(tmp_path / "images", n_images=12, n_observers=4)
    write_data(replace(source, name="elsewhere"), tmp_path / "DATA", map_size_wh=(32, 24))
    command = ["analyse", "identification", "--run", str(runs[1]), "--m", "2,4", "--draws", "5", "-o", str(tmp_path)]
    assert main([*command, "--data", str(data)]) == 2
    assert "analyse identification: the weights were trained on 12 of the images to score" in capsys.readouterr().err
    assert main([*command, "--data", str(tmp_path / "DATA")]) == 0
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    assert {row["m"] for row in rows} == {2, 4}
    assert {row["chance"] for row in rows} == {0.25}
    spatial = [row["p_at_1"] for row in rows if row["model"] == "spatial map alone" and row["m"] == 4]
    assert spatial[0] > 0.25


def test_observers_of_different_images_are_refused(tmp_path, capsys):
    source = write_synthetic(tmp_path / "images", n_images=8, n_observers=4)
    table = source.fixations
    own = table[table["image"] % 4 == table["observer"]]
    write_data(replace(source, fixations=own), tmp_path / "D", map_size_wh=(32, 24))
    assert train("embedding", tmp_path / "D", tmp_path / "run") == 2
    assert "observers share 25% of the images" in capsys.readouterr().err
