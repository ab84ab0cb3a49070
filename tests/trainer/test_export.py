"""Every kind of network can be exported, and the curves of several runs compared."""

from __future__ import annotations

import json

import pytest
import torch

from gazeapp.networks.checkpoint import save_checkpoint
from trainer.__main__ import main

pytestmark = pytest.mark.slow


def finished_run(folder, architecture, **facts):
    folder.mkdir(parents=True)
    provenance = {"data": [{"source": "osie"}], "n_images": [5], "n_observers": [3], **facts}
    save_checkpoint(
        folder / "weights.safetensors",
        architecture=architecture,
        config={},
        tensors={"a": torch.ones(2)},
        provenance=provenance,
    )
    return folder


def test_networks_beyond_the_application_keep_their_own_names(tmp_path):
    run = finished_run(tmp_path / "run", "multitask")
    assert main(["export", str(run), "-o", str(tmp_path / "W")]) == 0
    assert (tmp_path / "W" / "multitask.safetensors").is_file()
    assert "`multitask`" in (tmp_path / "W" / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_model_card_says_what_chose_the_weights(tmp_path):
    run = finished_run(tmp_path / "run", "universal", validation=[["1", "2"], [], 50, 5])
    main(["export", str(run), "-o", str(tmp_path / "W")])
    card = (tmp_path / "W" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "2 validation images, 0 validation observers, not trained on; looked at every 50" in card


def card_of(tmp_path, *runs):
    assert main(["export", *map(str, runs), "-o", str(tmp_path / "W")]) == 0
    return (tmp_path / "W" / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_model_card_names_the_data_of_the_training(tmp_path):
    ours = finished_run(tmp_path / "ours", "universal")
    assert "Licence: MIT, as the program. The training data (OSIE; all MIT)" in card_of(tmp_path, ours)
    own = finished_run(tmp_path / "own", "personal_basis", data=[{"source": "sessions"}])
    card = card_of(tmp_path, own)
    assert "The training data (`sessions`) are not part of it. Whoever trained" in card
    assert "OSIE" not in card
    assert "EyeCrowd" not in card
    both = card_of(tmp_path, ours, own)
    assert "The training data (OSIE, `sessions`) are not part of it." in both


def test_model_card_of_gaze_weights_names_their_faces_and_what_they_began_from(tmp_path):
    began = {"sha256": "b" * 64, "data": [{"source": "gazecapture"}]}
    facts = {"n_images": None, "n_frames": [9], "data": [{"source": "study"}], "from": began}
    card = card_of(tmp_path, finished_run(tmp_path / "gaze", "gaze_estimator", **facts))
    assert "| trained on | study (9 frames, 3 observers) |" in card
    assert f"| began from | weights `{'b' * 64}` (gazecapture) |" in card
    assert "The training data (`study`, `gazecapture`)" in card
    assert "sigma" not in card
    assert "OSIE" not in card


def test_curves_of_several_runs_are_compared_in_one_figure(tmp_path):
    for name, also in (("a", {}), ("b", {"validation_kld": 0.5})):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "run.json").write_text(json.dumps({"task": "universal"}))
        rows = [{"step": 10, "loss": 2.0}, {"step": 20, "loss": 1.0, **also}]
        (folder / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["plot", str(tmp_path / "a"), str(tmp_path / "b"), "-o", str(tmp_path / "f")]) == 0
    names = {path.name for path in (tmp_path / "f").iterdir()}
    assert names == {"a-training.png", "b-training.png", "training-compared.png"}
