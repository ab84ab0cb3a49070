"""The thinned gaze of the live view."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.display_trace import DURATION_S, MAX_POINTS, Trace


def gaze(first: int, n: int, rate_hz: float) -> GazeSamples:
    time_s = (first + np.arange(n)) / rate_hz
    px = np.stack([np.arange(first, first + n)] * 2, axis=1).astype(float)
    return GazeSamples.build(time_s, eyes="binocular", left_px=px, right_px=px + 1)


@given(
    rate_hz=st.sampled_from([30.0, 60.0, 200.0, 250.0, 500.0, 1200.0]),
    chunks=st.lists(st.integers(0, 700), max_size=30),
)
def test_the_newest_sample_is_always_last_and_the_others_do_not_depend_on_chunks(rate_hz, chunks):
    in_chunks, at_once, n = Trace(rate_hz), Trace(rate_hz), 0
    for chunk in chunks:
        in_chunks.add(gaze(n, chunk, rate_hz))
        n += chunk
        if n:
            assert in_chunks.copy()[0][-1] == pytest.approx((n - 1) / rate_hz)
    at_once.add(gaze(0, n, rate_hz))
    shown, whole = in_chunks.copy(), at_once.copy()
    for one, other in zip(shown, whole, strict=True):
        assert np.array_equal(one, other)
    time_s, gaze_px, left_px, right_px = shown
    assert len(time_s) <= MAX_POINTS
    assert np.all(np.diff(time_s) > 0)
    assert not len(time_s) or time_s[0] > time_s[-1] - DURATION_S - 1e-9
    assert np.array_equal(right_px, left_px + 1)
    assert np.allclose(gaze_px, left_px + 0.5)
    assert not time_s.flags.writeable
