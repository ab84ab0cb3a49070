"""A few of the random actions of tests/benchmarks/random_people.py."""

import pytest
from PySide6.QtCore import QCoreApplication, QEvent

from gazeapp.ui.exception_hook import FailureHook
from tests.benchmarks.random_people import Campaign

pytestmark = pytest.mark.slow


def test_random_actions_never_confuse_people(qapp, dark, tmp_path):
    hook = FailureHook(None, ask=lambda box: box.done(0))
    hook.install()
    campaign = Campaign(tmp_path, dark, seed=7)
    for _ in range(80):
        campaign.act()
        assert campaign.faults == []
    tally = campaign.finish()
    hook.remove()
    campaign.application.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert campaign.faults == []
    assert hook.n_failures == 0
    assert tally["n_actions"] >= 80
