"""Each metric's own map scores better by that metric than the density that it was made of."""

import numpy as np
import pytest
import torch

from gazeapp.saliency import metrics
from gazeapp.saliency.classic import centre_bias
from gazeapp.saliency.maps import blur, fixation_density, normalise
from trainer.evaluation.metric_maps import SPECIFIC, MetricMaps

SIZE = (64, 48)
SIGMA = 2.0
N_FIXATIONS = 8


def drawn(density, n, random):
    """(n, 2) places, drawn by chance."""
    chance = density.ravel().astype(float)
    rows, columns = np.divmod(random.choice(density.size, size=n, p=chance / chance.sum()), SIZE[0])
    return np.stack([columns, rows], axis=1) + 0.5


@pytest.fixture(scope="module")
def scene():
    """What a network learns of a density with three places of interest, and 60 viewings of it."""
    random = np.random.default_rng(5)
    centre = centre_bias(SIZE)
    spots = fixation_density([(14, 14), (46, 33), (32, 20)], SIZE, 3.0, weights=[3, 2, 1])
    density = normalise(0.6 * spots + 0.4 * centre)
    looks = [drawn(density, N_FIXATIONS, random) for _ in range(60)]
    return normalise(blur(density, SIGMA)), centre, looks, drawn(centre, 2000, random)


@pytest.fixture(scope="module")
def own(scene):
    learnt, centre, _, _ = scene
    maps = MetricMaps(
        sigma_cells=SIGMA, n_fixations=N_FIXATIONS, other_HW=torch.from_numpy(blur(centre, SIGMA)), seed=0
    )
    return {name: maps.of(name, torch.from_numpy(learnt)[None], 0.02)[0].numpy() for name in SPECIFIC}


def mean_score(metric, prediction, scene):
    _, centre, looks, others = scene
    scores = [
        metrics.evaluate_map(
            prediction,
            truth=fixation_density(fixations, SIZE, SIGMA),
            fixations_px=fixations,
            other_fixations_px=others,
            baseline=centre,
            metrics=[metric],
        )[metric]
        for fixations in looks
    ]
    return np.mean(scores)


@pytest.mark.parametrize(("metric", "gain"), [("sim", 0.02), ("sauc", 0.003)])
def test_own_map_is_better_than_the_density(metric, gain, scene, own):
    assert mean_score(metric, own[metric], scene) - mean_score(metric, scene[0], scene) > gain


@pytest.mark.parametrize("metric", SPECIFIC)
def test_no_other_metrics_map_does_better(metric, scene, own):
    sign = 1 if metrics.HIGHER_IS_BETTER[metric] else -1
    best = sign * mean_score(metric, own[metric], scene)
    for other in SPECIFIC:
        assert best >= sign * mean_score(metric, own[other], scene) - 1e-6, other


@pytest.mark.parametrize("metric", SPECIFIC)
def test_every_map_is_a_density(metric, own):
    assert own[metric].shape == SIZE[::-1]
    assert own[metric].min() >= 0
    assert own[metric].sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)
