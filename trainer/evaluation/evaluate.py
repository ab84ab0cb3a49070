"""Models times metrics, by the protocol: all see the same support pairs, drawn from images that are not scored.

Shape legend: O observers, N images.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import NotEnoughData
from gazeapp.progress import Track
from trainer.evaluation.baselines.interface import Query, SaliencyModel, SupportSet
from trainer.evaluation.baselines.ridge import learning_queries
from trainer.evaluation.baselines.uniform_mixing import best_share
from trainer.evaluation.baselines.universal import CentreModel
from trainer.evaluation.data import EvaluationData
from trainer.evaluation.metric_maps import MetricMaps
from trainer.evaluation.scoring import METRIC_SPECIFIC, PLAIN, Score, Scorer, typical_count


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ModelScores:
    """Values of one model at one support size."""

    model: str
    usm: str
    m: int
    """Pairs; 0 for rows that need none."""
    maps: str
    """`plain`, or `metric-specific`: then only the metrics whose own map is not the density itself."""
    values: dict[str, Score]
    """Metric to (observers, images); NaN where an observer has no fixation."""


def evaluate(
    models: Sequence[SaliencyModel],
    data: EvaluationData,
    *,
    observers: Sequence[int],
    images: NDArray[np.int64],
    support_sizes: Sequence[int],
    n_draws: int,
    maps: Sequence[str] = (PLAIN,),
    names: Sequence[str] | None = None,
    progress: Track,
) -> list[ModelScores]:
    """Score every model, and those that use support pairs also with another person's.

    Args:
        models: What is compared.
        data: What they are asked about, and may learn from.
        observers: Positions of those scored; a wrong user is another of them.
        images: Positions of the scored images.
        support_sizes: Pairs (m).
        n_draws: Support sets per observer and m; the mean of their scores counts.
        maps: `PLAIN`, `METRIC_SPECIFIC` or both.
        names: Names of models and wrong-user controls to score; None scores all.
        progress: Wraps the loop over observers.

    Raises:
        NotEnoughData: Fewer learning images than the largest m.
    """
    for observer in observers:
        if len(data.usable(observer)) < max(support_sizes, default=0):
            raise NotEnoughData(
                f"evaluate: {len(data.usable(observer))} images are left as support, m = {max(support_sizes)} needs "
                f"more"
            )
    centre = CentreModel()
    for model in (centre, *models):
        model.fit(data)
    floors = {model.name: _floor(model, data) for model in models} if METRIC_SPECIFIC in maps else {}
    specific = MetricMaps(
        sigma_cells=data.sigma_cells(),
        n_fixations=typical_count(data),
        other_HW=centre.density(-1),
        seed=data.seed,
    )
    tally = _Tally()
    for k in progress(range(len(observers)), "evaluate", len(observers)):
        observer = observers[k]
        scorer = Scorer(data, observer, images, baseline_HW=centre.density(observer), maps=specific)
        target = Query(
            observer=observer, images=scorer.images, base_NHW=data.base(observer, scorer.images), support=None
        )
        others = [o for o in observers if o != observer]
        for model in models:
            asked: list[tuple[str, int, Sequence[SupportSet | None]]] = [(model.name, 0, [None])]
            if model.needs_support:
                asked = [
                    (name, m, draw_supports(data, whose, m, n_draws))
                    for m in support_sizes
                    for name, whose in ((model.name, [observer]), (model.wrong_name, others))
                    if name and whose
                ]
            for name, m, supports in asked:
                if names is not None and name not in names:
                    continue
                densities = [model.predict(data, replace(target, support=s)) for s in supports]
                if PLAIN in maps:
                    tally.add(name, m, PLAIN, [scorer.score(d) for d in densities])
                if METRIC_SPECIFIC in maps:
                    floor = floors[model.name]
                    found = [scorer.score_specific(d, floor) for d in densities]
                    tally.add(name, m, METRIC_SPECIFIC, found)
    return tally.finish(data.usm)


def draw_supports(data: EvaluationData, observers: Sequence[int], m: int, n_draws: int) -> list[SupportSet]:
    """Support sets of m pairs: those of one observer, or, of several, taken in turn (at least one each).

    The same observer, m and draw give the same set, whoever asks.
    """
    supports = []
    for draw in range(max(n_draws, len(observers))):
        observer = observers[draw % len(observers)]
        who = int(data.tensors.dataset.observer_index[observer])
        rng = np.random.default_rng([data.seed, who, m, draw])
        images = np.sort(rng.choice(data.usable(observer), m, replace=False))
        supports.append(SupportSet(observer=observer, images=images))
    return supports


def _floor(model: SaliencyModel, data: EvaluationData) -> float:
    """The share of uniform mass that a row's densities lack, judged on the group's learning images."""
    queries = learning_queries(data)
    if not model.needs_support:
        queries = [replace(query, support=None) for query in queries]
    densities = [model.predict(data, query) for query in queries]
    share, _ = best_share(densities, [data.personal(q.observer, q.images) for q in queries])
    return share


class _Tally:
    """Scores by model, m and kind of map, observer after observer."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int, str], dict[str, list[Score]]] = {}

    def add(self, model: str, m: int, maps: str, draws: Sequence[dict[str, Score]]) -> None:
        """One observer's scores over all draws."""
        slot = self._kept.setdefault((model, m, maps), {})
        for metric in draws[0]:
            slot.setdefault(metric, []).append(np.mean([draw[metric] for draw in draws], axis=0))

    def finish(self, usm: str) -> list[ModelScores]:
        """Everything that was added."""
        return [
            ModelScores(
                model=model,
                usm=usm,
                m=m,
                maps=maps,
                values={metric: np.stack(values) for metric, values in slot.items()},
            )
            for (model, m, maps), slot in self._kept.items()
        ]
