"""One image that was looked at: its maps, its gaze, and how well either map predicted it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.display import StimulusFrame
from gazeapp.gaze.fixations import Fixation
from gazeapp.ui.models.map_set import MapSet

SCORE_MAX_PX = 320
"""Scores shown while a session runs are computed on maps of at most this side; the report uses all pixels."""


@dataclass(frozen=True, slots=True)
class TrialScores:
    """How well a map predicted the gaze of one trial."""

    cc: float
    nss: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FinishedTrial:
    """A trial with everything the results page shows of it."""

    trial: int
    phase: str
    maps: MapSet
    """As `thinned` leaves them."""
    fixations: tuple[Fixation, ...]
    """Image pixels."""
    universal: TrialScores | None
    personal: TrialScores | None
    data_loss: float
    frame: StimulusFrame

    def with_maps(self, maps: MapSet, universal: TrialScores | None, personal: TrialScores | None) -> FinishedTrial:
        """The same trial with its final maps and scores."""
        return replace(self, maps=maps, universal=universal, personal=personal)


def thinned(maps: MapSet) -> MapSet:
    """Small copies of the universal and the personal map alone: hundreds of trials fit in memory.

    The picture is decoded again and the difference taken again where a trial is shown (`MapModel.maps_of`).
    """

    def small(values: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
        return None if values is None else values[:: (step := _step(values)), ::step].copy()

    return MapSet(universal=small(maps.universal), personal=small(maps.personal), certainty=maps.certainty)


def _step(values: NDArray[np.float32]) -> int:
    return int(max(1, -(-max(values.shape) // SCORE_MAX_PX)))


def score(
    maps: MapSet, fixations: tuple[Fixation, ...], px_per_deg: float, sigma_deg: float
) -> tuple[TrialScores | None, TrialScores | None]:
    """Scores of the universal and the personal map; None where there is no map or no gaze on the image.

    Args:
        maps: The predictions.
        fixations: Image pixels.
        px_per_deg: Image pixels per degree.
        sigma_deg: Blur of the person's own map that `cc` compares with.
    """
    from gazeapp.saliency.maps import (
        fixation_density,
        is_inside,
    )  # scipy: not while the window opens
    from gazeapp.saliency.metrics import cc, nss

    known = maps.universal if maps.universal is not None else maps.personal
    if known is None or not fixations:
        return None, None
    height, width = known.shape
    step = _step(known)
    small_wh = (len(range(0, width, step)), len(range(0, height, step)))
    points = np.array([(f.x_px, f.y_px) for f in fixations]) / step
    points = points[is_inside(points, small_wh)]
    if not len(points):
        return None, None
    own = fixation_density(points, small_wh, sigma_deg * px_per_deg / step)

    def of(prediction: NDArray[np.float32] | None) -> TrialScores | None:
        if prediction is None:
            return None
        small = prediction[::step, ::step]
        return TrialScores(cc(small, own), nss(small, points))

    return of(maps.universal), of(maps.personal)
