"""`bench` measures every figure beside its peer, on a fresh checkout without data."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from gazeapp.errors import SettingsError
from trainer.__main__ import main
from trainer.benchmarks import pysaliency_peer
from trainer.benchmarks.metric_speed import METRICS, measure_metrics
from trainer.benchmarks.plain_loader import PlainPairs, synthetic_source, write_jpegs
from trainer.benchmarks.training_speed import matmul_flops, networks
from trainer.commands.bench import SYNTHETIC_SIZE
from trainer.data.dataset import open_data
from trainer.data.prepare import write_data
from trainer.data.tensors import TensorDataset
from trainer.engine import configs

pytestmark = pytest.mark.slow


def test_bench_prints_one_object_with_every_figure_beside_its_peer(capsys, monkeypatch):
    monkeypatch.setattr("trainer.commands.bench.SCORED", (((32, 24), 4),))
    code = main(
        [
            "bench",
            "--preset",
            "tiny",
            "--device",
            "cpu",
            "--seconds",
            "0.05",
            "--clock",
            "processor",
            "--json",
        ]
    )
    assert code == 0
    document = json.loads(capsys.readouterr().out)
    rows = document["rows"]
    assert [row["name"].split(",")[0] for row in rows[:5]] == [
        "train embedding",
        "a step of embedding",
        "train personal",
        "a step of personal",
        "complete run",
    ]
    assert all(row["value"] > 0 for row in rows)
    for row in rows:
        if row["peer"] == "pysaliency":
            assert row["peer_value"] is row["ratio"] is None  # was not asked
        elif row["unit"] == "s":
            assert row["ratio"] == pytest.approx(row["peer_value"] / row["value"])
        else:
            assert row["ratio"] == pytest.approx(row["value"] / row["peer_value"])
    assert all(0 < row["share"] < 2 for row in (rows[0], rows[2]))
    steps_s = [row["value"] for row in rows if row["name"].startswith("a step")]
    assert [row["is_extrapolated"] for row in rows[:6]] == [False] * 4 + [True, False]
    assert rows[4]["name"] == "complete run, tiny, 8 steps of embedding + 8 steps of personal"
    assert rows[4]["value"] == pytest.approx(8 * sum(steps_s))
    assert {row["name"].split(",")[0] for row in rows[5:]} == {f"{len(METRICS)} metrics", *METRICS}


def test_paper_preset_is_measured_at_its_full_size():
    embedding, personal = networks("paper")
    assert (embedding, personal) == (configs.EmbeddingConfig(), configs.PersonalConfig())
    assert SYNTHETIC_SIZE["paper"][0] >= 3 * 1.5 * max(embedding.m)


PEER = """
import json, sys
import numpy as np
with np.load(sys.argv[1]) as file:
    n, shapes = len(file["maps_BHW"]), {name: file[name].shape for name in file.files}
assert shapes["baseline_HW"] == (24, 32) and shapes["points_BN2"][0] == n == 4, shapes
names = "cc sim kld auc auc_judd nss ig".split()
print(json.dumps({name: {"maps_per_s": 2.0, "values": [0.5] * n} for name in names}))
"""


def test_peer_scores_the_same_maps_in_its_own_interpreter(tmp_path, monkeypatch):
    script = tmp_path / "peer.py"
    script.write_text(PEER)
    monkeypatch.setattr(pysaliency_peer, "__file__", str(script))
    rows = measure_metrics(
        torch.device("cpu"), n_maps=4, size_wh=(32, 24), seconds=0.01, pysaliency=Path(sys.executable)
    )
    of_peer = {row.name.split(",")[0]: row for row in rows if row.peer == "pysaliency"}
    assert of_peer["7 metrics"].peer_value == pytest.approx(2.0 / 7)
    assert of_peer["nss"].peer_value == 2.0
    assert of_peer["nss"].largest_difference > 0
    assert of_peer["7 metrics"].largest_difference == max(
        row.largest_difference for name, row in of_peer.items() if name != "7 metrics"
    )


@pytest.mark.parametrize("python", [sys.executable, "no-such-python"])
def test_interpreter_without_the_peer_is_refused(python):
    with pytest.raises(SettingsError, match=f"--pysaliency .*{Path(python).name}"):
        measure_metrics(torch.device("cpu"), n_maps=2, size_wh=(32, 24), seconds=0.01, pysaliency=Path(python))


def test_bench_needs_a_duration(capsys):
    assert main(["bench", "--seconds", "0"]) == 2
    assert "--seconds 0.0: needs a number above 0" in capsys.readouterr().err


def test_processor_time_counts_one_process_only(capsys):
    assert main(["bench", "--clock", "processor", "--workers", "2", "--device", "cpu"]) == 2
    assert "use it with --device cpu and --workers 0" in capsys.readouterr().err


def test_plain_loader_gives_what_the_data_in_memory_hold(tmp_path):
    source = synthetic_source(tmp_path / "i", n_images=2, n_observers=3, size_wh=(160, 120))
    write_data(source, tmp_path / "DATA", map_size_wh=(80, 64))
    dataset = open_data(tmp_path / "DATA")
    write_jpegs(dataset, tmp_path / "jpegs")
    image, own, others = PlainPairs(dataset, tmp_path / "jpegs")[4]
    held, row, column = TensorDataset(dataset), np.array([1]), np.array([1])
    torch.testing.assert_close(own, held.personal(row, column)[0], atol=2e-3, rtol=0)
    torch.testing.assert_close(others, held.universal(row, column)[0], atol=2e-3, rtol=0)
    assert float((image - held.images(row)[0]).abs().mean()) < 0.05


def test_arithmetic_of_the_device_is_measured():
    assert matmul_flops(torch.device("cpu"), torch.float32, size=64) > 1e6
