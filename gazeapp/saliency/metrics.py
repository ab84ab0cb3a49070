"""Metrics of how well a map predicts another one, or fixations: the definition of each, in NumPy.

Maps are read as often as a sum needs them and not copied: large ones do not fit a processor's cache, and writing a copy
costs more than the arithmetic.

Numbers equal pysaliency's. One rule for what has no answer: a constant prediction scores CC 0, NSS 0 and AUC .5, a
constant truth CC 0; no fixations, fixations beside the map, NaN, negative mass where a density is needed, no mass and
mismatched shapes are a `ValueError` that names the argument.

`prediction` and `truth` are (H, W) maps; `fixations_px` is (N, 2) pixels (x, y) of that map, floored to its pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gazeapp.saliency.maps import as_points, is_inside

METRICS = ("cc", "sim", "auc", "auc_judd", "sauc", "nss", "kld", "ig")
"""Published names, in the order in which tables show them."""

OF_MAPS = frozenset({"cc", "sim", "kld"})
"""Those that compare with a map; the others compare with fixations."""

HIGHER_IS_BETTER = {name: name != "kld" for name in METRICS}

KLD_EPSILON = 2.2204e-16
"""Regulariser of `kld`, MATLAB's eps as the MIT benchmark writes it."""

Values = NDArray[np.float64]
Pixels = NDArray[np.intp]
"""(N,) row * W + column of each fixation."""

_sum, _least = np.add.reduce, np.minimum.reduce
"""What methods of arrays call; on a map of 160×120 the way there takes as long as the sum."""
_BLOCK = 32_768
"""Values that are divided, compared and so on at a time, to stay in a processor's cache."""
_LIFTED = 1e-6
"""Share of a map's squares that its spread must be for their difference to be exact to 1e-9; else it is centred."""
_FAR = 1e100
"""Values beyond it, or as far below 1, are brought to another scale, so that their squares keep their digits."""


class ScoredMap:
    """An (H, W) map with what several metrics need of it, each computed once.

    Args:
        values: (H, W), any scale; computed in float64.
        argument: What errors call it.
        memory: (P,) to compute in, which nothing else uses as long as this lives; new memory otherwise.

    Raises:
        ValueError: No map, NaN or an infinity.
    """

    def __init__(self, values: ArrayLike, argument: str, memory: Values | None = None) -> None:
        array = np.asarray(values)
        if array.ndim != 2 or array.size == 0:
            raise ValueError(f"{argument} must be an (H, W) map, got shape {array.shape}")
        self.argument, self.shape = argument, array.shape
        # sorting four bytes takes half the time, and the order is the same
        self._sortable: NDArray[np.floating] = (
            array if array.dtype == np.float32 else np.asarray(array, dtype=np.float64)
        ).ravel()
        if memory is None or self._sortable.dtype == np.float64:
            self.values: Values = np.asarray(self._sortable, dtype=np.float64)
        else:
            np.copyto(memory, self._sortable)
            self.values = memory
        self.total = float(_sum(self.values))
        """Sum of the values."""
        # NaN and infinities show in the sum
        if not 1 / _FAR < abs(self.total) < _FAR:
            if not np.isfinite(self.values).all():
                raise ValueError(f"{argument} holds NaN or infinite values")
            self._take_off_scale()

    def _take_off_scale(self) -> None:
        peak = float(np.abs(self.values).max())
        if peak > 0:  # no metric asks for the scale
            self.values = self.values / peak
            self.total = float(_sum(self.values))
            self.__dict__.pop("lowest", None)

    @cached_property
    def square(self) -> float:
        """Sum of the squared values."""
        square = float(self.values @ self.values)
        if not _FAR**-2 < square < _FAR**2:  # squares have lost digits, or are none
            self._take_off_scale()
            square = float(self.values @ self.values)
        return square

    @cached_property
    def lowest(self) -> float:
        """Smallest value."""
        return float(_least(self.values))

    @property
    def mean(self) -> float:
        """Mean of the values."""
        return self.total / self.values.size

    @cached_property
    def centred(self) -> Values:
        """(P,) the values less their mean."""
        return np.asarray(self.values - self.mean)

    @cached_property
    def is_lifted(self) -> bool:
        """Whether the values are far from 0 beside how much they differ."""
        return self.square - self.total * self.mean < _LIFTED * self.square

    @cached_property
    def spread(self) -> float:
        """Sum of the squared differences from the mean; 0 if constant."""
        if not self.is_lifted:
            return self.square - self.total * self.mean
        return 0.0 if self.lowest == self.values.max() else float(self.centred @ self.centred)

    @cached_property
    def ordered(self) -> NDArray[np.floating]:
        """(P,) values in ascending order, as `at_in_order` gives them."""
        return np.sort(self._sortable)

    def at(self, pixels: Pixels) -> Values:
        """(N,) values there."""
        return self.values[pixels]

    def at_in_order(self, pixels: Pixels) -> NDArray[np.floating]:
        """(N,) values there, to be compared with `ordered`."""
        return self._sortable[pixels]

    def mass(self) -> float:
        """Sum of a map that can become a density; a ValueError if it cannot."""
        if self.lowest < 0:
            raise ValueError(f"{self.argument} holds negative values; clip it at 0 first")
        if not self.total > 0:
            raise ValueError(f"{self.argument} has no mass")
        return self.total

    def clipped(self) -> ScoredMap:
        """The map with 0 in place of what is negative."""
        if self.lowest >= 0:
            return self
        return ScoredMap(np.maximum(self.values, 0.0).reshape(self.shape), self.argument)


