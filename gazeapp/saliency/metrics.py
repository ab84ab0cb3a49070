"""Metrics of how well a map predicts another one, or fixations: the definition of each, for one map in NumPy.

`trainer.evaluation.metrics` computes the same for a batch of maps in PyTorch; a test holds the two equal.

Numbers equal pysaliency's. One rule for what has no answer: a constant prediction scores CC 0, NSS 0 and AUC .5, a
constant truth CC 0; no fixations, fixations beside the map, NaN, negative mass where a density is needed, no mass and
mismatched shapes are a `ValueError` that names the argument.

`prediction` and `truth` are (H, W) maps; `fixations_px` is (N, 2) pixels (x, y) of that map, floored to its pixels.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gazeapp.saliency.maps import Points, as_points, is_inside

METRICS = ("cc", "sim", "auc", "auc_judd", "sauc", "nss", "kld", "ig")
"""Published names, in the order in which tables show them."""

OF_MAPS = frozenset({"cc", "sim", "kld"})
"""Those that compare with a map; the others compare with fixations."""

HIGHER_IS_BETTER = {name: name != "kld" for name in METRICS}

KLD_EPSILON = 2.2204e-16
"""Regulariser of `kld`, MATLAB's eps as the MIT benchmark writes it."""

Values = NDArray[np.float64]


def cc(prediction: ArrayLike, truth: ArrayLike) -> float:
    """Pearson correlation of two maps; either may hold negative values.

    Returns:
        -1 to 1; 0 if one of the maps is constant.
    """
    p, q = _same_shape(prediction, truth)
    return _correlation(p, q)


def sim(prediction: ArrayLike, truth: ArrayLike) -> float:
    """Similarity: the mass that two densities share, 0 to 1. Maps are scaled to sum 1 first, negative values
    refused.
    """
    p, q = _same_shape(prediction, truth)
    return _shared_mass(_density(p, "prediction"), _density(q, "truth"))


def kld(prediction: ArrayLike, truth: ArrayLike) -> float:
    """Kullback-Leibler divergence of the prediction from the truth in nats, 0 and more (lower is better).

    Convention: Σ Q·log(ε + Q/(P + ε)) with Q the truth and ε = 2.2204e-16, maps scaled to sum 1 first.
    """
    p, q = _same_shape(prediction, truth)
    return _divergence(_density(p, "prediction"), _density(q, "truth"))


def nss(prediction: ArrayLike, fixations_px: ArrayLike) -> float:
    """Mean standardised map value at the fixated pixels, in (population) standard deviations of the map; 0 is chance.

    Source:
        Peters et al. (2005), Components of bottom-up gaze allocation in natural images.
    """
    p = _finite_map(prediction, "prediction")
    at_fixations = _at(p, fixations_px, "fixations_px")
    return _standardised(p, at_fixations)


def auc(prediction: ArrayLike, fixations_px: ArrayLike) -> float:
    """Area under the ROC curve: fixated pixels against all pixels, exact, ties count one half."""
    p = _finite_map(prediction, "prediction")
    return _mann_whitney(_at(p, fixations_px, "fixations_px"), np.sort(p, axis=None))


def auc_judd(prediction: ArrayLike, fixations_px: ArrayLike) -> float:
    """Area under the ROC curve as Judd et al. compute it: a trapezoid through one threshold per fixation.

    The negatives are the pixels that nobody fixated. With few fixations it is inflated against `auc`: report both.
    Ties are not broken by noise, so that the result has no random part; a constant map scores .5.
    """
    p = _finite_map(prediction, "prediction")
    return _judd(p, _points_on(p, fixations_px, "fixations_px"), np.sort(p, axis=None))


def sauc(prediction: ArrayLike, fixations_px: ArrayLike, other_fixations_px: ArrayLike) -> float:
    """Shuffled AUC: fixated pixels against where people fixated on all other images; a centre bias gains nothing.

    Args:
        prediction: (H, W) map.
        fixations_px: (N, 2) fixations on this image.
        other_fixations_px: (M, 2) fixations on all other images, in pixels of this map.
    """
    p = _finite_map(prediction, "prediction")
    positives = _at(p, fixations_px, "fixations_px")
    return _mann_whitney(positives, np.sort(_at(p, other_fixations_px, "other_fixations_px")))


