"""Chooses the image to show next while a person is enrolled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gazeapp.saliency.maps import resize_map

_GRID_WH = (20, 15)
"""Coarse enough that "the same places" means the same objects' positions, not the same pixels."""
_LIKENESS_WEIGHT = 0.02
"""About the standard deviation of the spread over photographs (.017): more lets novelty alone decide, which does not
beat a random choice."""


def spread_of(universal: NDArray[np.float32]) -> float:
    """How widely people's gaze spreads over an image: entropy of its universal density as a share of the maximum.

    0 is a single place that everybody looks at, 1 is no preference. Where everybody looks at one place, gaze tells
    people apart least.
    """
    mass = universal[universal > 0].astype(np.float64)
    if len(mass) < 2:
        return 0.0
    return float(-(mass * np.log(mass)).sum() / math.log(universal.size))


def most_informative(candidates: Mapping[str, NDArray[np.float32]], seen: Sequence[NDArray[np.float32]]) -> str:
    """Choose the image that promises to tell most about the person.

    Preferred are images whose universal density is neither narrower nor wider than is usual in this set, and unlike
    those seen already (correlation on a 20×15 grid). Where everybody looks at one place, gaze tells people apart
    least; where there is nothing to look at, the encoder sees an unusual image rather than a person.

    What it is worth, measured on 130 images of OSIE with an encoder that knew none of them, 12 observers identified
    from 8, 16, 32 images (chance 8 %): this rule 33, 41, 49 %; random 29, 39, 49 %; widest density first 24, 33, 43 %;
    most alike first 22, 27, 45 % (means of 150 to 250 draws). It saves an image or two and does no harm, no more.

    Args:
        candidates: Stimulus → universal density of the images left; must not be empty.
        seen: Universal densities of the images shown so far.

    Returns:
        The stimulus; of equal ones the first by name, so that a seed and a plan give the same session.

    Source:
        The task is that of Moroto et al. (2020), who choose images by how gaze varied over people; here no gaze of
        others is at hand, so the universal density stands in for it.
    """
    if not candidates:
        raise ValueError("candidates is empty: every image was shown")
    spreads = {stimulus_id: spread_of(density) for stimulus_id, density in candidates.items()}
    usual = float(np.median([*spreads.values(), *(spread_of(density) for density in seen)]))
    seen_grids = [_grid(density) for density in seen]
    scores = {}
    for stimulus_id, density in candidates.items():
        grid = _grid(density)
        likeness = max((float(grid @ other) for other in seen_grids), default=0.0)
        scores[stimulus_id] = abs(spreads[stimulus_id] - usual) + _LIKENESS_WEIGHT * max(likeness, 0.0)
    return min(scores, key=lambda stimulus_id: (scores[stimulus_id], stimulus_id))


def _grid(density: NDArray[np.float32]) -> NDArray[np.float64]:
    """(300,) unit vector with mean 0, so that a product of two is their correlation."""
    cells = resize_map(density, _GRID_WH).astype(np.float64).ravel()
    cells -= cells.mean()
    length = float(np.linalg.norm(cells))
    return cells / length if length > 0 else cells
