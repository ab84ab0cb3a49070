"""Weights and images that anybody can make again: each tensor from its own name, for networks of any origin."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

SIZES_WH = ((144, 100), (131, 77), (200, 150), (149, 224), (320, 240))
"""Even and odd, upright and across; on less DenseNet-201 has one cell, and the published norm makes noise of it."""
N_COMPONENTS = 2
N_PLACES = 400


def generated_state(wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state dict of the same names and shapes; signals neither die nor explode in it, and densities are peaked."""
    return {name: _tensor(name, tensor) for name, tensor in wanted.items()}


def generated_image(size_wh: tuple[int, int]) -> NDArray[np.uint8]:
    """(H, W, 3) soft spots of colour with some noise."""
    width, height = size_wh
    rng = np.random.default_rng([width, height])
    y, x = np.mgrid[:height, :width]
    image = np.full((height, width, 3), 110.0)
    for _ in range(12):
        centre, radius = rng.uniform([0, 0], [width, height]), rng.uniform(0.05, 0.2) * width
        spot = np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * radius**2))
        image += spot[:, :, None] * rng.uniform(-120, 120, 3)
    image += rng.normal(0, 12, image.shape)
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


def generated_centre(size_wh: tuple[int, int]) -> NDArray[np.float32]:
    """(H, W) log density, higher in the middle."""
    width, height = size_wh
    x, y = (np.arange(width) + 0.5) / width - 0.5, (np.arange(height) + 0.5) / height - 0.5
    log = -8.0 * np.square(x)[None, :] - 11.0 * np.square(y)[:, None]
    return (log - np.log(np.exp(log).sum())).astype(np.float32)


def places(size_wh: tuple[int, int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns at which densities are compared."""
    rng = np.random.default_rng([7, *size_wh])
    return rng.integers(0, size_wh[1], N_PLACES), rng.integers(0, size_wh[0], N_PLACES)


def _tensor(name: str, like: Tensor) -> Tensor:
    shape = tuple(like.shape)
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    drawn = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
    if name.endswith("num_batches_tracked"):
        return torch.zeros_like(like)
    if name.endswith("running_var"):
        return torch.exp(0.2 * drawn)
    if name.endswith("sigma"):
        return 4.0 + drawn.abs()
    if name.endswith("center_bias_weight"):
        return 1.0 + 0.1 * drawn
    if len(shape) < 2:  # norms' weights, biases and means
        return (1.0 if name.endswith("weight") else 0.0) + 0.1 * drawn
    fan_in = int(np.prod(shape[1:]))
    return drawn * (2.0 / fan_in) ** 0.5
