from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from gazeapp.cli.run import prepare_participant
from gazeapp.errors import CheckpointError
from gazeapp.experiment.plan import ExperimentPlan, StimuliPlan, TrialsPlan
from gazeapp.runtime import RunOptions, build_run
from gazeapp.store.reader import SessionReader
from gazeapp.store.study import Study

pytestmark = pytest.mark.slow


@pytest.fixture
def options(tmp_path):
    """Three images, and a plan without calibration."""
    folder = tmp_path / "images"
    folder.mkdir()
    rng = np.random.default_rng(1)
    for n in range(3):
        image = cv2.blur(rng.integers(0, 255, (120, 160, 3), dtype=np.uint8), (9, 9))
        cv2.imwrite(str(folder / f"{n}.png"), image)
    plan = ExperimentPlan(
        name="returning",
        seed=2,
        phases=("enrol",),
        stimuli=StimuliPlan(folders=("images",)),
        trials=TrialsPlan(duration_s=1.0, fixation_cross_s=0.3, fixation_gate=False, blank_s=0.2),
        folder=tmp_path,
    )
    return RunOptions(plan=plan, study=tmp_path / "study", participant="SIM")


def run(options, *phases):
    options = replace(options, plan=replace(options.plan, phases=phases))
    prepare_participant(options)
    return build_run(options, virtual=True).run_virtual()


def test_a_known_person_is_predicted_from_the_first_image_on(options):
    first = run(options, "enrol")
    second = run(options, "overlay")
    with SessionReader(second.session.path) as reader:
        predictions = list(reader.predictions(final_only=True))
    assert len(predictions) == 3
    assert all(p.personal is not None for p in predictions)
    assert all(p.embedding == first.embedding for p in predictions)


def test_showing_a_known_person_stores_no_second_embedding(options):
    run(options, "enrol")
    run(options, "overlay")
    with Study.open(options.study) as study:
        assert len(study.embeddings("SIM")) == 1


def test_a_new_enrolment_goes_on_from_what_is_known(options):
    first = run(options, "enrol")
    again = run(options, "enrol")
    assert again.embedding.n_pairs == 6
    with SessionReader(again.session.path) as reader:
        prediction = next(iter(reader.predictions(final_only=True)))
    assert prediction.personal is not None
    np.testing.assert_allclose(prediction.embedding.vector, first.embedding.vector, atol=1e-5)


def test_a_person_nobody_knows_gets_the_universal_maps_alone(options, caplog):
    summary = run(options, "overlay")
    assert "has no embedding yet" in caplog.text
    with SessionReader(summary.session.path) as reader:
        predictions = list(reader.predictions(final_only=True))
    assert [p.personal for p in predictions] == [None] * 3
    assert all(p.universal is not None for p in predictions)


def test_an_embedding_of_other_weights_is_refused_before_a_session_exists(options):
    first = run(options, "enrol")
    with Study.open(options.study) as study:
        study.save_embedding("SIM", replace(first.embedding, model_sha256="f" * 64))
    with pytest.raises(CheckpointError, match="other weights"):
        run(options, "overlay")
    assert len(list((options.study / "sessions").iterdir())) == 1
