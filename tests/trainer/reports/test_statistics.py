"""Paired tests, intervals and merging: which comparison is made, over whom."""

from __future__ import annotations

import numpy as np
import pytest

from gazeapp.errors import SettingsError, UnreadableTable
from trainer.reports.results import (
    ScoreTable,
    build_results,
    merge_results,
    merge_tables,
    read_results,
    read_scores,
    renamed,
    table_of_rows,
    write_results,
)
from trainer.reports.statistics import PAPER_METRICS, compare, holm, interval, observer_means

OURS, WRONG, USM = "personal_best", "personal_wrong_user", "usm"
_GAIN = {"cc": 0.01, "sim": 0.01, "auc_judd": 0.001, "nss": 0.05, "kld": -0.02}


def people_who_gain(n_observers=12, n_images=5, *, of="", seed=0, models=(USM, OURS, WRONG)):
    """Everybody scores a little better with their own embedding than with the universal map, and worse with
    another's."""
    rng = np.random.default_rng(seed)
    values = {}
    sizes = {USM: 0.0, OURS: 1.0, WRONG: -1.0, "ridge": 0.5}
    base = {metric: rng.random((n_observers, n_images)) for metric in PAPER_METRICS}
    for model in models:
        m = 0 if model == USM else 32
        values[model, "true", m, "plain"] = {
            metric: base[metric] + sizes[model] * _GAIN[metric] * rng.uniform(0.5, 1, (n_observers, n_images))
            for metric in PAPER_METRICS
        }
    observers, images = ([f"{of}{k}" for k in range(n)] for n in (n_observers, n_images))
    return ScoreTable(observers=tuple(observers), images=tuple(images), values=values)


def document_of(table, dataset="osie", **meta):
    facts = {"n_images": len(table.images), "sigma_px": 24.0, "seed": 0, "checkpoints": ["ab"]}
    return build_results(table, protocol="open", dataset=dataset, meta=facts | meta)


def entry(document, model, metric="cc", maps="plain"):
    (found,) = (e for e in document["summary"] if (e["model"], e["metric"], e["maps"]) == (model, metric, maps))
    return found


def test_twelve_of_twelve_give_the_smallest_exact_p_times_five_metrics():
    found = entry(document_of(people_who_gain(12)), OURS)["vs_wrong_user"]
    assert found["model"] == WRONG
    assert found["n_better"] == found["n_observers"] == 12
    assert found["p_holm"] == pytest.approx(5 * 2 / 2**12, rel=1e-2)
    assert 0.01 < found["delta"] < 0.02


def test_lower_divergence_counts_as_better():
    found = entry(document_of(people_who_gain()), OURS, "kld")["vs"]
    assert found["delta"] < 0
    assert found["n_better"] == 12


def test_ours_is_tested_against_the_baselines_and_the_baselines_are_not():
    document = document_of(people_who_gain(models=(USM, OURS, WRONG, "ridge")))
    assert entry(document, OURS)["vs_ridge"]["model"] == "ridge"
    assert {k for k in entry(document, "ridge") if k.startswith("vs")} == {"vs"}
    assert not any(k.startswith("vs") for k in entry(document, USM))


def test_metrics_beyond_the_paper_are_a_family_of_their_own():
    rng = np.random.default_rng(0)
    better = {name: rng.uniform(1, 2, (12, 3)) for name in (*PAPER_METRICS, "auc")}
    better["kld"] = -better["kld"]
    worse = {name: np.zeros((12, 3)) for name in better}
    found = compare(better, worse, "other")
    assert found["auc"]["p_holm"] == pytest.approx(2 / 2**12, rel=1e-2)
    assert found["cc"]["p_holm"] == pytest.approx(5 * 2 / 2**12, rel=1e-2)


def test_no_difference_is_no_evidence():
    same = {"cc": np.ones((5, 2))}
    assert compare(same, same, "itself")["cc"]["p_holm"] == 1.0


def test_holm_never_turns_the_order_round():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


def test_interval_holds_the_mean_and_widens_with_the_spread_of_observers():
    rng = np.random.default_rng(0)
    alike = 0.5 + 0.01 * rng.standard_normal((12, 40))
    apart = alike + np.linspace(-0.2, 0.2, 12)[:, None]
    low, high = interval(alike, 0)
    assert low < alike.mean() < high
    assert np.ptp(interval(apart, 0)) > 4 * (high - low)


def test_observer_without_any_score_does_not_count():
    values = np.array([[1.0, 2.0], [np.nan, np.nan]])
    assert observer_means(values)[0] == 1.5
    assert interval(values, 0)[0] >= 1
    found = compare({"cc": values}, {"cc": values - 0.5}, "less")
    assert found["cc"]["n_observers"] == 1


