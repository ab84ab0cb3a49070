from __future__ import annotations

import math

import numpy as np
import pytest

from gazeapp.errors import CheckpointError
from gazeapp.runtime.enrolment import UNIVERSAL_CACHE_SIZE, EnrolmentEngine
from gazeapp.runtime.snapshot import InferenceRequest
from gazeapp.runtime.stopping_rule import EnoughRule
from tests.fakes import InstantPredictor

IMAGE = np.zeros((60, 80, 3), np.uint8)


def ask(trial, *, enrol=True, final=True, at=(60.0, 20.0), stimulus="", image=IMAGE, n=3):
    points = np.tile(np.array(at), (n, 1)) + np.arange(n)[:, None]
    return InferenceRequest(
        number=trial,
        trial=trial,
        stimulus_id=stimulus or f"image-{trial}",
        image_rgb=image,
        px_per_deg=24.0,
        fixations_px=points,
        durations_s=np.full(n, 0.2),
        enrol=enrol,
        final=final,
    )


def test_the_first_image_has_no_personal_map_and_the_second_one_has():
    engine = EnrolmentEngine(InstantPredictor())
    first = engine(ask(1))
    assert first.personal is None
    assert first.discrepancy is None
    assert first.embedding.n_pairs == 1
    second = engine(ask(2))
    assert second.personal.sum() == pytest.approx(1)
    np.testing.assert_allclose(second.discrepancy, second.personal - second.universal)
    assert second.error == ""


def test_an_image_is_predicted_before_its_own_gaze_is_learnt():
    engine = EnrolmentEngine(InstantPredictor())
    first = engine(ask(1, at=(70, 5)))
    second = engine(ask(2, at=(5, 50)))
    assert second.predicted_with == first.embedding
    assert second.embedding.n_pairs == 2
    expected = InstantPredictor().personal(IMAGE, second.universal, first.embedding)
    np.testing.assert_allclose(second.personal, expected)


def test_only_final_requests_of_enrolment_teach():
    engine = EnrolmentEngine(InstantPredictor())
    engine(ask(1, final=False))
    engine(ask(2, enrol=False))
    assert engine.progress.n_pairs == 0
    engine(ask(3))
    assert engine.progress.n_pairs == 1


def test_a_trial_that_is_asked_about_twice_counts_once():
    engine = EnrolmentEngine(InstantPredictor())
    engine(ask(1))
    engine(ask(1, at=(10, 10)))
    assert engine.progress.n_pairs == 1
    assert len(engine.features) == 1


def test_a_person_who_looked_beside_the_image_teaches_nothing():
    engine = EnrolmentEngine(InstantPredictor())
    result = engine(ask(1, at=(500, 500)))
    assert result.embedding is None
    assert result.error == ""
    assert engine.progress.n_pairs == 0


def test_requests_of_one_trial_compute_each_map_once():
    networks = InstantPredictor()
    engine = EnrolmentEngine(networks)
    engine(ask(1))
    for _ in range(5):
        engine(ask(2, final=False))
    engine(ask(2))
    assert (networks.n_universal, networks.n_personal, networks.n_encoded) == (2, 1, 2)


def test_remembered_universal_maps_are_bounded():
    networks = InstantPredictor()
    engine = EnrolmentEngine(networks)
    n = UNIVERSAL_CACHE_SIZE + 3
    for trial in range(n):
        engine(ask(trial, enrol=False, image=IMAGE[:6, :8]))
    engine(ask(n - 1, enrol=False, image=IMAGE[:6, :8]))
    assert networks.n_universal == n
    engine(ask(0, enrol=False, image=IMAGE[:6, :8]))
    assert networks.n_universal == n + 1


def test_progress_grows_with_every_image_and_says_when_it_is_enough():
    engine = EnrolmentEngine(InstantPredictor(), rule=EnoughRule(min_pairs=5, min_viewing=-math.inf))
    assert engine.progress.history == ()
    assert engine.progress.images_left is None
    rng = np.random.default_rng(0)
    left = []
    for trial in range(6):
        engine(ask(trial, at=tuple(rng.uniform([30, 20], [40, 30]))))
        left.append(engine.progress.images_left)
    progress = engine.progress
    assert [step.n_pairs for step in progress.history] == [1, 2, 3, 4, 5, 6]
    assert math.isnan(progress.history[0].spread)
    assert math.isnan(progress.history[2].halves)
    assert progress.history[5].halves > 0.99
    assert progress.is_enough
    assert progress.images_left == 0
    assert (left[0], left[3], left[5]) == (None, 1, 0)


def test_scattered_features_are_not_enough_and_the_number_of_images_left_is_told():
    engine = EnrolmentEngine(InstantPredictor(), rule=EnoughRule(min_certainty=0.999))
    rng = np.random.default_rng(0)
    for trial in range(10):
        engine(ask(trial, at=tuple(rng.uniform([0, 0], [70, 50]))))
    assert not engine.progress.is_enough
    assert engine.progress.images_left > 1


def test_enrolment_goes_on_from_earlier_pairs():
    before = EnrolmentEngine(InstantPredictor())
    before(ask(1))
    before(ask(2, at=(10, 40)))
    after = EnrolmentEngine(InstantPredictor(), pairs=before.features)
    both = EnrolmentEngine(InstantPredictor())
    for trial, at in ((1, (60.0, 20.0)), (2, (10, 40)), (3, (33, 33))):
        both(ask(trial, at=at))
    assert after(ask(3, at=(33, 33))).embedding == both.progress.embedding


def test_a_known_embedding_predicts_at_once():
    known = EnrolmentEngine(InstantPredictor())(ask(1)).embedding
    result = EnrolmentEngine(InstantPredictor(), embedding=known)(ask(2, enrol=False))
    assert result.personal is not None
    assert result.embedding == known


class Failing(InstantPredictor):
    def __init__(self, where, error):
        super().__init__()
        self.where, self.error = where, error

    def universal(self, image_rgb):
        if self.where == "universal":
            raise self.error
        return super().universal(image_rgb)

    def encode(self, *arguments):
        if self.where == "encode":
            raise self.error
        if self.where == "nan":
            return np.array([np.nan, 1.0], np.float32)
        return super().encode(*arguments)


@pytest.mark.parametrize(
    ("where", "message"),
    [("universal", "out of memory"), ("encode", "out of memory"), ("nan", "not finite")],
)
def test_trouble_is_told_in_the_result_and_the_pair_is_not_learnt(where, message):
    engine = EnrolmentEngine(Failing(where, RuntimeError("out of memory")))
    result = engine(ask(1))
    assert message in result.error
    assert result.universal.sum() == pytest.approx(1, abs=1e-4)
    assert result.embedding is None
    assert engine.progress.n_pairs == 0


def test_errors_of_this_program_are_told_in_their_own_words():
    result = EnrolmentEngine(Failing("universal", CheckpointError("foreign weights")))(ask(1))
    assert "foreign weights" in result.error


def test_results_cannot_be_changed():
    engine = EnrolmentEngine(InstantPredictor())
    engine(ask(1))
    result = engine(ask(2))
    for array in (result.universal, result.personal, result.discrepancy):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1
