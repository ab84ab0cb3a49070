from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gazeapp.gaze.correction_timeline import CorrectedGaze
from gazeapp.runtime.sample_history import SampleHistory
from tests.fakes import in_chunks, look_at

GAZE = look_at((100, 200), for_s=9.0).samples(1000, noise_px=5)


@settings(max_examples=25)
@given(
    sizes=st.lists(st.integers(0, 3000), min_size=1, max_size=5).filter(any),
    keep_s=st.floats(0.1, 8),
)
def test_any_stretch_still_kept_is_returned_as_it_was_added(sizes, keep_s):
    history = SampleHistory()
    n = 0
    for chunk in in_chunks(GAZE, sizes):
        history.add(CorrectedGaze.uncorrected(chunk))
        n += len(chunk)
        assert history.n_seen == n
        newest_s = float(GAZE.time_s[n - 1])
        history.drop_before(newest_s - keep_s)
        index = history.index_at(newest_s - keep_s / 2)
        np.testing.assert_array_equal(history.since(index).raw.left_px, GAZE.left_px[index:n])
        np.testing.assert_array_equal(
            history.between(newest_s - keep_s / 2, newest_s).raw.right_px,
            GAZE[:n].between(newest_s - keep_s / 2, newest_s).right_px,
        )


def test_a_stretch_stays_as_it_was_while_the_history_grows_and_forgets():
    history = SampleHistory()
    history.add(CorrectedGaze.uncorrected(GAZE[:1000]))
    held = history.between(0.2, 0.8)
    for chunk in in_chunks(GAZE[1000:], [700]):
        history.add(CorrectedGaze.uncorrected(chunk))
        history.drop_before(float(chunk.time_s[-1]) - 1)
    np.testing.assert_array_equal(held.corrected.left_px, GAZE[200:800].left_px)


def test_memory_stays_bounded_when_old_samples_are_dropped():
    history = SampleHistory()
    for chunk in in_chunks(GAZE, [12]):
        history.add(CorrectedGaze.uncorrected(chunk))
        history.drop_before(float(chunk.time_s[-1]) - 1)
    assert len(history._columns["time_s"]) <= 4096


def test_nothing_added_is_nothing_found():
    history = SampleHistory()
    assert history.index_at(1.0) == 0
    assert len(history.since(0)) == len(history.between(0, 1)) == 0
    history.drop_before(5.0)


def test_samples_of_other_eyes_are_refused():
    history = SampleHistory()
    history.add(CorrectedGaze.uncorrected(GAZE[:10]))
    with pytest.raises(ValueError, match="binocular"):
        history.add(CorrectedGaze.uncorrected(look_at((1, 1), for_s=0.1).samples(eyes="left")))