def test_folds_merge_to_what_one_evaluation_would_have_been():
    whole = people_who_gain(12)
    folds = [
        ScoreTable(
            observers=whole.observers[k::3],
            images=whole.images,
            values={
                key: {metric: scores[k::3] for metric, scores in metrics.items()}
                for key, metrics in whole.values.items()
            },
        )
        for k in range(3)
    ]
    merged = merge_tables(folds)
    order = [merged.observers.index(name) for name in whole.observers]
    for key, metrics in whole.values.items():
        for metric, scores in metrics.items():
            np.testing.assert_allclose(merged.values[key][metric][order], scores)


def test_observer_whom_two_folds_know_counts_once_with_the_mean():
    table = ScoreTable(observers=("a",), images=("i",), values={("usm", "true", 0, "plain"): {"cc": np.array([[0.2]])}})
    other = ScoreTable(
        observers=("a", "b"),
        images=("i",),
        values={("usm", "true", 0, "plain"): {"cc": np.array([[0.4], [0.6]])}},
    )
    merged = merge_tables([table, other])
    assert merged.observers == ("a", "b")
    np.testing.assert_allclose(merged.values["usm", "true", 0, "plain"]["cc"][:, 0], [0.3, 0.6])


def store(table, folder, dataset, *, every_score=True):
    write_results(document_of(table, dataset), folder, table if every_score else None)
    return folder


@pytest.mark.parametrize("every_score", [True, False])
def test_two_data_sets_of_twelve_give_one_test_over_twenty_four(every_score, tmp_path):
    folders = [
        store(people_who_gain(12, seed=k), tmp_path / name, name, every_score=every_score)
        for k, name in enumerate(("osie", "crowd"))
    ]
    document, merged = merge_results(folders)
    found = entry(document, OURS)["vs_wrong_user"]
    assert (found["model"], found["n_observers"], found["n_better"]) == (WRONG, 24, 24)
    assert found["p_holm"] == pytest.approx(5 * 2 / 2**24, rel=1e-2)
    assert document["dataset"] == "osie + crowd"
    assert document["meta"]["n_images"] == 10
    assert set(merged.observers) == {f"{name}:{k}" for name in ("osie", "crowd") for k in range(12)}


def test_metric_that_has_no_map_of_its_own_is_taken_from_the_plain_ones():
    table = people_who_gain()
    for model, m in ((USM, 0), (OURS, 32), (WRONG, 32)):
        sim = table.values[model, "true", m, "plain"]["sim"]
        table.values[model, "true", m, "metric-specific"] = {"sim": sim + 0.1}
    document = document_of(table)
    plain, specific = (entry(document, OURS, maps=maps) for maps in ("plain", "metric-specific"))
    assert specific["vs_wrong_user"] == plain["vs_wrong_user"]
    for_sim = entry(document, OURS, "sim", "metric-specific")
    assert for_sim["mean"] == pytest.approx(entry(document, OURS, "sim")["mean"] + 0.1, abs=1e-4)
    assert {row["metric"] for row in document["rows"] if row["maps"] != "plain"} == {"sim"}


def test_stored_results_are_read_back_with_every_score(tmp_path):
    table = people_who_gain()
    store(table, tmp_path, "osie")
    read = read_scores(tmp_path)
    assert read.observers == table.observers
    key = (OURS, "true", 32, "plain")
    np.testing.assert_allclose(read.values[key]["cc"], table.values[key]["cc"], atol=1e-6)
    (tmp_path / "scores.npz").unlink()
    np.testing.assert_allclose(
        read_scores(tmp_path).values[key]["cc"][:, 0],
        table.values[key]["cc"].mean(axis=1),
        atol=1e-5,
    )


def test_damaged_scores_are_named(tmp_path):
    store(people_who_gain(), tmp_path, "osie")
    (tmp_path / "scores.npz").write_bytes(b"PK not an archive")
    with pytest.raises(UnreadableTable, match="delete it"):
        read_scores(tmp_path)


def test_closed_and_open_scores_are_never_merged(tmp_path):
    table = people_who_gain()
    store(table, tmp_path / "a", "osie")
    closed = build_results(table, protocol="closed", dataset="osie", meta={})
    write_results(closed, tmp_path / "b")
    with pytest.raises(SettingsError, match="one protocol"):
        merge_results([tmp_path / "a", tmp_path / "b"])


def test_rows_follow_the_contract(tmp_path):
    store(people_who_gain(), tmp_path, "osie")
    document = read_results(tmp_path)
    assert set(document) == {"schema", "protocol", "dataset", "rows", "summary", "meta"}
    assert {"model", "usm", "m", "observer", "metric", "value", "n_images"} <= set(document["rows"][0])
    assert {"model", "usm", "m", "metric", "mean", "ci95"} <= set(document["summary"][0])
    assert table_of_rows(document).observers == tuple(map(str, range(12)))


def test_two_trainings_of_ours_stand_in_one_table_and_are_compared():
    table = people_who_gain()
    merged = merge_tables([table, renamed(people_who_gain(seed=1), "personal_single")])
    assert ("personal_single_wrong_user", "true", 32, "plain") in merged.values
    document = document_of(merged)
    assert "vs_personal_single" in entry(document, OURS)
    assert entry(document, "personal_single")["vs_wrong_user"]["model"] == "personal_single_wrong_user"
