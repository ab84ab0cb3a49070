from __future__ import annotations

import numpy as np
import pytest

from gazeapp.gaze.clock import ManualClock
from gazeapp.gaze.detection.registry import make_detector, parameters
from gazeapp.gaze.display import place_stimulus
from gazeapp.gaze.ring import SampleRing
from gazeapp.runtime.pipeline import Pipeline
from gazeapp.runtime.recorder import Recorder
from gazeapp.runtime.replay import reproduce
from gazeapp.store.events import StimulusHidden, StimulusShown
from gazeapp.store.reader import SessionReader
from gazeapp.store.records import TrialRow
from gazeapp.store.sample_table import read_samples
from gazeapp.store.writer import SessionWriter
from tests.fakes import in_chunks

pytestmark = [pytest.mark.slow, pytest.mark.shared_data]
RATE_HZ = 1200.0
TRIAL_S = 3.0


@pytest.fixture(scope="module")
def spectrum(shared_data):
    """A person looking at targets before a Tobii Pro Spectrum at 1200 Hz; 21 s, binocular."""
    return read_samples(shared_data / "recordings" / "etdq" / "Tobii_Spectrum_1200Hz.tsv")


def run(samples, display, sizes, path):
    """The live path in virtual time, an image every 3 s; returns the trials and the recorder's last health."""
    clock = ManualClock()
    frame = place_stimulus(display, "image", 800, 600)
    writer = SessionWriter(path)
    writer.set_meta(
        {
            "display": display,
            "tracker": {"rate_hz": RATE_HZ},
            "detection": {"algorithm": "ivt", "parameters": parameters(make_detector("ivt", display))},
        }
    )
    recorder = Recorder(writer, clock, inline=True)
    ring = SampleRing(round(30 * RATE_HZ))
    pipeline = Pipeline(ring.cursor(), lambda: make_detector("ivt", display), rate_hz=RATE_HZ)
    begin_s = float(samples.time_s[0])
    trials, due_s = [], begin_s
    for chunk in in_chunks(samples, sizes):
        now_s = float(chunk.time_s[-1])
        clock.set(max(now_s, clock.now_s()))
        ring.push(chunk)
        recorder.take_samples(chunk)
        while due_s <= now_s:
            number = round((due_s - begin_s) / TRIAL_S)
            events = [StimulusShown(time_s=due_s, trial=number, frame=frame, onset_kind="virtual")]
            if number:
                events.insert(0, StimulusHidden(time_s=due_s, trial=number - 1))
            for event in events:
                recorder.take(event)
                pipeline.on_event(event)
            due_s += TRIAL_S
        pipeline.advance(now_s)
        trials += pipeline.take_trials()
    for trial in trials:
        row = TrialRow(
            trial=trial.trial,
            phase="enrol",
            frame=frame,
            shown_s=trial.shown_s,
            hidden_s=trial.hidden_s,
            onset_kind="virtual",
            fixations=trial.fixations,
            carried_over=trial.carried_over,
            n_samples=trial.n_samples,
            data_loss=trial.data_loss,
        )
        recorder.take(row)
    return trials, recorder.close()


def test_a_real_1200_hz_recording_reaches_the_disk_whole_and_is_reproduced(spectrum, tmp_path):
    samples, display = spectrum.samples, spectrum.display
    trials, health = run(samples, display, [12], tmp_path / "session.sqlite")
    assert health.n_saved == len(samples) == 25780
    assert len(trials) == 7
    assert sum(len(trial.fixations) for trial in trials) > 14
    with SessionReader(tmp_path / "session.sqlite") as reader:
        stored = reader.samples()
        result = reproduce(reader)
    for name in ("time_s", "left_px", "right_px", "left_valid", "right_valid", "left_pupil_mm"):
        np.testing.assert_array_equal(getattr(stored, name), getattr(samples, name))
    assert result.is_exact, result.trials
    assert len(result.trials) == 7


def test_real_gaze_cut_differently_gives_the_same_trials(spectrum, tmp_path):
    results = [
        run(spectrum.samples, spectrum.display, sizes, tmp_path / f"{n}.sqlite")[0]
        for n, sizes in enumerate(([12], [1, 500, 37, 2], [3000]))
    ]
    facts = [[(t.fixations, t.carried_over, t.n_samples) for t in trials] for trials in results]
    assert facts[0] == facts[1] == facts[2]