def cc(prediction: ArrayLike, truth: ArrayLike) -> float:
    """Pearson correlation of two maps; either may hold negative values.

    Returns:
        -1 to 1; 0 if one of the maps is constant.
    """
    return _correlation(*_same_shape(prediction, truth))


def sim(prediction: ArrayLike, truth: ArrayLike) -> float:
    """Similarity: the mass that two densities share, 0 to 1. Maps are scaled to sum 1 first, negative values
    refused.
    """
    return _shared_mass(*_same_shape(prediction, truth))


def kld(prediction: ArrayLike, truth: ArrayLike) -> float:
    """Kullback-Leibler divergence of the prediction from the truth in nats, 0 and more (lower is better).

    Convention: Σ Q·log(ε + Q/(P + ε)) with Q the truth and ε = 2.2204e-16, maps scaled to sum 1 first.
    """
    return _divergence(*_same_shape(prediction, truth))


def nss(prediction: ArrayLike, fixations_px: ArrayLike) -> float:
    """Mean standardised map value at the fixated pixels, in (population) standard deviations of the map; 0 is chance.

    Source:
        Peters et al. (2005), Components of bottom-up gaze allocation in natural images.
    """
    p = ScoredMap(prediction, "prediction")
    return _standardised(p, pixels_on(p.shape, fixations_px))


def auc(prediction: ArrayLike, fixations_px: ArrayLike) -> float:
    """Area under the ROC curve: fixated pixels against all pixels, exact, ties count one half."""
    p = ScoredMap(prediction, "prediction")
    return _mann_whitney(p.at_in_order(pixels_on(p.shape, fixations_px)), p.ordered)


def auc_judd(prediction: ArrayLike, fixations_px: ArrayLike) -> float:
    """Area under the ROC curve as Judd et al. compute it: a trapezoid through one threshold per fixation.

    The negatives are the pixels that nobody fixated. With few fixations it is inflated against `auc`: report both.
    Ties are not broken by noise, so that the result has no random part; a constant map scores .5.
    """
    p = ScoredMap(prediction, "prediction")
    return _judd(p, pixels_on(p.shape, fixations_px), "fixations_px")


def sauc(prediction: ArrayLike, fixations_px: ArrayLike, other_fixations_px: ArrayLike) -> float:
    """Shuffled AUC: fixated pixels against where people fixated on all other images; a centre bias gains nothing.

    Args:
        prediction: (H, W) map.
        fixations_px: (N, 2) fixations on this image.
        other_fixations_px: (M, 2) fixations on all other images, in pixels of this map.
    """
    p = ScoredMap(prediction, "prediction")
    positives = p.at_in_order(pixels_on(p.shape, fixations_px))
    return _mann_whitney(
        positives, np.sort(p.at_in_order(pixels_on(p.shape, other_fixations_px, "other_fixations_px")))
    )


