"""Universal maps against all observers: the truth is pooled, the ceiling is honest, and every predictor is scored
alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gazeapp.networks.universal_models import UniversalChoice, load_universal
from gazeapp.saliency.metrics import METRICS
from tests.trainer.synthetic_data import write_synthetic
from trainer.__main__ import main
from trainer.data.dataset import open_data
from trainer.data.prepare import write_data
from trainer.evaluation.universal_predictions import open_predictor
from trainer.evaluation.universal_scores import GridFixations, score_maps, score_observers, universal_results
from trainer.reports.results import read_results

pytestmark = pytest.mark.slow

SCORED = [8, 9, 10, 11]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    source = write_synthetic(folder / "images", n_images=12, n_observers=4)
    write_data(source, folder / "DATA", map_size_wh=(32, 24))
    return open_data(folder / "DATA")


@pytest.fixture(scope="module")
def fixations(data):
    return GridFixations(data)


def test_every_fixation_counts_once(data, fixations):
    n = sum(len(fixations.of(image)) for image in range(12))
    assert n == len(data.fixations)
    assert len(fixations.of(3)) + len(fixations.elsewhere(3)) == n
    by_observer = [len(fixations.of(3, [observer])) for observer in range(4)]
    assert sum(by_observer) == len(fixations.of(3))


def test_observers_left_out_do_not_count(data):
    some = GridFixations(data.only(None, ["0", "2"]))
    assert len(some.of(5)) == len(GridFixations(data).of(5, [0, 2]))


def test_truth_scores_itself_without_error(fixations):
    scores = score_maps("truth", lambda i: fixations.density(i, fixations.of(i)), fixations, SCORED)
    assert scores.mean("cc") == pytest.approx(1)
    assert scores.mean("kld") == pytest.approx(0, abs=1e-5)
    assert scores.ig_positive_share == 1


def test_baseline_gains_nothing_over_itself(fixations):
    baseline = fixations.baseline(SCORED)
    scores = score_maps("centre", lambda _i: baseline, fixations, SCORED)
    assert scores.values["ig"] == pytest.approx([0] * 4, abs=1e-6)
    assert baseline.min() > 0


def test_baseline_never_sees_the_scored_images(data):
    from dataclasses import replace

    elsewhere = data.fixations.copy()
    on_scored = np.isin(elsewhere["image"], SCORED)
    elsewhere["x_px"][on_scored] = 0.5
    moved = GridFixations(replace(data, fixations=elsewhere))
    np.testing.assert_array_equal(moved.baseline(SCORED), GridFixations(data).baseline(SCORED))


def test_other_half_of_the_observers_beats_the_centre(fixations):
    baseline = fixations.baseline(SCORED)
    half, centre = score_observers({"centre": lambda _i: baseline}, fixations, SCORED, range(4), n_splits=2)
    assert half.model == "observers_half"
    assert half.mean("cc") > centre.mean("cc")
    assert half.mean("ig") > centre.mean("ig") == pytest.approx(0, abs=1e-6)


def test_results_hold_every_metric_and_the_comparison(fixations):
    baseline = fixations.baseline(SCORED)
    centre = score_maps("centre", lambda _i: baseline, fixations, SCORED)
    truth = score_maps("usm", lambda i: fixations.density(i, fixations.of(i)), fixations, SCORED)
    document = universal_results([centre, truth], protocol="closed", dataset="synthetic", truth="all", meta={})
    entries = {(s["model"], s["metric"]): s for s in document["summary"]}
    assert {metric for _, metric in entries} == set(METRICS)
    assert entries["usm", "kld"]["vs"]["n_better"] == 4
    assert "vs" not in entries["centre", "cc"]
    low, high = entries["usm", "nss"]["ci95"]
    assert low <= entries["usm", "nss"]["mean"] <= high
    assert document["meta"]["ig_positive_share"] == {"centre": 0.0, "usm": 1.0}


def test_classical_model_and_a_folder_of_its_maps_agree(data, tmp_path):
    by_name = open_predictor("signature", data)
    signature = load_universal(UniversalChoice(model="signature"))
    for image in SCORED:
        name = data.image_names[image].rsplit(".", 1)[0]
        np.save(tmp_path / f"{name}.npy", signature(np.asarray(data.images[image])))
    by_folder = open_predictor(tmp_path, data)
    for image in SCORED:
        np.testing.assert_allclose(by_folder.predict(image), by_name.predict(image), rtol=1e-5)
    assert by_folder.label == tmp_path.name.replace("-", "_")


def test_command_scores_a_run_beside_named_models(data, tmp_path, capsys):
    folder = Path(data.images.filename).parent
    for name, entries in (("out.txt", SCORED), ("train.txt", range(8))):
        (tmp_path / name).write_text("".join(f"{i}\n" for i in entries))
    common = ["--data", str(folder)]
    run, results = tmp_path / "run", tmp_path / "R"
    train = ["train", "universal", *common, "-o", str(run), "--preset", "tiny"]
    assert main([*train, "--exclude-images", str(tmp_path / "out.txt")]) == 0
    evaluate = ["evaluate", str(run), *common, "--protocol", "closed", "--usm", "signature,bms"]
    assert main([*evaluate, "--images", str(tmp_path / "out.txt"), "-o", str(results)]) == 0
    assert "| observers_half |" in capsys.readouterr().out
    document = read_results(results)
    models = list(dict.fromkeys(row["model"] for row in document["rows"]))
    assert models == ["centre", "usm", "signature", "bms"]
    assert {row["n_images"] for row in document["rows"]} == {4}
    assert read_results(results / "half")["meta"]["truth"] == "half"
    assert main(["table", str(results), "--format", "csv"]) == 0
    assert capsys.readouterr().out.startswith("model,cc,sim")
    assert main([*evaluate, "--images", str(tmp_path / "train.txt"), "-o", str(results)]) == 2
    assert "were trained on 8 of the images" in capsys.readouterr().err
    assert main([*evaluate, "--protocol", "open", "-o", str(results)]) == 2
    assert "knows no observers" in capsys.readouterr().err
