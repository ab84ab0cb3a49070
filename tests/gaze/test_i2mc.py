"""I2MC on whole trials."""

import math

import pytest

from gazeapp.gaze.detection.registry import detect_fixations, make_detector
from gazeapp.gaze.samples import GazeSamples
from tests.gaze.gaze_scenes import DISPLAY, push_in_chunks, scanpath, scene


def steps(rate_hz, noise_px):
    """Four fixations of 400 ms far from each other."""
    gaze = scene(rate_hz).look_at(400, 300, 0.4)
    for x_px, y_px in ((1200, 300), (1200, 800), (500, 700)):
        gaze = gaze.jump_to(x_px, y_px).look_at(x_px, y_px, 0.4)
    return gaze.samples(noise_px, seed=1)


@pytest.mark.parametrize(("rate_hz", "noise_deg"), [(60, 0.5), (120, 0.7), (500, 0.0), (500, 1.0), (1200, 1.0)])
def test_noisy_and_slow_gaze_gives_the_fixations_there_are(rate_hz, noise_deg):
    found = detect_fixations(steps(rate_hz, noise_deg * DISPLAY.px_per_deg), DISPLAY, "i2mc")
    places = [(fixation.x_px, fixation.y_px) for fixation in found]
    assert len(found) == 4
    for place, truth in zip(places, [(400, 300), (1200, 300), (1200, 800), (500, 700)], strict=True):
        assert place == pytest.approx(truth, abs=20)


def test_nothing_is_emitted_before_the_trial_ends_and_chunks_do_not_matter():
    samples = scanpath(4, 250, seed=5)
    detector = make_detector("i2mc", DISPLAY)
    assert detector.push(samples[:500]) == []
    assert math.isinf(detector.delay_s)
    detector.flush()
    assert push_in_chunks(detector, samples, [7, 100]) == detect_fixations(samples, DISPLAY, "i2mc")


def test_a_blink_ends_a_fixation_and_short_gaps_do_not():
    gaze = scene().look_at(500, 500, 0.4).lose(0.05).look_at(500, 500, 0.4)
    assert len(detect_fixations(gaze.samples(2.0), DISPLAY, "i2mc")) == 1
    gaze = scene().look_at(500, 500, 0.4).lose(0.25).look_at(500, 500, 0.4)
    assert len(detect_fixations(gaze.samples(2.0), DISPLAY, "i2mc")) == 2


def test_too_little_gaze_gives_no_fixation():
    assert detect_fixations(GazeSamples.empty(), DISPLAY, "i2mc") == []
    assert detect_fixations(scene().look_at(1, 1, 0.01).samples(), DISPLAY, "i2mc") == []
    assert detect_fixations(scene().lose(1.0).samples(), DISPLAY, "i2mc") == []
