"""Heat maps of one person, a group or all, and the comparison of two of them on one image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gazeapp.analysis.area import Area
from gazeapp.analysis.area_measures import measure_area
from gazeapp.analysis.viewing import Viewing
from gazeapp.saliency.maps import Map, fixation_density

Weighting = Literal["count", "duration"]
SIGMA_DEG = 1.0
"""Blur of fixation maps, degrees of visual angle (Le Meur & Baccino, 2013)."""
N_DRAWS = 2000


def heat_map(viewings: Sequence[Viewing], *, weighting: Weighting = "duration", sigma_deg: float = SIGMA_DEG) -> Map:
    """Where people looked on one image; every viewing weighs the same, however many fixations it has.

    Args:
        viewings: Of one image, at least one with a fixation on it.
        weighting: Each fixation counts once, or by its duration.
        sigma_deg: Standard deviation of the Gaussian.

    Returns:
        (H, W) float32, sums to 1.

    Raises:
        ValueError: Viewings of different images, or no fixation on the image.
    """
    if len({viewing.stimulus_id for viewing in viewings}) > 1:
        raise ValueError("viewings are of different images")
    points, weights = [], []
    for viewing in viewings:
        on_image = viewing.is_on_image
        mass = viewing.durations_s[on_image] if weighting == "duration" else np.ones(int(on_image.sum()))
        if mass.sum() > 0:
            points.append(viewing.points_px[on_image])
            weights.append(mass / mass.sum())
    if not points:
        raise ValueError("no fixation on the image")
    sigma_px = sigma_deg * float(np.median([viewing.px_per_deg for viewing in viewings]))
    return fixation_density(np.concatenate(points), viewings[0].size_wh, sigma_px, np.concatenate(weights))


@dataclass(frozen=True, slots=True, kw_only=True)
class GazePlotPoint:
    """One fixation of a gaze plot, and the way that led to it."""

    number: int
    """From 1, among the fixations on the image."""
    x_px: float
    y_px: float
    onset_s: float
    """From the image's appearance."""
    duration_s: float
    saccade_deg: float
    """Length of the way from the fixation before; NaN for the first."""
    saccade_s: float
    """Time between the two fixations; NaN for the first."""


def gaze_plot(viewing: Viewing) -> tuple[GazePlotPoint, ...]:
    """Fixations on the image in order of time, numbered, with the saccades between them."""
    points: list[GazePlotPoint] = []
    end_s = math.nan
    for fixation, is_on in zip(viewing.fixations, viewing.is_on_image, strict=True):
        if not is_on:
            continue
        way_px = math.hypot(fixation.x_px - points[-1].x_px, fixation.y_px - points[-1].y_px) if points else math.nan
        points.append(
            GazePlotPoint(
                number=len(points) + 1,
                x_px=fixation.x_px,
                y_px=fixation.y_px,
                onset_s=fixation.onset_s - viewing.shown_s,
                duration_s=fixation.duration_s,
                saccade_deg=way_px / viewing.px_per_deg,
                saccade_s=fixation.onset_s - end_s,
            )
        )
        end_s = fixation.end_s
    return tuple(points)


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaDifference:
    """How much longer the first side looks at an area than the second."""

    area: str
    difference: float
    """Of the mean shares of dwell over the people of each side; NaN where one has none."""
    low: float
    """95 % interval of the difference over people; NaN where a side has fewer than 2."""
    high: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """Two people or groups on one image."""

    first: Map
    second: Map
    difference: NDArray[np.float32]
    """(H, W) first minus second; sums to 0."""
    overlap: float
    """Similarity (`sim`): 1 for equal maps, 0 for maps without anything in common."""
    areas: tuple[AreaDifference, ...]


def compare(
    first: Sequence[Viewing],
    second: Sequence[Viewing],
    areas: Sequence[Area] = (),
    *,
    weighting: Weighting = "duration",
    sigma_deg: float = SIGMA_DEG,
    seed: int = 0,
) -> Comparison:
    """Compare two sides on one image.

    Args:
        first: Viewings of a person or group.
        second: Of another, of the same image.
        areas: What to compare besides the maps.
        weighting: As in `heat_map`.
        sigma_deg: As in `heat_map`.
        seed: Of the intervals: percentile bootstrap over people, each side by itself.

    Raises:
        ValueError: As `heat_map`.
    """
    if {v.stimulus_id for v in first} != {v.stimulus_id for v in second}:
        raise ValueError("the two sides are of different images")
    mine, theirs = (heat_map(side, weighting=weighting, sigma_deg=sigma_deg) for side in (first, second))
    return Comparison(
        first=mine,
        second=theirs,
        difference=mine - theirs,
        overlap=float(np.minimum(mine, theirs).sum(dtype=np.float64)),
        areas=area_differences(first, second, areas, seed=seed),
    )


def area_differences(
    first: Sequence[Viewing], second: Sequence[Viewing], areas: Sequence[Area], *, seed: int = 0
) -> tuple[AreaDifference, ...]:
    """How much longer one side looks at each area than the other; `seed` as in `compare`."""
    rng = np.random.default_rng(seed)
    return tuple(_difference(area, first, second, rng) for area in areas)


def _difference(
    area: Area, first: Sequence[Viewing], second: Sequence[Viewing], rng: np.random.Generator
) -> AreaDifference:
    mine, theirs = _shares(area, first), _shares(area, second)
    means = [float(side.mean()) if len(side) else math.nan for side in (mine, theirs)]
    low = high = math.nan
    if min(len(mine), len(theirs)) >= 2:
        draws = [side[rng.integers(0, len(side), (N_DRAWS, len(side)))].mean(axis=1) for side in (mine, theirs)]
        low, high = (float(v) for v in np.quantile(draws[0] - draws[1], [0.025, 0.975]))
    return AreaDifference(
        area=area.name,
        difference=means[0] - means[1],
        low=low,
        high=high,
    )


def _shares(area: Area, viewings: Sequence[Viewing]) -> NDArray[np.float64]:
    """(P,) mean share of each person who looked at the image at all."""
    of_person: dict[str, list[float]] = {}
    for viewing in viewings:
        share = measure_area(viewing, area).share
        if not math.isnan(share):
            of_person.setdefault(viewing.participant, []).append(share)
    return np.array([np.mean(shares) for shares in of_person.values()], dtype=np.float64)
