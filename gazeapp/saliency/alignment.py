"""Saliency calibrates gaze: the correction that brings many fixations closest to where people look.

While images are viewed freely, nobody says where the eye was to look; but on average it is where images are salient. A
constant shift of all fixations shows as a loss that another shift would lower.

Source:
    Chang et al. (2019), SalGaze, Eq. 8 (map loss, squared map loss, outlier removal). Changed: the correction is a
    shift or an affine map of the gaze of any tracker instead of a network's weights, with a bootstrap over images as
    evidence. (Subtracting the shift found with fixations and images mismatched was tried: it takes the true offset away
    with the pull towards the centre; on OSIE an offset of 1.35 degrees then stayed, instead of going down to .36.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from gazeapp.errors import NotEnoughData
from gazeapp.saliency.loss_map import LossMap, interpolate

Floats = NDArray[np.float64]

MIN_IMAGES = 8
MIN_FIXATIONS = 60
DROP_SHARE = 0.05
BELIEVED_DEG = 0.5
"""Saliency maps have errors of their own: accurate gaze asks for shifts up to about this size."""
_ROUNDS = 3
_N_BOOTSTRAP = 100
_STRETCH = 0.05
# a tracker's gain is rarely off by more than a few per cent


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ViewedImage:
    """One image that was looked at freely."""

    loss: LossMap
    """Looked up in the units of `fixations`."""
    fixations: Floats
    """(N, 2) image pixels."""
    units_per_deg: float
    """Image pixels per degree."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alignment:
    """A proposed correction of gaze, in degrees, and the evidence for it."""

    kind: str
    """"shift" or "affine"."""
    shift_deg: Floats
    """(2,) to add to gaze, x right and y down."""
    matrix: Floats
    """(2, 2) applied to gaze around the image's centre before the shift; the identity for a shift."""
    shift_ci_deg: Floats
    """(2, 2) 95 % bootstrap interval over images of the shift: rows low, high."""
    loss_before_deg: float
    loss_after_deg: float
    """Mean distance of fixations to the salient set; with the fixations kept by outlier removal."""
    n_images: int
    n_fixations: int
    n_dropped: int

    @property
    def is_supported(self) -> bool:
        """Whether the evidence asks for a correction: on one axis the interval lies beyond `BELIEVED_DEG`."""
        low, high = self.shift_ci_deg
        return bool(((low > BELIEVED_DEG) | (high < -BELIEVED_DEG)).any())


def align(
    images: Sequence[ViewedImage],
    *,
    kind: str = "shift",
    power: int = 1,
    seed: int = 0,
    max_shift_deg: float = 5.0,
) -> Alignment:
    """Find the correction that minimises the mean loss map over all fixations.

    Args:
        images: What was viewed.
        kind: "shift", or "affine" (a shift first, then the affine map from there, held near the identity).
        power: 1 for the map loss, 2 for its square.
        seed: For mismatching and bootstrap.
        max_shift_deg: No shift beyond this is believed.

    Raises:
        NotEnoughData: Fewer than 8 images or 60 fixations.
        ValueError: An unknown kind or power.
    """
    if kind not in ("shift", "affine"):
        raise ValueError(f"kind must be shift or affine, got {kind!r}")
    if power not in (1, 2):
        raise ValueError(f"power must be 1 or 2, got {power}")
    used = [image for image in images if len(image.fixations)]
    n_fixations = sum(len(image.fixations) for image in used)
    if len(used) < MIN_IMAGES or n_fixations < MIN_FIXATIONS:
        raise NotEnoughData(
            f"saliency can correct gaze after at least {MIN_IMAGES} images and {MIN_FIXATIONS} fixations, "
            f"there are {len(used)} and {n_fixations}; view more images",
            found=n_fixations,
            needed=MIN_FIXATIONS,
        )
    rng = np.random.default_rng(seed)
    problem = _Problem(used, power, max_shift_deg)
    shift, kept = problem.fit_robustly()
    resampled = np.array([problem.fit_shift(shift, weight=kept * problem.resample(rng)) for _ in range(_N_BOOTSTRAP)])
    matrix = np.eye(2)
    if kind == "affine":
        matrix = problem.fit_matrix(shift, kept)
    before = problem.mean_loss(np.zeros(2), np.eye(2), kept)
    after = problem.mean_loss(shift, matrix, kept)
    return Alignment(
        kind=kind,
        shift_deg=shift,
        matrix=matrix,
        shift_ci_deg=np.percentile(resampled, [2.5, 97.5], axis=0),
        loss_before_deg=before,
        loss_after_deg=after,
        n_images=len(used),
        n_fixations=n_fixations,
        n_dropped=int((~kept).sum()),
    )


