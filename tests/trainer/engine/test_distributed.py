"""Two real processes train what one does: same losses, same weights, one writer, and both stop together."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from gazeapp.networks.checkpoint import load_checkpoint
from tests.trainer.synthetic_data import write_synthetic
from trainer.data.prepare import write_data
from trainer.engine.distributed import average_gradients, is_first, joined, n_ranks, over_ranks
from trainer.engine.runs import read_metrics

pytestmark = pytest.mark.slow

N_STEPS = 10
SCRIPT = Path(__file__).parent / "two_processes.py"
RUNS = ("universal", "posterior", "siamese", "basis", "paper")


@pytest.fixture(scope="module")
def outs(tmp_path_factory):
    """Folders of the runs of one process and of two."""
    folder = tmp_path_factory.mktemp("distributed")
    source = write_synthetic(folder / "images", n_images=12, n_observers=4)
    write_data(source, folder / "DATA", map_size_wh=(32, 24))
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--nproc-per-node",
        "2",
        "--standalone",
    ]
    environment = {**os.environ, "PYTHONPATH": str(SCRIPT.parents[3]), "OMP_NUM_THREADS": "1"}
    two = subprocess.Popen(
        [*command, str(SCRIPT), str(folder / "DATA"), str(folder / "two"), str(N_STEPS)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    spec = importlib.util.spec_from_file_location("two_processes", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trainer.engine.runs.RunFolder.log_every", 1)
        codes = script.train_all(folder / "DATA", folder / "one", N_STEPS)
    output = two.communicate(timeout=270)[0]
    assert two.returncode == 0, output[-20_000:]
    assert not any(codes)
    return folder / "one", folder / "two"


def losses(run):
    return [row["loss"] for row in read_metrics(run)]


@pytest.mark.parametrize("name", RUNS)
def test_two_processes_have_the_losses_of_one(name, outs):
    one, two = (losses(out / name) for out in outs)
    assert len(one) == len(two) == N_STEPS
    worst = max(abs(a - b) for a, b in zip(one, two, strict=True))
    print(f"{name}: largest difference of the loss over {N_STEPS} steps {worst:.1e}")
    assert worst < 1e-3


@pytest.mark.parametrize("name", RUNS)
def test_two_processes_end_with_the_weights_of_one(name, outs):
    one, two = (load_checkpoint(out / name / "weights.safetensors").tensors for out in outs)
    assert one.keys() == two.keys()
    for key, value in one.items():
        torch.testing.assert_close(two[key], value, atol=0.02, rtol=0.02)


def test_ctrl_c_in_one_process_stops_both_and_resuming_changes_nothing(outs):
    _, two = outs
    assert read_metrics(two / "resumed") == read_metrics(two / "siamese")
    first, second = (load_checkpoint(two / name / "weights.safetensors").tensors for name in ("resumed", "siamese"))
    assert all(torch.equal(first[key], second[key]) for key in second)


def test_one_process_needs_no_torchrun():
    model = nn.Linear(2, 3)
    values = torch.rand(5, 2)
    with joined(torch.device("cpu")) as device:
        assert (device.type, n_ranks(), is_first()) == ("cpu", 1, True)
        assert torch.equal(over_ranks(model, values), model(values))
        average_gradients(model)
