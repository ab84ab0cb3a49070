"""A device's clock, mapped to the session's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gazeapp.gaze.clock import ClockMap


def arrivals(n=60_000, rate_hz=600, offset_s=1000.0, drift=40e-6, seed=0, stalls=True):
    """Device stamps with true session times and arrival times: exponential delays, and stalls that end in bursts."""
    random = np.random.default_rng(seed)
    device_s = np.arange(n) / rate_hz
    session_s = device_s * (1 + drift) + offset_s
    receive_s = session_s + 0.002 + random.exponential(0.003, n)
    if stalls:
        for start in range(500, n, 5000):
            receive_s[start : start + 300] = np.maximum(receive_s[start : start + 300], receive_s[start] + 0.5)
    return device_s, session_s, receive_s


def run(device_s, receive_s, chunk=20):
    """Map a stream chunk by chunk, as a backend does."""
    clock_map, mapped, jumps = ClockMap(), [], []
    for start in range(0, len(device_s), chunk):
        rows = slice(start, start + chunk)
        jumps.append(clock_map.update(device_s[rows][-1], receive_s[rows][-1]))
        mapped.append(clock_map.to_session(device_s[rows]))
    return clock_map, np.concatenate(mapped), jumps


def test_jitter_and_stalls_of_arrival_do_not_reach_the_mapped_time():
    device_s, session_s, receive_s = arrivals()
    _, mapped_s, jumps = run(device_s, receive_s)
    late_ms = (mapped_s - session_s)[6000:] * 1e3
    assert np.abs(late_ms - 2).max() < 1.0  # the shortest delay, 2 ms, stays
    slope, _ = np.polyfit(device_s[6000:], (mapped_s - device_s)[6000:], 1)
    assert slope * 1e6 == pytest.approx(40, abs=15)
    assert not any(jumps)


@settings(max_examples=25)
@given(st.integers(0, 1000), st.integers(1, 50), st.floats(-2e-4, 2e-4))
def test_mapped_times_always_increase(seed, chunk, drift):
    device_s, _, receive_s = arrivals(n=3000, rate_hz=120, drift=drift, seed=seed)
    _, mapped_s, _ = run(device_s, receive_s, chunk)
    assert (np.diff(mapped_s) > 0.9 / 120).all()


@pytest.mark.parametrize("jump_s", [-5.0, -0.5, 0.5, 3600.0], ids=str)
def test_a_jump_of_the_device_clock_is_seen_and_followed(jump_s):
    device_s, session_s, receive_s = arrivals(n=12_000, stalls=False)
    device_s[6000:] += jump_s
    clock_map, mapped_s, jumps = run(device_s, receive_s)
    assert sum(jumps) == clock_map.n_jumps == 1
    assert np.abs((mapped_s - session_s)[9000:]).max() < 0.02


def test_a_stall_is_not_taken_for_a_jump():
    device_s, _, receive_s = arrivals(n=6000, stalls=False)
    receive_s[3000:3900] = receive_s[3000] + 1.5
    clock_map, _, _ = run(device_s, receive_s)
    assert clock_map.n_jumps == 0


def test_nothing_is_mapped_before_the_first_arrival():
    clock_map = ClockMap()
    assert np.isnan(clock_map.to_session([1.0, 2.0])).all()
    assert not clock_map.update(float("nan"), 1.0)
    assert np.isnan(clock_map.offset_s)
