from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gazeapp.gaze.detection.registry import detect_fixations, make_detector
from gazeapp.gaze.display import Display, place_stimulus
from gazeapp.gaze.ring import SampleRing
from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime.pipeline import Pipeline
from gazeapp.runtime.snapshot import Snapshot, TrialRecord
from gazeapp.runtime.trial_analysis import detect_trial
from tests.fakes import DwellDetector, ListCursor, ScriptedGaze, in_chunks, look_at

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
FRAME = place_stimulus(DISPLAY, "one", 800, 600)
OTHER = place_stimulus(DISPLAY, "two", 640, 480)
RATE_HZ = 500.0
SHOWN_S, CHANGED_S, HIDDEN_S = 0.5, 2.0, 3.3


def busy_gaze() -> ScriptedGaze:
    gaze = look_at((960, 540), for_s=0.7)
    rng = np.random.default_rng(3)
    for _ in range(12):
        gaze = gaze.then(tuple(rng.uniform([400, 100], [1500, 1000])), for_s=rng.uniform(0.12, 0.4))
        if rng.random() < 0.2:
            gaze = gaze.then(blink_s=0.12)
    return gaze


GAZE = busy_gaze().samples(RATE_HZ, noise_px=4, seed=1)


def ivt():
    return make_detector("ivt", DISPLAY)


def make_pipeline(detector=ivt, **options) -> tuple[Pipeline, ListCursor]:
    cursor = ListCursor()
    return Pipeline(cursor, detector, rate_hz=RATE_HZ, corrections=cursor.corrections, **options), cursor


def run_two_trials(chunks, told: dict[str, float] | None = None) -> list[TrialRecord]:
    """Two images in a row; each notification comes at the given time (default: as it happens)."""
    told = {"shown": SHOWN_S, "changed": CHANGED_S, "hidden": HIDDEN_S} | (told or {})
    pipeline, cursor = make_pipeline()
    steps = [
        (told["shown"], lambda: pipeline.show_stimulus(1, FRAME, SHOWN_S)),
        (told["changed"], lambda: pipeline.show_stimulus(2, OTHER, CHANGED_S)),
        (told["hidden"], lambda: pipeline.hide_stimulus(HIDDEN_S)),
    ]
    trials = []
    now_s = 0.0
    for chunk in chunks:
        cursor.push(chunk)
        now_s = float(chunk.time_s[-1]) if len(chunk) else now_s
        while steps and steps[0][0] <= now_s:
            steps.pop(0)[1]()
        pipeline.advance(now_s)
        trials += pipeline.take_trials()
    for _, tell in steps:
        tell()
    pipeline.advance(now_s + 1)
    return trials + pipeline.take_trials()


def facts(trials: list[TrialRecord]):
    return [(t.trial, t.fixations, t.carried_over, t.n_samples, t.data_loss) for t in trials]


REFERENCE = run_two_trials(in_chunks(GAZE, [5]))


def test_every_trial_holds_fixations_and_the_one_it_began_with_apart():
    assert [trial.trial for trial in REFERENCE] == [1, 2]
    assert all(len(trial.fixations) >= 3 for trial in REFERENCE)
    assert all(len(trial.carried_over) == 1 for trial in REFERENCE)


@settings(max_examples=25)
@given(sizes=st.lists(st.integers(0, 400), min_size=1, max_size=8).filter(any))
def test_cutting_the_stream_into_chunks_never_changes_a_trial(sizes):
    assert facts(run_two_trials(in_chunks(GAZE, sizes))) == facts(REFERENCE)


@pytest.mark.slow
@settings(max_examples=25)
@given(shown=st.floats(0, 1.4), changed=st.floats(0, 1.2), hidden=st.floats(0, 1.0), size=st.integers(1, 60))
def test_late_notifications_give_the_same_trials(shown, changed, hidden, size):
    told = {
        "shown": SHOWN_S + shown,
        "changed": CHANGED_S + changed,
        "hidden": HIDDEN_S + hidden,
    }
    assert facts(run_two_trials(in_chunks(GAZE, [size]), told)) == facts(REFERENCE)


def test_a_trial_equals_offline_detection_on_exactly_its_samples():
    trial = REFERENCE[0]
    offline = detect_fixations(GAZE.between(SHOWN_S, CHANGED_S), DISPLAY)
    found = sorted([*trial.carried_over, *trial.fixations], key=lambda f: f.onset_s)
    assert [(f.onset_s, f.duration_s) for f in found] == [(f.onset_s, f.duration_s) for f in offline]
    places = [(f.x_px, f.y_px) for f in found]
    np.testing.assert_array_equal(places, [tuple(FRAME.to_image((f.x_px, f.y_px))) for f in offline])


