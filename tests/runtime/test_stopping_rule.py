from __future__ import annotations

import math

import numpy as np
import pytest

from gazeapp.runtime.stopping_rule import (
    EnoughRule,
    EnrolmentStep,
    certainty_from_spread,
    is_enough,
    pairs_for_certainty,
    predict_images_left,
    ratio_from_certainty,
    ratio_from_spread,
)


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def spread_of(features):
    """Bootstrap spread, computed from the features themselves."""
    rng = np.random.default_rng(0)
    n = len(features)
    embedding = unit(features.mean(axis=0))
    resampled = features[rng.integers(n, size=(200, n))].mean(axis=1)
    return 1 - float((unit(resampled) @ embedding).mean())


def person(ratio, n, seed, size=32):
    """Features of a person whose noise is sqrt(ratio) times as long as their direction."""
    rng = np.random.default_rng(seed)
    direction = unit(rng.normal(size=size))
    return direction + rng.normal(0, math.sqrt(ratio / size), (n, size)), direction


@pytest.mark.parametrize("ratio", [1.0, 9.0])
@pytest.mark.parametrize("n", [8, 16, 64])
def test_spread_tells_the_noise_ratio_and_the_cosine_to_where_the_embedding_would_settle(ratio, n):
    spreads, cosines = [], []
    for seed in range(40):
        features, direction = person(ratio, n, seed)
        spreads.append(spread_of(features))
        cosines.append(float(unit(features.mean(axis=0)) @ direction))
    assert np.median([ratio_from_spread(spread, n) for spread in spreads]) == pytest.approx(ratio, rel=0.25)
    expected = np.median([certainty_from_spread(spread, n) for spread in spreads])
    assert expected == pytest.approx(np.median(cosines), abs=0.05)


def step(n, certainty=0.9, viewing=math.inf):
    return EnrolmentStep(
        trial=n, n_pairs=n, n_fixations=9, spread=0.02, halves=0.9, moved=0.0, certainty=certainty, viewing=viewing
    )


def test_the_number_of_images_needed_is_told_after_twelve():
    rule = EnoughRule(min_certainty=0.9)
    errors = []
    for seed in range(15):
        features, _ = person(4.0, 90, seed)
        history = [step(n, certainty_from_spread(spread_of(features[:n]), n)) for n in range(8, 91)]
        predicted = 12 + predict_images_left(history[:5], rule)
        reached = next(s.n_pairs for s in history[5:] if is_enough(s, rule))
        errors.append(predicted / reached)
    assert np.median(errors) == pytest.approx(1.0, abs=0.25)


def test_all_parts_of_the_rule_must_be_met():
    rule = EnoughRule(min_certainty=0.8, min_pairs=8)
    assert is_enough(step(8), rule)
    assert not is_enough(step(7), rule)
    assert not is_enough(step(8, certainty=0.7), rule)
    assert not is_enough(step(8, certainty=math.nan), rule)
    assert not is_enough(step(8, viewing=2.0), rule)
    assert not is_enough(step(8, viewing=math.nan), rule)


def test_nothing_is_predicted_from_two_images_or_from_noise_alone():
    assert predict_images_left([step(1, math.nan), step(2), step(3)], EnoughRule()) is None
    assert predict_images_left([step(n, certainty=0.0) for n in (4, 5, 6)], EnoughRule()) is None


def test_a_rule_that_cannot_be_met_predicts_nothing_finite():
    history = [step(n) for n in (4, 5, 6)]
    assert predict_images_left(history, EnoughRule(min_certainty=1.0)) is None
    assert math.isinf(pairs_for_certainty(1.0, 3.0))
    assert math.isinf(ratio_from_certainty(0.0, 10))
    assert pairs_for_certainty(0.8, ratio_from_certainty(0.8, 20)) == pytest.approx(20)
