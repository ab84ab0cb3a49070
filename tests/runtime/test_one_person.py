"""Two people in one enrolment, or another person's gaze joined to a stored embedding, are never enough."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gazeapp.runtime.enrolment import EnrolmentEngine
from gazeapp.runtime.one_person import SURE, Identity, images_until_sure, judge_identity
from gazeapp.runtime.stopping_rule import EnoughRule, EnrolmentStep
from tests.fakes import InstantPredictor
from tests.runtime.test_enrolment import ask

HERE, THERE = (60.0, 20.0), (10.0, 40.0)


class TellingPredictor(InstantPredictor):
    """Also tells people apart: embeddings that point the same way are of one person."""

    tells_people = True

    def compare(self, asked, known):
        n = asked.n_pairs
        return [n * (1.0 if np.dot(asked.vector, other.vector) > 0.9 else -1.0) for other in known]


def enrol(places, *, ever=False, **known):
    engine = EnrolmentEngine(TellingPredictor(), rule=EnoughRule(min_certainty=0.0, min_viewing=-math.inf), **known)
    for trial, at in enumerate(places):
        engine(ask(trial, at=at))
        assert not (ever and engine.progress.is_enough)
    return engine.progress


def test_one_person_is_enough():
    progress = enrol([HERE] * 12)
    assert progress.identity is Identity.ONE
    assert progress.is_enough


@pytest.mark.parametrize(
    "places", [[HERE, THERE] * 8, [HERE] * 10 + [THERE] * 10], ids=["by turns", "one after another"]
)
def test_two_people_in_one_enrolment_are_named_and_never_enough(places):
    progress = enrol(places)
    assert progress.identity is Identity.TWO
    assert not progress.is_enough
    assert progress.images_left is None


def features(at, n=8):
    engine = EnrolmentEngine(InstantPredictor())
    for trial in range(n):
        engine(ask(trial, at=at))
    return engine.features


def test_another_persons_gaze_joined_to_a_stored_embedding_is_named():
    progress = enrol([THERE] * 7, pairs=features(HERE))
    assert progress.identity is Identity.OTHER
    assert not progress.is_enough


def test_who_comes_back_is_recognised_before_it_is_enough():
    assert not enrol([], pairs=features(HERE)).is_enough, "nothing of today is known yet"
    assert enrol([HERE] * 2, pairs=features(HERE)).identity is Identity.OPEN
    assert enrol([HERE] * 8, pairs=features(HERE)).is_enough


@pytest.mark.parametrize("stored", [[HERE, THERE] * 6, [HERE] * 6 + [THERE] * 6], ids=["by turns", "one after another"])
def test_a_stored_embedding_of_two_people_is_never_enough_for_one_of_them(stored):
    engine = EnrolmentEngine(InstantPredictor())
    for trial, at in enumerate(stored):
        engine(ask(trial, at=at))
    # most pairs are of who is here today, so that all together and their halves look like one person's
    progress = enrol([HERE] * 40, pairs=engine.features, ever=True)
    assert progress.identity is not Identity.ONE
    assert not progress.is_enough


def test_networks_that_cannot_tell_are_not_asked():
    engine = EnrolmentEngine(InstantPredictor(), rule=EnoughRule(min_viewing=-math.inf))
    for trial in range(9):
        engine(ask(trial))
    assert engine.progress.history[-1].one_person == math.inf
    assert engine.progress.is_enough


def step(one_person, n_pairs=20, **more):
    return EnrolmentStep(
        trial=n_pairs, n_pairs=n_pairs, n_fixations=9, spread=0.01, halves=0.9, moved=0.0, one_person=one_person, **more
    )


def test_a_single_look_says_nothing():
    assert judge_identity([step(5.0), step(5.0), step(-9.0)]) is Identity.OPEN
    assert judge_identity([step(-9.0), step(-9.0), step(5.0)]) is Identity.OPEN
    assert judge_identity([step(-9.0)] * 3) is Identity.TWO
    assert judge_identity([step(math.nan)] * 3) is Identity.OPEN
    assert judge_identity([step(5.0, as_before=math.nan)] * 3) is Identity.OPEN


def test_of_a_strange_half_among_earlier_pairs_nobody_is_sure():
    assert judge_identity([step(5.0, as_before=5.0, as_each_part=0.5)] * 3) is Identity.ONE
    assert judge_identity([step(5.0, as_before=5.0, as_each_part=-0.5)] * 3) is Identity.OPEN
    assert judge_identity([step(5.0, as_before=5.0, as_each_part=-9.0)] * 3) is Identity.TWO


def test_images_left_follow_the_ratio():
    assert images_until_sure([step(SURE / 2)]) == 20
    assert images_until_sure([step(math.inf)]) == 0
    assert images_until_sure([step(-1.0)]) is None
