"""A window that stands still holds nothing back; ten minutes of it: python -m tests.benchmarks.soak_blocked."""

import pytest

from gazeapp.experiment.settings import Settings
from gazeapp.ui.application import ApplicationController, ApplicationOptions
from gazeapp.ui.models.setup_model import Scan
from gazeapp.ui.session_builder import RecordingOptions
from tests.benchmarks import soak_blocked


@pytest.mark.slow
def test_trials_reach_disk_and_networks_while_the_windows_are_blocked(qtbot, dark, tmp_path, monkeypatch):
    monkeypatch.setattr("gazeapp.ui.application.scan", Scan)
    application = ApplicationController(
        dark,
        ApplicationOptions(
            study=tmp_path / "study",
            plan=soak_blocked.prepare(tmp_path, 10.0),
            settings=Settings(),
            recording=RecordingOptions(use_gl=False),
            pseudonym="P-001",
            tracker=soak_blocked.tracker_choice(),
        ),
    )
    application.is_demonstration = True
    qtbot.addWidget(application.window)
    application.window.show()
    result = soak_blocked.record(application, seconds=10.0, n_blocks=2, block_s=2.0)
    assert (result.n_blocks, result.n_blocks_at_an_end) == (2, 1)
    assert result.is_whole
    assert result.is_reproducible
    assert result.n_due_during_blocks >= 1
    assert result.trial_late_s[1] < 1.0
