"""Which correction is in force when; gaze is corrected once for all who read it."""

import numpy as np
import pytest

from gazeapp.gaze.correction import Correction
from gazeapp.gaze.correction_timeline import UNCORRECTED, CorrectedGaze, CorrectionTimeline
from gazeapp.gaze.ring import SampleRing
from tests.fakes import look_at

GAZE = look_at((400, 300), for_s=0.1).samples(500)


class Counted:
    """A correction that counts the samples it was asked to correct."""

    def __init__(self, by_px):
        self.n, self._correction = 0, Correction.shift((by_px, 0.0))

    def apply(self, samples):
        self.n += len(samples)
        return self._correction.apply(samples)


def test_the_correction_in_force_is_the_last_one_from_before():
    first, second = Counted(1), Counted(2)
    timeline = CorrectionTimeline()
    timeline.put(second, 5.0)
    timeline.put(first, 2.0)  # told late
    assert [timeline.at(t).correction for t in (0.0, 1.9, 2.0, 4.9, 5.0, 9.0)] == [
        None,
        None,
        first,
        first,
        second,
        second,
    ]
    assert timeline.newest.correction is second


def test_of_two_corrections_from_the_same_time_the_later_told_one_counts():
    timeline = CorrectionTimeline()
    timeline.put(Counted(1), 2.0)
    timeline.put(last := Counted(2), 2.0)
    assert timeline.at(2.0).correction is timeline.newest.correction is last


def test_a_sample_is_corrected_once_however_many_read_it():
    timeline, correction, ring = CorrectionTimeline(), Counted(40), SampleRing(100)
    timeline.put(correction, 0.0)
    cursors = [ring.cursor() for _ in range(3)]
    ring.push(timeline.newest.apply(GAZE))
    for cursor in cursors:
        gaze = cursor.read()
        np.testing.assert_array_equal(gaze.by(timeline.at(0.05)).left_px[:, 0], 440.0)
        np.testing.assert_array_equal(gaze.raw.left_px, GAZE.left_px)
    assert correction.n == len(GAZE)


@pytest.mark.parametrize("is_mixed", [False, True])
def test_gaze_that_was_corrected_otherwise_is_corrected_from_what_the_tracker_gave(is_mixed):
    timeline = CorrectionTimeline(Counted(10))
    ring = SampleRing(100)
    cursor = ring.cursor()
    ring.push(timeline.newest.apply(GAZE[:20]))
    timeline.put(Counted(25), 0.0)
    if is_mixed:
        ring.push(timeline.newest.apply(GAZE[20:]))
    gaze = cursor.read()
    np.testing.assert_array_equal(gaze.by(timeline.at(0.0)).left_px[:, 0], 425.0)
    np.testing.assert_array_equal(gaze.between(0.0, 0.02).corrected.left_px[:, 0], 410.0)


def test_gaze_that_nobody_corrected_is_corrected_where_it_is_needed():
    gaze = CorrectedGaze.uncorrected(GAZE)
    assert set(gaze.number) == {UNCORRECTED}
    np.testing.assert_array_equal(gaze.by(CorrectionTimeline(Counted(5)).newest).left_px[:, 0], 405.0)
    np.testing.assert_array_equal(gaze.by(CorrectionTimeline().newest).left_px, GAZE.left_px)
