"""Times that cannot be true."""

import math

import numpy as np
import pytest

from gazeapp.gaze.channels.timing import sampling_rate_hz
from gazeapp.gaze.samples import GazeSamples
from gazeapp.gaze.stamp_gate import RateWatch, Refused, StampGate


def gaze(times, receive=None):
    return GazeSamples.build(times, eyes="left", left_px=np.zeros((len(times), 2)), receive_time_s=receive)


def test_all_good_samples_pass_untouched():
    samples = gaze([0.1, 0.2, 0.3])
    passed, refused = StampGate().sift(samples)
    assert passed is samples
    assert refused == Refused()


def test_stamps_that_are_no_number_repeat_or_go_back_are_left_out_and_counted():
    passed, refused = StampGate().sift(gaze([0.1, math.nan, 0.2, 0.2, 0.15, math.inf, -math.inf, 0.3]))
    assert passed.time_s.tolist() == [0.1, 0.2, 0.3]
    assert refused == Refused(n_timeless=3, n_repeated=1, n_backward=1)


def test_what_goes_back_from_one_call_to_the_next_is_left_out_too():
    gate = StampGate()
    gate.sift(gaze([1.0, 2.0]))
    passed, refused = gate.sift(gaze([1.5, 2.0, 2.5]))
    assert passed.time_s.tolist() == [2.5]
    assert refused == Refused(n_backward=1, n_repeated=1)


def test_a_stamp_from_the_future_does_not_silence_all_that_follow():
    gate = StampGate()
    passed, refused = gate.sift(gaze([1.0, 1e9, 1.1], receive=[1.01, 1.02, 1.11]))
    assert passed.time_s.tolist() == [1.0, 1.1]
    assert refused == Refused(n_ahead=1)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_comes_times_that_pass_increase_and_nothing_is_uncounted(seed):
    random = np.random.default_rng(seed)
    gate, given, passed_s, n_refused = StampGate(), 0, [], 0
    for _ in range(30):
        times = random.choice([math.nan, math.inf, -math.inf, 0.0, *random.normal(0, 5, 8)], size=random.integers(0, 6))
        passed, refused = gate.sift(gaze(times))
        given, n_refused = given + len(times), n_refused + refused.n
        passed_s += passed.time_s.tolist()
    assert given == len(passed_s) + n_refused
    assert all(np.diff(passed_s) > 0)
    assert np.isfinite(passed_s).all()


def test_a_rate_that_changes_for_good_is_told_once():
    watch = RateWatch(500.0)
    news = [watch.update(gaze(first + np.arange(0, 0.5, 1 / 500))) for first in np.arange(0, 6, 0.5)]
    news += [watch.update(gaze(first + np.arange(0, 0.5, 1 / 250))) for first in np.arange(6, 16, 0.5)]
    (told,) = [change for change in news if change]
    assert told == (500.0, pytest.approx(250, rel=0.02))


def test_gaps_and_whole_milliseconds_are_no_change_of_rate():
    watch = RateWatch(300.0)
    times = np.round(np.arange(0, 20, 1 / 300), 3)
    times = times[(times % 4) > 0.5]
    assert [watch.update(gaze(part)) for part in np.array_split(times, 100)] == [None] * 100


@pytest.mark.parametrize("begin_s", [0.3, 12_345.678, 1.76e9], ids=["now", "hours", "since 1970"])
@pytest.mark.parametrize("towards", [-math.inf, math.inf], ids=["back", "on"])
def test_a_stamp_one_rounding_step_from_the_one_before_repeats_it(begin_s, towards):
    again = np.nextafter(begin_s, towards)
    passed, refused = StampGate().sift(gaze([begin_s, again, begin_s + 1 / 2000]))
    assert passed.time_s.tolist() == [begin_s, begin_s + 1 / 2000]
    assert refused == Refused(n_repeated=1)
    gate = StampGate()
    gate.sift(gaze([begin_s]))
    assert gate.sift(gaze([again]))[1] == Refused(n_repeated=1)


def test_samples_of_the_fastest_tracker_are_not_one():
    passed, _ = StampGate().sift(gaze(1.76e9 + np.arange(100) / 20_000))
    assert len(passed) == 100


def test_the_rate_of_stamps_that_no_clock_has_is_told_without_a_warning():
    assert sampling_rate_hz(np.array([0.0, 0.01, 0.02, 1e308])) == pytest.approx(100)
