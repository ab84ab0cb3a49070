"""Early stopping from the command line: watched people and images are not trained on, and weights chosen by them say
so."""

from __future__ import annotations

import math

import pytest

from gazeapp.networks.checkpoint import load_checkpoint
from tests.trainer.synthetic_data import write_synthetic
from trainer.__main__ import main
from trainer.data.prepare import write_data
from trainer.engine.runs import read_metrics

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A folder with DATA of 12 images and 6 people, of whom two and three images are watched."""
    folder = tmp_path_factory.mktemp("lab")
    source = write_synthetic(folder / "images", n_images=12, n_observers=6)
    write_data(source, folder / "DATA", map_size_wh=(32, 24))
    (folder / "observers.txt").write_text("4\n5\n")
    (folder / "images.txt").write_text("2\n3\n7\n")
    return folder


SMALL = {"embedding": ("m=2", "batch=16"), "personal": ("batch=4", "m_min=1", "m_max=4")}


def train(lab, task, out, *more, preset="tiny"):
    """Train eight steps; of the paper's networks, small ones."""
    small = [f"--set={text}" for text in SMALL[task]] if preset == "paper" else []
    small += ["--set=steps=8", "--set=widths=8,8,8"] if preset == "paper" else []
    return main(
        [
            "train",
            task,
            "--data",
            str(lab / "DATA"),
            "-o",
            str(out),
            "--preset",
            preset,
            "--device",
            "cpu",
            "--validate-every",
            "2",
            *small,
            *more,
        ]
    )


def watched(lab, *kinds):
    return [part for kind in kinds for part in (f"--validation-{kind}", str(lab / f"{kind}.txt"))]


@pytest.fixture(scope="module")
def sources(lab):
    """What each preset's personal network is trained from."""
    universal = ("--universal", str(lab / "u"))
    assert train(lab, "universal", lab / "u") == 0
    assert train(lab, "embedding", lab / "e", *watched(lab, "observers"), *universal) == 0
    assert train(lab, "embedding", lab / "s", *watched(lab, "observers"), preset="paper") == 0
    return {
        "tiny": ("--embedding", str(lab / "e"), *universal),
        "paper": ("--embedding", str(lab / "s"), *universal),
    }


@pytest.mark.parametrize(
    ("task", "preset", "kinds", "name"),
    [
        ("universal", "tiny", ["images"], "validation_kld"),
        ("embedding", "tiny", ["observers", "images"], "validation_cc"),
        ("embedding", "paper", ["observers", "images"], "validation_p_at_1"),
        ("personal", "tiny", ["observers"], "validation_cc"),
        ("personal", "paper", ["observers"], "validation_cc"),
    ],
)
def test_network_is_measured_on_what_it_is_not_trained_on(task, preset, kinds, name, lab, sources, tmp_path):
    more = (*watched(lab, *kinds), *sources[preset])
    assert train(lab, task, tmp_path / "run", *more, preset=preset) == 0
    measured = {row["step"]: row[name] for row in read_metrics(tmp_path / "run") if name in row}
    assert sorted(measured) == [2, 4, 6, 8]
    assert all(math.isfinite(value) for value in measured.values())
    facts = load_checkpoint(tmp_path / "run" / "weights.safetensors").provenance
    assert facts["n_images"] == [9 if "images" in kinds else 12]
    assert facts["n_observers"] == [4 if "observers" in kinds else 6]
    # whoever scores the weights must be told that these were seen
    assert facts["exclude_observers"] == []
    assert facts["validation"][1] == (["4", "5"] if "observers" in kinds else [])


def test_patience_ends_the_training(lab, sources, tmp_path, capsys):
    more = ("--patience", "1", "--set", "steps=400", "--set", "learning_rate=0", *sources["tiny"])
    assert train(lab, "embedding", tmp_path / "run", *watched(lab, "observers"), *more) == 0
    assert read_metrics(tmp_path / "run")[-1]["step"] == 4
    assert "embedding after 4 steps" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("task", "more", "message"),
    [
        ("universal", ["observers"], "give --validation-images FILE"),
        ("personal", ["images"], "give --validation-observers FILE"),
    ],
)
def test_wrong_kind_of_list_is_refused(task, more, message, lab, sources, tmp_path, capsys):
    code = train(lab, task, tmp_path / "run", *watched(lab, *more), *sources["tiny"])
    assert code == 2
    assert message in capsys.readouterr().err


def test_list_that_names_nobody_is_refused(lab, tmp_path, capsys):
    (tmp_path / "nobody.txt").write_text("somewhere-else:1\n")
    code = train(lab, "embedding", tmp_path / "run", "--validation-observers", str(tmp_path / "nobody.txt"))
    assert code == 2
    assert "name nobody" in capsys.readouterr().err
