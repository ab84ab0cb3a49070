"""pysaliency's metrics on given maps, timed. Runs alone under an interpreter that has pysaliency, which gazeapp's has
not.

`python -m trainer bench --pysaliency PYTHON` feeds this file to PYTHON; it imports nothing of gazeapp.

Shape legend: B maps, H W rows and columns, N fixations of a map.
"""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import time
import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np


def metrics_of(prediction: Any, truth: Any, baseline: Any, points_N2: Any) -> dict[str, Any]:
    """One function per metric for one map, everything that is not scoring done before.

    Areas under curves are taken from the functions below its models, which spares it the handling of data sets.

    Args:
        prediction: (H, W) density.
        truth: (H, W) density.
        baseline: (H, W) density, positive everywhere.
        points_N2: Fixations in pixels of the maps.
    """
    metrics: Any = importlib.import_module("pysaliency.metrics")  # Any: it has no types
    roc: Any = importlib.import_module("pysaliency.roc")
    pysaliency: Any = importlib.import_module("pysaliency")
    height, width = prediction.shape
    x, y = points_N2[:, 0], points_N2[:, 1]
    rows, columns = y.astype(int), x.astype(int)
    stimuli = pysaliency.Stimuli([np.zeros((height, width, 3), np.uint8)])
    looked = pysaliency.Fixations.create_without_history(x, y, np.zeros(len(x), int))

    def given(density: Any) -> Any:
        # ours takes densities, too: the logarithm is part of the scoring
        answers = {"_log_density": lambda self, stimulus: np.log(density)}
        model: Any = types.new_class("Given", (pysaliency.Model,), exec_body=lambda n: n.update(answers))
        return model(caching=False)

    gaining, known = given(prediction), given(baseline)
    free = np.ones_like(prediction, dtype=bool)
    free[rows, columns] = False

    def judd() -> Any:
        return roc.general_roc(prediction[rows, columns], prediction[free], judd=1)[0]

    return {
        "cc": lambda: metrics.CC(prediction, truth),
        "sim": lambda: metrics.SIM(prediction, truth),
        "kld": lambda: metrics.MIT_KLDiv(prediction, truth),
        "auc": lambda: roc.general_roc(prediction[rows, columns], prediction.flatten())[0],
        "auc_judd": judd,
        "nss": lambda: metrics.NSS(prediction, x, y).mean(),
        "ig": lambda: gaining.information_gain(stimuli, looked, baseline_model=known),
    }


CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
"""Time that passes, or that this process has had a processor: the latter for machines that are busy otherwise."""


def median_s(act: Callable[[], object], seconds: float, clock: str = "wall") -> float:
    """Median duration, after a first call in which things are compiled; at least three are timed."""
    now = CLOCKS[clock]
    act()
    times: list[float] = []
    while len(times) < 3 or sum(times) < seconds:
        begin = now()
        act()
        times.append(now() - begin)
    return statistics.median(times)


def main(path: str, seconds: float, clock: str) -> None:
    """Score the maps of an .npz file; print {metric: {"maps_per_s", "values"}} as JSON."""
    if not hasattr(np, "trapz"):  # pysaliency 0.2.22 predates NumPy 2, which renamed it
        np.trapz = np.trapezoid  # type: ignore[attr-defined]  # noqa: NPY201
    warnings.simplefilter("ignore")
    with np.load(path, allow_pickle=False) as file:
        every = [
            metrics_of(prediction, truth, file["baseline_HW"], points)
            for prediction, truth, points in zip(file["maps_BHW"], file["truth_BHW"], file["points_BN2"], strict=True)
        ]
    found: dict[str, dict[str, Any]] = {}
    for name in every[0]:
        acts = [one[name] for one in every]
        duration = median_s(lambda acts=acts: [act() for act in acts], seconds, clock)  # type: ignore[misc]
        found[name] = {
            "maps_per_s": len(acts) / duration,
            "values": [float(act()) for act in acts],
        }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3])
