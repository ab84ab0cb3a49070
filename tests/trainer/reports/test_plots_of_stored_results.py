"""Every stored result that holds scores has a figure."""

from __future__ import annotations

from pathlib import Path

import pytest

from trainer.__main__ import main

RESULTS = Path(__file__).parents[3] / "trainer" / "results"

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "name", ["gaze", "gaze_epochs", "category_weights", "interest_crowd", "universal_osie", "open_true_osie"]
)
def test_stored_results_are_drawn(name, tmp_path):
    assert main(["plot", str(RESULTS / name), "-o", str(tmp_path)]) == 0
    drawn = list(tmp_path.glob("*.png"))
    assert drawn
    assert all(path.stat().st_size > 2000 for path in drawn)


@pytest.mark.parametrize("name", ["universal_speed", "recalibration_sessions", "webcam_video", "evidence_osie"])
def test_rows_without_a_figure_are_said(name, tmp_path, capsys):
    assert main(["plot", str(RESULTS / name), "-o", str(tmp_path)]) == 2
    assert "no figure" in capsys.readouterr().err


def test_what_holds_no_scores_is_not_merged(capsys):
    name = str(RESULTS / "recalibration_sessions")
    assert main(["table", "--merge", name, name]) == 2
    assert "needs scores of one protocol" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["gaze_devices", "recalibration_sessions", "webcam_video"])
def test_what_was_measured_of_gaze_has_a_table(name, capsys):
    assert main(["table", str(RESULTS / name)]) == 0
    assert capsys.readouterr().out.count("|") > 8
