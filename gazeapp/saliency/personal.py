"""A personal saliency map that grows fixation by fixation; the same object live and in the trainer."""

from __future__ import annotations

import numpy as np

from gazeapp.saliency.maps import Map, Points, fixation_density


class PersonalMap:
    """Where one observer looked on one image, so far.

    Adding a fixation is cheap; the density is computed when it is asked for and kept until the next one, by the very
    function that builds maps offline, so that a map grown live equals one built at once.

    Args:
        size_wh: Width and height of the map in pixels.
        sigma_px: Standard deviation of the blur in pixels of the map.
    """

    def __init__(self, size_wh: tuple[int, int], sigma_px: float) -> None:
        self.size_wh = size_wh
        self.sigma_px = sigma_px
        self._points: list[tuple[float, float]] = []
        self._weights: list[float] = []
        self._density: Map | None = None
        self._n_outside = 0

    def add(self, x_px: float, y_px: float, weight: float = 1.0) -> bool:
        """Add a fixation in pixels of the map.

        Returns:
            False for a fixation beside the image: it is counted in `n_outside` and otherwise ignored.
        """
        if not (np.isfinite(weight) and weight >= 0):
            raise ValueError(f"weight must be 0 or more, got {weight}")
        width, height = self.size_wh
        if not (0 <= x_px < width and 0 <= y_px < height):
            self._n_outside += 1
            return False
        self._points.append((float(x_px), float(y_px)))
        self._weights.append(float(weight))
        self._density = None
        return True

    @property
    def n(self) -> int:
        """Fixations on the image."""
        return len(self._points)

    @property
    def n_outside(self) -> int:
        """Fixations beside the image."""
        return self._n_outside

    @property
    def fixations_px(self) -> Points:
        """(n, 2) the fixations on the image, in the order they were added."""
        return np.array(self._points, dtype=np.float64).reshape(-1, 2)

    def density(self) -> Map | None:
        """(H, W) float32 density, read-only; None while no fixation with mass lies on the image."""
        if self._density is None and sum(self._weights) > 0:
            self._density = fixation_density(self._points, self.size_wh, self.sigma_px, self._weights)
            self._density.setflags(write=False)
        return self._density
