"""Each metric's own map scores best by that metric when fixations follow the density."""

import numpy as np
import pytest

from gazeapp.saliency import metrics
from gazeapp.saliency.classic import centre_bias
from gazeapp.saliency.maps import fixation_density, normalise
from gazeapp.saliency.metric_maps import metric_map

SIZE = (96, 72)
SIGMA_PX = 6.0
N_FIXATIONS = 8


@pytest.fixture(scope="module")
def scene():
    """A density with three places of interest in front of a centre bias, and fixations drawn from it."""
    spots = fixation_density([(20, 20), (70, 50), (48, 30)], SIZE, 3.0, weights=[3, 2, 1])
    centre = centre_bias(SIZE)
    density = normalise(0.6 * spots + 0.4 * centre)
    random = np.random.default_rng(5)
    chance = density.ravel().astype(float) / density.sum(dtype=float)
    pixels = random.choice(density.size, size=(60, N_FIXATIONS), p=chance)
    rows, columns = np.divmod(pixels, SIZE[0])
    looks = np.stack([columns, rows], axis=2) + 0.5
    others = random.choice(density.size, size=2000, p=centre.ravel() / centre.sum(dtype=float))
    rows, columns = np.divmod(others, SIZE[0])
    return density, centre, looks, np.stack([columns, rows], axis=1) + 0.5


def mean_score(metric, prediction, scene):
    _, centre, looks, others = scene
    scores = []
    for fixations in looks:
        truth = fixation_density(fixations, SIZE, SIGMA_PX)
        given = {"truth": truth, "fixations_px": fixations, "other_fixations_px": others}
        scores.append(metrics.evaluate_map(prediction, **given, baseline=centre, metrics=[metric])[metric])
    return np.mean(scores)


def map_for(metric, scene):
    return metric_map(metric, scene[0], sigma_px=SIGMA_PX, n_fixations=N_FIXATIONS, other_density=scene[1])


@pytest.mark.parametrize("metric", metrics.METRICS)
def test_no_other_metrics_map_does_better(metric, scene):
    sign = 1 if metrics.HIGHER_IS_BETTER[metric] else -1
    own = sign * mean_score(metric, map_for(metric, scene), scene)
    for other in metrics.METRICS:
        assert own >= sign * mean_score(metric, map_for(other, scene), scene) - 1e-6, other


@pytest.mark.parametrize(("metric", "gain"), [("sim", 0.04), ("kld", 0.1), ("cc", 0.02), ("sauc", 0.003)])
def test_own_map_is_clearly_better_than_the_plain_density(metric, gain, scene):
    sign = 1 if metrics.HIGHER_IS_BETTER[metric] else -1
    own = mean_score(metric, map_for(metric, scene), scene)
    plain = mean_score(metric, scene[0], scene)
    assert sign * (own - plain) > gain


@pytest.mark.parametrize("metric", metrics.METRICS)
def test_every_map_is_a_density(metric, scene):
    made = map_for(metric, scene)
    assert made.shape == SIZE[::-1]
    assert made.min() >= 0
    assert made.sum(dtype=np.float64) == pytest.approx(1, abs=1e-5)


def test_blur_in_the_density_is_not_added_twice(scene):
    arguments = {"sigma_px": SIGMA_PX, "n_fixations": 5}
    once = metric_map("kld", scene[0], density_blur_px=SIGMA_PX, **arguments)
    np.testing.assert_allclose(once, scene[0], atol=1e-7)


def test_sim_map_is_the_same_for_the_same_seed(scene):
    np.testing.assert_array_equal(map_for("sim", scene), map_for("sim", scene))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"metric": "emd"}, "metric"),
        ({"n_fixations": 0}, "n_fixations"),
        ({"metric": "sauc"}, "other_density"),
        ({"metric": "sauc", "other_density": np.ones((3, 3))}, "other_density"),
        ({"density": np.zeros((4, 4))}, "no mass"),
    ],
)
def test_wrong_argument_is_named(change, named):
    given = {"metric": "cc", "density": np.ones((4, 4)), "sigma_px": 1.0, "n_fixations": 3} | change
    with pytest.raises(ValueError, match=named):
        metric_map(**given)
