"""Readouts and category weights on a tiny synthetic set: trained, resumed, scored, drawn, and used."""

from __future__ import annotations

import csv
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from gazeapp.networks.checkpoint import build_network, load_checkpoint
from gazeapp.networks.deepgaze.mixture import ReadoutMixture
from gazeapp.networks.deepgaze.model import DeepGazeIIE
from tests.networks.test_deepgaze import SMALL
from tests.trainer.synthetic_data import write_synthetic
from trainer.__main__ import main
from trainer.data.prepare import write_data
from trainer.engine.runs import read_metrics
from trainer.methods.deepgaze_features import ReadoutData

pytestmark = pytest.mark.slow

QUICK = (
    "folds=3",
    "seeds=1",
    "warm_up_epochs=1",
    "epochs=3",
    "batch=4",
    "warm_up_rate=0.01",
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    source = write_synthetic(folder / "images", n_images=12, n_observers=3)
    write_data(source, folder / "DATA", map_size_wh=(32, 24))
    with (folder / "categories.csv").open("w", newline="") as file:
        csv.writer(file).writerows([path.name, "odd" if k % 2 else "even"] for k, path in enumerate(source.image_paths))
    return folder


def train(preset, data, out, *more, settings=()):
    given = [x for s in settings for x in ("--set", s)]
    return main(
        [
            "train",
            "universal",
            "--preset",
            preset,
            "--data",
            str(data / "DATA"),
            "-o",
            str(out),
            "--device",
            "cpu",
            *more,
            *given,
        ]
    )


@pytest.fixture(scope="module")
def backbones(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("backbones")
    for view in ("colour", "fine"):
        code = train(
            "backbone",
            data,
            folder / view,
            settings=(f"view={view}", "steps=4", "batch=4", "widths=4,4,8,8,8", "fused=8"),
        )
        assert code == 0
    return [x for view in ("colour", "fine") for x in ("--backbone", f"{view}={folder / view}")]


def train_mixture(data, backbones, out, *more, settings=()):
    return train(
        "category-weights",
        data,
        out,
        *backbones,
        "--categories",
        str(data / "categories.csv"),
        *more,
        settings=(*QUICK, *settings),
    )


@pytest.fixture(scope="module")
def run(data, backbones, tmp_path_factory):
    out = tmp_path_factory.mktemp("mixture") / "run"
    assert train_mixture(data, backbones, out) == 0
    return out


def load(run):
    checkpoint = load_checkpoint(run / "weights.safetensors")
    network = build_network(checkpoint, run)
    assert isinstance(network, ReadoutMixture)
    return checkpoint, network


def test_weights_file_predicts_a_density_for_any_category(run):
    checkpoint, network = load(run)
    assert network.n_members == 3
    assert network.categories == ("even", "odd")
    assert network.names == ("colour", "fine")
    image = torch.rand(2, 3, 48, 64) * 255
    with torch.no_grad():
        for category in (None, "odd", "never seen"):
            log_BHW = network(image, category)
            assert log_BHW.shape == (2, 12, 16)
            torch.testing.assert_close(log_BHW.exp().sum(dim=(1, 2)), torch.ones(2))
    held_out = checkpoint.provenance["held_out"]
    assert sorted(name for part in held_out for name in part) == [f"synthetic:{k:03d}.png" for k in range(12)]


def test_backbones_do_not_change_and_weights_do(run, backbones):
    _, network = load(run)
    stored = load_checkpoint(
        next(p for p in [__import__("pathlib").Path(backbones[1].split("=")[1])]) / "weights.safetensors"
    ).tensors
    kept = network.mixtures()[0].features.network.state_dict()
    assert all(torch.equal(kept[name], tensor) for name, tensor in stored.items())
    assert any(w.weights_NK.abs().max() > 0 for w in network.weights)


def test_history_of_the_weights_is_logged_and_drawn(run, tmp_path):
    rows = read_metrics(run)
    names = {f"weight/{c}/{b}" for c in ("even", "odd") for b in ("colour", "fine")}
    assert names <= set(rows[0])
    assert rows[0]["epoch"] == 0
    assert rows[0]["weight/even/colour"] == pytest.approx(0.5)
    assert rows[0]["weight/even/colour"] + rows[0]["weight/even/fine"] == pytest.approx(1)
    assert main(["plot", str(run), "-o", str(tmp_path)]) == 0
    assert (tmp_path / "run-weights.png").stat().st_size > 1000


def test_resuming_equals_not_stopping(data, backbones, run, tmp_path, monkeypatch):
    from trainer.methods import deepgaze_readouts

    trained = []
    train_member = deepgaze_readouts._Member.train

    def stop_at_the_third(self):
        trained.append(self.fold)
        if len(trained) == 3:
            raise KeyboardInterrupt
        train_member(self)

    with monkeypatch.context() as patch:
        patch.setattr(deepgaze_readouts._Member, "train", stop_at_the_third)
        assert train_mixture(data, backbones, tmp_path / "run") == 1
    assert not (tmp_path / "run" / "weights.safetensors").exists()
    assert train_mixture(data, backbones, tmp_path / "run", "--resume") == 0
    whole, parts = (load_checkpoint(r / "weights.safetensors") for r in (run, tmp_path / "run"))
    assert all(torch.equal(whole.tensors[n], parts.tensors[n]) for n in whole.tensors)
    assert read_metrics(run) == read_metrics(tmp_path / "run")


def test_readouts_on_a_torchvision_compatible_file(data, tmp_path, capsys):
    from gazeapp.networks.deepgaze.backbones import ResNet50

    torch.manual_seed(0)
    torch.save(ResNet50().state_dict(), tmp_path / "resnet.pth")
    code = train(
        "readout",
        data,
        tmp_path / "run",
        "--backbone",
        f"resnet50={tmp_path / 'resnet.pth'}",
        settings=(*QUICK, "epochs=1"),
    )
    assert code == 0
    _, network = load(tmp_path / "run")
    assert network.mixture == "plain"
    torch.save({"conv1.weight": torch.zeros(1)}, tmp_path / "other.pth")
    bad = ["--backbone", f"resnet50={tmp_path / 'other.pth'}"]
    assert train("readout", data, tmp_path / "bad", *bad) == 2
    assert "does not fit" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "settings", "told"),
    [
        ((), (), "--backbone"),
        (("--backbone", "resnet50"), (), "nothing is downloaded"),
        (("--backbone", "nothing"), (), "needs NAME=RUN"),
        (("--backbone", "shipped"), ("mixture=sum",), "plain, category"),
        (("--backbone", "shipped"), ("folds=2",), "folds"),
        (("--backbone", "shipped"), (), "two or more categories"),
    ],
    ids=["no backbone", "no file", "unknown", "mixture", "folds", "no categories"],
)
def test_what_cannot_be_trained_is_told(more, settings, told, data, tmp_path, capsys):
    assert train("category-weights", data, tmp_path / "run", *more, settings=settings) == 2
    assert told in capsys.readouterr().err


