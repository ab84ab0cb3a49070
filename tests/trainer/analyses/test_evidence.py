"""Ratios that promise too much are found out, and so are intervals that are too narrow."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from gazeapp.networks.similarity import CAUTION
from trainer.__main__ import main
from trainer.analyses.constants import WIDTHS
from trainer.analyses.evidence import calibration


def ratios(*, times=1.0, n=12, draws=40, seed=0):
    """Log-likelihood ratios of normal scores that are calibrated when `times` is 1."""
    rng = np.random.default_rng(seed)
    d = 2.0  # ratio of N(d, 1) over N(0, 1) at x is d x - d² / 2
    x = rng.normal(0, 1, (draws, n, n)) + d * np.eye(n)
    return times * (d * x - d * d / 2)


def test_calibrated_ratios_lose_nothing_to_their_best_recalibration():
    found = calibration(ratios())
    assert found["cllr"] == pytest.approx(found["cllr_least"], abs=0.03)
    assert found["ece"] < 0.03
    assert found["named_wrong"] == pytest.approx(found["named_wrong_said"], abs=0.05)


def test_ratios_that_promise_too_much_cost_what_they_promise():
    honest, boastful = calibration(ratios()), calibration(ratios(times=4.0))
    assert boastful["cllr_least"] == pytest.approx(honest["cllr_least"], abs=1e-6), "they tell people apart as well"
    assert boastful["cllr"] > honest["cllr"] + 0.2
    assert boastful["ece"] > 0.05
    assert boastful["two_called_one"] > honest["two_called_one"]
    assert boastful["named_wrong_said"] < boastful["named_wrong"]


def test_ratios_that_say_nothing_cost_one_bit():
    assert calibration(np.zeros((3, 4, 4)))["cllr"] == pytest.approx(1.0)


def result(folder, value, n_observers=4, rows=(), sha256="a" * 64):
    folder.mkdir()
    rows = [{"model": "ratio", "m": 8, "metric": "cllr", "value": value}, *rows]
    meta = {"n_observers": n_observers, "sigma_deg": 1.0, "checkpoints": [sha256]}
    document = {"schema": 1, "protocol": "evidence", "dataset": "osie", "rows": rows, "summary": [], "meta": meta}
    (folder / "results.json").write_text(json.dumps(document), encoding="utf-8")
    return str(folder)


def test_folds_are_merged_into_one_table(tmp_path, capsys):
    main(["table", "--merge", result(tmp_path / "a", 0.4), result(tmp_path / "b", 0.6, n_observers=5)])
    printed = capsys.readouterr().out
    assert "| ratio | 8 | 0.50 |" in printed
    assert "(n_observers 4, 5, sigma_deg 1.0, n_merged 2" in printed


def tried(cllr_of, variance):
    rows = [{"model": f"caution {c}", "m": 8, "metric": "cllr", "value": value} for c, value in cllr_of.items()]
    return rows + [
        {"model": name, "m": 8, "metric": "variance", "value": variance} for name in ("coefficients", "habits")
    ]


def test_constant_for_people_of_a_fold_is_what_the_other_folds_choose(tmp_path, capsys):
    folds = [
        result(tmp_path / "a", 0.4, rows=tried({0.5: 0.4, 1: 0.5}, 1.0), sha256="a" * 64),
        result(tmp_path / "b", 0.4, rows=tried({0.5: 0.9, 1: 0.6}, 2.0), sha256="b" * 64),
    ]
    assert main(["analyse", "constants", "--folds", *folds, "-o", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "| caution | 0 | 1 | 0.5 | 1 |" in printed
    assert "| caution | 1 | 0.5 | 0.9 | 1 |" in printed
    width = WIDTHS["coefficients"]
    assert f"| coefficients | 0 | {2 * width:.3g} | 0.5 | {1.5 * width:.3g} |" in printed
    assert main(["analyse", "constants", "--folds", folds[0], "-o", str(tmp_path / "one")]) == 2
    assert "two folds or more" in capsys.readouterr().err
    old = [result(tmp_path / "c", 0.4), result(tmp_path / "d", 0.4, sha256="b" * 64)]
    assert main(["analyse", "constants", "--folds", *old, "-o", str(tmp_path / "none")]) == 2
    assert "tell nothing of caution" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_constants_in_use_are_about_those_that_all_folds_choose():
    stored = Path(__file__).parents[3] / "trainer" / "results" / "constants" / "results.json"
    rows = json.loads(stored.read_text(encoding="utf-8"))["rows"]
    chosen = {row["model"]: row["value"] for row in rows if row["metric"] == "all_choose"}
    assert chosen["caution"] == pytest.approx(CAUTION, abs=0.11)
    for name, width in WIDTHS.items():
        assert chosen[name] == pytest.approx(width, rel=0.1)


def test_networks_are_asked_for_by_name(tmp_path, capsys):
    assert main(["analyse", "evidence", "--data", str(tmp_path), "-o", str(tmp_path / "r")]) == 2
    assert "--run" in capsys.readouterr().err
