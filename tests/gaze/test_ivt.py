"""I-VT's own parameters, one at a time."""

import numpy as np
import pytest

from gazeapp.gaze.detection.registry import detect_fixations
from tests.gaze.gaze_scenes import DISPLAY, scene, speed_of


def test_velocity_is_the_angle_over_the_window():
    time_s = np.arange(200) / 500
    speed_px_s = 30 * DISPLAY.px_per_deg  # 30 deg/s at the screen's centre
    points = np.stack([960 + speed_px_s * (time_s - 0.2), np.full(200, 540.0)], axis=1)
    velocity = speed_of(time_s, points)
    assert velocity[100] == pytest.approx(30, rel=1e-3)


def test_velocity_never_reaches_over_a_long_gap():
    points = np.concatenate(
        [np.tile([500.0, 500.0], (50, 1)), np.full((60, 2), np.nan), np.tile([900.0, 500.0], (50, 1))]
    )
    velocity = speed_of(np.arange(160) / 500, points)
    assert np.nanmax(velocity) == 0
    assert np.isnan(velocity[50:110]).all()


def test_samples_slower_than_the_threshold_are_fixation():
    gaze = scene().look_at(500, 500, 0.2)
    for step in range(100):  # 12 deg/s drift for 0.2 s
        gaze = gaze.look_at(500 + step * 12 * DISPLAY.px_per_deg / 500, 500, 1 / 500)
    samples = gaze.samples()
    assert len(detect_fixations(samples, DISPLAY)) == 1
    (found,) = detect_fixations(samples, DISPLAY, threshold_deg_s=10)
    assert found.duration_s == pytest.approx(0.2, abs=0.02)


def test_fixations_close_in_time_and_place_are_merged():
    glitch = scene().look_at(500, 500, 0.3).look_at(600, 500, 0.02).look_at(510, 500, 0.3).samples()
    assert len(detect_fixations(glitch, DISPLAY)) == 1
    assert len(detect_fixations(glitch, DISPLAY, merge=False)) == 2
    assert len(detect_fixations(glitch, DISPLAY, merge_gap_ms=5)) == 2
    assert len(detect_fixations(glitch, DISPLAY, merge_angle_deg=0.1)) == 2


def test_short_fixations_are_discarded_after_merging():
    short = (
        scene()
        .look_at(500, 500, 0.3)
        .jump_to(900, 500)
        .look_at(900, 500, 0.04)
        .jump_to(500, 700)
        .look_at(500, 700, 0.3)
    )
    assert len(detect_fixations(short.samples(), DISPLAY)) == 2
    assert len(detect_fixations(short.samples(), DISPLAY, min_duration_ms=0)) == 3


def test_filled_samples_do_not_move_a_fixation():
    gaze = scene().look_at(500, 500, 0.3).lose(0.06).look_at(520, 500, 0.1).samples()
    (found,) = detect_fixations(gaze, DISPLAY)
    assert found.x_px == pytest.approx((500 * 150 + 520 * 50) / 200)


def test_gap_filling_can_be_turned_off():
    gaze = scene().look_at(500, 500, 0.3).lose(0.05).look_at(500, 500, 0.3).samples()
    assert len(detect_fixations(gaze, DISPLAY, fill_gaps=False, merge=False)) == 2


def test_one_eye_may_be_followed_alone():
    samples = scene().look_at(500, 500, 0.3).samples()
    both = type(samples).build(
        samples.time_s, eyes="binocular", left_px=samples.left_px, right_px=samples.left_px + np.array([40.0, 0.0])
    )
    for eye, x_px in (("left", 500), ("right", 540), ("average", 520), ("strict", 520)):
        (found,) = detect_fixations(both, DISPLAY, eye=eye)
        assert found.x_px == pytest.approx(x_px)