def test_a_fixation_across_a_stimulus_change_is_cut_at_the_change():
    pipeline, cursor = make_pipeline(DwellDetector)
    gaze = look_at((300, 300), for_s=0.5).then((960, 540), for_s=2.0)
    cursor.push(gaze.samples(RATE_HZ))
    pipeline.show_stimulus(1, FRAME, 0.0)
    pipeline.show_stimulus(2, OTHER, 1.0)
    pipeline.hide_stimulus(2.0)
    pipeline.advance(2.5)
    first, second = pipeline.take_trials()
    assert first.fixations[-1].end_s == pytest.approx(1.0 - 1 / RATE_HZ)
    assert second.fixations == ()
    assert second.carried_over[0].onset_s == 1.0


def test_a_fixation_under_way_at_onset_is_in_no_map():
    pipeline, cursor = make_pipeline(DwellDetector)
    pipeline.show_stimulus(1, FRAME, 0.2)
    cursor.push(look_at((960, 540), for_s=0.9).then((400, 400), for_s=0.1).samples(RATE_HZ))
    snapshot = pipeline.advance(1.0)
    assert snapshot.fixations == snapshot.looked_s == ()


def test_a_trial_closes_only_when_a_sample_at_or_after_its_end_arrived():
    pipeline, cursor = make_pipeline(DwellDetector)
    samples = look_at((960, 540), for_s=2.0).samples(RATE_HZ)
    pipeline.show_stimulus(1, FRAME, 0.0)
    cursor.push(samples[:499])
    pipeline.hide_stimulus(1.0)
    pipeline.advance(1.2)
    assert pipeline.take_trials() == []
    cursor.push(samples[499:501])
    pipeline.advance(1.21)
    (trial,) = pipeline.take_trials()
    assert trial.n_samples == 500
    assert trial.complete


def test_a_silent_stream_closes_the_trial_after_half_a_second_and_says_so():
    pipeline, cursor = make_pipeline(DwellDetector)
    pipeline.show_stimulus(1, FRAME, 0.0)
    cursor.push(look_at((960, 540), for_s=0.5).samples(RATE_HZ))
    pipeline.advance(0.5)
    pipeline.hide_stimulus(1.0)
    pipeline.advance(1.49)
    assert pipeline.take_trials() == []
    pipeline.advance(1.5)
    (trial,) = pipeline.take_trials()
    assert not trial.complete
    assert trial.n_samples == 250
    assert trial.data_loss == pytest.approx(0.5)


def test_finish_closes_what_is_open_with_the_samples_there_are():
    pipeline, cursor = make_pipeline(DwellDetector)
    pipeline.show_stimulus(1, FRAME, 0.0)
    cursor.push(look_at((960, 540), for_s=0.5).samples(RATE_HZ))
    snapshot = pipeline.finish(0.6)
    (trial,) = pipeline.take_trials()
    assert (trial.hidden_s, trial.n_samples) == (0.6, 250)
    assert snapshot.trial is None


@dataclass(frozen=True)
class Shift:
    by_px: float

    def apply(self, samples: GazeSamples) -> GazeSamples:
        return GazeSamples.build(
            samples.time_s,
            eyes=samples.eyes,
            left_px=samples.left_px + self.by_px,
            right_px=samples.right_px + self.by_px,
        )


def test_a_trial_keeps_the_correction_of_its_onset():
    pipeline, cursor = make_pipeline(DwellDetector)
    pipeline.set_correction(Shift(10), 0.0)
    samples = look_at((300, 300), for_s=0.2).then((960, 540), for_s=3.0).samples(RATE_HZ)
    pipeline.show_stimulus(1, FRAME, 0.1)
    pipeline.set_correction(Shift(20), 1.0)
    pipeline.hide_stimulus(1.5)
    pipeline.show_stimulus(2, FRAME, 1.5)
    pipeline.hide_stimulus(3.0)
    cursor.push(samples)
    snapshot = pipeline.advance(3.2)
    first, second = pipeline.take_trials()
    at_10 = FRAME.to_image((970, 550))
    at_20 = FRAME.to_image((980, 560))
    assert (first.fixations[0].x_px, first.fixations[0].y_px) == pytest.approx(tuple(at_10))
    assert (second.carried_over[0].x_px, second.carried_over[0].y_px) == pytest.approx(tuple(at_20))
    assert snapshot.trace_px[-1, 0] == 980


