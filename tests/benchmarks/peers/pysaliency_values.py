"""Write the metric values of pysaliency 0.2.22 that tests/saliency/test_metrics_against_pysaliency.py compares with.

Run in an environment of its own (see requirements.txt), from the checkout:
    python tests/benchmarks/peers/pysaliency_values.py tests/golden/pysaliency_metrics.npz
"""

import sys
import types
import warnings

import numpy as np

if not hasattr(np, "trapz"):  # pysaliency 0.2.22 predates NumPy 2, which renamed it
    np.trapz = np.trapezoid  # noqa: NPY201

warnings.simplefilter("ignore")
import pysaliency  # noqa: E402
from pysaliency.metrics import CC, NSS, SIM, MIT_KLDiv  # noqa: E402
from scipy.ndimage import gaussian_filter  # noqa: E402

HEIGHT, WIDTH = 21, 27


class GivenMap(pysaliency.SaliencyMapModel):
    """Answers one map for every image."""

    def __init__(self, values):
        super().__init__(caching=False)
        self.values = values

    def _saliency_map(self, stimulus):
        return self.values.copy()


class GivenDensity(pysaliency.Model):
    """Answers one log density for every image."""

    def __init__(self, density):
        super().__init__(caching=False)
        self.log = np.log(density)

    def _log_density(self, stimulus):
        return self.log.copy()


def cases():
    random = np.random.default_rng(20)

    def noise():
        return random.random((HEIGHT, WIDTH))

    def blob(sigma):
        spikes = np.where(noise() > 0.97, noise(), 0.0)
        spikes[HEIGHT // 2, WIDTH // 2] += 0.1
        return gaussian_filter(spikes, sigma, mode="constant")

    def look(n):
        return np.stack([random.random(n) * WIDTH, random.random(n) * HEIGHT], axis=1)

    constant = np.full((HEIGHT, WIDTH), 0.25)
    spot = np.zeros((HEIGHT, WIDTH))
    spot[4, 7] = 1.0
    for k in range(6):
        yield f"noise_{k}", noise(), noise(), look(3 + 4 * k)
    for k in range(8):
        yield f"blobs_{k}", blob(0.6 + 0.4 * k), blob(1.5), look(5 + 9 * k)
    for levels in (2, 3, 8):
        yield f"ties_{levels}", np.floor(noise() * levels), blob(2.0), look(30)
    yield "single_fixation", blob(1.0), blob(2.0), look(1)
    yield "repeated_fixation", blob(1.0), blob(2.0), np.repeat(look(4), 3, axis=0)
    yield "tiny_scale", noise() * 1e-12, blob(2.0), look(9)
    yield "huge_scale", noise() * 1e12, blob(2.0), look(9)
    yield "sparse_prediction", spot, blob(2.0), look(9)
    yield "sparse_truth", blob(2.0), spot, look(9)
    yield "disjoint", spot, np.roll(spot, 5, axis=0), look(9)
    yield "constant_prediction", constant, blob(2.0), look(9)
    yield "constant_truth", blob(2.0), constant, look(9)
    yield "both_constant", constant, constant * 2, look(9)
    yield "zero_prediction", np.zeros((HEIGHT, WIDTH)), blob(2.0), look(9)
    yield "negative_prediction", noise() - 0.3, blob(2.0), look(9)


def values(prediction, truth, fixations, others):
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    stimuli = pysaliency.Stimuli([image, image + 1])
    xs = np.concatenate([fixations[:, 0], others[:, 0]])
    ys = np.concatenate([fixations[:, 1], others[:, 1]])
    n = np.repeat([0, 1], [len(fixations), len(others)])
    both = pysaliency.Fixations.create_without_history(xs, ys, n)
    first = both[both.n == 0]
    model = GivenMap(prediction)
    shuffled = types.SimpleNamespace(auc=model.AUCs(stimuli, both, nonfixations="shuffled")[: len(fixations)].mean())
    density = np.maximum(prediction, 0) + 1e-6 * max(1.0, prediction.max())
    baseline = truth + 1e-6
    gain = GivenDensity(density / density.sum()).information_gain(
        stimuli[[0]], first, baseline_model=GivenDensity(baseline / baseline.sum())
    )
    return {
        "cc": CC(prediction, truth),
        "sim": SIM(prediction.copy(), truth.copy()),
        "kld": MIT_KLDiv(prediction.copy(), truth.copy()),
        "nss": NSS(prediction, fixations[:, 0], fixations[:, 1]).mean(),
        "auc": model.AUC(stimuli[[0]], first, average="image"),
        "auc_judd": model.AUC_Judd(stimuli[[0]], first, jitter=False),
        "sauc": shuffled.auc,
        "ig": gain,
    }


def main(path):
    written = {}
    random = np.random.default_rng(21)
    for name, prediction, truth, fixations in cases():
        others = np.stack([random.random(40) * WIDTH, random.random(40) * HEIGHT], axis=1)
        found = values(prediction, truth, fixations, others)
        for key, array in (
            ("prediction", prediction),
            ("truth", truth),
            ("fixations", fixations),
            ("others", others),
            ("metrics", np.array(list(found))),
            ("values", np.array(list(found.values()), float)),
        ):
            written[f"{name}/{key}"] = array
        print(f"{name:>20}", {key: round(float(value), 6) for key, value in found.items()})
    np.savez_compressed(path, **written)


if __name__ == "__main__":
    main(sys.argv[1])