def ig(prediction: ArrayLike, fixations_px: ArrayLike, baseline: ArrayLike) -> float:
    """Information gain of one density over another at the fixations, in bit per fixation.

    Returns:
        Mean of log2(prediction / baseline), both scaled to sum 1; -inf where the prediction gives a fixated pixel no
        mass.

    Raises:
        ValueError: Also for a baseline without mass at a fixated pixel: nothing can be gained over it.
    """
    p, b = _same_shape(prediction, baseline, "baseline")
    gained = _at(_density(p, "prediction"), fixations_px, "fixations_px")
    known = _at(_density(b, "baseline"), fixations_px, "fixations_px")
    if not (known > 0).all():
        raise ValueError("baseline gives no mass to a fixated pixel; use one that is positive everywhere")
    if not (gained > 0).all():
        return -np.inf
    return float(np.mean(np.log2(gained / known)))


def evaluate_map(
    prediction: ArrayLike,
    *,
    truth: ArrayLike | None = None,
    fixations_px: ArrayLike | None = None,
    other_fixations_px: ArrayLike | None = None,
    baseline: ArrayLike | None = None,
    metrics: Iterable[str] = METRICS,
) -> dict[str, float]:
    """Every metric that what is given allows.

    Args:
        prediction: (H, W) map; clipped at 0 for `sim`, `kld` and `ig`, which need densities.
        truth: (H, W) density, for `cc`, `sim`, `kld`.
        fixations_px: (N, 2), for `nss`, `auc`, `auc_judd`; with the next two for `sauc` and `ig`.
        other_fixations_px: (M, 2) fixations on other images, for `sauc`.
        baseline: (H, W) density, for `ig`.
        metrics: Names to compute; those without their input are left out.
    """
    wanted = known_metrics(metrics)
    p = _finite_map(prediction, "prediction")
    scores: dict[str, float] = {}
    clipped = p if p.min() >= 0 else np.maximum(p, 0.0)
    if truth is not None and OF_MAPS & set(wanted):
        _, q = _same_shape(p, truth)
        if "cc" in wanted:
            scores["cc"] = _correlation(p, q)
        if "sim" in wanted or "kld" in wanted:
            density, target = _density(clipped, "prediction"), _density(q, "truth")
            scores["sim"] = _shared_mass(density, target)
            scores["kld"] = _divergence(density, target)
    if fixations_px is not None and set(wanted) - OF_MAPS:
        points = _points_on(p, fixations_px, "fixations_px")
        columns, rows = _pixels(points)
        positives = p[rows, columns]
        if "nss" in wanted:
            scores["nss"] = _standardised(p, positives)
        if "auc" in wanted or "auc_judd" in wanted:
            ordered = np.sort(p, axis=None)  # the one slow step of both
            scores["auc"] = _mann_whitney(positives, ordered)
            scores["auc_judd"] = _judd(p, points, ordered)
        if "sauc" in wanted and other_fixations_px is not None:
            scores["sauc"] = sauc(p, points, other_fixations_px)
        if "ig" in wanted and baseline is not None:
            scores["ig"] = ig(clipped, points, baseline)
    return {name: scores[name] for name in wanted if name in scores}


def known_metrics(metrics: Iterable[str]) -> tuple[str, ...]:
    """The names, in their order; ValueError for one that is none of `METRICS`."""
    wanted = tuple(metrics)
    for name in wanted:
        if name not in METRICS:
            raise ValueError(f"metrics holds {name!r}; known are {', '.join(METRICS)}")
    return wanted


