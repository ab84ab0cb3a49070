"""A headless session on the stand-in of the Tobii SDK: openness is recorded beside gaze, pictures only by consent."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from gazeapp.cli.run import prepare_participant
from gazeapp.devices.tobii.tracker import TobiiTracker
from gazeapp.errors import ConsentMissing
from gazeapp.experiment.plan import ExperimentPlan, StimuliPlan, TrialsPlan
from gazeapp.gaze.clock import MonotonicClock
from gazeapp.runtime import RunOptions, build_run
from gazeapp.store.reader import SessionReader
from gazeapp.store.study import Study
from tests.devices.test_tobii import here

pytestmark = pytest.mark.slow


@pytest.fixture
def options(tmp_path):
    """Two short images."""
    images = tmp_path / "images"
    images.mkdir()
    for n in range(2):
        image = np.full((120, 160, 3), 90 + 60 * n, np.uint8)
        cv2.circle(image, (80, 60), 30, (0, 0, 220), -1)
        cv2.imwrite(str(images / f"drawn-{n}.png"), image)
    plan = ExperimentPlan(
        name="eyes",
        phases=("enrol",),
        folder=tmp_path,
        stimuli=StimuliPlan(folders=("images",)),
        trials=TrialsPlan(duration_s=0.6, fixation_cross_s=0.2, blank_s=0.1, fixation_gate=False),
    )

    def make(**device_options):
        return RunOptions(
            plan=plan,
            study=tmp_path / "study",
            participant="P1",
            device="tobii",
            device_options=device_options,
        )

    return make


def record(options):
    clock = MonotonicClock()
    tracker = TobiiTracker(here, "tet-tcp://fake", clock, options.display, eye_images=options.wants_eye_images)
    try:
        run = build_run(options, clock=clock, tracker=tracker)
    except BaseException:
        tracker.close()
        raise
    try:
        return run.run_realtime().session.path
    finally:
        run.close()


def test_openness_is_recorded_beside_gaze_and_no_picture(options):
    chosen = options()
    prepare_participant(chosen, consent=("gaze",))
    with SessionReader(record(chosen)) as reader:
        samples = reader.samples()
        stamps = np.concatenate([c.device_time_s for c in reader.openness_chunks()])
        counts = reader.counts()
    assert counts["eye_images"] == 0
    assert len(stamps) > 600
    assert set(stamps) <= set(samples.device_time_s), "the stamps join both streams"
    assert np.diff(stamps) == pytest.approx(1 / 600, abs=2e-6), "none is missing in between"
    assert len(samples) - len(stamps) < 0.2 * 600, "but for the last batch"


def test_pictures_need_a_consent_that_names_them_and_go_with_the_participant(options):
    without, with_images = options(), options(eye_images="record")
    prepare_participant(without, consent=("gaze",))
    with pytest.raises(ConsentMissing, match="pictures of the eyes"):
        prepare_participant(with_images)
    with pytest.raises(ConsentMissing, match="eye_images=record"):
        record(with_images)
    with Study.open(with_images.study) as study:
        assert not study.sessions(), "nothing was made for it"
    prepare_participant(with_images, consent=("gaze", "eye-images"))
    path = record(with_images)
    with SessionReader(path) as reader:
        images = list(reader.eye_images())
        tracker = reader.meta["tracker"]
    assert (tracker["options"], tracker["firmware"]) == ({"eye_images": "record"}, "1.0")
    assert {image.camera for image in images} == {0, 1}
    assert (np.diff([i.time_s for i in images if i.camera == 0]) >= 1).all()
    with Study.open(with_images.study) as study:
        consents = study.participant("P1").consents
        study.erase("P1", reason="asked")
    assert [consent.purpose for consent in consents] == ["gaze", "eye-images"]
    assert not path.exists()
