"""One observer's truth on the scored images, and what a prediction is worth against it.

Shape legend: N images, H W map grid rows and columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from trainer.evaluation.baselines.uniform_mixing import with_floor
from trainer.evaluation.data import EvaluationData
from trainer.evaluation.metric_maps import SPECIFIC, MetricMaps
from trainer.evaluation.metrics import evaluate_maps, pack_fixations

METRICS = ("cc", "sim", "auc", "auc_judd", "nss", "kld", "sauc", "ig")
PLAIN, METRIC_SPECIFIC = "plain", "metric-specific"
IG_FLOOR = 1e-3
"""Share of uniform mass in every plain density when its information gain is taken: a map with empty places has none."""
_N_OTHERS = 2000
"""Fixations on other images that stand for all of them in the shuffled AUC."""

Score = NDArray[np.float64]


class Scorer:
    """Scores predictions of where one observer looked.

    Args:
        data: The evaluation's data.
        observer: Who is scored.
        images: Positions of the scored images.
        baseline_HW: Centre bias without the observer: baseline of the information gain.
        maps: Makes metric-specific maps.
    """

    def __init__(
        self,
        data: EvaluationData,
        observer: int,
        images: NDArray[np.int64],
        *,
        baseline_HW: Tensor,
        maps: MetricMaps,
    ) -> None:
        points = data.fixations(observer, images)
        seen = data.tensors.has_map_NO[torch.from_numpy(images), observer].cpu().numpy()
        self.n_images = len(images)
        self.is_seen_N = seen & np.array([len(p) > 0 for p in points])
        self.images = images[self.is_seen_N]
        """The scored images on which the observer has fixations."""
        height, width = data.grid_hw
        own = [p for p, is_seen in zip(points, self.is_seen_N, strict=True) if is_seen]
        self._truth_NHW = data.personal(observer, self.images)
        self._fixations = pack_fixations(own, (width, height))
        others = [_other_fixations(data, observer)]
        self._others = pack_fixations(others, (width, height), argument="other_fixations").repeated(len(own))
        self._baseline_NHW = baseline_HW.expand(len(own), -1, -1)
        self._maps = maps

    def score(self, density_NHW: Tensor) -> dict[str, Score]:
        """Metric to (all scored images,), NaN where the observer has no fixation. Densities of `self.images`."""
        found = self._evaluate(density_NHW, METRICS[:-1])
        return found | self._evaluate(with_floor(density_NHW, IG_FLOOR), ("ig",))

    def score_specific(self, density_NHW: Tensor, floor: float) -> dict[str, Score]:
        """The same of each metric's own map; only those metrics for which that is another map."""
        found: dict[str, Score] = {}
        for metric in SPECIFIC:
            found |= self._evaluate(self._maps.of(metric, density_NHW, floor), (metric,))
        return found

    def _evaluate(self, map_NHW: Tensor, metrics: Sequence[str]) -> dict[str, Score]:
        scores = {metric: np.full(self.n_images, np.nan) for metric in metrics}
        if len(self.images):
            values = evaluate_maps(
                map_NHW.contiguous(),
                truth_BHW=self._truth_NHW,
                fixations=self._fixations,
                other_fixations=self._others,
                baseline_BHW=self._baseline_NHW,
                metrics=metrics,
            )
            for metric, value in values.items():
                scores[metric][self.is_seen_N] = value.numpy()
        return scores


def typical_count(data: EvaluationData) -> int:
    """Median number of fixations of a group's observer on a learning image, at least 1."""
    counts = [
        len(points)
        for observer in data.group
        for points in data.fixations(observer, data.learning_images)
        if len(points)
    ]
    return max(1, round(float(np.median(counts)))) if counts else 1


def _other_fixations(data: EvaluationData, observer: int) -> NDArray[np.float64]:
    """(F, 2) where others looked on learning images."""
    every = np.concatenate([p for o in data.others(observer) for p in data.fixations(o, data.learning_images)])
    rng = np.random.default_rng([data.seed, 13])
    return every[rng.choice(len(every), min(_N_OTHERS, len(every)), replace=False)]