def snapshots_of(chunks, detector=ivt) -> list[Snapshot]:
    pipeline, cursor = make_pipeline(detector)
    pipeline.show_stimulus(1, FRAME, SHOWN_S)
    seen = []
    for chunk in chunks:
        cursor.push(chunk)
        seen.append(pipeline.advance(float(chunk.time_s[-1])))
    return seen


def test_provisional_fixations_are_the_beginning_of_the_definitive_ones():
    shown = snapshots_of(in_chunks(GAZE.between(0, CHANGED_S), [5]))[-1].fixations
    assert len(shown) >= 3
    assert shown == REFERENCE[0].fixations[: len(shown)]


def test_a_snapshot_cannot_be_changed():
    snapshot = snapshots_of(in_chunks(GAZE, [5]))[-1]
    for array in (snapshot.trace_time_s, snapshot.trace_px):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_the_trace_holds_the_last_five_seconds_in_at_most_1000_points():
    samples = look_at((500, 500), for_s=12.0).samples(1200)
    pipeline = Pipeline(cursor := ListCursor(), DwellDetector, rate_hz=1200)
    for chunk in in_chunks(samples, [12, 1, 700]):
        cursor.push(chunk)
        snapshot = pipeline.advance(float(chunk.time_s[-1]))
    assert 900 <= len(snapshot.trace_time_s) <= 1000
    assert np.ptp(snapshot.trace_time_s) == pytest.approx(5.0, abs=0.02)
    assert np.all(np.diff(snapshot.trace_time_s[:-1]) == pytest.approx(6 / 1200)), "all but the newest"


def test_a_stream_of_unknown_rate_is_traced_and_closed():
    pipeline = Pipeline(cursor := ListCursor(), DwellDetector, rate_hz=math.nan)
    cursor.push(look_at((500, 500), for_s=0.5).then((800, 500), for_s=1.5).samples(30))
    pipeline.show_stimulus(1, FRAME, 0.1)
    pipeline.hide_stimulus(1.5)
    snapshot = pipeline.advance(2.0)
    (trial,) = pipeline.take_trials()
    assert len(snapshot.trace_time_s) == 60
    assert len(trial.fixations) == 1
    assert trial.data_loss == 0


def test_a_detector_that_needs_the_whole_trial_leaves_the_display_to_another():
    pipeline, cursor = make_pipeline(ivt, make_live_detector=DwellDetector)
    pipeline.show_stimulus(1, FRAME, SHOWN_S)
    gaze = look_at((300, 300), for_s=0.7).then((960, 540), for_s=1.0).then((600, 600), for_s=0.5)
    cursor.push(gaze.samples(RATE_HZ))
    shown = pipeline.advance(2.2).fixations
    pipeline.finish(2.2)
    (trial,) = pipeline.take_trials()
    assert len(shown) == 1  # emitted at once when gaze leaves; I-VT waits for merging
    assert len(trial.fixations) == 2


def test_a_trial_without_a_single_sample_is_a_record_of_full_loss():
    trial = detect_trial(GazeSamples.empty(), ivt, trial=4, frame=FRAME, shown_s=1.0, hidden_s=2.0, rate_hz=RATE_HZ)
    assert (trial.fixations, trial.n_samples, trial.data_loss) == ((), 0, 1.0)


def test_the_health_counts_samples_and_shows_what_the_recorder_reports():
    pipeline, cursor = make_pipeline(DwellDetector)
    cursor.push(look_at((500, 500), for_s=1.5).then(blink_s=0.5).samples(RATE_HZ, latency_s=0.01))
    health = pipeline.advance(2.008).health
    assert (health.n_received, health.n_expected) == (1000, 1000)
    assert health.rate_hz == pytest.approx(RATE_HZ)
    assert health.data_loss == pytest.approx(0.5)
    assert health.latency_s == pytest.approx(0.01)
    assert math.isnan(health.saved_ago_s)


def test_the_wait_for_the_next_chunk_does_not_look_like_loss():
    pipeline, cursor = make_pipeline(DwellDetector)
    cursor.push(look_at((500, 500), for_s=2.0).samples(RATE_HZ))
    health = pipeline.advance(2.05).health
    assert health.n_expected == health.n_received == 1000