def _correlation(p: Values, q: Values) -> float:
    if _is_constant(p) or _is_constant(q):
        return 0.0
    centred_p, centred_q = (p - p.mean()).ravel(), (q - q.mean()).ravel()
    scale = np.sqrt((centred_p @ centred_p) * (centred_q @ centred_q))
    if not scale > 0:
        return 0.0
    return float(np.clip((centred_p @ centred_q) / scale, -1.0, 1.0))


def _shared_mass(density: Values, target: Values) -> float:
    return float(np.minimum(density, target).sum())


def _divergence(density: Values, target: Values) -> float:
    ratio = density + KLD_EPSILON
    np.divide(target, ratio, out=ratio)
    ratio += KLD_EPSILON
    np.log(ratio, out=ratio)
    return float(target.ravel() @ ratio.ravel())


def _standardised(p: Values, at_fixations: Values) -> float:
    if _is_constant(p):
        return 0.0
    mean = p.mean()
    centred = (p - mean).ravel()
    deviation = np.sqrt((centred @ centred) / p.size)
    if not deviation > 0:
        return 0.0
    return float((at_fixations.mean() - mean) / deviation)


def _mann_whitney(positives: Values, ordered_negatives: Values) -> float:
    below = np.searchsorted(ordered_negatives, positives, side="left").sum()
    up_to = np.searchsorted(ordered_negatives, positives, side="right").sum()
    return float(0.5 * (int(below) + int(up_to)) / (len(positives) * len(ordered_negatives)))


def _judd(p: Values, points: Points, ordered: Values) -> float:
    columns, rows = _pixels(points)
    thresholds = np.sort(p[rows, columns])
    fixated = np.unique(rows * p.shape[1] + columns)
    n_free = p.size - len(fixated)
    if n_free == 0:
        raise ValueError("fixations_px covers every pixel of the map: there is no unfixated one")

    def n_at_least(ascending: Values) -> NDArray[np.intp]:
        return len(ascending) - np.searchsorted(ascending, thresholds, side="left")

    n_false = n_at_least(ordered) - n_at_least(np.sort(p.ravel()[fixated]))
    hits = n_at_least(thresholds) / len(thresholds)
    true_rate = np.concatenate([[0.0], hits[::-1], [1.0]])
    false_rate = np.concatenate([[0.0], (n_false / n_free)[::-1], [1.0]])
    return float((np.diff(false_rate) * (true_rate[1:] + true_rate[:-1]) / 2).sum())


def _is_constant(values: Values) -> bool:
    return bool(values.min() == values.max())


def _finite_map(values: ArrayLike, argument: str) -> Values:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"{argument} must be an (H, W) map, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{argument} holds NaN or infinite values")
    return array


def _same_shape(prediction: ArrayLike, other: ArrayLike, argument: str = "truth") -> tuple[Values, Values]:
    p, q = _finite_map(prediction, "prediction"), _finite_map(other, argument)
    if p.shape != q.shape:
        raise ValueError(f"{argument} has shape {q.shape}, prediction has {p.shape}")
    return p, q


def _density(values: Values, argument: str) -> Values:
    if values.min() < 0:
        raise ValueError(f"{argument} holds negative values; clip it at 0 first")
    total = values.sum()
    if not total > 0:
        raise ValueError(f"{argument} has no mass")
    density: Values = values / total
    return density


def _at(values: Values, fixations_px: ArrayLike, argument: str) -> Values:
    columns, rows = _pixels(_points_on(values, fixations_px, argument))
    return values[rows, columns]


def _pixels(points: Points) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    pixels = np.floor(points).astype(np.intp)
    return pixels[:, 0], pixels[:, 1]


def _points_on(values: Values, fixations_px: ArrayLike, argument: str) -> Points:
    try:
        points = as_points(fixations_px)
    except ValueError as error:
        raise ValueError(str(error).replace("fixations_px", argument)) from None
    if len(points) == 0:
        raise ValueError(f"{argument} is empty")
    height, width = values.shape
    n_beside = int((~is_inside(points, (width, height))).sum())
    if n_beside:
        raise ValueError(f"{argument} holds {n_beside} of {len(points)} points beside the {width}×{height} map")
    return points
