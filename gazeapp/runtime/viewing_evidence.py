"""Whether gaze follows the images at all: a resting pointer, noise and another image's gaze do not.

What people look at is, on the whole, where the universal map of that very image is high. So each image's map is asked
twice: at the gaze on this image, and at the gaze on the others. Their difference is 0 on average for gaze that has
nothing to do with the image, whatever its place and spread on the screen are: for a constant point, for noise, for a
wandering pointer, for gaze that belongs to other images. The measure is the one-sample t of these differences, as the
standard normal deviate of the same probability: few images then need more.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr

from gazeapp.saliency.maps import resize_map

GRID_WH = (80, 60)
LEAST_IMAGES = 4


class ViewingEvidence:
    """Collects images with where somebody looked; cheap enough for every image."""

    def __init__(self) -> None:
        self._maps: list[NDArray[np.float64]] = []
        self._cells: list[NDArray[np.intp]] = []
        # (n, n): mean of the standardised map of image i at the gaze on image j
        self._scores = np.empty((0, 0))

    def add(self, universal: NDArray[np.float32], points_px: NDArray[np.float64]) -> None:
        """Add an image.

        Args:
            universal: (H, W) universal density.
            points_px: (N, 2) fixations on it, image pixels; at least one.
        """
        height, width = universal.shape
        small = resize_map(universal, GRID_WH).astype(np.float64)
        deviation = float(small.std())
        scaled = (small - small.mean()) / deviation if deviation > 0 else np.zeros_like(small)
        cells = np.floor(points_px / (width, height) * GRID_WH).astype(np.intp)
        np.clip(cells, 0, np.array(GRID_WH) - 1, out=cells)
        self._maps.append(scaled)
        self._cells.append(cells)
        n = len(self._maps)
        scores = np.empty((n, n))
        scores[: n - 1, : n - 1] = self._scores
        for k in range(n):
            scores[n - 1, k] = self._score(n - 1, k)
            scores[k, n - 1] = self._score(k, n - 1)
        self._scores = scores

    def _score(self, image: int, gaze: int) -> float:
        cells = self._cells[gaze]
        return float(self._maps[image][cells[:, 1], cells[:, 0]].mean())

    def z(self) -> float:
        """How surely gaze follows the images, as a normal deviate; NaN with fewer than four images."""
        n = len(self._scores)
        if n < LEAST_IMAGES:
            return math.nan
        own = np.diag(self._scores)
        others = (self._scores.sum(axis=1) - own) / (n - 1)
        gain = own - others
        error = float(gain.std(ddof=1)) / math.sqrt(n)
        t = float(gain.mean()) / error if error > 0 else 0.0
        # the lower tail of both: the upper one would round to 1
        return float(-ndtri(stdtr(n - 1, -t)))
