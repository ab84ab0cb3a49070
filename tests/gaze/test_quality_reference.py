"""Figures of the ETDQualitizer package on four real recordings; made by
tests/benchmarks/peers/etdqualitizer_values.py."""

import json
from pathlib import Path

import pytest

from gazeapp.gaze.display import Display
from gazeapp.gaze.quality import measure_quality
from gazeapp.store.sample_table import read_samples

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "etdqualitizer.json").read_text())


@pytest.mark.parametrize("name", GOLDEN["files"])
def test_figures_equal_those_of_etdqualitizer(shared_data, name):
    display = Display(**GOLDEN["screen"])
    table = read_samples(shared_data / "recordings" / "etdq" / name, display)
    report = measure_quality(table.samples, table.targets, display)
    ours = {(row.eye, row.target_id): row for row in report.targets}
    assert len(ours) == len(GOLDEN["files"][name])
    for expected in GOLDEN["files"][name]:
        row = ours[expected["eye"], expected["target_id"]]
        for figure, value in expected.items():
            if figure not in ("eye", "target_id"):
                # the recorded stamps have a microsecond's resolution: rates agree relatively
                assert getattr(row, figure) == pytest.approx(value, abs=1e-6, rel=1e-9), figure
