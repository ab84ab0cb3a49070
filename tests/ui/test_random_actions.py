"""A few of the random actions of tests/benchmarks/random_actions.py: nothing fails, what was recorded is readable."""

import pytest

from gazeapp.ui.exception_hook import FailureHook
from tests.benchmarks.random_actions import act, make, read_all, without_dialogs

pytestmark = pytest.mark.slow


def test_a_hundred_random_actions_harm_nothing(qtbot, dark, tmp_path, monkeypatch):
    hook = FailureHook(None, ask=lambda box: box.done(0))
    hook.install()
    application = make(tmp_path, dark, n_images=6)
    qtbot.addWidget(application.window)
    without_dialogs(monkeypatch.setattr)
    qtbot.waitUntil(lambda: application.session.is_attached, timeout=20_000)
    application.session.command(lambda c, now_s: c.start_calibration(now_s))
    tally = act(application, 100, seed=1)
    application.close()
    hook.remove()
    assert hook.n_failures == 0
    assert tally.n_actions == 100
    assert read_all(tmp_path / "study") > 0
