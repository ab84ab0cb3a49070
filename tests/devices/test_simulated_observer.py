from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gazeapp.devices.discovery import TrackerContext, backends, open_tracker
from gazeapp.devices.simulated.observer_profiles import NAMED, priority_map
from gazeapp.devices.simulated.scanpath import GazePath, saccade_duration_s
from gazeapp.devices.simulated.tracker import open_pointer
from gazeapp.errors import SettingsError
from gazeapp.gaze.clock import ManualClock
from gazeapp.gaze.detection.registry import detect_fixations
from gazeapp.gaze.display import Display, place_stimulus
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import CrossShown, StimulusHidden, StimulusShown, TargetShown

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
FRAME = place_stimulus(DISPLAY, "scene", 800, 600)


def scene() -> np.ndarray:
    image = np.full((600, 800, 3), 90, np.uint8)
    image[100:220, 120:260] = (220, 60, 40)
    image[380:500, 560:700] = (40, 90, 220)
    return image


def saliency(image: np.ndarray) -> np.ndarray:
    density = np.full(image.shape[:2], 0.05, np.float32)
    density[100:220, 120:260] = density[380:500, 560:700] = 1.0
    return density


def run(chunk_s: float, *, seed: int = 1, observer: str = "ada", stop_s: float = 5.0):
    clock = ManualClock()
    tracker = open_tracker(
        "simulated",
        clock=clock,
        display=DISPLAY,
        options={"observer": observer, "seed": str(seed), "blinks_per_min": "20"},
        context=TrackerContext(image=lambda _: scene(), saliency=saliency),
    )
    chunks: list[GazeSamples] = []
    tracker.start_stepped(chunks.append, lambda _: None)
    script = [
        CrossShown(time_s=0.5, x_px=960, y_px=540),
        StimulusShown(time_s=1.0, trial=0, frame=FRAME, onset_kind="virtual"),
        StimulusHidden(time_s=4.0, trial=0),
        TargetShown(time_s=4.2, target_id=1, x_px=200, y_px=900, purpose="validate"),
    ]
    while clock.now_s() < stop_s:
        while script and script[0].time_s <= clock.now_s():
            tracker.on_event(script.pop(0))
        clock.advance(min(chunk_s, (script[0].time_s if script else stop_s) - clock.now_s() or 1e-9))
        tracker.advance(clock.now_s())
    tracker.close()
    return GazeSamples.concatenate(chunks).between(0, stop_s - 0.05)


@pytest.mark.parametrize("chunk_s", [0.002, 0.016, 0.37], ids=["one", "frame", "long"])
def test_the_same_seed_gives_the_same_samples_for_any_chunking(chunk_s):
    a, b = run(0.01), run(chunk_s)
    assert np.array_equal(a.time_s, b.time_s)
    assert np.array_equal(a.left_px, b.left_px, equal_nan=True)
    assert np.array_equal(a.right_px, b.right_px, equal_nan=True)


def test_another_seed_gives_other_gaze():
    assert not np.array_equal(run(0.01).left_px, run(0.01, seed=2).left_px, equal_nan=True)


def test_fixations_have_human_durations_and_lie_on_the_image():
    fixations = detect_fixations(run(0.01).between(1.2, 4.0), DISPLAY)
    durations = np.array([f.duration_s for f in fixations])
    assert 6 <= len(fixations) <= 14
    assert 0.15 < np.median(durations) < 0.45
    points = np.array([(f.x_px, f.y_px) for f in fixations])
    assert FRAME.contains(points).mean() > 0.9


def test_eyes_follow_a_target_up_to_the_calibration_error():
    gaze = run(0.01).between(4.75, 4.95).gaze_px
    error_deg = DISPLAY.angle_deg(np.nanmean(gaze, axis=0), (200, 900))
    assert 0.1 < error_deg < 1.2


