"""`bench` measures every figure beside its peer, on a fresh checkout without data."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from trainer.__main__ import main
from trainer.benchmark import matmul_flops
from trainer.benchmark_loader import PlainPairs, synthetic_recording, write_jpegs
from trainer.data.dataset import open_data
from trainer.data.prepare import write_data
from trainer.data.resident import Resident


def test_bench_prints_one_object_with_every_figure_beside_its_peer(capsys):
    code = main(["bench", "--preset", "tiny", "--device", "cpu", "--seconds", "0.05", "--json"])
    assert code == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["name"].split(",")[0] for row in document["rows"]] == [
        "train embedding", "train personal", "six metrics", "six metrics",
    ]  # fmt: skip
    for row in document["rows"]:
        assert row["value"] > 0
        if row["peer"] == "pysaliency" and row["peer_value"] is None:
            assert row["ratio"] is None  # not installed here
        else:
            assert row["ratio"] == pytest.approx(row["value"] / row["peer_value"])
    assert all(0 < row["share"] < 2 for row in document["rows"][:2])


def test_bench_needs_a_duration(capsys):
    assert main(["bench", "--seconds", "0"]) == 2
    assert "--seconds 0.0: needs a number above 0" in capsys.readouterr().err


def test_plain_loader_gives_what_the_resident_data_hold(tmp_path):
    recording = synthetic_recording(tmp_path / "i", n_images=2, n_observers=3, size_wh=(160, 120))
    write_data(recording, tmp_path / "DATA", map_size_wh=(80, 64))
    dataset = open_data(tmp_path / "DATA")
    write_jpegs(dataset, tmp_path / "jpegs")
    image, own, others = PlainPairs(dataset, tmp_path / "jpegs")[4]
    held, row, column = Resident(dataset), np.array([1]), np.array([1])
    torch.testing.assert_close(own, held.personal(row, column)[0], atol=2e-3, rtol=0)
    torch.testing.assert_close(others, held.universal(row, column)[0], atol=2e-3, rtol=0)
    assert float((image - held.images(row)[0]).abs().mean()) < 0.05


def test_arithmetic_of_the_device_is_measured():
    assert matmul_flops(torch.device("cpu"), torch.float32, size=64) > 1e6
