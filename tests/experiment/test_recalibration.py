"""A session's images and targets to a correction in display pixels."""

from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from gazeapp.experiment.recalibration import (
    SINCE_TARGETS_DEG,
    calibration_shift,
    display_correction,
    known_shift,
    mean_accuracy_deg,
    propose_recalibration,
)
from gazeapp.gaze.display import Display, StimulusFrame
from gazeapp.gaze.quality import TargetWindow
from gazeapp.gaze.samples import GazeSamples
from gazeapp.saliency.alignment import align
from gazeapp.saliency.maps import fixation_density
from gazeapp.store.records import CalibrationRow, CorrectionRow

DISPLAY = Display(width_px=1600, height_px=1200, width_mm=400, height_mm=300, distance_mm=600)


def frame(stimulus_id="abc", left_px=0.0):
    return StimulusFrame(
        stimulus_id=stimulus_id,
        image_width_px=800,
        image_height_px=600,
        left_px=left_px,
        top_px=0,
        width_px=1600,
        height_px=1200,
    )


def session(error_px, n_images=20, change=lambda points: points):
    """Trials with gaze off by display pixels, a map for each stimulus, samples at four targets with the same error."""
    rng = np.random.default_rng(4)
    maps, trials = {}, []
    for k in range(n_images):
        spots = rng.uniform([80, 60], [720, 540], (4, 2))
        maps[f"image-{k}"] = fixation_density(spots, (800, 600), 20.0)
        points = change(spots[rng.integers(0, 4, 9)] + rng.normal(0, 8, (9, 2))) + np.array(error_px) / 2
        fixations = [SimpleNamespace(x_px=x, y_px=y) for x, y in points]
        trials.append(SimpleNamespace(frame=frame(f"image-{k}"), fixations=fixations, shown_s=20.0 + 4 * k))
    places = [(400.0, 300.0), (1200.0, 300.0), (400.0, 900.0), (1200.0, 900.0)]
    targets = tuple(
        TargetWindow(target_id=i, onset_s=2.0 * i, duration_s=1.0, x_px=x, y_px=y) for i, (x, y) in enumerate(places)
    )
    time_s = np.arange(0, 9, 0.01)
    gaze = np.array(places)[np.minimum((time_s / 2).astype(int), 3)] + error_px
    samples = GazeSamples.build(time_s, eyes="binocular", left_px=gaze, right_px=gaze)
    return trials, maps, samples, targets


def propose(trials, maps, samples, targets, **options):
    return propose_recalibration(
        trials,
        display=DISPLAY,
        density_of=lambda stimulus_id: maps[stimulus_id],
        samples=samples,
        targets=targets,
        **options,
    )


def test_images_bring_gaze_nearer_to_targets_they_do_not_know():
    found = propose(*session((80.0, -40.0)))
    assert found.from_images.is_supported
    before, after = mean_accuracy_deg(found.before), mean_accuracy_deg(found.after)
    assert before > 1.5
    assert after < 0.3 * before


def test_targets_and_images_are_one_estimate():
    found = propose(*session((80.0, 0.0)))
    wanted = -80.0 / DISPLAY.px_per_deg
    assert found.alignment.shift_deg[0] == pytest.approx(wanted, abs=0.3)
    assert np.ptp(found.alignment.shift_ci_deg[:, 0]) < np.ptp(found.from_images.shift_ci_deg[:, 0])
    corrected = found.correction.correct_left(np.array([880.0, 600.0]))
    assert corrected == pytest.approx([800.0, 600.0], abs=0.3 * DISPLAY.px_per_deg)


def test_what_came_before_the_correction_in_force_says_nothing_of_it():
    trials, maps, samples, targets = session((80.0, 0.0))
    found = propose(trials, maps, samples, targets, since_s=60.0)
    assert found.alignment.n_images == 10
    assert found.before is None
    nothing = propose(trials, maps, samples, targets, since_s=1e6)
    assert nothing.alignment.kind == "none"
    assert nothing.correction.is_identity


def test_a_stretch_becomes_an_affine_correction():
    trials, maps, samples, _ = session(
        (0.0, 0.0), n_images=40, change=lambda points: (points - (400, 300)) * 1.1 + (400, 300)
    )
    found = propose(trials, maps, samples, ())
    assert found.alignment.kind == "scale"
    assert found.correction.kind == "affine"
    x, _ = found.correction.correct_left(np.array([1600.0, 600.0]))
    assert x == pytest.approx(800 + 800 / 1.1, abs=35)
    assert found.before is None


@pytest.mark.slow
def test_drift_is_part_of_what_targets_judge():
    trials, maps, _, _ = session((0.0, 0.0), n_images=40)
    speed_px_s, begin_s = 1.0, 20.0
    for trial in trials:
        for fixation in trial.fixations:
            fixation.x_px += speed_px_s * (trial.shown_s - begin_s) / 2
    late_s = np.arange(180.0, 182.0, 0.01)
    gaze = np.full((len(late_s), 2), (800.0, 600.0)) + (late_s - begin_s)[:, None] * [speed_px_s, 0.0]
    samples = GazeSamples.build(late_s, eyes="binocular", left_px=gaze, right_px=gaze)
    target = TargetWindow(target_id=0, onset_s=180.0, duration_s=2.0, x_px=800.0, y_px=600.0)
    found = propose(trials, maps, samples, (target,))
    assert found.from_images.kind == "drift"
    assert mean_accuracy_deg(found.before) > 3.0
    assert mean_accuracy_deg(found.after) < 0.4 * mean_accuracy_deg(found.before)


