"""Folds of an identification as one table."""

from __future__ import annotations

from trainer.reports.results import SCHEMA, merge_identification
from trainer.reports.tables import table_rows


def fold(p_at_1, n_observers, m=(4,)):
    rows = [
        {
            "model": "embedding",
            "m": size,
            "p_at_1": p_at_1,
            "ci95": [0.0, 1.0],
            "n_observers": n_observers,
            "chance": 1 / n_observers,
        }
        for size in m
    ]
    return {
        "schema": SCHEMA,
        "protocol": "identification",
        "dataset": "osie",
        "rows": rows,
        "summary": [],
        "meta": {"n_observers": n_observers, "checkpoints": ["a"]},
    }


def test_larger_folds_weigh_more():
    merged = merge_identification([fold(0.5, 4), fold(0.8, 2)])
    row = merged["rows"][0]
    assert row["p_at_1"] == 0.6
    assert row["n_observers"] == 6
    assert row["ci95"] == [0.5, 0.8]


def test_what_one_fold_lacks_is_left_out():
    merged = merge_identification([fold(0.5, 4, m=(4, 8)), fold(0.8, 4)])
    assert [row["m"] for row in merged["rows"]] == [4]


def test_table_says_that_its_interval_is_the_folds():
    header = table_rows(merge_identification([fold(0.5, 4), fold(0.8, 4)]))[0]
    assert "lowest and highest fold" in header
