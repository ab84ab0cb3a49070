"""Gap filling, speed and smoothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gazeapp.gaze.detection.gap_filling import GapFiller
from gazeapp.gaze.filters import (
    CausalMean,
    angular_velocity,
    fick_angles,
    fill_gaps,
    sight_angle_deg,
)
from tests.gaze.gaze_scenes import DISPLAY, scanpath

NAN = float("nan")


def test_short_gaps_are_filled_linearly_in_time_and_long_ones_are_not():
    points = np.array([[0, 0], [NAN, NAN], [4, 8], [NAN, NAN], [NAN, NAN], [5, 5], [NAN, NAN]])
    filled = fill_gaps([0.0, 0.01, 0.04, 0.05, 0.10, 0.20, 0.21], points, max_gap_s=0.05)
    assert filled[:3].tolist() == [[0, 0], [1, 2], [4, 8]]
    assert np.isnan(filled[3:5]).all()
    assert np.isnan(filled[6]).all()


@given(st.floats(0, 1920), st.floats(0, 1080), st.floats(0, 1920), st.floats(0, 1080))
def test_angles_are_those_of_the_display(ax, ay, bx, by):
    exact = DISPLAY.angle_deg([ax, ay], [bx, by])
    assert sight_angle_deg(ax, ay, bx, by, DISPLAY) == pytest.approx(exact, abs=1e-4)
    azimuth, elevation = fick_angles(np.array([ax]), np.array([ay]), DISPLAY)
    assert [azimuth[0], elevation[0]] == pytest.approx(DISPLAY.px_to_deg([ax, ay]), abs=1e-5)


@settings(max_examples=30)
@given(st.lists(st.integers(1, 80), min_size=1, max_size=8), st.integers(0, 50))
def test_cutting_the_stream_never_changes_filled_gaze(sizes, seed):
    samples = scanpath(2, 300, loss=0.1, seed=seed)
    whole = GapFiller(0.075)
    expected = [whole.push(samples), whole.flush()]
    cut, parts, start, turn = GapFiller(0.075), [], 0, 0
    while start < len(samples):
        parts.append(cut.push(samples[start : start + sizes[turn % len(sizes)]]))
        start, turn = start + sizes[turn % len(sizes)], turn + 1
    parts.append(cut.flush())
    for name in ("time_s", "x_px", "y_px", "measured"):
        assert np.array_equal(
            np.concatenate([getattr(part, name) for part in parts]),
            np.concatenate([getattr(part, name) for part in expected]),
            equal_nan=name != "measured",
        )


@settings(max_examples=30)
@given(st.lists(st.integers(1, 80), min_size=1, max_size=8))
def test_a_causal_mean_looks_back_only_and_does_not_depend_on_chunks(sizes):
    samples = scanpath(1, 300, loss=0.1, seed=1)
    time_s, points = samples.time_s, samples.gaze_px
    whole = CausalMean(0.05).push(time_s, points)
    for row in (5, 100, 250):
        window = points[(time_s <= time_s[row]) & (time_s >= time_s[row] - 0.05 - 1e-6)]
        valid = window[np.isfinite(window[:, 0])]
        if len(valid):
            assert whole[row] == pytest.approx(valid.mean(axis=0))
    cut, parts, start, turn = CausalMean(0.05), [], 0, 0
    while start < len(time_s):
        rows = slice(start, start + sizes[turn % len(sizes)])
        parts.append(cut.push(time_s[rows], points[rows]))
        start, turn = rows.stop, turn + 1
    assert np.array_equal(np.concatenate(parts), whole, equal_nan=True)


def test_speed_is_unknown_where_gaze_is_alone_or_missing():
    points = np.array([[1, 1], [NAN, NAN], [5, 5], [6, 6]])
    speed = angular_velocity([0, 0.1, 0.2, 0.3], points, DISPLAY)
    assert np.isnan(speed).tolist() == [True, True, True, True]
    speed = angular_velocity([0, 0.01, 0.02, 0.03], points, DISPLAY)
    assert np.isnan(speed).tolist() == [True, True, False, False]