def test_targets_of_a_session_that_drifts_speak_of_their_own_time():
    trials, maps, _, targets = session((0.0, 0.0), n_images=40)
    speed_px_s, begin_s = 1.0, 20.0
    for trial in trials:
        for fixation in trial.fixations:
            fixation.x_px += speed_px_s * (trial.shown_s - begin_s) / 2
    targets = [replace(target, onset_s=180.0 + target.onset_s) for target in targets]
    time_s = np.arange(180.0, 188.0, 0.01)
    places = np.array([(target.x_px, target.y_px) for target in targets])
    gaze = places[np.minimum(((time_s - 180.0) / 2).astype(int), 3)]
    gaze = gaze + (time_s - begin_s)[:, None] * [speed_px_s, 0.0]
    samples = GazeSamples.build(time_s, eyes="binocular", left_px=gaze, right_px=gaze)
    found = propose(trials, maps, samples, tuple(targets))
    assert found.from_images.kind == "drift"
    mean_px = speed_px_s * (np.mean([trial.shown_s for trial in trials]) - begin_s)
    assert found.alignment.shift_deg[0] == pytest.approx(-mean_px / DISPLAY.px_per_deg, abs=0.15)
    assert np.ptp(found.alignment.shift_ci_deg[:, 0]) < 1.3, "images and targets agree"


def test_the_correction_in_pixels_is_that_in_degrees():
    trials, maps, samples, _ = session(
        (60.0, 0.0), n_images=40, change=lambda points: points + 0.0006 * (points - (400, 300)) ** 2 * [0, 1] - [0, 9]
    )
    found = propose(trials, maps, samples, (), up_to="smooth").alignment
    assert found.kind == "smooth"
    correction = display_correction(found, DISPLAY)
    points = np.array([[100.0, 50.0], [900.0, 700.0], [1500.0, 1100.0]])
    place = (points - DISPLAY.size_px / 2) / DISPLAY.px_per_deg
    wanted = points + found.displacement(place, np.full(3, 60.0)) * DISPLAY.px_per_deg
    assert correction.correct_left(points) == pytest.approx(wanted, abs=1e-6)


def test_targets_without_gaze_say_nothing():
    _, _, samples, targets = session((10.0, 0.0))
    lost = GazeSamples.build(
        samples.time_s,
        eyes="binocular",
        left_px=np.full_like(samples.left_px, math.nan),
        right_px=np.full_like(samples.left_px, math.nan),
    )
    assert known_shift(lost, targets, DISPLAY) == ()
    (known,) = known_shift(samples, targets, DISPLAY)
    assert known.shift_deg == pytest.approx([-10 / DISPLAY.px_per_deg, 0.0])


def calibration(n_samples, residual_deg):
    """Its targets with so many samples each."""
    return CalibrationRow(
        number=2,
        time_s=5.0,
        start_s=1.0,
        status="ok",
        points=tuple({"target_id": k, "x_px": 0.0, "y_px": 0.0, "n_samples": n} for k, n in enumerate(n_samples)),
        correction=None,
        residual_left_deg=residual_deg,
    )


@pytest.mark.parametrize(
    ("source", "residual_deg", "off_deg"),
    [
        ("calibration", 0.9, 0.9 / math.sqrt(4)),
        ("calibration", math.nan, 1.0 / math.sqrt(4)),
        ("drift", 0.9, 0.9),
        ("saliency", 0.9, None),
        ("none", 0.9, None),
    ],
)
def test_the_correction_in_force_says_that_gaze_was_right_when_it_was_made(source, residual_deg, off_deg):
    in_force = CorrectionRow(time_s=6.0, from_time_s=6.0, source=source, correction=None, calibration=2)
    known = calibration_shift([calibration((30, 30, 0, 30, 30), residual_deg)], in_force)
    if off_deg is None:
        assert known == ()
        return
    [shift] = known
    assert shift.shift_deg == pytest.approx([0.0, 0.0])
    assert shift.sd_deg == pytest.approx(math.hypot(SINCE_TARGETS_DEG, off_deg))


def test_without_a_correction_nothing_is_known():
    assert calibration_shift([], None) == ()


def test_nothing_found_changes_nothing():
    assert display_correction(align([]), DISPLAY).is_identity


def test_the_universal_map_is_asked_for_with_its_stimulus():
    asked = []

    def density_of(stimulus_id):
        asked.append(stimulus_id)
        return np.ones((600, 800), np.float32)

    trials, _, samples, _ = session((0.0, 0.0), n_images=2)
    propose_recalibration(trials, display=DISPLAY, density_of=density_of, samples=samples, targets=())
    assert asked == ["image-0", "image-1"]