def test_precision_of_a_fixation_is_that_of_a_good_tracker():
    samples = run(0.01).between(4.75, 4.95)
    steps = np.diff(DISPLAY.px_to_deg(samples.left_px), axis=0)
    rms_deg = float(np.sqrt(np.nanmean((steps**2).sum(axis=1))))
    assert 0.03 < rms_deg < 0.2


def test_taste_moves_the_priority_to_what_a_person_likes():
    image, density = scene(), saliency(scene())
    warm, cold = (
        priority_map(image, density, NAMED["chloe"]),
        priority_map(image, density, NAMED["finn"]),
    )
    red = (slice(8, 18), slice(10, 21))
    assert warm[red].sum() > 1.5 * cold[red].sum()
    assert warm.sum() == pytest.approx(1)


def test_unknown_observers_and_options_are_refused_by_name():
    around = TrackerContext(image=lambda _: scene(), saliency=saliency)
    for options, word in (
        ({"observer": "zoe"}, "zoe"),
        ({"speeed": "2"}, "speeed"),
        ({"rate_hz": "fast"}, "rate_hz"),
        ({"rate_hz": "0"}, "rate_hz"),
    ):
        with pytest.raises(SettingsError, match=word):
            open_tracker(
                "simulated",
                clock=ManualClock(),
                display=DISPLAY,
                options=options,
                context=around,
            )
    with pytest.raises(SettingsError, match="eyelink"):
        open_tracker("eyelink", clock=ManualClock(), display=DISPLAY)


def test_every_backend_says_whether_it_can_be_used():
    rows = {row.backend: row for row in backends()}
    assert rows["simulated"].ok
    assert all(row.ok or (row.reason and row.hint) for row in rows.values())


@given(st.lists(st.tuples(st.floats(0.05, 1.0), st.floats(0, 1900), st.floats(0, 1000)), max_size=8))
def test_a_gaze_path_never_jumps(looks):
    path = GazePath(DISPLAY, (960.0, 540.0))
    now_s = 0.0
    for pause_s, x, y in looks:
        now_s = path.look(now_s + pause_s, (x, y))
    gaze = path.at(np.arange(0, now_s + 0.1, 0.0005))
    speed = np.linalg.norm(np.diff(DISPLAY.px_to_deg(gaze), axis=0), axis=1) / 0.0005
    # peak of a minimum-jerk profile is 1.875 × the mean; the mean stays below 1 / 2.2 ms per degree
    assert (speed < 1.875 / 0.0022 + 1).all()


def test_saccades_follow_the_main_sequence():
    assert saccade_duration_s(5) < saccade_duration_s(10) < saccade_duration_s(20) < 0.08


def test_the_pointer_is_gaze_of_no_single_eye_and_missing_off_the_screen():
    place = [(10.0, 20.0)]
    clock = ManualClock()
    tracker = open_pointer(lambda: place[0], clock, rate_hz=100)
    chunks: list[GazeSamples] = []
    tracker.start_stepped(chunks.append, lambda _: None)
    tracker.advance(0.1)
    place[0] = (float("nan"), float("nan"))
    tracker.advance(0.2)
    tracker.close()
    samples = GazeSamples.concatenate(chunks)
    assert samples.eyes == "cyclopean"
    assert samples.left_valid[:10].all()
    assert not samples.left_valid[-9:].any()


def test_an_event_never_waits_for_saliency():
    """It comes on the GUI's thread; the image is looked at by the tracker's, when the first saccade is due."""
    asked = []

    def slow_saliency(image):
        asked.append(len(image))
        return saliency(image)

    clock = ManualClock()
    tracker = open_tracker(
        "simulated",
        clock=clock,
        display=DISPLAY,
        context=TrackerContext(image=lambda _: scene(), saliency=slow_saliency),
    )
    tracker.start_stepped(lambda _: None, lambda _: None)
    tracker.on_event(StimulusShown(time_s=0.0, trial=0, frame=FRAME, onset_kind="virtual"))
    tracker.advance(0.15)
    assert asked == []
    tracker.advance(1.0)
    assert asked == [600]
    tracker.close()
