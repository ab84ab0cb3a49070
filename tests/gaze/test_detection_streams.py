"""What every online detector promises: the stream's cutting never matters, and waits are bounded."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gazeapp.errors import SettingsError
from gazeapp.gaze.detection.gap_filling import SampleIntake
from gazeapp.gaze.detection.registry import ONLINE_ALGORITHMS, detect_fixations, make_detector, parameters
from gazeapp.gaze.samples import GazeSamples
from tests.gaze.gaze_scenes import DISPLAY, push_in_chunks, scanpath, scene

online = pytest.mark.parametrize("algorithm", ONLINE_ALGORITHMS)

gaze_rows = st.lists(
    st.tuples(
        st.sampled_from([0.002, 0.002, 0.002, 0.0017, 0.004, 0.02, 0.09, 0.0, -0.5]),
        st.sampled_from(["stay", "stay", "stay", "stay", "drift", "jump", "lose-left", "lose"]),
    ),
    min_size=1,
    max_size=400,
)


def irregular_gaze(rows, seed):
    """Samples with irregular steps, holes, repeated stamps, time going back, lost eyes and jumps."""
    random = np.random.default_rng(seed)
    place = np.array([900.0, 500.0])
    time_s, left, right = [], [], []
    now_s = 10.0
    for step_s, what in rows:
        for _ in range(int(random.integers(1, 30)) if what in ("stay", "lose", "lose-left") else 1):
            now_s += step_s
            step_s = 0.002
            if what == "jump":
                place = random.uniform([100, 100], [1800, 980])
            elif what == "drift":
                place = place + random.normal(0, 25, 2)
            noise = random.normal(0, 2.5, (2, 2))
            time_s.append(now_s)
            left.append(place + noise[0] if what in ("stay", "drift", "jump") else [np.nan] * 2)
            right.append(place + noise[1] if what != "lose" else [np.nan] * 2)
    return GazeSamples.build(time_s, eyes="binocular", left_px=left, right_px=right)


@online
@settings(max_examples=40, deadline=None)
@given(
    rows=gaze_rows,
    sizes=st.lists(st.integers(1, 200), min_size=1, max_size=8),
    seed=st.integers(0, 99),
)
def test_cutting_the_stream_never_changes_a_fixation(algorithm, rows, sizes, seed):
    samples = irregular_gaze(rows, seed)
    whole = detect_fixations(samples, DISPLAY, algorithm)
    assert push_in_chunks(make_detector(algorithm, DISPLAY), samples, sizes) == whole


@online
@pytest.mark.parametrize("rate_hz", [30, 250, 1200])
def test_single_samples_give_the_same_as_the_whole_recording(algorithm, rate_hz):
    samples = scanpath(1000 / rate_hz, rate_hz, jitter=0.2, seed=rate_hz)
    whole = detect_fixations(samples, DISPLAY, algorithm)
    assert whole
    assert push_in_chunks(make_detector(algorithm, DISPLAY), samples, [1]) == whole


@online
def test_a_fixation_is_emitted_within_the_stated_delay(algorithm):
    samples = scanpath(8, 500, seed=3)
    detector = make_detector(algorithm, DISPLAY)
    for row in range(len(samples)):
        for fixation in detector.push(samples[row : row + 1]):
            waited_s = samples.time_s[row] - fixation.end_s
            assert waited_s <= detector.delay_s + 1.5 / 500


@online
def test_fixations_are_ordered_and_do_not_overlap(algorithm):
    found = detect_fixations(scanpath(30, 250, jitter=0.3, seed=4), DISPLAY, algorithm)
    assert len(found) > 50
    for earlier, later in pairwise(found):
        assert earlier.end_s < later.onset_s


@online
def test_a_still_eye_is_one_fixation_at_its_place(algorithm):
    (found,) = detect_fixations(scene().look_at(700, 400, 0.5).samples(), DISPLAY, algorithm)
    assert found.onset_s == 0.0
    assert found.duration_s == pytest.approx(0.498, abs=1e-9)
    assert (found.x_px, found.y_px) == pytest.approx((700, 400), abs=1e-9)


@online
def test_two_places_are_two_fixations(algorithm):
    gaze = scene().look_at(500, 500, 0.4).jump_to(900, 600).look_at(900, 600, 0.3)
    first, second = detect_fixations(gaze.samples(), DISPLAY, algorithm)
    assert (first.x_px, first.y_px) == pytest.approx((500, 500), abs=4)
    assert (second.x_px, second.y_px) == pytest.approx((900, 600), abs=4)
    assert second.onset_s == pytest.approx(0.43, abs=0.012)


@online
def test_a_short_loss_does_not_end_a_fixation_and_a_blink_does(algorithm):
    gaze = scene().look_at(500, 500, 0.3).lose(0.03).look_at(500, 500, 0.3)
    assert len(detect_fixations(gaze.samples(), DISPLAY, algorithm)) == 1
    gaze = scene().look_at(500, 500, 0.3).lose(0.15).look_at(500, 500, 0.3)
    assert len(detect_fixations(gaze.samples(), DISPLAY, algorithm)) == 2


@online
def test_missing_rows_count_as_lost_gaze(algorithm):
    gaze = scene().look_at(500, 500, 0.3).lose(0.15).look_at(500, 500, 0.3).samples()
    assert len(detect_fixations(gaze[gaze.valid], DISPLAY, algorithm)) == 2


@online
def test_a_clock_set_back_ends_the_fixation_and_detection_goes_on(algorithm):
    first = scene().look_at(500, 500, 0.3).samples(start_s=100.0)
    second = scene().look_at(500, 500, 0.3).samples(start_s=50.0)
    found = detect_fixations(GazeSamples.concatenate([first, second]), DISPLAY, algorithm)
    assert [round(fixation.onset_s) for fixation in found] == [100, 50]


@online
def test_nothing_valid_gives_no_fixation(algorithm):
    assert detect_fixations(scene().lose(2.0).samples(), DISPLAY, algorithm) == []
    assert detect_fixations(GazeSamples.empty(), DISPLAY, algorithm) == []


@online
def test_an_eye_lost_for_a_moment_is_no_saccade(algorithm):
    samples = scene().look_at(500, 500, 0.6).samples()
    left, right = (
        samples.left_px.copy(),
        samples.left_px + np.array([60.0, 0.0]),
    )  # far more than a saccade's start
    left[140:155] = np.nan
    both = GazeSamples.build(samples.time_s, eyes="binocular", left_px=left, right_px=right)
    (found,) = detect_fixations(both, DISPLAY, algorithm)
    assert found.x_px == pytest.approx(530, abs=0.01)


@online
def test_a_detector_starts_afresh_after_flush(algorithm):
    samples = scanpath(5, 300, seed=8)
    detector = make_detector(algorithm, DISPLAY)
    first = push_in_chunks(detector, samples, [50])
    assert push_in_chunks(detector, samples, [50]) == first


@online
def test_an_unknown_option_is_refused_with_the_list_of_known_ones(algorithm):
    with pytest.raises(SettingsError, match=r"did you mean 'min_duration_ms'.*options and defaults"):
        make_detector(algorithm, DISPLAY, {"min_durations_ms": "60"})
    with pytest.raises(SettingsError, match="min_duration_ms: a number of at least 0, got 'long'"):
        make_detector(algorithm, DISPLAY, {"min_duration_ms": "long"})
    with pytest.raises(SettingsError, match="eye: choose one of average, strict, left, right"):
        make_detector(algorithm, DISPLAY, {"eye": "third"})


def test_options_may_be_text_as_on_the_command_line():
    detector = make_detector("ivt", DISPLAY, {"merge": "no", "threshold_deg_s": "40"})
    assert parameters(detector)["merge"] is False
    assert parameters(detector)["threshold_deg_s"] == 40.0


def test_an_unknown_algorithm_is_refused_with_the_list_of_known_ones():
    with pytest.raises(SettingsError, match=r"unknown algorithm 'best'; choose one of ivt, idt, i2mc, adaptive"):
        make_detector("best", DISPLAY)


@online
def test_a_recording_longer_than_a_block_is_the_same_in_blocks_and_in_one_piece(algorithm, monkeypatch):
    samples = scanpath(40, 500, jitter=0.2, seed=9)
    whole = detect_fixations(samples, DISPLAY, algorithm)
    monkeypatch.setattr(SampleIntake, "BLOCK_ROWS", 777)
    assert detect_fixations(samples, DISPLAY, algorithm) == whole
