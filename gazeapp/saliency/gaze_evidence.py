"""What gaze says about which image was seen: high where one image draws gaze and the others do not.

The evidence of a fixation is the logarithm of how much more its own image draws gaze to that place of the screen than
the other images of the session do on average. Whatever side or spread a person's gaze prefers, on all images alike,
cancels: what counts is where gaze lies within images.

Shape legend: M images, N fixations, G steps of a shift along one axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gazeapp.saliency.maps import normalise, resize_map
from gazeapp.types import Floats as Floats

EVEN_SHARE = 0.3
"""Share of the fixations that lie anywhere: people also look at what no map tells, and one fixation far from everything
must not outweigh the rest. Between .05 and .6 the noise of what is found changes by a twentieth."""
_CELL_DEG = 0.25
_MAX_CELLS = 256
_MARGIN_DEG = 5.0
_FALLOFF_PER_DEG = 1.0
# beside an image its density falls by this many nats a degree: gaze that a shift brings back still counts
_AT_ONCE = 512


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ViewedImage:
    """One image that was looked at freely."""

    density: NDArray[np.float32]
    """(H, W) where people look, over the whole image, at any scale and resolution."""
    fixations: Floats
    """(N, 2) image pixels; those beside the image count too."""
    size_px: tuple[int, int]
    """Width and height in the pixels of the fixations."""
    px_per_deg: float
    centre_deg: tuple[float, float] = (0.0, 0.0)
    """Where the image's centre lies from the screen's, right and down."""
    time_s: float = 0.0
    """When it was shown; slow drift is looked for over it."""


class GazeEvidence:
    """All fixations of a session against the densities of its images, in degrees from the screen's centre.

    Args:
        images: Two or more.
    """

    def __init__(self, images: Sequence[ViewedImage]) -> None:
        if len(images) < 2:
            raise ValueError(f"images must be two or more to tell them apart, got {len(images)}")
        half = np.array([np.array(image.size_px) / image.px_per_deg / 2 for image in images])
        centre = np.array([image.centre_deg for image in images], dtype=np.float64)
        self._low = (centre - half).min(axis=0) - _MARGIN_DEG
        size_deg = (centre + half).max(axis=0) + _MARGIN_DEG - self._low
        cells = np.clip(np.ceil(size_deg / _CELL_DEG), 2, _MAX_CELLS).astype(int)
        self._cells_per_deg = cells / size_deg
        stack = np.stack([self._on_screen(image, cells) for image in images])
        stack *= 1 - EVEN_SHARE
        stack += EVEN_SHARE
        others = (stack.sum(axis=0) - stack) / (len(images) - 1)
        self._stack = np.log(stack) - np.log(others)
        # (M, H, W) nats
        self.own = np.repeat(np.arange(len(images)), [len(image.fixations) for image in images])
        """(N,) image of each fixation."""
        self.place = np.concatenate(
            [(i.fixations - np.array(i.size_px) / 2) / i.px_per_deg + np.array(i.centre_deg) for i in images]
        )
        """(N, 2) of the fixations as they were recorded."""
        self.time_s = np.array([image.time_s for image in images])[self.own]
        """(N,) when the fixation's image was shown."""

    @property
    def n_images(self) -> int:
        """Images that were looked at."""
        return len(self._stack)

    def moved(self, displacement: Floats) -> GazeEvidence:
        """The same viewing, as if gaze had been recorded (N, 2) degrees elsewhere."""
        other = copy(self)
        other.place = self.place + displacement
        return other

    def per_fixation(self, displacement: Floats) -> tuple[Floats, Floats]:
        """(N,) nats of fixations moved by (N, 2) degrees, and their (N, 2) gradient by it."""
        column, across, out_x = self._cells((self.place + displacement)[:, 0], axis=0)
        row, down, out_y = self._cells((self.place + displacement)[:, 1], axis=1)
        layers, own = self._stack, self.own
        v00, v10 = layers[own, row, column], layers[own, row, column + 1]
        v01, v11 = layers[own, row + 1, column], layers[own, row + 1, column + 1]
        top, bottom = v00 + across * (v10 - v00), v01 + across * (v11 - v01)
        slope = np.stack([(v10 - v00) * (1 - down) + (v11 - v01) * down, bottom - top], axis=-1) * self._cells_per_deg
        slope[np.stack([out_x, out_y], axis=-1)] = 0.0
        return top + down * (bottom - top), slope

    def over_shifts(self, steps_deg: Floats, image_of: NDArray[np.intp] | None = None, *, every: int = 1) -> Floats:
        """(G, G) nats of all fixations for every shift of a square grid; rows are shifts down, columns to the right.

        Args:
            steps_deg: (G,) shifts along either axis.
            image_of: (M,) which image's map stands for each image; the own by default.
            every: Only each of so many fixations.
        """
        own = (self.own if image_of is None else image_of[self.own])[::every]
        place = self.place[::every]
        total = np.zeros((len(steps_deg), len(steps_deg)))
        for first in range(0, len(own), _AT_ONCE):
            part = slice(first, first + _AT_ONCE)
            column, across, _ = self._cells(place[part, 0, None] + steps_deg, axis=0)
            row, down, _ = self._cells(place[part, 1, None] + steps_deg, axis=1)
            # rows first, then columns: a shift acts on the two apart
            image, row, down = own[part, None], row, down[:, :, None].astype(np.float32)
            rows = self._stack[image, row] * (1 - down) + self._stack[image, row + 1] * down
            column, across = column[:, None, :], across[:, None, :].astype(np.float32)
            left = np.take_along_axis(rows, column, axis=2)
            right = np.take_along_axis(rows, column + 1, axis=2)
            total += (left * (1 - across) + right * across).sum(axis=0, dtype=np.float64)
        return total

    def _cells(self, place_deg: Floats, *, axis: int) -> tuple[NDArray[np.intp], Floats, NDArray[np.bool_]]:
        """Cell before a place, the way to the next one (0 to 1), and whether the place lies beside the grid."""
        cells = (place_deg - self._low[axis]) * self._cells_per_deg[axis] - 0.5
        last = self._stack.shape[2 - axis] - 1
        inner = np.clip(cells, 0.0, last)
        low = np.minimum(np.floor(inner), last - 1).astype(np.intp)
        return low, inner - low, cells != inner

    def _on_screen(self, image: ViewedImage, cells: NDArray[np.int_]) -> NDArray[np.float32]:
        """(H, W) density of an image on the common grid, 1 where it is as high as an even one over the image."""
        size_deg = np.array(image.size_px) / image.px_per_deg
        own = np.maximum(np.round(size_deg * self._cells_per_deg), 1).astype(int)
        density = normalise(resize_map(image.density, (int(own[0]), int(own[1]))))
        low = np.array(image.centre_deg) - size_deg / 2
        across, down = (
            _placing((np.arange(cells[a]) + 0.5) / self._cells_per_deg[a] + self._low[a] - low[a], size_deg[a], own[a])
            for a in (0, 1)
        )
        placed: NDArray[np.float32] = down @ (density * np.float32(density.size)) @ across.T
        return placed


def _placing(place_deg: Floats, size_deg: float, n_cells: int) -> NDArray[np.float32]:
    """(n_out, n_cells) weights that read a map along one axis at places from its edge; beside it, its edge, falling."""
    cell = np.clip(place_deg / size_deg * n_cells - 0.5, 0, n_cells - 1)
    weights = np.maximum(0.0, 1.0 - np.abs(cell[:, None] - np.arange(n_cells)))
    beside = np.maximum(np.maximum(-place_deg, place_deg - size_deg), 0.0)
    weights *= np.exp(-_FALLOFF_PER_DEG * beside)[:, None]
    return weights.astype(np.float32)