def ig(prediction: ArrayLike, fixations_px: ArrayLike, baseline: ArrayLike) -> float:
    """Information gain of one density over another at the fixations, in bit per fixation.

    Returns:
        Mean of log2(prediction / baseline), both scaled to sum 1; -inf where the prediction gives a fixated pixel no
        mass.

    Raises:
        ValueError: Also for a baseline without mass at a fixated pixel: nothing can be gained over it.
    """
    p, b = _same_shape(prediction, baseline, "baseline")
    return _gain(p, b, pixels_on(p.shape, fixations_px))


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
    p, wanted = ScoredMap(prediction, "prediction"), known_metrics(metrics)
    return score_map(
        p,
        wanted,
        truth=ScoredMap(truth, "truth") if truth is not None and OF_MAPS & set(wanted) else None,
        pixels=None if fixations_px is None else pixels_on(p.shape, fixations_px),
        others=None if other_fixations_px is None else pixels_on(p.shape, other_fixations_px, "other_fixations_px"),
        baseline=ScoredMap(baseline, "baseline") if baseline is not None and "ig" in wanted else None,
    )


def known_metrics(metrics: Iterable[str]) -> tuple[str, ...]:
    """The names, in their order; ValueError for one that is none of `METRICS`."""
    wanted = tuple(metrics)
    for name in wanted:
        if name not in METRICS:
            raise ValueError(f"metrics holds {name!r}; known are {', '.join(METRICS)}")
    return wanted


def score_map(
    p: ScoredMap,
    wanted: Iterable[str],
    *,
    truth: ScoredMap | None = None,
    pixels: Pixels | None = None,
    others: Pixels | None = None,
    baseline: ScoredMap | None = None,
    fixations: str = "fixations_px",
) -> dict[str, float]:
    """What `evaluate_map` is, of what was looked at once: a batch's maps may share a baseline and fixations.

    Args:
        p: The prediction.
        wanted: Of `known_metrics`.
        truth: Density.
        pixels: Fixated pixels; `pixels_on` makes them.
        others: Those fixated on other images.
        baseline: Density.
        fixations: What errors call the fixations.
    """
    wanted = tuple(wanted)
    of_truth = OF_MAPS & set(wanted) if truth is not None else frozenset()
    of_places = set(wanted) - OF_MAPS if pixels is not None else set()
    scores: dict[str, float] = {}
    if truth is not None and of_truth:
        _require_shape(p, truth)
        if "cc" in of_truth:
            scores["cc"] = _correlation(p, truth)
        if "sim" in of_truth:
            scores["sim"] = _shared_mass(p.clipped(), truth)
        if "kld" in of_truth:
            scores["kld"] = _divergence(p.clipped(), truth)
    if pixels is not None and of_places:
        if "nss" in of_places:
            scores["nss"] = _standardised(p, pixels)
        if "auc" in of_places:
            scores["auc"] = _mann_whitney(p.at_in_order(pixels), p.ordered)
        if "auc_judd" in of_places:
            scores["auc_judd"] = _judd(p, pixels, fixations)
        if "sauc" in of_places and others is not None:
            scores["sauc"] = _mann_whitney(p.at_in_order(pixels), np.sort(p.at_in_order(others)))
        if "ig" in of_places and baseline is not None:
            _require_shape(p, baseline)
            scores["ig"] = _gain(p.clipped(), baseline, pixels)
    return {name: scores[name] for name in wanted if name in scores}


def pixels_on(shape: tuple[int, ...], fixations_px: ArrayLike, argument: str = "fixations_px") -> Pixels:
    """(N,) pixels of an (H, W) map that (N, 2) fixations fall on.

    Raises:
        ValueError: None, some beside the map, NaN, or another shape.
    """
    points = np.asarray(fixations_px, dtype=np.float64)
    height, width = shape
    # NaN is neither; what is wrong is found out only where something is
    if not (points.ndim == 2 and points.shape[1] == 2 and (points >= 0).all() and (points < (width, height)).all()):
        try:
            points = as_points(points)
        except ValueError as error:
            raise ValueError(str(error).replace("fixations_px", argument)) from None
        if len(points):
            n_beside = int((~is_inside(points, (width, height))).sum())
            raise ValueError(f"{argument} holds {n_beside} of {len(points)} points beside the {width}×{height} map")
    if len(points) == 0:
        raise ValueError(f"{argument} is empty")
    columns, rows = points.astype(np.intp).T  # floor, of what is not negative
    return np.asarray(rows * width + columns)


def _correlation(p: ScoredMap, q: ScoredMap) -> float:
    scale = math.sqrt(p.spread) * math.sqrt(q.spread)
    if not scale > 0:
        return 0.0
    is_lifted = p.is_lifted or q.is_lifted
    product = p.centred @ q.centred if is_lifted else p.values @ q.values - p.total * q.mean
    return max(-1.0, min(1.0, float(product / scale)))