def test_a_stalled_stream_shows_a_falling_rate_and_growing_expectation():
    pipeline, cursor = make_pipeline(DwellDetector)
    cursor.push(look_at((500, 500), for_s=2.0).samples(RATE_HZ))
    pipeline.advance(2.0)
    health = pipeline.advance(2.5).health
    assert health.rate_hz == pytest.approx(RATE_HZ / 2, rel=0.01)
    assert health.n_expected == pytest.approx(1250, abs=2)
    assert pipeline.advance(4.0).health.rate_hz == 0


def test_a_trial_whose_samples_were_overwritten_before_they_were_read_says_so():
    ring = SampleRing(100)
    pipeline = Pipeline(ring.cursor(), DwellDetector, rate_hz=RATE_HZ)
    samples = look_at((300, 300), for_s=3.0).samples(RATE_HZ)
    pipeline.show_stimulus(1, FRAME, 0.5)
    pipeline.hide_stimulus(1.5)
    for chunk in in_chunks(samples[:1000], [400]):
        ring.push(chunk)
        pipeline.advance(float(chunk.time_s[-1]))
    pipeline.show_stimulus(2, FRAME, 2.0)
    pipeline.hide_stimulus(2.5)
    for chunk in in_chunks(samples[1000:], [50]):
        ring.push(chunk)
        snapshot = pipeline.advance(float(chunk.time_s[-1]))
    first, second = pipeline.take_trials()
    assert (first.complete, second.complete) == (False, True)
    assert (first.n_samples, second.n_samples) == (150, 250)
    assert "missed 700 samples" in snapshot.health.problem


def test_samples_the_view_missed_are_told():
    pipeline, cursor = make_pipeline(DwellDetector)
    cursor.n_missed = 40
    assert "40 samples" in pipeline.advance(1.0).health.problem
    pipeline.note_problem("the tracker is lost")
    assert pipeline.advance(1.1).health.problem == "the tracker is lost"


class CountedDetectors:
    """Makes detectors and counts them."""

    def __init__(self):
        self.n_made = 0

    def __call__(self):
        self.n_made += 1
        return ivt()


def one_trial(make_detector, *, hidden_told_s=CHANGED_S, correction=None, correction_told_s=0.0):
    """The first image under a correction in force from the start, which may be told late, as may the image's end."""
    pipeline, cursor = make_pipeline(make_detector)
    pipeline.show_stimulus(1, FRAME, SHOWN_S)
    told = [(hidden_told_s, lambda: pipeline.hide_stimulus(CHANGED_S))]
    if correction is not None:
        told.append((correction_told_s, lambda: pipeline.set_correction(correction, 0.1)))
    for chunk in in_chunks(GAZE, [5]):
        now_s = float(chunk.time_s[-1])
        for step in [step for step in told if step[0] <= now_s]:
            told.remove(step)
            step[1]()
        cursor.push(chunk)
        pipeline.advance(now_s)
    (trial,) = pipeline.take_trials()
    return trial


def test_gaze_that_came_in_time_is_detected_once():
    make = CountedDetectors()
    trial = one_trial(make)
    assert facts([trial]) == facts(REFERENCE[:1])
    assert make.n_made == 1


def test_an_end_that_was_told_late_has_the_trial_detected_again():
    make = CountedDetectors()
    trial = one_trial(make, hidden_told_s=CHANGED_S + 0.4)
    assert facts([trial]) == facts(REFERENCE[:1])
    assert make.n_made == 2


def test_a_correction_that_was_told_late_has_the_trial_detected_again():
    in_time, late = CountedDetectors(), CountedDetectors()
    wanted = one_trial(in_time, correction=Shift(30))
    trial = one_trial(late, correction=Shift(30), correction_told_s=1.2)
    assert facts([trial]) == facts([wanted]) != facts(REFERENCE[:1])
    assert (in_time.n_made, late.n_made) == (1, 2)


def test_the_trace_keeps_the_fixations_of_images_that_are_over():
    pipeline, cursor = make_pipeline()
    pipeline.show_stimulus(1, FRAME, SHOWN_S)
    pipeline.hide_stimulus(CHANGED_S)
    cursor.push(GAZE)
    snapshot = pipeline.advance(3.0)
    assert snapshot.fixations == ()
    assert snapshot.looked_s == tuple((f.onset_s, f.end_s) for f in REFERENCE[0].fixations)
    assert pipeline.advance(REFERENCE[0].fixations[-1].end_s + 5.1).looked_s == ()
