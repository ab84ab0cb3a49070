"""The training loop on a line fit: it stops early, resumes exactly, keeps its curves, and draws as torch does."""

from __future__ import annotations

import signal

import numpy as np
import pytest
import torch
from torch import nn

from gazeapp.errors import Cancelled
from gazeapp.progress import format_duration
from trainer.engine.early_stopping import EarlyStopping, Validation
from trainer.engine.log import sparkline
from trainer.engine.loop import fit
from trainer.engine.runs import RunFolder, read_metrics
from trainer.engine.synchronised_layers import split_layers


def line_fit(folder, *, n_steps=60, resume=False, validation=None, stop_at=None, average_from=None):
    """Fit y = 3x with dropout in the way; press Ctrl-C in step `stop_at`."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(1, 8), nn.BatchNorm1d(8), nn.Dropout(0.2), nn.Linear(8, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.01)

    def step_loss(step, rng):
        if step == stop_at:
            signal.raise_signal(signal.SIGINT)
        x = torch.from_numpy(rng.uniform(-1, 1, (16, 1)).astype(np.float32))
        return (model(x) - 3 * x).square().mean(), {"slope": float(step)}

    run = RunFolder(folder, {"task": "line"}, resume=resume)
    return fit(
        model,
        optimizer,
        step_loss,
        run=run,
        n_steps=n_steps,
        seed=4,
        learning_rate=lambda _: 0.01,
        validation=validation,
        average_from=average_from,
        label="line",
    )


def watch(values, *, patience=2, every=5):
    """A validation whose answers are given."""
    answers = iter(values)
    return Validation(
        name="score", measure=lambda _model: next(answers), higher_is_better=True, every=every, patience=patience
    )


def same(a, b):
    first, second = a.state_dict(), b.state_dict()
    return all(torch.equal(first[name], second[name]) for name in first)


def test_training_stops_when_patience_is_used_up_and_keeps_the_best_weights(tmp_path):
    model = line_fit(tmp_path / "a", validation=watch([0.1, 0.5, 0.4, 0.3, 0.9]))
    scores = {row["step"]: row["score"] for row in read_metrics(tmp_path / "a") if "score" in row}
    assert scores == {5: 0.1, 10: 0.5, 15: 0.4, 20: 0.3}
    assert same(model, line_fit(tmp_path / "b", n_steps=10))


def test_lower_can_be_better():
    model = nn.Linear(1, 1)
    answers = iter([2.0, 1.0, 1.5])
    stopping = EarlyStopping(
        Validation(name="kld", measure=lambda _: next(answers), higher_is_better=False, every=1, patience=1)
    )
    for step in (1, 2, 3):
        stopping.look(model, step, is_last=False)
    assert stopping.best_step == 2
    assert stopping.is_over


def test_validated_model_is_measured_in_evaluation_mode_and_goes_on_training(tmp_path):
    modes = []
    validation = Validation(
        name="score",
        measure=lambda model: float(modes.append(model.training) or 1.0),
        higher_is_better=True,
        every=5,
        patience=9,
    )
    line_fit(tmp_path, n_steps=20, validation=validation)
    assert modes == [False] * 4


@pytest.mark.parametrize("average_from", [None, 10], ids=["plain", "averaged"])
@pytest.mark.parametrize("stop_at", [7, 17, 22])
def test_resuming_equals_not_stopping_with_early_stopping_too(stop_at, average_from, tmp_path):
    scores = [0.1, 0.5, 0.6, 0.2, 0.7, 0.1, 0.1, 0.1]
    whole = line_fit(tmp_path / "whole", validation=watch(scores), average_from=average_from)
    with pytest.raises(Cancelled):
        line_fit(tmp_path / "parts", validation=watch(scores), stop_at=stop_at, average_from=average_from)
    rest = scores[(stop_at + 1) // 5 :]
    parts = line_fit(tmp_path / "parts", resume=True, validation=watch(rest), average_from=average_from)
    assert same(whole, parts)
    assert read_metrics(tmp_path / "whole") == read_metrics(tmp_path / "parts")
    assert read_metrics(tmp_path / "parts")[-1]["step"] == 35


def test_resuming_a_training_that_had_stopped_early_gives_its_best_weights(tmp_path):
    first = line_fit(tmp_path, validation=watch([0.5, 0.1, 0.1]))
    again = line_fit(tmp_path, resume=True, validation=watch([]))
    assert same(first, again)


def test_curves_are_kept_for_tensorboard(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with pytest.raises(Cancelled):
        line_fit(tmp_path, n_steps=40, stop_at=24)
    line_fit(tmp_path, n_steps=40, resume=True)
    events = EventAccumulator(str(tmp_path)).Reload()
    logged = {row["step"]: row["loss"] for row in read_metrics(tmp_path)}
    assert {e.step: pytest.approx(e.value, abs=1e-5) for e in events.Scalars("loss")} == logged
    assert events.Tags()["scalars"] == ["loss", "slope"]


def test_progress_says_loss_curve_and_time_left(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("trainer.engine.log._SHOW_EVERY_S", -1.0)
    line_fit(tmp_path, n_steps=30)
    lines = capsys.readouterr().err.splitlines()
    assert lines[14].startswith("line: 15/30 loss ")
    assert lines[14].endswith("left")
    assert "█" in lines[-1]
    assert lines[-1].startswith("line: loss ")


def test_terminal_gets_one_line_that_is_rewritten(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    line_fit(tmp_path, n_steps=30)
    text = capsys.readouterr().err
    assert "line loss" in text
    assert "30/30" in text
    assert text.count("\n") == 2


def test_only_a_writing_run_writes(tmp_path):
    RunFolder(tmp_path / "run", {"task": "line"}, resume=False).save_state(3, {"a": torch.ones(1)})
    silent = RunFolder(tmp_path / "run", {"task": "line"}, resume=False, writes=False)
    silent.log(1, {"loss": 1.0})
    silent.save_state(9, {"a": torch.zeros(1)})
    assert silent.load_state()[0] == 3
    assert silent.weights_path.parent != tmp_path / "run"
    assert not (tmp_path / "run" / "metrics.jsonl").exists()


@pytest.mark.parametrize("layer", [nn.Dropout(0.3), nn.Dropout2d(0.3)], ids=["values", "channels"])
def test_split_dropout_draws_what_torch_draws_on_a_processor(layer):
    values = torch.rand(6, 5, 3, 4)
    torch.manual_seed(1)
    expected = layer(values)
    box = nn.Sequential(layer)
    split_layers(box)
    torch.manual_seed(1)
    assert torch.equal(box(values), expected)


def test_exchanged_layers_hold_what_the_others_held():
    shared = nn.Dropout(0.3)
    model = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), shared, nn.Sequential(nn.BatchNorm1d(4), shared))
    model(torch.rand(5, 2))
    before, parameters = {k: v.clone() for k, v in model.state_dict().items()}, list(model.parameters())
    split_layers(model)
    assert all(own is other for own, other in zip(model.parameters(), parameters, strict=True))
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert list(model.state_dict()) == list(before)
    assert model[2] is model[3][1] is not shared
    assert type(model[1]) is not nn.BatchNorm1d


def test_one_process_keeps_torchs_own_layers(tmp_path):
    assert [type(layer) for layer in line_fit(tmp_path, n_steps=2)] == [
        nn.Linear,
        nn.BatchNorm1d,
        nn.Dropout,
        nn.Linear,
    ]


def test_curve_falls_back_to_punctuation_where_blocks_cannot_be_printed():
    assert sparkline([3, 2, 1], encoding="cp1252") == "#=_"
    assert sparkline([1.0, float("nan"), 1.0]) == "▁▁"
    assert sparkline([]) == ""


def test_durations_are_readable():
    assert [format_duration(s) for s in (7.4, 95, 7260)] == ["7 s", "1 min 35 s", "2 h 1 min"]
