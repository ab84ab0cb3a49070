"""Tables of universal models: one row a model, whatever was measured of it."""

from __future__ import annotations

from trainer.reports.tables import table_rows


def timed(model, size, threads, elapsed_ms):
    return {
        "model": model,
        "size": size,
        "threads": threads,
        "elapsed_ms": elapsed_ms,
        "processor_ms": elapsed_ms / 2,
        "peak_mb": 100,
    }


def test_speed_has_a_column_for_each_size_and_number_of_threads():
    document = {
        "protocol": "speed",
        "summary": [],
        "meta": {},
        "rows": [timed("a", "8x6", 1, 2.0), timed("a", "8x6", 2, 1.0), timed("b", "8x6", 1, 30.0)],
    }
    assert table_rows(document) == [
        ["model", "8x6, 1 thread", "8x6, 2 threads", "peak memory"],
        ["a", "2 (1)", "1 (0.5)", "100 MB"],
        ["b", "30 (15)", "", "100 MB"],
    ]


def test_scores_show_on_how_many_images_the_baseline_is_beaten():
    metrics = ("cc", "sim", "kld", "nss", "auc", "auc_judd", "sauc", "ig")
    document = {
        "protocol": "closed",
        "meta": {"ig_positive_share": {"usm": 0.95}},
        "summary": [{"model": "usm", "metric": m, "mean": 0.5} for m in metrics],
    }
    header, row = table_rows(document)
    assert header[-1] == "ig > 0 on"
    assert row == ["usm", *["0.500"] * 8, "95%"]