def test_preset_of_readouts_is_refused_elsewhere(data, tmp_path, capsys):
    code = main(["train", "embedding", "--preset", "readout", "--data", str(data / "DATA"), "-o", str(tmp_path / "x")])
    assert code == 2
    assert "belongs to universal" in capsys.readouterr().err


def test_scores_of_held_out_images_become_a_table(data, run, backbones, tmp_path, capsys):
    report = tmp_path / "report"
    assert train_mixture(data, backbones, report, settings=("mixture=report",)) == 0
    code = main(
        [
            "categories",
            str(run),
            str(report),
            "--data",
            str(data / "DATA"),
            "--categories",
            str(data / "categories.csv"),
            "-o",
            str(tmp_path / "results"),
        ]
    )
    assert code == 0
    capsys.readouterr()
    assert main(["table", str(tmp_path / "results")]) == 0
    shown = capsys.readouterr().out
    for model in ("category, right", "category, wrong", "category, predicted", "category, unknown", "report, right"):
        assert model in shown
    assert "even" in shown
    assert "IG" in shown
    assert np.isfinite([float(x) for x in shown.split() if x.replace(".", "").isdigit()]).all()


@pytest.fixture
def published(monkeypatch):
    """A published network of two small backbones on random weights."""
    torch.manual_seed(0)
    network = DeepGazeIIE(SMALL, n_components=2).eval()
    monkeypatch.setattr("trainer.methods.deepgaze_features.load_deepgaze", lambda _path: (network, "ab" * 32))
    return network


def test_category_weights_start_from_the_published_backbones(data, published, tmp_path):
    table = ("--categories", str(data / "categories.csv"), "--backbone", "published=deepgaze2e.pth")
    settings = (*QUICK, f"cache={tmp_path / 'cache'}", "learning_rate=0.01")
    assert train("category-weights", data, tmp_path / "run", *table, settings=settings) == 0
    checkpoint = load_checkpoint(tmp_path / "run" / "weights.safetensors")
    assert [plain["name"] for plain in checkpoint.config["backbones"]] == list(published.names)
    network = build_network(checkpoint, tmp_path / "run")
    assert isinstance(network, ReadoutMixture)
    assert network.mixtures() == []
    # as it begins, with weights of 0, the mixture is that of the published network
    image = torch.rand(1, 3, 48, 64) * 255
    each = published.each_backbone(image, torch.full((1, 48, 64), -np.log(48 * 64)))
    for weights in network.weights:
        weights.weights_NK.data.zero_()
    mixed = network.of_taps([[each[:, k : k + 1]] for k in range(2)], (48, 64), "odd")
    even = each.logsumexp(dim=1) - np.log(2)
    assert torch.allclose(mixed, even - even.logsumexp(dim=(1, 2), keepdim=True), atol=1e-5)
    # scored from what the training kept
    out = tmp_path / "results"
    given = ["categories", str(tmp_path / "run"), "--data", str(data / "DATA"), *table[:2], "-o", str(out)]
    assert main(given) == 0


def test_published_weights_stand_alone(data, tmp_path, capsys):
    assert (
        train("category-weights", data, tmp_path / "run", "--backbone", "published=a.pth", "--backbone", "shipped") == 2
    )
    assert "stands alone" in capsys.readouterr().err


def test_the_reports_setting_is_a_preset(data, tmp_path):
    backbone = tmp_path / "colour"
    assert train("backbone", data, backbone, "--set", "steps=2", "--set", "batch=2") == 0
    more = ("--categories", str(data / "categories.csv"), "--backbone", f"colour={backbone}")
    assert train("report", data, tmp_path / "run", *more, settings=("epochs=1", "seeds=1", "folds=5")) == 0
    checkpoint = load_checkpoint(tmp_path / "run" / "weights.safetensors")
    assert checkpoint.config["mixture"] == "report"
    assert any(tensor.shape[:2] == (128, 1) for tensor in checkpoint.tensors.values())


def test_five_folds_leave_sixteen_percent_for_the_plateaus():
    groups = np.arange(100)
    items = SimpleNamespace(groups=groups)
    seen = []
    for fold in range(5):
        training, validation, test = ReadoutData.split(items, 5, fold, 0, within=True)
        assert (len(training), len(validation), len(test)) == (64, 16, 20)
        assert not set(validation) & set(test)
        seen += test.tolist()
    assert sorted(seen) == groups.tolist()
