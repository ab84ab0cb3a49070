"""From a saliency map to a loss map: how far each place is from where people look.

Source:
    Chang, Di Martino, Qiu, Espinosa & Sapiro (2019), SalGaze: personalizing gaze estimation using visual saliency.
    Changed: at the borders of the map the differences are one-sided; with the zero gradient printed there, the
    evolution never ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import distance_transform_edt

from gazeapp.types import Floats

PERCENTILE = 95.0
"""Values below this percentile of the saliency map count as not salient (λ)."""
_STEP = 0.1
_TOLERANCE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LossMap:
    """Distance to the salient set over an image, with a value and a gradient at any point.

    Points beside the map cost what the nearest border place costs plus the way to it.
    """

    values: Floats
    """(H, W) distance in cells of this map; 0 on the salient set."""
    scale_x: float
    """Cells per unit of the points that are looked up, so that a small map serves a large image."""
    scale_y: float

    def look_up(self, points: ArrayLike) -> Floats:
        """(N,) loss at (N, 2) points (x, y), bilinear between cell centres, in cells."""
        return self._evaluate(points)[0]

    def gradient(self, points: ArrayLike) -> Floats:
        """(N, 2) derivative of `look_up` by x and y; exact between cell centres."""
        return self._evaluate(points)[1]

    def _evaluate(self, points: ArrayLike) -> tuple[Floats, Floats]:
        scale = np.array([self.scale_x, self.scale_y])
        cells = np.asarray(points, dtype=np.float64) * scale - 0.5
        height, width = self.values.shape
        limits = np.broadcast_to(np.array([width - 1.0, height - 1.0]), cells.shape)
        which = np.zeros(len(cells), dtype=np.intp)
        value, gradient = interpolate(self.values[None], which, cells, limits)
        return value, gradient * scale


def interpolate(stack: Floats, which: NDArray[np.intp], cells: Floats, limits: Floats) -> tuple[Floats, Floats]:
    """Bilinear values of many loss maps at once, with their gradients.

    Args:
        stack: (M, H, W) loss maps; smaller ones are padded at the right and the bottom.
        which: (N,) map of each point.
        cells: (N, 2) points in cells, 0 at the centre of the first one.
        limits: (N, 2) last column and row of the point's own map.

    Returns:
        (N,) values and (N, 2) gradients per cell; beside a map the way back to it is added.
    """
    inner = np.clip(cells, 0.0, limits)
    low = np.minimum(np.floor(inner), np.maximum(limits - 1, 0)).astype(np.intp)
    high = np.minimum(low + 1, limits.astype(np.intp))
    part = inner - low
    v00, v10 = stack[which, low[:, 1], low[:, 0]], stack[which, low[:, 1], high[:, 0]]
    v01, v11 = stack[which, high[:, 1], low[:, 0]], stack[which, high[:, 1], high[:, 0]]
    px, py = part[:, 0], part[:, 1]
    top, bottom = v00 + px * (v10 - v00), v01 + px * (v11 - v01)
    value = top + py * (bottom - top)
    gradient = np.stack([(v10 - v00) * (1 - py) + (v11 - v01) * py, bottom - top], axis=-1)
    beside = cells - inner
    way = np.hypot(beside[:, 0], beside[:, 1])
    with np.errstate(invalid="ignore", divide="ignore"):
        outward = np.where(way[:, None] > 0, beside / way[:, None], 0.0)
    return value + way, np.where(beside != 0, 0.0, gradient) + outward


def loss_map(
    saliency: ArrayLike,
    *,
    percentile: float = PERCENTILE,
    method: str = "exact",
    size_wh: tuple[float, float] | None = None,
) -> LossMap:
    """Turn a saliency map into a loss map.

    Args:
        saliency: (H, W), any scale. One salient cell makes the loss of a calibration point.
        percentile: Threshold λ.
        method: "exact" for the Euclidean distance transform, "evolution" for the published equation (slower; within
            its first-order error of the same limit).
        size_wh: Width and height of what points are given in (the image's pixels); default: the map's own cells.

    Raises:
        ValueError: A map without a salient place, NaN, or an unknown method.
    """
    source = np.asarray(saliency, dtype=np.float64)
    if source.ndim != 2 or not np.isfinite(source).all():
        raise ValueError("saliency must be an (H, W) map of finite values")
    if source.min() == source.max():
        raise ValueError("saliency is constant: no place is more salient than another")
    # ">=" keeps the strongest cell salient however few are above the percentile
    threshold = min(float(np.percentile(source, percentile)), float(source.max()))
    outside = source < threshold
    if not outside.any():
        # more than the share above λ is tied with the minimum: only what exceeds it is salient
        outside = source <= threshold
    if method == "exact":
        values = distance_transform_edt(outside)
    elif method == "evolution":
        values = evolve(outside)
    else:
        raise ValueError(f"method must be exact or evolution, got {method!r}")
    height, width = source.shape
    across, down = size_wh or (width, height)
    return LossMap(values=np.asarray(values, dtype=np.float64), scale_x=width / across, scale_y=height / down)


def evolve(
    outside: ArrayLike,
    *,
    step: float = _STEP,
    tolerance: float = _TOLERANCE,
    max_steps: int = 20000,
) -> Floats:
    """Evolve u_t + l₀(‖∇u‖ − 1) = 0 from u = l₀ until ‖u₁ − u₀‖₂ <= tolerance (Algorithms 1 and 2).

    Args:
        outside: (H, W) l₀: True where a cell is not salient.
        step: δ.
        tolerance: tol.
        max_steps: A bound; the published setting needs about 850 steps on 101×101.

    Returns:
        (H, W) approximate distance to the salient set in cells.
    """
    l0 = np.asarray(outside, dtype=np.float64)
    u = l0.copy()
    for _ in range(max_steps):
        change = step * l0 * (_upwind(u) - 1.0)
        u = u - change
        if np.sqrt(np.square(change).sum()) <= tolerance:
            break
    return u


def _upwind(u: Floats) -> Floats:
    """(H, W) ‖∇u‖: per axis the larger of the positive backward and the positive negated forward difference."""
    squares = np.zeros_like(u)
    for axis in (0, 1):
        forward = np.diff(u, axis=axis)
        edge = np.zeros_like(np.take(u, [0], axis=axis))
        backward = np.maximum(np.concatenate([edge, forward], axis=axis), 0.0)
        ahead = np.maximum(np.concatenate([-forward, edge], axis=axis), 0.0)
        squares += np.square(np.maximum(backward, ahead))
    return np.sqrt(squares)
