"""Gaze that does not follow the images is never enough, however well it settles."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gazeapp.runtime.enrolment import is_no_viewing
from gazeapp.runtime.stopping_rule import EnoughRule, EnrolmentStep, is_enough
from gazeapp.runtime.viewing_evidence import ViewingEvidence

SIZE = (160, 120)
N_IMAGES = 30


def scene(rng) -> np.ndarray:
    """(H, W) density: a few places people look at, and the pull of the centre."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    density = 0.3 * np.exp(-((x - 80) ** 2 + (y - 60) ** 2) / 2000)
    for _ in range(3):
        cx, cy = rng.uniform(20, 140), rng.uniform(20, 100)
        density = density + np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 200)
    return (density / density.sum()).astype(np.float32)


def draw(density, rng, n=9) -> np.ndarray:
    cells = rng.choice(density.size, n, p=density.ravel().astype(np.float64) / density.sum(dtype=np.float64))
    return np.stack([cells % SIZE[0], cells // SIZE[0]], axis=1) + 0.5


def looked(kind: str, scenes: list[np.ndarray], n: int, rng) -> np.ndarray:
    match kind:
        case "viewing":
            return draw(scenes[n], rng)
        case "shuffled":
            return draw(scenes[(n + 7) % len(scenes)], rng)
        case "centre":
            return np.clip(rng.normal((80, 60), 20, (9, 2)), 0, np.array(SIZE) - 1)
        case "constant":
            return np.array([[80.5, 60.5]]) + rng.normal(0, 1, (9, 2))
        case "wandering":
            path = np.array([80.0, 60.0]) + np.cumsum(rng.normal(0, 12, (9, 2)), axis=0)
            return np.clip(path, 0, np.array(SIZE) - 1)
    return rng.uniform((0, 0), SIZE, (9, 2))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["noise", "shuffled", "centre", "constant", "wandering"])
def test_no_viewing_never_reaches_enough(kind):
    highest = -math.inf
    for seed in range(15):
        rng = np.random.default_rng(seed)
        scenes = [scene(rng) for _ in range(N_IMAGES)]
        evidence = ViewingEvidence()
        for n in range(N_IMAGES):
            evidence.add(scenes[n], looked(kind, scenes, n, rng))
            if n + 1 >= EnoughRule().min_pairs:
                highest = max(highest, evidence.z())
    assert highest < EnoughRule().min_viewing


def test_viewing_is_recognised_within_a_dozen_images():
    rng = np.random.default_rng(0)
    scenes = [scene(rng) for _ in range(12)]
    evidence = ViewingEvidence()
    for n, density in enumerate(scenes):
        evidence.add(density, looked("viewing", scenes, n, rng))
    assert evidence.z() > EnoughRule().min_viewing
    assert math.isnan(ViewingEvidence().z())


def step(viewing: float, n_pairs: int = 20) -> EnrolmentStep:
    return EnrolmentStep(
        trial=n_pairs,
        n_pairs=n_pairs,
        n_fixations=9,
        spread=0.01,
        halves=0.99,
        moved=0.0,
        certainty=0.9,
        viewing=viewing,
    )


def test_what_settles_without_viewing_is_named_and_is_not_enough():
    assert not is_enough(step(0.2), EnoughRule())
    assert is_no_viewing(step(0.2))
    assert is_no_viewing(step(math.nan))
    assert not is_no_viewing(step(0.2, n_pairs=5)), "too early to say"
    assert is_enough(step(8.0), EnoughRule())
    assert not is_no_viewing(step(2.5)), "not sure is not no"
