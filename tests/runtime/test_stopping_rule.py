from __future__ import annotations

import math

import numpy as np
import pytest

from gazeapp.runtime.stopping_rule import (
    EnoughRule,
    EnrolmentStep,
    is_enough,
    pairs_for_halves,
    predict_images_left,
    ratio_from_halves,
    ratio_from_spread,
)


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def observe(features):
    """Spread and agreement of halves, computed from the features themselves."""
    rng = np.random.default_rng(0)
    n = len(features)
    embedding = unit(features.mean(axis=0))
    resampled = features[rng.integers(n, size=(200, n))].mean(axis=1)
    halves = unit(features[0::2].mean(axis=0)) @ unit(features[1::2].mean(axis=0))
    return 1 - float((unit(resampled) @ embedding).mean()), float(halves)


def person(ratio, n, seed, size=32):
    """Features of a person whose noise is sqrt(ratio) times as long as their direction."""
    rng = np.random.default_rng(seed)
    direction = unit(rng.normal(size=size))
    return direction + rng.normal(0, math.sqrt(ratio / size), (n, size))


@pytest.mark.parametrize("ratio", [1.0, 9.0])
@pytest.mark.parametrize("n", [8, 16, 64])
def test_spread_and_halves_both_tell_the_noise_ratio(ratio, n):
    seen = [observe(person(ratio, n, seed)) for seed in range(40)]
    from_spread = np.median([ratio_from_spread(spread, n) for spread, _ in seen])
    from_halves = ratio_from_halves(float(np.mean([halves for _, halves in seen])), n)
    assert from_spread == pytest.approx(ratio, rel=0.25)
    assert from_halves == pytest.approx(ratio, rel=0.25)


def steps(features, n_from, n_to):
    history = []
    for n in range(n_from, n_to + 1):
        spread, halves = observe(features[:n])
        history.append(EnrolmentStep(trial=n, n_pairs=n, n_fixations=9, spread=spread, halves=halves, moved=0.0))
    return history


def test_the_number_of_images_needed_is_told_after_twelve():
    rule = EnoughRule()
    errors = []
    for seed in range(15):
        features = person(4.0, 90, seed)
        predicted = 12 + predict_images_left(steps(features, 8, 12), rule)
        reached = next(s.n_pairs for s in steps(features, 13, 90) if is_enough(s, rule))
        errors.append(predicted / reached)
    assert np.median(errors) == pytest.approx(1.0, abs=0.25)


def step(n, spread=0.02, halves=0.9):
    return EnrolmentStep(trial=n, n_pairs=n, n_fixations=9, spread=spread, halves=halves, moved=0.0)


def test_all_three_parts_of_the_rule_must_be_met():
    rule = EnoughRule(max_spread=0.05, min_halves=0.8, min_pairs=8)
    assert is_enough(step(8), rule)
    assert not is_enough(step(7), rule)
    assert not is_enough(step(8, spread=0.06), rule)
    assert not is_enough(step(8, halves=0.7), rule)
    assert not is_enough(step(8, halves=math.nan), rule)


def test_nothing_is_predicted_from_two_images_or_from_noise_alone():
    assert predict_images_left([step(1, math.nan, math.nan), step(2), step(3)], EnoughRule()) is None
    noise = [step(n, spread=0.5, halves=-0.2) for n in (4, 5, 6)]
    assert predict_images_left(noise, EnoughRule()) is None


def test_a_rule_that_cannot_be_met_predicts_nothing_finite():
    history = [step(n) for n in (4, 5, 6)]
    assert predict_images_left(history, EnoughRule(max_spread=0.0)) is None
    assert math.isinf(pairs_for_halves(1.0, 3.0))
    assert math.isinf(ratio_from_halves(0.0, 10))
