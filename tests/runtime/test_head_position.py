from __future__ import annotations

import math

import numpy as np
import pytest

from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.head_position import HeadPositionEstimator
from tests.runtime.test_pipeline import make_pipeline


def gaze(start_s, n=50, *, left=None, right=None, rate_hz=500.0):
    place = {
        f"{eye}_origin_mm": np.tile(mm, (n, 1)) for eye, mm in (("left", left), ("right", right)) if mm is not None
    }
    return GazeSamples.build(start_s + np.arange(n) / rate_hz, eyes="binocular", **place)


def test_trackers_that_measure_no_eyes_have_no_head():
    meter = HeadPositionEstimator()
    meter.add(gaze(0.0))
    assert meter.position(0.1) is None


def test_distance_is_the_mean_of_the_eyes_along_the_trackers_axis():
    meter = HeadPositionEstimator()
    meter.add(gaze(0.0, left=(-30, 5, 640), right=(32, 5, 650)))
    found = meter.position(0.1)
    assert found.left_mm == (-30, 5, 640)
    assert found.right_mm == (32, 5, 650)
    assert found.distance_mm == 645
    assert math.isnan(found.left_guide[0])


def test_one_eye_is_enough_and_none_is_nan():
    meter = HeadPositionEstimator()
    meter.add(gaze(0.0, left=(-30, 5, 640)))
    assert meter.position(0.1).distance_mm == 640
    assert math.isnan(meter.position(0.1).right_mm[2])
    meter.add(gaze(0.1, n=500))
    assert math.isnan(meter.position(1.1).distance_mm), "the eyes went away"


def test_a_silent_stream_tells_no_position():
    meter = HeadPositionEstimator()
    meter.add(gaze(0.0, left=(-30, 5, 640)))
    assert meter.position(0.2).distance_mm == 640
    assert math.isnan(meter.position(1.2).distance_mm)


def test_the_guide_of_the_tracker_is_shown_while_it_is_fresh():
    meter = HeadPositionEstimator()
    meter.take_guide(0.0, (0.4, 0.5, 0.6), None)
    found = meter.position(0.1)
    assert found.left_guide == (0.4, 0.5, 0.6)
    assert math.isnan(found.right_guide[0])
    assert math.isnan(meter.position(0.7).left_guide[0])


def test_snapshots_carry_the_head():
    pipeline, cursor = make_pipeline()
    assert pipeline.advance(0.0).head is None
    cursor.push(gaze(0.0, left=(-30, 5, 640), right=(32, 5, 650)))
    assert pipeline.advance(0.1).head.distance_mm == pytest.approx(645)
    pipeline.note_position(0.15, (0.5, 0.5, 0.5), (0.6, 0.5, 0.5))
    assert pipeline.advance(0.16).head.right_guide == (0.6, 0.5, 0.5)
