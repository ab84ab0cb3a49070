"""One image that was looked at: its maps, its gaze, and how well either map predicted it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gazeapp.gaze.display import StimulusFrame
from gazeapp.gaze.fixations import Fixation
from gazeapp.saliency.prediction_score import PredictionScore, score_predictions, thinning
from gazeapp.ui.models.map_set import MapSet


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FinishedTrial:
    """A trial with everything the results page shows of it."""

    trial: int
    phase: str
    maps: MapSet
    """As `thinned` leaves them."""
    fixations: tuple[Fixation, ...]
    """Image pixels."""
    universal: PredictionScore | None
    personal: PredictionScore | None
    data_loss: float
    frame: StimulusFrame
    shown_s: float = math.nan
    """When the image appeared, session clock."""

    def with_maps(
        self, maps: MapSet, universal: PredictionScore | None, personal: PredictionScore | None
    ) -> FinishedTrial:
        """The same trial with its final maps and scores."""
        return replace(self, maps=maps, universal=universal, personal=personal)


def thinned(maps: MapSet) -> MapSet:
    """Small copies of the universal and the personal map alone: hundreds of trials fit in memory.

    The picture is decoded again and the difference taken again where a trial is shown (`MapModel.maps_of`).
    """

    def small(values: NDArray[np.float32] | None) -> NDArray[np.float32] | None:
        return None if values is None else values[:: (step := thinning(values.shape)), ::step].copy()

    return MapSet(universal=small(maps.universal), personal=small(maps.personal), certainty=maps.certainty)


def score(
    maps: MapSet, fixations: tuple[Fixation, ...], px_per_deg: float, sigma_deg: float
) -> tuple[PredictionScore | None, PredictionScore | None]:
    """Scores of the universal and the personal map; None where there is no map or no gaze on the image.

    Args:
        maps: The predictions.
        fixations: Image pixels.
        px_per_deg: Image pixels per degree.
        sigma_deg: Blur of the person's own map that `cc` compares with.
    """
    points_px = np.array([(f.x_px, f.y_px) for f in fixations], dtype=np.float64).reshape(-1, 2)
    return score_predictions(maps.universal, maps.personal, points_px, px_per_deg, sigma_deg)
