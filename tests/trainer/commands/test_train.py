"""`train`: a GPU that fails is told in one line, with how to go on."""

from __future__ import annotations

import pytest
import torch

from tests.trainer.synthetic_data import write_synthetic
from trainer.__main__ import main
from trainer.commands import arguments
from trainer.data.prepare import write_data
from trainer.methods import registry


@pytest.mark.parametrize(
    "error",
    [
        torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"),
        RuntimeError("CUDA error: unspecified launch failure\nCompile with TORCH_USE_CUDA_DSA"),
    ],
)
def test_a_gpu_that_fails_is_one_line_and_how_to_go_on(error, tmp_path, monkeypatch, capsys):
    write_data(write_synthetic(tmp_path / "raw", n_images=4, n_observers=2), tmp_path / "data", map_size_wh=(32, 24))

    def fail(_job, _config):
        raise error

    # the meta device stands for a GPU: nothing is computed on it
    monkeypatch.setattr(arguments, "pick_device", lambda _name: torch.device("meta"))
    monkeypatch.setattr(registry, "train", fail)
    assert main(["train", "universal", "--data", str(tmp_path / "data"), "-o", str(tmp_path / "run")]) == 2
    (message,) = capsys.readouterr().err.strip().splitlines()
    assert message.startswith("trainer train: train universal: the GPU is lost or out of memory (CUDA")
    assert message.endswith("--resume --device cpu goes on from the last saved step")