def _blocks(p: ScoredMap, q: ScoredMap) -> Iterator[tuple[Values, Values, Values]]:
    """Both, block by block, and memory to compute in, which the next block takes over."""
    size = p.values.size
    memory = np.empty(min(size, _BLOCK))
    for first in range(0, size, _BLOCK):
        a, b = p.values[first : first + _BLOCK], q.values[first : first + _BLOCK]
        yield a, b, memory[: a.size]


def _shared_mass(p: ScoredMap, q: ScoredMap) -> float:
    mass = q.mass()
    to_q, total = mass / p.mass(), 0.0
    for a, b, shared in _blocks(p, q):
        np.multiply(a, to_q, out=shared)
        np.minimum(shared, b, out=shared)
        total += float(_sum(shared))
    return total / mass


def _divergence(p: ScoredMap, q: ScoredMap) -> float:
    # with p and q as given, P = p/Σp and Q = q/Σq: ε + Q/(P + ε) = c·(q/(p + ε·Σp) + ε/c) with c = Σp/Σq
    mass, floor = q.mass(), KLD_EPSILON * p.mass()
    c, total = p.mass() / mass, 0.0
    for a, b, ratio in _blocks(p, q):
        np.add(a, floor, out=ratio)
        np.divide(b, ratio, out=ratio)
        np.add(ratio, KLD_EPSILON / c, out=ratio)
        np.log(ratio, out=ratio)
        total += float(b @ ratio)
    return total / mass + math.log(c)


def _standardised(p: ScoredMap, pixels: Pixels) -> float:
    if not p.spread > 0:
        return 0.0
    deviation = math.sqrt(p.spread / p.values.size)
    return float((_sum(p.at(pixels)) / len(pixels) - p.mean) / deviation)


def _gain(p: ScoredMap, b: ScoredMap, pixels: Pixels) -> float:
    gained, known = p.at(pixels) / p.mass(), b.at(pixels) / b.mass()
    if not _least(known) > 0:
        raise ValueError(f"{b.argument} gives no mass to a fixated pixel; use one that is positive everywhere")
    return float(_sum(np.log2(gained / known))) / len(pixels) if _least(gained) > 0 else -np.inf


def _mann_whitney(positives: NDArray[np.floating], ordered_negatives: NDArray[np.floating]) -> float:
    below = np.searchsorted(ordered_negatives, positives, side="left")
    up_to = np.searchsorted(ordered_negatives, positives, side="right")
    return float(0.5 * int(_sum(below) + _sum(up_to)) / (len(positives) * len(ordered_negatives)))


def _judd(p: ScoredMap, pixels: Pixels, argument: str) -> float:
    thresholds = np.sort(p.at_in_order(pixels))
    fixated = thresholds
    n_fixated = len(set(pixels.tolist()))
    if n_fixated < len(pixels):
        fixated = np.sort(p.at_in_order(np.unique(pixels)))
    n_free = p.values.size - n_fixated
    if n_free == 0:
        raise ValueError(f"{argument} covers every pixel of the map: there is no unfixated one")
    free_below = np.searchsorted(p.ordered, thresholds) - np.searchsorted(fixated, thresholds)
    # from the corner where nothing is above the threshold to the one where all is, with the thresholds between
    n = len(thresholds)
    true_rate, false_rate = np.empty(n + 2), np.empty(n + 2)
    true_rate[0] = false_rate[0] = 1.0
    true_rate[1:-1] = (n - np.searchsorted(thresholds, thresholds)) / n
    false_rate[1:-1] = (n_free - free_below) / n_free
    true_rate[-1] = false_rate[-1] = 0.0
    return float(0.5 * (false_rate[:-1] - false_rate[1:]) @ (true_rate[1:] + true_rate[:-1]))


def _same_shape(prediction: ArrayLike, other: ArrayLike, argument: str = "truth") -> tuple[ScoredMap, ScoredMap]:
    p, q = ScoredMap(prediction, "prediction"), ScoredMap(other, argument)
    _require_shape(p, q)
    return p, q


def _require_shape(p: ScoredMap, other: ScoredMap) -> None:
    if p.shape != other.shape:
        raise ValueError(f"{other.argument} has shape {other.shape}, prediction has {p.shape}")
