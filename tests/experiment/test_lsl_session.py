"""A headless session over real liblsl, with the sender in another process."""

from __future__ import annotations

import uuid

import cv2
import numpy as np
import pytest

pytest.importorskip("pylsl", reason="pylsl is not installed", exc_type=ImportError)

from gazeapp.cli.run import prepare_participant
from gazeapp.devices.lsl.inlet import check_library
from gazeapp.errors import ConnectionLost
from gazeapp.experiment import unattended
from gazeapp.experiment.plan import ExperimentPlan, StimuliPlan, TrialsPlan
from gazeapp.runtime import RunOptions, build_run
from gazeapp.runtime.replay import reproduce
from gazeapp.store.reader import SessionReader
from tests.devices.lsl_lab import Sender

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not check_library().ok, reason=check_library().hint)]


@pytest.fixture
def sender():
    made = Sender(f"session-{uuid.uuid4().hex[:8]}", rate_hz=600)
    yield made
    made.kill()


@pytest.fixture
def run(tmp_path, sender):
    """A session of two short images over LSL, ready to run."""
    images = tmp_path / "images"
    images.mkdir()
    for n in range(2):
        image = np.full((120, 160, 3), 90 + 60 * n, np.uint8)
        cv2.circle(image, (80, 60), 30, (0, 0, 220), -1)
        cv2.imwrite(str(images / f"drawn-{n}.png"), image)
    plan = ExperimentPlan(
        name="lsl",
        phases=("enrol",),
        folder=tmp_path,
        stimuli=StimuliPlan(folders=("images",)),
        trials=TrialsPlan(duration_s=0.6, fixation_cross_s=0.2, blank_s=0.1, fixation_gate=False),
    )
    options = RunOptions(
        plan=plan,
        study=tmp_path / "study",
        participant="P1",
        device="lsl",
        device_options={"stream": sender.name},
    )
    prepare_participant(options, consent=("gaze",))
    made = build_run(options)
    yield made
    made.close()


def test_a_session_over_lsl_stores_every_sample_and_reproduces(run):
    summary = run.run_realtime()
    assert summary.n_trials == 2
    with SessionReader(summary.session.path) as reader:
        samples = reader.samples()
        # the sender counts in the first column: nothing between the first and the last sample may be missing
        assert np.diff(samples.left_px[:, 0]).tolist() == [1.0] * (len(samples) - 1)
        assert len(samples) > 600
        assert reproduce(reader).is_exact
        offsets = reader.clock_offsets()
        assert offsets
        assert all(abs(o.offset_s) < 0.01 and 0 < o.uncertainty_s < 0.01 for o in offsets)
        # raw stamps are kept: with the sender's offset they lie on this computer's clock, as the session's times do
        apart_s = samples.device_time_s + offsets[-1].offset_s - samples.time_s
        assert np.ptp(apart_s) < 0.002


def test_a_sender_that_dies_ends_the_session_and_what_was_recorded_is_kept(run, sender, monkeypatch):
    monkeypatch.setattr(unattended, "PATIENCE_S", 0.5)
    run.add_result_observer(lambda result: sender.kill() if result.final else None)
    with pytest.raises(ConnectionLost):
        run.run_realtime()
    with SessionReader(run.session.path) as reader:
        assert reader.state == "finished"
        assert len(reader.trials()) >= 1
        assert "lost" in [problem.kind for problem in reader.problems()]


def test_a_session_publishes_corrected_gaze_fixations_and_markers(tmp_path, run, sender):
    import pylsl

    from gazeapp.devices.lsl.outlet import Outlets

    name = f"published-{uuid.uuid4().hex[:8]}"
    run._publisher = run.analysis._publisher = Outlets(name, run.tracker.info, run.clock, run.display)
    (found,) = pylsl.resolve_byprop("name", f"{name}_markers", timeout=10)
    inlet = pylsl.StreamInlet(found)
    inlet.open_stream(10)
    markers = []
    # read while the run lasts: pulling from a closed outlet waits for its return
    run.add_snapshot_observer(lambda _: markers.extend(inlet.pull_chunk(timeout=0.0)[0]))
    run.run_realtime()
    inlet.close_stream()
    kinds = " ".join(marker[0] for marker in markers)
    assert kinds.count("StimulusShown") == 2
    assert kinds.count("StimulusHidden") >= 1
