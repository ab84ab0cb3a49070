"""Largest difference of every metric to pysaliency 0.2.22, of one map at a time and of batches.

Run in pysaliency's environment (see requirements.txt), from the checkout:
    OMP_NUM_THREADS=1 PYTHONPATH=. python tests/benchmarks/peers/pysaliency_differences.py
"""

import numpy as np
import torch
from pysaliency_values import (
    HEIGHT,
    WIDTH,
    cases,
    values,
)  # also makes pysaliency run under NumPy 2

from gazeapp.saliency.metrics import METRICS, evaluate_map
from trainer.evaluation.metrics import evaluate_maps, pack_fixations

N_RANDOM = 300
UNANSWERABLE = ("zero_prediction", "negative_prediction")
"""Refused by ours for SIM and KLD, where pysaliency makes a map of its own."""


def random_cases():
    random = np.random.default_rng(7)
    for k in range(N_RANDOM):
        sharp = 10 ** random.uniform(-1, 1.5)
        n = int(random.integers(1, 60))
        looked = random.random((n, 2)) * (WIDTH, HEIGHT)
        maps = np.exp(sharp * random.random((2, HEIGHT, WIDTH))) * 10 ** random.uniform(-6, 6)
        yield f"random_{k}", maps[0], maps[1], looked


def main():
    random = np.random.default_rng(21)
    kinds = {"random": list(random_cases()), "edge cases": list(cases())}
    print("| " + " | ".join(["", *METRICS]) + " |\n" + "|---" * (len(METRICS) + 1) + "|")
    for kind, every in kinds.items():
        worst = {ours: dict.fromkeys(METRICS, 0.0) for ours in ("one map", "batch", "batch, single")}
        n_used = 0
        for name, prediction, truth, fixations in every:
            if name in UNANSWERABLE:
                continue
            n_used += 1
            others = random.random((40, 2)) * (WIDTH, HEIGHT)
            theirs = values(prediction, truth, fixations, others)
            gained = np.maximum(prediction, 0) + 1e-6 * max(1.0, prediction.max())
            for metric in METRICS:
                given = gained if metric == "ig" else prediction  # densities as values() makes them
                expected = 0.0 if np.isnan(theirs[metric]) else theirs[metric]
                inputs = {"truth": truth, "baseline": truth + 1e-6}
                one = evaluate_map(
                    given,
                    fixations_px=fixations,
                    other_fixations_px=others,
                    metrics=[metric],
                    **inputs,
                )[metric]
                found = {"one map": one}
                for label, dtype in (("batch", torch.float64), ("batch, single", torch.float32)):
                    maps = {f"{k}_BHW": torch.from_numpy(v).to(dtype)[None] for k, v in inputs.items()}
                    scores = evaluate_maps(
                        torch.from_numpy(given).to(dtype)[None],
                        fixations=pack_fixations([fixations], (WIDTH, HEIGHT)),
                        other_fixations=pack_fixations([others], (WIDTH, HEIGHT)),
                        metrics=[metric],
                        **maps,
                    )
                    found[label] = scores[metric].item()
                for label, value in found.items():
                    worst[label][metric] = max(worst[label][metric], abs(value - expected))
        for label, row in worst.items():
            cells = " | ".join(f"{row[m]:.0e}" for m in METRICS)
            print(f"| {n_used} {kind}, {label} | {cells} |")


if __name__ == "__main__":
    main()
