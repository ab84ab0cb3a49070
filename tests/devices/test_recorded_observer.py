from __future__ import annotations

import numpy as np
import pytest

from gazeapp.devices.simulated.recorded_observer import FIRST_SACCADE_S, RecordedObserver
from gazeapp.devices.simulated.scanpath import saccade_duration_s
from gazeapp.devices.simulated.tracker import Measurement, open_simulated
from gazeapp.gaze.clock import ManualClock
from gazeapp.gaze.detection.registry import detect_fixations
from gazeapp.gaze.display import Display, place_stimulus
from gazeapp.gaze.fixations import Fixation
from gazeapp.gaze.samples import GazeSamples
from gazeapp.store.events import CrossShown, StimulusShown

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
TRIAL_S = 3.0


def look_again(scanpaths: dict[str, list[Fixation]], rate_hz: float = 500.0, **errors):
    """Every scan path as raw gaze: (samples, onset and frame per stimulus)."""
    clock = ManualClock()
    observer = RecordedObserver(DISPLAY, scanpaths)
    measurement = Measurement(blinks_per_min=0, dropouts_per_min=0, seed=1, **errors)
    tracker = open_simulated(observer, clock, DISPLAY, rate_hz=rate_hz, measurement=measurement)
    chunks: list[GazeSamples] = []
    tracker.start_stepped(chunks.append, lambda _: None)
    shown = {}
    for trial, name in enumerate(scanpaths):
        tracker.on_event(CrossShown(time_s=clock.now_s(), x_px=960, y_px=540))
        clock.advance(1.0)
        tracker.advance(clock.now_s())
        frame = place_stimulus(DISPLAY, name, 800, 600)
        shown[name] = (clock.now_s(), frame)
        tracker.on_event(StimulusShown(time_s=clock.now_s(), trial=trial, frame=frame, onset_kind="virtual"))
        clock.advance(TRIAL_S)
        tracker.advance(clock.now_s())
    clock.advance(0.1)
    tracker.advance(clock.now_s())
    tracker.close()
    return GazeSamples.concatenate(chunks), shown


def detect(samples, onset_s, frame):
    """Detected fixations that began after the image appeared: (n, 2) image pixels and durations."""
    found = detect_fixations(samples.between(onset_s, onset_s + TRIAL_S), DISPLAY)
    found = [f for f in found if f.onset_s > onset_s + 0.02]
    points = np.array([frame.to_image((f.x_px, f.y_px)) for f in found]).reshape(-1, 2)
    return points, np.array([f.duration_s for f in found])


def fixation(x_px, y_px, duration_s):
    return Fixation(onset_s=0.0, duration_s=duration_s, x_px=x_px, y_px=y_px)


def test_a_scan_path_comes_back_from_raw_gaze_with_places_and_durations():
    path = [fixation(100, 100, 0.3), fixation(600, 200, 0.2), fixation(300, 500, 0.4), fixation(700, 550, 0.25)]
    samples, shown = look_again({"a": path})
    points, durations = detect(samples, *shown["a"])
    assert points == pytest.approx(np.array([(f.x_px, f.y_px) for f in path]), abs=6)
    # the last one lasts until the image is gone
    assert durations[:-1] == pytest.approx([f.duration_s for f in path[:-1]], abs=0.02)


def test_the_first_saccade_leaves_the_cross_after_its_latency():
    samples, shown = look_again({"a": [fixation(100, 100, 0.5)]})
    onset_s, _ = shown["a"]
    gaze = samples.gaze_px
    moving = np.linalg.norm(gaze - (960, 540), axis=1) > 0.05 * 960
    left_s = samples.time_s[(samples.time_s > onset_s) & moving][0]
    assert FIRST_SACCADE_S < left_s - onset_s < FIRST_SACCADE_S + saccade_duration_s(20)


@pytest.mark.shared_data
def test_real_scan_paths_are_detected_again_within_two_pixels(shared_data):
    """OSIE: recorded against detected, on the first twelve images of one observer."""
    from scipy.io import loadmat

    file = shared_data / "osie" / "data" / "eye" / "fixations.mat"
    images = loadmat(file, squeeze_me=True, struct_as_record=False)["fixations"][:12]
    scanpaths = {}
    for image in images:
        eye = image.subjects[3]
        columns = (np.atleast_1d(c).astype(float) for c in (eye.fix_x, eye.fix_y, eye.fix_duration))
        scanpaths[image.img] = [fixation(x, y, ms / 1000) for x, y, ms in zip(*columns, strict=True)]
    samples, shown = look_again(scanpaths)
    n_recorded, n_detected, errors = 0, 0, []
    for name, path in scanpaths.items():
        onset_s, frame = shown[name]
        points, _ = detect(samples, onset_s, frame)
        # shorter ones than the detector's minimum cannot come back
        recorded = np.array([(f.x_px, f.y_px) for f in path if f.duration_s >= 0.08])
        n_recorded, n_detected = n_recorded + len(recorded), n_detected + len(points)
        errors += list(np.linalg.norm(points[None] - recorded[:, None], axis=2).min(axis=1))
    assert 0.85 < n_detected / n_recorded < 1.05
    assert np.median(errors) < 2.0  # 0.08 degrees


def test_a_tracker_can_drift():
    path = {"a": [fixation(400, 300, 3.0)], "b": [fixation(400, 300, 3.0)]}
    still, drifting = look_again(path)[0], look_again(path, drift_deg_min=(60.0, -30.0))[0]
    moved_deg = (drifting.left_px - still.left_px) / DISPLAY.px_per_deg
    assert moved_deg == pytest.approx(np.stack([still.time_s, still.time_s / 2], axis=1), abs=1e-9)
