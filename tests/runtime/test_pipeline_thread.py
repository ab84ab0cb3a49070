from __future__ import annotations

import threading

import pytest

from gazeapp.gaze.clock import MonotonicClock
from gazeapp.runtime.pipeline_thread import PipelineThread


class Counting:
    def __init__(self, fail_at=()):
        self.times_s = []
        self.fail_at = fail_at

    def advance(self, now_s):
        self.times_s.append(now_s)
        if len(self.times_s) in self.fail_at:
            raise RuntimeError("a bad moment")
        return len(self.times_s)


def collect(n, pipeline, **options):
    """Drive until `n` snapshots were handed on."""
    seen, enough = [], threading.Event()

    def take(snapshot):
        seen.append(snapshot)
        if len(seen) >= n:
            enough.set()

    driver = PipelineThread(pipeline, MonotonicClock(), take, **options)
    assert enough.wait(10)
    driver.close()
    return driver, seen


def test_it_hands_on_every_snapshot_in_order_at_the_rate_asked_for():
    pipeline = Counting()
    driver, seen = collect(20, pipeline, rate_hz=200)
    assert seen == list(range(1, len(seen) + 1))
    assert pipeline.times_s == sorted(pipeline.times_s)
    assert pipeline.times_s[19] - pipeline.times_s[0] >= 18 / 200  # never faster
    assert driver.n_steps == len(seen)


def test_a_failing_step_is_reported_and_the_next_one_made():
    errors = []
    driver, seen = collect(5, Counting(fail_at=(2, 3)), on_error=errors.append, rate_hz=500)
    assert driver.n_failures == 2
    assert [str(error) for error in errors] == ["a bad moment"] * 2
    assert 2 not in seen
    assert 4 in seen


def test_nothing_is_handed_on_after_close():
    pipeline = Counting()
    driver, seen = collect(3, pipeline, rate_hz=500)
    assert not driver._thread.is_alive()
    assert len(seen) == len(pipeline.times_s)


def test_close_is_idempotent_and_may_come_from_its_own_thread():
    driver, _ = collect(1, Counting())
    driver.close()
    holder = []
    ready = threading.Event()

    def stop(_):
        assert ready.wait(5)
        holder[0].close()

    holder.append(PipelineThread(Counting(), MonotonicClock(), stop))
    ready.set()
    holder[0]._thread.join(5)
    assert not holder[0]._thread.is_alive()


def test_a_rate_of_zero_is_refused():
    with pytest.raises(ValueError, match="rate_hz"):
        PipelineThread(Counting(), MonotonicClock(), print, rate_hz=0)