class _Problem:
    """All fixations against the loss maps of their images at once, in degrees."""

    def __init__(self, images: Sequence[ViewedImage], power: int, max_shift_deg: float) -> None:
        self._power = power
        self._max_shift_deg = max_shift_deg
        shapes = np.array([image.loss.values.shape for image in images])
        self._stack = np.zeros((len(images), *shapes.max(axis=0)))
        for layer, image in zip(self._stack, images, strict=True):
            height, width = image.loss.values.shape
            layer[:height, :width] = image.loss.values
        self._last_cell = shapes[:, ::-1].astype(np.float64) - 1
        self._cells_per_deg = np.array(
            [[i.loss.scale_x * i.units_per_deg, i.loss.scale_y * i.units_per_deg] for i in images]
        )
        counts = [len(image.fixations) for image in images]
        self._own = np.repeat(np.arange(len(images)), counts)
        cells_per_unit = np.array([[i.loss.scale_x, i.loss.scale_y] for i in images])[self._own]
        points = np.concatenate([image.fixations for image in images])
        middle = (self._last_cell[self._own] + 1) / 2
        self._place = (points * cells_per_unit - middle) / self._cells_per_deg[self._own]

    @property
    def n_images(self) -> int:
        return len(self._stack)

    def resample(self, rng: np.random.Generator) -> Floats:
        """(N,) weights of a bootstrap sample of the images."""
        drawn = rng.integers(0, self.n_images, self.n_images)
        return np.bincount(drawn, minlength=self.n_images)[self._own].astype(np.float64)

    def losses(self, shift: Floats, matrix: Floats) -> tuple[Floats, Floats]:
        """(N,) loss and (N, 2) its gradient by the shift, in degrees."""
        index = self._own
        scale = self._cells_per_deg[index]
        moved = self._place @ matrix.T + shift
        cells = moved * scale + (self._last_cell[index] + 1) / 2 - 0.5
        value, gradient = interpolate(self._stack, index, cells, self._last_cell[index])
        cells_per_deg = scale.mean(axis=1)
        return value / cells_per_deg, gradient * scale / cells_per_deg[:, None]

    def mean_loss(self, shift: Floats, matrix: Floats, kept: NDArray[np.bool_]) -> float:
        """Mean over the fixations that were kept, degrees."""
        return float(self.losses(shift, matrix)[0][kept].mean())

    def fit_robustly(self) -> tuple[Floats, NDArray[np.bool_]]:
        """Shift, and which fixations were kept: the worst 5 % go after each round."""
        kept = np.ones(len(self._own), dtype=bool)
        shift = self._best_of_grid()
        for _ in range(_ROUNDS):
            shift = self.fit_shift(shift, weight=kept)
            loss = self.losses(shift, np.eye(2))[0]
            kept &= loss <= np.quantile(loss[kept], 1 - DROP_SHARE)
        return self.fit_shift(shift, weight=kept), kept

    def fit_shift(self, start: Floats, *, weight: Floats | NDArray[np.bool_]) -> Floats:
        """(2,) best shift near `start`."""

        def objective(shift: Floats) -> tuple[float, Floats]:
            value, gradient = self._powered(*self.losses(shift, np.eye(2)))
            return float(np.average(value, weights=weight)), np.average(gradient, axis=0, weights=weight)

        limit = self._max_shift_deg
        found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=[(-limit, limit)] * 2)
        return np.asarray(found.x, dtype=np.float64)

    def fit_matrix(self, shift: Floats, kept: NDArray[np.bool_]) -> Floats:
        """(2, 2) near the identity; its prior allows a few per cent of stretch."""
        # losses taken as exponentially distributed around their mean: a Gaussian prior then weighs this much
        typical = float(self._powered(*self.losses(shift, np.eye(2)))[0][kept].mean())
        prior = typical / (2 * float(kept.sum()))
        place = self._place[kept]

        def objective(stretch: Floats) -> tuple[float, Floats]:
            # in units of the prior, so that a first step of the descent is a few per cent and not a whole unit
            matrix = np.eye(2) + _STRETCH * stretch.reshape(2, 2)
            value, gradient = self.losses(shift, matrix)
            value, gradient = self._powered(value[kept], gradient[kept])
            by_matrix = (gradient.T @ place).ravel() / len(value)
            cost = float(value.mean() + prior * stretch @ stretch)
            return cost, _STRETCH * by_matrix + 2 * prior * stretch

        found = minimize(objective, np.zeros(4), jac=True, method="L-BFGS-B")
        stretch = np.asarray(found.x, dtype=np.float64).reshape(2, 2)
        return np.eye(2) + _STRETCH * stretch

    def _best_of_grid(self) -> Floats:
        """A start for the descent: the loss has many dents."""
        reach = min(3.0, self._max_shift_deg)
        steps = np.arange(-reach, reach + 0.01, 1.0)
        points = [np.array([x, y]) for x in steps for y in steps]
        eye = np.eye(2)
        return min(points, key=lambda p: float(self._powered(*self.losses(p, eye))[0].mean()))

    def _powered(self, value: Floats, gradient: Floats) -> tuple[Floats, Floats]:
        if self._power == 2:
            return np.square(value), 2 * value[:, None] * gradient
        return value, gradient
