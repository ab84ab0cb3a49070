"""Milliseconds per scored map, ours beside pysaliency's, on the same maps in one process.

Run from the checkout in pysaliency's environment (see requirements.txt):
    OMP_NUM_THREADS=1 python tests/peers/metric_speed.py
"""

import statistics
import sys
import time
from pathlib import Path

import numpy as np

if not hasattr(np, "trapz"):
    np.trapz = np.trapezoid  # noqa: NPY201
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import pysaliency
from pysaliency.metrics import CC, NSS, SIM, MIT_KLDiv

from gazeapp.saliency.maps import fixation_density
from gazeapp.saliency.metrics import evaluate_map

METRICS = ("cc", "sim", "auc", "auc_judd", "nss", "kld")


class GivenMap(pysaliency.SaliencyMapModel):
    """Answers one map."""

    def __init__(self, values):
        super().__init__(caching=False)
        self.values = values

    def _saliency_map(self, stimulus):
        return self.values


def peer_scores(prediction, truth, fixations):
    height, width = prediction.shape
    stimuli = pysaliency.Stimuli([np.zeros((height, width, 3), np.uint8)])
    looked = pysaliency.Fixations.create_without_history(
        fixations[:, 0], fixations[:, 1], np.zeros(len(fixations), int)
    )
    model = GivenMap(prediction)
    return {
        "cc": CC(prediction, truth),
        "sim": SIM(prediction, truth),
        "kld": MIT_KLDiv(prediction, truth),
        "nss": NSS(prediction, fixations[:, 0], fixations[:, 1]).mean(),
        "auc": model.AUC(stimuli, looked, average="image"),
        "auc_judd": model.AUC_Judd(stimuli, looked, jitter=False),
    }


def our_scores(prediction, truth, fixations):
    return evaluate_map(prediction, truth=truth, fixations_px=fixations, metrics=METRICS)


def median_ms(function, arguments, n_runs=21):
    function(*arguments)  # numba compiles on the first call
    times = []
    for _ in range(n_runs):
        begin = time.process_time()
        function(*arguments)
        times.append(time.process_time() - begin)
    return 1e3 * statistics.median(times)


def main():
    random = np.random.default_rng(0)
    for size_wh in ((160, 120), (640, 480), (1920, 1080)):
        fixations = random.uniform(0, 1, (12, 2)) * size_wh
        truth = fixation_density(fixations, size_wh, 0.03 * size_wh[0]).astype(np.float64)
        seen = random.uniform(0, 1, (12, 2)) * size_wh
        prediction = fixation_density(seen, size_wh, 0.1 * size_wh[0]).astype(np.float64) + 1e-9
        arguments = (prediction, truth, fixations)
        ours, theirs = our_scores(*arguments), peer_scores(*arguments)
        worst = max(abs(ours[name] - theirs[name]) for name in METRICS)
        a, b = median_ms(our_scores, arguments), median_ms(peer_scores, arguments)
        print(
            f"{size_wh[0]}×{size_wh[1]}: ours {a:.2f} ms, pysaliency {b:.2f} ms ({b / a:.1f} times), largest difference {worst:.1e}"
        )


if __name__ == "__main__":
    main()
