"""Gap filling, speed and smoothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gazeapp.gaze.detection.gap_filling import GapFiller
from gazeapp.gaze.filters import (
    fick_angles,
    fill_gaps,
    sight_angle_deg,
)
from tests.gaze.gaze_scenes import DISPLAY, scanpath, speed_of

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
            np.concatenate([part[name] for part in parts if len(part)]),
            np.concatenate([part[name] for part in expected if len(part)]),
            equal_nan=name != "measured",
        )


def test_speed_is_unknown_where_gaze_is_alone_or_missing():
    points = np.array([[1, 1], [NAN, NAN], [5, 5], [6, 6]])
    speed = speed_of([0, 0.1, 0.2, 0.3], points)
    assert np.isnan(speed).tolist() == [True, True, True, True]
    speed = speed_of([0, 0.01, 0.02, 0.03], points)
    assert np.isnan(speed).tolist() == [True, True, False, False]
