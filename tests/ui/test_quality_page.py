"""Quality followed over a whole session."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gazeapp.experiment.drift_check import DriftReport
from gazeapp.store.events import TrackerEvent
from gazeapp.ui.models.quality_history import precision_deg
from tests.ui import fake_session as fake


def resting(time_s: float, *, noise_px: float, lost: float = 0.0):
    """A second of gaze at one place."""
    shot = fake.snapshot(time_s, trial=None, span_s=1.0)
    noise = np.random.default_rng(0).normal(0, noise_px, shot.trace_px.shape)
    return replace(shot, trace_px=500.0 + noise, health=fake.health(data_loss=lost))


@pytest.fixture
def history(window, run):
    return window.pages["quality"].history


def follow(session, snapshot) -> None:
    session._take_snapshot(snapshot)
    session.live_changed.emit()


def test_precision_is_the_noise_between_samples_and_ignores_a_saccade():
    shot = resting(10.0, noise_px=2.0)
    jumped = shot.trace_px.copy()
    jumped[600:] += 400  # one saccade in the middle
    expected = 2.0 * math.sqrt(4)  # two axes, difference of two samples each
    for gaze in (shot.trace_px, jumped):
        assert precision_deg(replace(shot, trace_px=gaze), 1.0) == pytest.approx(expected, rel=0.1)


def test_precision_is_unknown_without_gaze():
    shot = resting(10.0, noise_px=2.0)
    assert math.isnan(precision_deg(replace(shot, trace_px=np.full_like(shot.trace_px, np.nan)), 1.0))


def test_each_second_is_kept_once(session, history):
    for time_s in (10.0, 10.4, 11.0, 11.5, 12.1):
        follow(session, resting(time_s, noise_px=1.0, lost=0.1))
    assert [m.time_s for m in history.moments] == [10.0, 11.0, 12.1]
    assert history.mean_loss() == pytest.approx(0.1)


def test_checks_and_troubles_are_kept_in_order(session, run, history):
    run.controller.drift = SimpleNamespace(time_s=40.0, offset_deg=1.4)
    session._tell_state()
    session._tell_state()
    session._hear(TrackerEvent(time_s=50.0, kind="lost", message="cable pulled"))
    session._hear(TrackerEvent(time_s=50.0, kind="news", message="a signal"))
    assert [(c.kind, c.offset_deg) for c in history.checks] == [("drift", 1.4)]
    assert [t.message for t in history.troubles] == ["cable pulled"]


def test_a_new_session_begins_with_nothing(session, run, history):
    follow(session, resting(10.0, noise_px=1.0))
    session.attach(fake.FakeRun(), "P-018")
    assert history.moments == []


def test_the_page_says_whether_quality_holds_and_draws_it(qtbot, window, session, run):
    QTest.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.AltModifier)
    page = window.pages["quality"]
    assert window.current == "quality"
    assert "No gaze was measured" in page.banner.text
    for n in range(30):
        follow(session, resting(10.0 + n, noise_px=1.0, lost=0.02))
    assert "is good: data loss 2.0 %" in page.banner.text
    qtbot.waitUntil(lambda: page.plot is not None, timeout=30_000)
    x, y = page.plot._lines["loss"].getData()
    assert len(x) == 30
    assert y[0] == pytest.approx(2.0)
    window.grab()
    axis = page.plot._plots["precision"].getAxis("bottom")
    assert "0.001" not in axis.labelString(), "half a minute is half a minute"
    run.controller.drift = drifted(41.0, offset_deg=1.6)
    session._tell_state()
    assert "drifted: 1.60°" in page.banner.text
    assert page.banner.tone == "warn"
    window._theme.toggle()  # drawn anew in the other colours, with what there was
    assert len(page.plot._lines["loss"].getData()[0]) == 30


def drifted(time_s, *, offset_deg, corrected_to_deg=math.nan):
    return DriftReport(
        start_s=time_s - 1,
        time_s=time_s,
        calibration=1,
        quality=None,
        offset_deg=offset_deg,
        shift_left_px=(0.0, 0.0),
        shift_right_px=(0.0, 0.0),
        warn_deg=1.0,
        gaze_deg=(1.5, -0.5),
        corrected_to_deg=corrected_to_deg,
    )


@pytest.mark.parametrize("name", ["enrol", "quality"])
def test_drift_is_told_where_it_was_measured_with_what_the_correction_did(window, session, run, name):
    window.open_page(name)
    page = window.pages[name]
    words = page.drift_words if name == "quality" else page.embedding.drift_words
    assert words.text() == ""
    run.controller.drift = drifted(41.0, offset_deg=0.6)
    session._tell_state()
    assert "0.60°, within 1°" in words.text()
    assert "1.50° to the right and 0.50° up" in words.text()
    run.controller.drift = drifted(41.0, offset_deg=0.6, corrected_to_deg=0.05)
    session._tell_state()
    assert "was 0.60° off, and the same gaze is 0.05° off now" in words.text()
    assert len(window.pages["quality"].history.checks) == 1, "a check that was corrected is the same check"


def test_the_figures_beside_the_steps_follow_the_stream(window, session, run):
    run.clock.advance(2.0)
    follow(session, resting(10.0, noise_px=1.0))
    assert window.steps.step("tracker").figure == f"{session.snapshot.health.rate_hz:.0f} Hz"
    run.clock.advance(2.0)
    follow(session, resting(12.0, noise_px=1.0, lost=0.5))
    assert window.steps.step("quality").figure == "loss 50 %"


def test_much_lost_gaze_is_told_with_what_to_do(window, session, run):
    follow(session, resting(10.0, noise_px=1.0, lost=0.5))
    window.open_page("quality")
    window.pages["quality"].refresh()
    assert "Data loss is too high: 50.0 %" in window.pages["quality"].banner.text


def test_without_a_session_there_are_no_limits_to_draw(qtbot, window):
    window.open_page("quality")
    qtbot.waitUntil(lambda: window.pages["quality"].plot is not None, timeout=20_000)
    window.refresh()
    window.pages["quality"].refresh()
    window.grab()  # an infinite line at NaN fails in pyqtgraph as soon as its view is scaled
