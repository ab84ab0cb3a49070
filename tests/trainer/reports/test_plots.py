"""Figures of stored results and of runs."""

from __future__ import annotations

import json

import pytest

from gazeapp.errors import UnreadableTable
from trainer.__main__ import main

pytestmark = pytest.mark.slow


def test_curves_of_identification_and_of_a_run_are_drawn(tmp_path, capsys):
    rows = [
        {
            "model": model,
            "m": m,
            "p_at_1": p,
            "ci95": [p - 0.1, p],
            "n_observers": 12,
            "chance": 1 / 12,
        }
        for model, m, p in (("embedding", 4, 0.5), ("embedding", 8, 0.7), ("spatial", 4, 0.3))
    ]
    results = tmp_path / "results"
    results.mkdir()
    document = {"schema": 1, "protocol": "identification", "dataset": "osie", "rows": rows, "summary": [], "meta": {}}
    (results / "results.json").write_text(json.dumps(document))
    run = tmp_path / "run"
    run.mkdir()
    (run / "run.json").write_text('{"task": "embedding"}')
    lines = [json.dumps({"step": k, "loss": 1 / (k + 1), "hits": k / 50}) for k in range(50)]
    (run / "metrics.jsonl").write_text("\n".join(lines))
    assert main(["plot", str(results), str(run), "-o", str(tmp_path / "figures")]) == 0
    files = capsys.readouterr().out.split()
    assert [name.rsplit("/", 1)[-1] for name in files] == [
        "results-identification.png",
        "run-training.png",
    ]
    assert all((tmp_path / "figures" / name.rsplit("/", 1)[-1]).stat().st_size > 5000 for name in files)


def test_what_is_neither_results_nor_a_run_is_refused(tmp_path):
    from trainer.reports.plots import draw

    with pytest.raises(UnreadableTable, match="results"):
        draw([tmp_path], tmp_path / "figures")
