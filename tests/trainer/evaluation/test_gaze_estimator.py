"""What personalising gives on drawn people: an offset is unlearnt, sessions kept apart stay apart, tables say it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from gazeapp.networks.checkpoint import save_checkpoint
from gazeapp.networks.gaze_estimator import GazeEstimator
from trainer.__main__ import main
from trainer.data.gaze_frames import open_frames, write_frames
from trainer.data.synthetic_faces import draw_faces
from trainer.evaluation import gaze_estimator
from trainer.reports.results import read_results
from trainer.reports.tables import table_rows

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces") / "DATA"
    source = draw_faces(n_people=2, n_sessions=4, n_points=4, n_views=6, seed=5)
    write_frames(source, folder)
    return folder


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """An untrained estimator that says about thirty centimetres too far to the right."""
    torch.manual_seed(0)
    network = GazeEstimator(widths=(4, 4, 4, 4), fused=8)
    network.head.point.bias.data.copy_(network.head.point.bias.new_tensor([3.0, 1.0]))
    path = tmp_path_factory.mktemp("weights") / "weights.safetensors"
    save_checkpoint(
        path,
        architecture="gaze_estimator",
        config=network.arguments,
        tensors=network.state_dict(),
        provenance={"data": [{"source": "others", "sha256": "0"}]},
    )
    return path


@pytest.fixture(scope="module")
def results(data, weights, tmp_path_factory):
    out = tmp_path_factory.mktemp("results")
    patch = pytest.MonkeyPatch()
    # enough to move by centimetres in a handful of frames
    rows = {k: replace(v, epochs=8, batch=4) for k, v in gaze_estimator.ROWS.items()}
    patch.setattr(gaze_estimator, "ROWS", rows)
    patch.setattr(gaze_estimator, "RATES", (1e-4, 2e-2))
    options = ["--protocol", "open", "--m", "1,2", "--choosing", "1", "--epochs", "2"]
    assert main(["evaluate", str(weights), "--data", str(data), *options, "-o", str(out)]) == 0
    patch.undo()
    return out


def test_loss_maps_alone_unlearn_an_offset(results):
    summary = {(e["model"], e["m"]): e for e in read_results(results)["summary"]}
    before = summary["before", 0]["mean"]
    for model in gaze_estimator.ROWS:
        assert summary[model, 2]["mean"] < before - 1
        assert summary[model, 2]["vs"]["n_better"] == 1


def test_people_who_choose_the_learning_rate_are_not_scored(results):
    document = read_results(results)
    assert {row["observer"] for row in document["rows"]} == {"5-1"}
    assert set(document["meta"]["learning_rates"].values()) == {2e-2}
    assert document["meta"]["n_points_each"] == 2 * 4


def test_sessions_that_are_scored_are_never_trained_on(data, weights):
    from trainer.methods.gaze_estimator import load_estimator

    network = load_estimator(weights)[0]
    frames = open_frames(data).only(["5-0"])
    config = replace(gaze_estimator.ROWS["map"], epochs=1)
    trial = gaze_estimator.PersonTrial(frames, network)
    seen = []
    trial._after = lambda _config, sessions, _seed: seen.append(sessions) or 0.0
    trial.after_cm(config, 1, 0)
    trial.after_cm(config, 2, 0)
    assert seen == [[0], [1], [0, 1]]


def test_the_table_has_a_row_for_each_model_and_a_column_for_each_number(results, capsys):
    table = table_rows(read_results(results))
    assert table[0] == ["personalised by", "1 session", "2 sessions"]
    assert len(table) == 2 + len(gaze_estimator.ROWS)
    assert main(["table", str(results)]) == 0
    assert "map loss, outliers dropped" in capsys.readouterr().out


def test_what_cannot_be_scored_is_refused(data, weights, tmp_path, capsys):
    def run(*more, protocol="open"):
        options = ["--protocol", protocol, *more, "-o", str(tmp_path / "out")]
        return main(["evaluate", str(weights), "--data", str(data), *options])

    assert run("--m", "8", "--choosing", "1") == 2
    assert "fewer than 8 + 2 sessions" in capsys.readouterr().err
    assert run("--choosing", "2", "--m", "1") == 2
    assert "more than --choosing 2" in capsys.readouterr().err
    assert run(protocol="closed") == 2
    assert "use open" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_error_after_each_epoch_and_where_views_were_salient_are_kept_and_drawn(results, tmp_path):
    document = read_results(results)
    assert set(document["epochs"]) == set(gaze_estimator.ROWS)
    before = document["summary"][0]["mean"]
    assert all(
        len(errors) == 3 and errors[0] == pytest.approx(before, abs=1e-3) for errors in document["epochs"].values()
    )
    saliency = document["average_saliency"]
    assert saliency["left_cm"] >= -15.5
    assert 0 < max(map(max, saliency["share"])) <= 1
    assert main(["plot", str(results), "-o", str(tmp_path)]) == 0
    assert {path.name.partition("-")[2] for path in tmp_path.glob("*.png")} >= {"epochs.png", "average-saliency.png"}


def test_the_error_is_told_for_each_kind_of_device(weights, tmp_path, capsys):
    source = draw_faces(n_people=3, n_points=3, seed=8, devices=("phone", "tablet landscape"))
    write_frames(source, tmp_path / "DATA")
    frames = open_frames(tmp_path / "DATA")
    phone = frames.of_device("phone").used["point_cm"]
    assert phone[:, 1].min() > 0.5
    assert frames.of_device("tablet landscape").used["point_cm"][:, 0].min() > 0.5
    given = ["evaluate", str(weights), "--data", str(tmp_path / "DATA"), "--protocol", "open", "--by-device"]
    assert main([*given, "-o", str(tmp_path / "out")]) == 0
    assert "phone: " in capsys.readouterr().out
    summary = {entry["usm"]: entry["n_people"] for entry in read_results(tmp_path / "out")["summary"]}
    assert summary == {"phone": 2, "tablet landscape": 1}
