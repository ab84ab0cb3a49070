"""Universal maps against where all observers looked: every metric, the observers' own ceiling, and the tables' rows.

Fixations, truth and predictions lie on the map grid of DATA. The truth pools the fixations of the observers (one unit
of mass each) under the blur of DATA; the baseline of `ig` is the pooled density of all images that are not scored.

Shape legend: N images, H W map grid rows and columns, F fixations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gazeapp.saliency.maps import fixation_density, normalise
from gazeapp.saliency.metrics import HIGHER_IS_BETTER, METRICS, evaluate_map
from gazeapp.types import Map, Points
from trainer.data.dataset import Dataset

Predict = Callable[[int], Map]
"""Stored image position to a density (H, W) on the map grid."""

FLOOR = 1e-3
"""Share of uniform density in the baseline, so that no fixation has none."""
OBSERVERS_BASELINE_SHARE = 0.1
"""Share of the baseline in maps that some observers predict for others with: unseen places are not impossible."""


class GridFixations:
    """Fixations of the observers of a data set, in cells of its map grid.

    Args:
        dataset: Its observers in use count, and all of its images.
    """

    def __init__(self, dataset: Dataset) -> None:
        height, width = dataset.maps.shape[-2:]
        self.size_wh = (int(width), int(height))
        table = np.asarray(dataset.fixations)
        scale = (np.array(self.size_wh) / dataset.image_sizes_px)[table["image"]]
        cells = np.stack([table["x_px"], table["y_px"]], axis=1).astype(np.float64) * scale
        used = ((cells >= 0) & (cells < self.size_wh)).all(axis=1)
        used &= np.isin(table["observer"], dataset.observer_index)
        # in the order of the images, so that each image is one slice
        table, cells = table[used], cells[used]
        order = np.argsort(table["image"], kind="stable")
        self._cells, self._observer = cells[order], table["observer"][order]
        self._first = np.searchsorted(table["image"][order], np.arange(len(dataset.image_names) + 1))
        per_cell = np.sqrt((np.array(self.size_wh) / dataset.image_sizes_px).prod(axis=1))
        self._sigma_cells = dataset.sigma_deg * dataset.px_per_deg * per_cell

    def of(self, image: int, observers: Sequence[int] | None = None) -> Points:
        """(F, 2) cells (x, y) on a stored image, of some stored observers or all in use."""
        rows = slice(self._first[image], self._first[image + 1])
        found: Points = self._cells[rows]
        if observers is not None:
            found = found[np.isin(self._observer[rows], observers)]
        return found

    def elsewhere(self, image: int) -> Points:
        """(F, 2) cells on all other images: the negatives of `sauc`."""
        before, after = self._cells[: self._first[image]], self._cells[self._first[image + 1] :]
        return np.concatenate([before, after])

    def density(self, image: int, points: Points) -> Map:
        """(H, W) density of points under the blur of the data set."""
        return fixation_density(points, self.size_wh, float(self._sigma_cells[image]))

    def baseline(self, scored: Sequence[int]) -> Map:
        """(H, W) where people look on the images that are not scored: the centre bias of the data set."""
        is_free = np.ones(len(self._cells), dtype=bool)
        for image in scored:
            is_free[self._first[image] : self._first[image + 1]] = False
        points = self._cells[is_free]
        if len(points) == 0:
            # every image is scored: the bias of all is the best that is known
            points = self._cells
        density = fixation_density(points, self.size_wh, float(np.median(self._sigma_cells)))
        return normalise((1 - FLOOR) * density + FLOOR / density.size)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UniversalScores:
    """Scores of one universal model; metric to (N,) per image, NaN without fixations."""

    model: str
    values: dict[str, NDArray[np.float64]]
    facts: dict[str, str] = field(default_factory=dict)
    """Such as the sha256 of the weights."""

    def mean(self, metric: str) -> float:
        """Over the images."""
        return float(np.nanmean(self.values[metric]))

    @property
    def ig_positive_share(self) -> float:
        """Share of the images on which the model tells more than the baseline."""
        return float(np.nanmean(self.values["ig"] > 0))


def score_maps(
    model: str,
    predict: Predict,
    fixations: GridFixations,
    images: Sequence[int],
    *,
    observers: Sequence[int] | None = None,
    baseline: Map | None = None,
) -> UniversalScores:
    """Score a model on images against the pooled fixations of observers.

    Args:
        model: Its name in tables.
        predict: Its densities on the map grid.
        fixations: Of the data set.
        images: Stored positions.
        observers: Stored positions of those whose fixations are the truth; None takes all in use.
        baseline: (H, W) density for `ig`; None takes that of the images not scored.
    """
    baseline = fixations.baseline(images) if baseline is None else baseline
    values = {metric: np.full(len(images), np.nan) for metric in METRICS}
    for n, image in enumerate(images):
        points = fixations.of(image, observers)
        if len(points) == 0:
            continue
        found = evaluate_map(
            predict(image),
            truth=fixations.density(image, points),
            fixations_px=points,
            other_fixations_px=fixations.elsewhere(image),
            baseline=baseline,
        )
        for metric, value in found.items():
            values[metric][n] = value
    return UniversalScores(model=model, values=values)


def score_observers(
    predictions: dict[str, Predict],
    fixations: GridFixations,
    images: Sequence[int],
    observers: Sequence[int],
    *,
    n_splits: int = 2,
    seed: int = 0,
) -> list[UniversalScores]:
    """Half of the observers predict the other half; other models against the same halves stand beside them.

    Args:
        predictions: Model name to densities, to be scored against the same halves.
        fixations: Of the data set.
        images: Stored positions.
        observers: Stored positions, split at random into halves.
        n_splits: Random splits, each used both ways.
        seed: Of the splits.

    Returns:
        `observers_half` first, then the models in order; values are means over the splits.
    """
    baseline = fixations.baseline(images)
    rng = np.random.default_rng(seed)
    collected: dict[str, list[UniversalScores]] = {name: [] for name in ("observers_half", *predictions)}
    for _ in range(n_splits):
        order = rng.permutation(np.asarray(observers))
        halves = np.array_split(order, 2)
        for known, judged in (halves, halves[::-1]):

            def from_known(image: int, known: NDArray[np.int64] = known) -> Map:
                points = fixations.of(image, known.tolist())
                share = OBSERVERS_BASELINE_SHARE if len(points) else 1.0
                density = fixations.density(image, points) if len(points) else baseline
                return normalise((1 - share) * density + share * baseline)

            for name, predict in {"observers_half": from_known, **predictions}.items():
                collected[name].append(
                    score_maps(
                        name,
                        predict,
                        fixations,
                        images,
                        observers=judged.tolist(),
                        baseline=baseline,
                    )
                )
    return [
        UniversalScores(
            model=name,
            values={m: np.nanmean([s.values[m] for s in parts], axis=0) for m in METRICS},
        )
        for name, parts in collected.items()
    ]


def universal_results(
    scores: Sequence[UniversalScores],
    *,
    protocol: str,
    dataset: str,
    truth: str,
    meta: dict[str, object],
    reference: str = "centre",
    seed: int = 0,
) -> dict[str, object]:
    """The document of contract's RESULTS/results.json; the observer is `truth`, intervals resample images.

    Args:
        scores: One entry per model; `reference` among them is what the others are compared with.
        protocol: closed, open or cross.
        dataset: Its name.
        truth: Whose fixations: `all`, or `half`.
        meta: Facts of the run.
        reference: Model name.
        seed: Of the bootstrap.
    """
    from trainer.reports.results import SCHEMA
    from trainer.reports.statistics import interval

    rows, summary = [], []
    against = next((s for s in scores if s.model == reference), None)
    for s in scores:
        compared = {} if against is None or s is against else _compare(s, against)
        for metric in METRICS:
            value = round(s.mean(metric), 6)
            entry: dict[str, object] = {
                "model": s.model,
                "usm": s.model,
                "m": 0,
                "metric": metric,
                "mean": value,
                "ci95": [round(x, 6) for x in interval(s.values[metric][None], seed)],
            }
            if metric in compared:
                entry["vs"] = compared[metric]
            summary.append(entry)
            n_images = int(np.isfinite(s.values[metric]).sum())
            rows.append(
                {
                    "model": s.model,
                    "usm": s.model,
                    "m": 0,
                    "observer": truth,
                    "metric": metric,
                    "value": value,
                    "n_images": n_images,
                }
            )
    facts = {
        "truth": truth,
        **meta,
        "ig_positive_share": {s.model: round(s.ig_positive_share, 4) for s in scores},
        "models": {s.model: s.facts for s in scores if s.facts},
    }
    return {
        "schema": SCHEMA,
        "protocol": protocol,
        "dataset": dataset,
        "rows": rows,
        "summary": summary,
        "meta": facts,
    }


def _compare(scores: UniversalScores, other: UniversalScores) -> dict[str, dict[str, object]]:
    """Per metric: mean difference, images that gain, and Holm-corrected p of a Wilcoxon test over images."""
    from scipy.stats import wilcoxon

    from trainer.reports.statistics import holm

    deltas = {}
    for metric in METRICS:
        delta = scores.values[metric] - other.values[metric]
        deltas[metric] = delta[np.isfinite(delta)]
    raw = [float(wilcoxon(delta).pvalue) if len(delta) > 1 and np.any(delta != 0) else 1.0 for delta in deltas.values()]
    found: dict[str, dict[str, object]] = {}
    for (metric, delta), p in zip(deltas.items(), holm(raw), strict=True):
        better = delta > 0 if HIGHER_IS_BETTER[metric] else delta < 0
        found[metric] = {
            "model": other.model,
            "delta": round(float(delta.mean()), 6),
            "n_better": int(better.sum()),
            "n_images": len(delta),
            "p_holm": round(p, 6),
        }
    return found
