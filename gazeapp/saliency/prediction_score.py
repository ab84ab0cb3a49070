"""How well a map predicted where somebody looked, quickly enough for windows and lists."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gazeapp.types import Map

SCORE_MAX_PX = 320
"""Scores shown while a session runs are computed on maps of at most this side; the report uses all pixels."""


@dataclass(frozen=True, slots=True)
class PredictionScore:
    """How well a map predicted the gaze of one trial."""

    cc: float
    nss: float


def thinning(shape: tuple[int, ...]) -> int:
    """Every how many pixels of a map of this shape are enough for a score."""
    return int(max(1, -(-max(shape) // SCORE_MAX_PX)))


def score_predictions(
    universal: Map | None,
    personal: Map | None,
    points_px: NDArray[np.float64],
    px_per_deg: float,
    sigma_deg: float,
) -> tuple[PredictionScore | None, PredictionScore | None]:
    """Scores of the universal and the personal map; None where there is no map or no gaze on the image.

    Args:
        universal: (H, W) density over the image.
        personal: (H, W) density over the image.
        points_px: (N, 2) fixations, image pixels.
        px_per_deg: Image pixels per degree.
        sigma_deg: Blur of the person's own map that `cc` compares with.
    """
    from gazeapp.saliency.maps import fixation_density, is_inside  # scipy: not while the window opens
    from gazeapp.saliency.metrics import cc, nss

    known = universal if universal is not None else personal
    if known is None or not len(points_px):
        return None, None
    height, width = known.shape
    step = thinning(known.shape)
    small_wh = (len(range(0, width, step)), len(range(0, height, step)))
    points = points_px / step
    points = points[is_inside(points, small_wh)]
    if not len(points):
        return None, None
    own = fixation_density(points, small_wh, sigma_deg * px_per_deg / step)

    def of(prediction: Map | None) -> PredictionScore | None:
        if prediction is None:
            return None
        small = prediction[::step, ::step]
        return PredictionScore(cc(small, own), nss(small, points))

    return of(universal), of(personal)
