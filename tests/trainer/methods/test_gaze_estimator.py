"""Training the gaze estimator on drawn faces: the loss, both trainings, resuming, outliers and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gazeapp.networks.checkpoint import load_checkpoint
from gazeapp.networks.gaze_estimator import GazeHead
from gazeapp.saliency.loss_map import loss_map
from trainer.__main__ import main
from trainer.data.gaze_frames import CELL_CM, MAP_CELLS, MAP_REACH_CM, open_frames, salient_cells, write_frames
from trainer.data.synthetic_faces import draw_faces
from trainer.engine.gaze_configs import PersonalGazeConfig
from trainer.engine.runs import RunFolder, read_metrics, read_settings
from trainer.methods.gaze_estimator import Targets, fit_head, gaze_losses, look_up_cm

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces") / "DATA"
    source = draw_faces(n_people=2, n_sessions=2, n_points=5, n_views=4, seed=3)
    write_frames(source, folder)
    return folder


@pytest.fixture(scope="module")
def many(data, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "many"
    assert train(data, run) == 0
    return run


def train(data, out, *more):
    return main(["train", "gaze", "--data", str(data), "-o", str(out), "--preset", "tiny", "--device", "cpu", *more])


def tensors(run):
    return load_checkpoint(run / "weights.safetensors").tensors


def point_map(x_cell, y_cell):
    cells = np.zeros((MAP_CELLS, MAP_CELLS))
    cells[y_cell, x_cell] = 1
    return torch.from_numpy(loss_map(cells).values * CELL_CM).float()[None]


@pytest.mark.parametrize("power", [1, 2], ids=["map", "squared"])
def test_a_calibration_point_is_the_loss_map_of_one_cell(power):
    place = torch.tensor([[10 * CELL_CM - MAP_REACH_CM, 70 * CELL_CM - MAP_REACH_CM]])
    predicted = torch.tensor([[3.0, -8.2], [-12.0, 4.0], [30.0, 31.0]])
    looked = gaze_losses(predicted, place.expand(3, 2), point_map(10, 70), torch.tensor([0, 0, 0]), power=power)
    known = gaze_losses(predicted, place.expand(3, 2), point_map(10, 70), torch.tensor([-1, -1, -1]), power=power)
    # beside the map the way in and the way on make a corner, which is at most that much longer
    np.testing.assert_allclose(looked[:2], known[:2], rtol=0.03)
    assert known[2] <= looked[2] <= 1.42**power * known[2]


def test_the_gradient_of_a_loss_map_leads_to_the_salient_place_from_anywhere():
    start = torch.tensor([[20.0, 20.0], [-40.0, 3.0], [0.3, -24.0]], requires_grad=True)
    which = torch.zeros(3, dtype=torch.long)
    look_up_cm(point_map(50, 50), which, start).sum().backward()
    moved = (start - 0.1 * start.grad).detach()
    assert (moved.norm(dim=1) < start.detach().norm(dim=1)).all()


def test_a_perfect_prediction_has_no_gradient_and_no_nan():
    predicted = torch.zeros(1, 2, requires_grad=True)
    none = torch.zeros(0, MAP_CELLS, MAP_CELLS)
    gaze_losses(predicted, torch.zeros(1, 2), none, torch.tensor([-1]), power=1).sum().backward()
    assert predicted.grad.abs().max() == 0


def test_salient_cells_lie_where_the_screen_lies():
    saliency = np.zeros((19, 30))
    saliency[-1, :3] = 1  # bottom left
    cells = salient_cells(saliency, (-15.0, 1.0, 30.0, 19.0))
    rows, columns = np.nonzero(cells)
    x_cm, y_cm = columns * CELL_CM - MAP_REACH_CM, rows * CELL_CM - MAP_REACH_CM
    assert (x_cm.min(), x_cm.max()) == (-15.0, -12.0)
    assert (y_cm.min(), y_cm.max()) == (19.0, 20.0)


def test_the_same_seed_draws_the_same_faces_and_another_draws_others(data, tmp_path):
    again = draw_faces(n_people=2, n_sessions=2, n_points=5, n_views=4, seed=3)
    write_frames(again, tmp_path / "again")
    assert open_frames(tmp_path / "again").sha256 == open_frames(data).sha256
    other = draw_faces(n_people=2, n_sessions=2, n_points=5, n_views=4, seed=4)
    assert other.entries[0].point_cm != again.entries[0].point_cm


def test_frames_of_free_viewing_do_not_tell_where_the_person_looked(data):
    frames = open_frames(data)
    assert np.isnan(frames.with_maps().used["point_cm"]).all()
    assert np.isfinite(frames.with_points().used["point_cm"]).all()
    stack, place = frames.with_maps().loss_maps()
    assert len(stack) == len(place) == 16
    assert stack.min() == 0


def test_training_on_many_learns_and_says_what_it_saw(many, data):
    losses = [row["loss"] for row in read_metrics(many)]
    assert losses[-1] < losses[0]
    facts = load_checkpoint(many / "weights.safetensors").provenance
    assert facts["task"] == "gaze"
    assert facts["data"][0]["sha256"] == open_frames(data).sha256
    assert read_settings(many)["n_observers"] == [2]


def test_personalising_changes_the_last_two_layers_alone(many, data, tmp_path):
    assert train(data, tmp_path / "own", "--from", str(many), "--set", "person=3-1") == 0
    before, after = tensors(many), tensors(tmp_path / "own")
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"head.hidden.weight", "head.hidden.bias", "head.point.weight", "head.point.bias"}
    facts = load_checkpoint(tmp_path / "own" / "weights.safetensors").provenance
    assert facts["config"]["person"] == "3-1"
    assert facts["n_frames"] == [8]
    assert main(["export", str(tmp_path / "own"), "-o", str(tmp_path / "weights")]) == 0
    exported = load_checkpoint(tmp_path / "weights" / "gaze.safetensors")
    assert all(torch.equal(exported.tensors[name], after[name]) for name in after)
    card = (tmp_path / "weights" / "MODEL_CARD.md").read_text()
    assert "synthetic-faces (8 frames, 1 observers)" in card
    assert "The training data (`synthetic-faces`) are not part of it." in card
    origin = load_checkpoint(many / "weights.safetensors").sha256
    assert f"| began from | weights `{origin}` (synthetic-faces) |" in card
    assert read_settings(tmp_path / "own")["from"] == {"sha256": origin, "architecture": "gaze_estimator"}


def test_a_run_stopped_in_between_resumes_to_the_same_weights(many, data, tmp_path, monkeypatch):
    both = [
        "--from",
        str(many),
        "--set",
        "person=3-0",
        "--set",
        "use=both",
        "--set",
        "epochs=4",
        "--set",
        "outlier_share=0.2",
    ]
    assert train(data, tmp_path / "whole", *both) == 0
    calls = []
    real = Targets.losses

    def interrupted(self, *arguments):
        calls.append(1)
        if len(calls) == 9:
            raise KeyboardInterrupt
        return real(self, *arguments)

    monkeypatch.setattr(Targets, "losses", interrupted)
    monkeypatch.setattr("trainer.engine.loop._SAVE_EVERY_S", -1.0)
    assert train(data, tmp_path / "parts", *both) == 1
    assert not (tmp_path / "parts" / "weights.safetensors").exists()
    assert train(data, tmp_path / "parts", *both, "--resume") == 0
    whole, parts = tensors(tmp_path / "whole"), tensors(tmp_path / "parts")
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_outliers_are_dropped_every_second_epoch(data, tmp_path):
    frames = open_frames(data).only(["3-0"]).with_points()
    targets = Targets([frames], torch.device("cpu"))
    features = torch.randn(10, 6, generator=torch.Generator().manual_seed(0))
    torch.manual_seed(0)
    run = RunFolder(tmp_path / "run", {}, resume=False)
    run.log_every = 1
    config = PersonalGazeConfig(epochs=5, batch=5, outlier_share=0.2, learning_rate=1e-3)
    fit_head(GazeHead(6), features, targets, config, run, seed=0)
    kept = [row["n_frames"] for row in read_metrics(tmp_path / "run")]
    assert kept == [10] * 4 + [8] * 4 + [6] * 2


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--set", "use=views"], "needs --set person=NAME, one of 3-0, 3-1"),
        (["--set", "person=nobody"], "there are 3-0, 3-1"),
        (["--set", "person=3-0", "--set", "sessions=7"], r"there are [0, 1]"),
        (["--set", "person=3-0", "--set", "use=clips"], "views, points, both"),
        (["--set", "person=3-0", "--set", "power=3"], "needs 1 or 2"),
        (["--set", "person=3-0", "--universal", "x"], "--universal is of other networks"),
    ],
    ids=["no person", "unknown person", "unknown session", "unknown kind", "power", "foreign option"],
)
def test_what_cannot_be_personalised_is_refused_in_one_line(many, data, tmp_path, capsys, more, said):
    assert train(data, tmp_path / "own", "--from", str(many), *more) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert said in error


def test_data_of_maps_are_refused(tmp_path, capsys):
    (tmp_path / "meta.json").write_text('{"schema": 1, "source": "osie"}')
    assert train(tmp_path, tmp_path / "run") == 2
    assert "holds no faces" in capsys.readouterr().err
