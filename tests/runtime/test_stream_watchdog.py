from __future__ import annotations

import pytest

from gazeapp.devices.watchdog import LOST_S, SilenceTimer
from gazeapp.runtime.stream_watchdog import StreamWatchdog


def looked_at(watch, steps):
    """(seconds, samples) after each other; what was told and when."""
    now_s, n, told = 0.0, 0, []
    for step_s, n_new in steps:
        now_s, n = now_s + step_s, n + n_new
        news = watch.look(n, now_s)
        if news is not None:
            told.append((news.kind, pytest.approx(now_s)))
            watch.note(news.kind, n, now_s)
    return told


def test_a_tracker_that_is_silent_for_a_second_is_lost_and_restored_by_its_next_sample():
    watch = StreamWatchdog("Ada", 0.0)
    steps = [(0.02, 10)] * 10 + [(0.02, 0)] * 60 + [(0.02, 10)]
    assert looked_at(watch, steps) == [("lost", 0.2 + LOST_S), ("restored", 1.42)]


def test_a_program_that_did_not_run_for_seconds_calls_no_tracker_silent():
    watch = StreamWatchdog("Ada", 0.0)
    # the first look after the stall comes before the tracker's thread had its turn
    assert looked_at(watch, [(0.02, 10)] * 10 + [(3.0, 0), (0.02, 0), (0.02, 1500)]) == []


def test_a_program_that_runs_now_and_then_still_notices_a_silent_tracker():
    watch = StreamWatchdog("Ada", 0.0)
    told = looked_at(watch, [(0.02, 10)] + [(0.5, 0)] * 20)
    assert told == [("lost", 0.02 + 8 * 0.5)]


def test_samples_that_arrived_before_a_loss_are_not_its_end():
    watch = StreamWatchdog("Ada", 0.0)
    assert watch.look(480, 0.1) is None
    watch.note("lost", 500, 0.2)  # the tracker said so, 20 samples after the last look
    assert watch.look(500, 0.3) is None
    assert watch.look(501, 0.4).kind == "restored"


def test_a_clock_that_goes_back_makes_no_silence():
    silence = SilenceTimer()
    silence.reset(5.0)
    assert silence.update(4.0, received=False) == 0.0
    assert silence.update(4.05, received=False) == pytest.approx(0.05)
