"""What a backbone is shown of an image: a network that sees less is fooled by less.

Shape legend: B images, C channels, H W rows and columns.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

_LUMA = (0.299, 0.587, 0.114)
"""ITU-R BT.601."""
_COARSE = 8
"""Cells of the half-size image that the coarse view averages, along each axis."""
_CONTRAST_SIDE = 15
"""Side of the window, in cells of the half-size image, over which the fine view evens out contrast."""
_CONTRAST_FLOOR = 0.05
"""Added to the local contrast, so that flat areas do not become noise; the image spans -1 to 1."""


def whole(image_BCHW: Tensor) -> Tensor:
    """The image as it is, at its full size."""
    return image_BCHW


def colour(image_BCHW: Tensor) -> Tensor:
    """The image at half its size."""
    return functional.avg_pool2d(image_BCHW, 2)


def grey(image_BCHW: Tensor) -> Tensor:
    """Luminance alone, at half the image's size."""
    return _luminance(colour(image_BCHW)).expand(-1, 3, -1, -1)


def coarse(image_BCHW: Tensor) -> Tensor:
    """Patches of colour: neither texture nor noise comes through."""
    half = colour(image_BCHW)
    size = (half.shape[-2], half.shape[-1])
    cells = (max(1, size[0] // _COARSE), max(1, size[1] // _COARSE))
    patches = functional.adaptive_avg_pool2d(half, cells)
    return functional.interpolate(patches, size=size, mode="bilinear", align_corners=False)


def fine(image_BCHW: Tensor) -> Tensor:
    """Strength of edges over the local contrast: blind to colour, light and the sign of a contrast."""
    grey_BCHW = functional.pad(_luminance(colour(image_BCHW)), (0, 1, 0, 1), mode="replicate")
    across = grey_BCHW[..., :-1, 1:] - grey_BCHW[..., :-1, :-1]
    down = grey_BCHW[..., 1:, :-1] - grey_BCHW[..., :-1, :-1]
    edge = torch.sqrt(across**2 + down**2 + 1e-12)
    local = functional.avg_pool2d(edge, _CONTRAST_SIDE, stride=1, padding=_CONTRAST_SIDE // 2, count_include_pad=False)
    return (edge / (local + _CONTRAST_FLOOR) - 1.0).expand(-1, 3, -1, -1)


VIEWS: dict[str, Callable[[Tensor], Tensor]] = {
    "whole": whole,
    "colour": colour,
    "grey": grey,
    "coarse": coarse,
    "fine": fine,
}
"""By name: (B, 3, H, W) in [-1, 1] to what the backbone is given."""


def _luminance(image_BCHW: Tensor) -> Tensor:
    weights = image_BCHW.new_tensor(_LUMA)[:, None, None]
    return (image_BCHW * weights).sum(dim=1, keepdim=True)
