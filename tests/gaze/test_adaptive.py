"""The adaptive detector's own promises."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gazeapp.errors import SettingsError
from gazeapp.gaze.detection.registry import detect_fixations, detection_parameters, make_detector, recorded_options
from gazeapp.gaze.samples import GazeSamples
from tests.gaze.gaze_scenes import DISPLAY, push_in_chunks, scanpath, scene


def looks(n=12, rate_hz=500.0, noise_px=0.0, step_deg=4.0, seed=0):
    """Fixations of 300 ms left and right of the centre, and where they begin."""
    step_px = step_deg * DISPLAY.px_per_deg
    gaze = scene(rate_hz).look_at(960, 540, 0.3)
    for turn in range(n - 1):
        x_px = 960 + step_px * (turn % 2 == 0)
        gaze = gaze.jump_to(x_px, 540).look_at(x_px, 540, 0.3)
    return gaze.samples(noise_px, seed)


@pytest.mark.parametrize("noise_deg", [0.0, 0.02, 0.1, 0.3])
def test_saccades_are_found_whatever_the_noise(noise_deg):
    found = detect_fixations(looks(noise_px=noise_deg * DISPLAY.px_per_deg, step_deg=8), DISPLAY, "adaptive")
    assert len(found) == 12
    assert all(0.2 < fixation.duration_s < 0.36 for fixation in found)


def test_fixed_thresholds_fail_where_adaptive_ones_hold():
    noisy = looks(noise_px=0.3 * DISPLAY.px_per_deg, step_deg=8)
    assert len(detect_fixations(noisy, DISPLAY, "ivt")) != 12
    assert len(detect_fixations(noisy, DISPLAY, "adaptive")) == 12


def test_the_oscillation_after_a_saccade_is_no_fixation():
    gaze = scene().look_at(700, 540, 0.3).jump_to(1000, 540).samples()
    time_s = np.arange(200) / 500
    swing = 1000 + 40 * np.exp(-time_s / 0.006) * np.cos(2 * math.pi * time_s / 0.020)
    points = np.concatenate([gaze.left_px, np.stack([swing, np.full(200, 540.0)], axis=1)])
    samples = GazeSamples.build(np.arange(len(points)) / 500, eyes="cyclopean", left_px=points)
    _, second = detect_fixations(samples, DISPLAY, "adaptive")
    saccade_end_s = len(gaze) / 500
    assert 0.010 < second.onset_s - saccade_end_s < 0.045
    assert second.x_px == pytest.approx(1000, abs=2)


def test_gaze_thrown_off_the_screen_by_a_lid_is_no_fixation():
    gaze = scene().look_at(900, 500, 0.4).look_at(900, 2500, 0.2).look_at(900, 500, 0.4).samples()
    found = detect_fixations(gaze, DISPLAY, "adaptive")
    assert [round(fixation.y_px) for fixation in found] == [500, 500]


def test_a_stretch_that_was_mostly_lost_is_no_fixation():
    gaze = scene().look_at(900, 500, 0.4).jump_to(300, 500)
    for _ in range(40):
        gaze = gaze.look_at(300, 500, 0.002).lose(0.008)
    found = detect_fixations(gaze.samples(), DISPLAY, "adaptive")
    assert [round(fixation.x_px, -1) for fixation in found] == [900]


def pursuit_gaze(speed_deg_s=10.0):
    gaze = scene().look_at(500, 540, 0.6).samples()
    n = 400
    x_px = 500 + np.arange(1, n + 1) * speed_deg_s * DISPLAY.px_per_deg / 500
    points = np.concatenate([gaze.left_px, np.stack([x_px, np.full(n, 540.0)], axis=1)])
    return GazeSamples.build(np.arange(len(points)) / 500, eyes="cyclopean", left_px=points)


def test_pursuit_is_part_of_a_fixation_or_left_out():
    (both,) = detect_fixations(pursuit_gaze(), DISPLAY, "adaptive")
    assert both.end_s == pytest.approx(1.4, abs=0.01)
    (rest,) = detect_fixations(pursuit_gaze(), DISPLAY, "adaptive", pursuit="exclude")
    assert rest.end_s == pytest.approx(0.6, abs=0.06)


def following(speed_deg_s, catch_up_deg, seconds=1.2, noise_px=1.0, seed=0):
    """Pursuit with one catch-up saccade of 16 ms in its middle."""
    n = round(seconds * 500)
    x_px = np.arange(n) * speed_deg_s * DISPLAY.px_per_deg / 500
    step = np.clip((np.arange(n) - n // 2) / 8, 0, 1)
    x_px += step * catch_up_deg * DISPLAY.px_per_deg
    points = np.stack([400 + x_px, np.full(n, 540.0)], axis=1)
    points += np.random.default_rng(seed).normal(0, noise_px, points.shape)
    return GazeSamples.build(np.arange(n) / 500, eyes="cyclopean", left_px=points)


@pytest.mark.parametrize("speed_deg_s", [10.0, 15.0, 20.0])
def test_a_catch_up_saccade_stands_out_from_pursuit(speed_deg_s):
    samples = following(speed_deg_s, catch_up_deg=1.5)
    first, second = detect_fixations(samples, DISPLAY, "adaptive")
    assert first.end_s == pytest.approx(0.600, abs=0.012)
    assert second.onset_s == pytest.approx(0.616, abs=0.016)


def test_without_the_drift_taken_off_fast_pursuit_hides_its_saccades():
    samples = following(20.0, catch_up_deg=1.5)
    assert len(detect_fixations(samples, DISPLAY, "adaptive", most_drift_deg_s=0)) != 2


def older_parameters(**options):
    """What a session stored before drift was taken off the speed."""
    newer = ("drift_deg_s", "most_drift_deg_s", "pursuit_deg", "jump_deg")
    found = detection_parameters("adaptive", {"pursuit_deg_s": 3.0, **options})
    return {name: value for name, value in found.items() if name not in newer}


def test_the_parameters_of_an_older_session_find_what_they_found_then():
    samples = following(20.0, catch_up_deg=1.5)
    then = recorded_options("adaptive", older_parameters())
    (found,) = detect_fixations(samples, DISPLAY, "adaptive", **then)
    assert (found.onset_s, found.end_s) == (0.0, pytest.approx(1.198))  # as that version did
    now = detection_parameters("adaptive")
    assert recorded_options("adaptive", now) == now
    assert recorded_options("ivt", {"threshold_deg_s": 30.0}) == {"threshold_deg_s": 30.0}


def test_pursuit_left_out_by_the_older_rule_is_told_and_not_guessed():
    with pytest.raises(SettingsError, match="cannot be computed again"):
        recorded_options("adaptive", older_parameters(pursuit="exclude"))


def test_a_drift_that_goes_nowhere_is_fixation_and_one_that_goes_on_is_pursuit():
    still = scene().look_at(900, 500, 1.0).samples(noise_px=2.0, seed=1)
    assert len(detect_fixations(still, DISPLAY, "adaptive", pursuit="exclude")) == 1
    assert detect_fixations(following(5.0, 0.0), DISPLAY, "adaptive", pursuit="exclude") == []


def test_an_eye_that_rests_for_a_minute_is_one_fixation_whatever_pursuit_is():
    still = scene().look_at(900, 500, 60.0).samples(noise_px=2.0, seed=1)
    (found,) = detect_fixations(still, DISPLAY, "adaptive", pursuit="exclude")
    assert found.duration_s == pytest.approx(60.0, abs=0.01)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(1, 150), min_size=1, max_size=6),
    st.integers(0, 20),
    st.sampled_from(["fixation", "exclude"]),
)
def test_cutting_pursuit_never_changes_a_fixation(sizes, seed, pursuit):
    parts = [following(4.0 + 3 * n, 1.0 + n / 2, seconds=0.8, seed=seed + n) for n in range(4)]
    points = np.concatenate([part.left_px for part in parts])
    points[seed * 7 + 300 : seed * 7 + 340] = np.nan
    time_s = np.arange(len(points)) / 500 + 3.3
    time_s[900:] += 0.3 * (seed % 3)
    samples = GazeSamples.build(time_s, eyes="cyclopean", left_px=points)
    whole = detect_fixations(samples, DISPLAY, "adaptive", pursuit=pursuit)
    detector = make_detector("adaptive", DISPLAY, {"pursuit": pursuit})
    assert push_in_chunks(detector, samples, sizes) == whole


@settings(max_examples=15)
@given(st.lists(st.integers(1, 150), min_size=1, max_size=6), st.integers(0, 20))
def test_cutting_the_stream_never_changes_a_fixation_without_pursuit(sizes, seed):
    samples = scanpath(4, 250, jitter=0.3, seed=seed)
    options = {"pursuit": "exclude", "merge_gap_ms": 50.0}
    whole = detect_fixations(samples, DISPLAY, "adaptive", **options)
    assert push_in_chunks(make_detector("adaptive", DISPLAY, options), samples, sizes) == whole


def stepping(rate_hz, n_places=8, noise_deg=0.02, spikes=()):
    """Places 10 degrees apart, half a second each, reached within one sample; samples thrown off at `spikes` s."""
    rng = np.random.default_rng(3)
    n = round(0.5 * rate_hz)
    time_s = np.arange(n * n_places) / rate_hz
    deg = np.repeat([(-5.0 if k % 2 else 5.0, 2.0 * (k % 3)) for k in range(n_places)], n, axis=0)
    deg = deg + rng.normal(0, noise_deg, deg.shape)
    for spike_s in spikes:
        deg[round(spike_s * rate_hz)] += 8.0
    return GazeSamples.build(time_s, eyes="cyclopean", left_px=DISPLAY.deg_to_px(deg))


@pytest.mark.parametrize("rate_hz", [250, 500, 1000, 2000])
def test_places_reached_within_one_sample_are_fixations_of_their_own(rate_hz):
    found = detect_fixations(stepping(rate_hz), DISPLAY, "adaptive")
    assert len(found) == 8
    assert all(f.duration_s > 0.45 for f in found)


def test_a_single_sample_that_is_thrown_off_ends_no_fixation():
    found = detect_fixations(stepping(500, n_places=1, spikes=(0.2,)), DISPLAY, "adaptive")
    assert len(found) == 1


def test_an_older_session_knew_no_jumps():
    older = {k: v for k, v in detection_parameters("adaptive").items() if k != "jump_deg"}
    assert recorded_options("adaptive", older)["jump_deg"] == 0.0
