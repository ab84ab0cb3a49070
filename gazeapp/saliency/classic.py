"""Universal saliency maps that need no training; each returns an (H, W) float32 density of the image's size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn, idctn

from gazeapp.saliency.maps import Map, blur, normalise, resize_map
from gazeapp.types import Image as Rgb

_SIGNATURE_WIDTH_PX = 64
_SIGNATURE_BLUR = 0.045
"""Standard deviation in image widths (Hou, Harel & Koch 2012)."""
_RESIDUAL_WIDTH_PX = 64
CENTRE_SIGMA_X = 0.30
CENTRE_SIGMA_Y = 0.28
"""Standard deviations in image widths and heights. Fixations on OSIE (Xu et al. 2014) spread by .21 and .19; wider is
better as a map (CC .319) and as a factor: on every fifth OSIE image the product with the signature has CC .471, NSS
1.43."""


def image_signature(image_rgb: Rgb) -> Map:
    """Foreground energy of the sign of the cosine transform, over the channels of CIELAB.

    Source:
        Hou, Harel & Koch (2012), Image signature: highlighting sparse salient regions.
    """
    energy = np.zeros(_small_size(image_rgb, _SIGNATURE_WIDTH_PX)[::-1])
    small = _shrink(image_rgb, _SIGNATURE_WIDTH_PX)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    for channel in range(3):
        reconstruction = idctn(np.sign(dctn(lab[..., channel], norm="ortho")), norm="ortho")
        energy += np.square(reconstruction)
    return _grow(blur(energy, _SIGNATURE_BLUR * _SIGNATURE_WIDTH_PX), image_rgb)


def spectral_residual(image_rgb: Rgb) -> Map:
    """What is unexpected in the log amplitude spectrum.

    Source:
        Hou & Zhang (2007), Saliency detection: a spectral residual approach.
    """
    grey = cv2.cvtColor(_shrink(image_rgb, _RESIDUAL_WIDTH_PX), cv2.COLOR_RGB2GRAY)
    spectrum = np.fft.fft2(grey.astype(np.float64))
    amplitude = np.log(np.abs(spectrum) + 1e-9)
    residual = amplitude - cv2.blur(amplitude, (3, 3), borderType=cv2.BORDER_REPLICATE)
    energy = np.square(np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))))
    return _grow(blur(energy, 2.5), image_rgb)


def centre_bias(
    size_wh: tuple[int, int],
    sigma_x: float = CENTRE_SIGMA_X,
    sigma_y: float = CENTRE_SIGMA_Y,
) -> Map:
    """A Gaussian in the middle: where people look when nothing is known of the image.

    Args:
        size_wh: Width and height in pixels.
        sigma_x: Standard deviation in image widths.
        sigma_y: Standard deviation in image heights.
    """
    width, height = size_wh
    x = ((np.arange(width) + 0.5) / width - 0.5) / sigma_x
    y = ((np.arange(height) + 0.5) / height - 0.5) / sigma_y
    return normalise(np.exp(-0.5 * (y[:, None] ** 2 + x[None, :] ** 2)))


def signature_with_centre(image_rgb: Rgb) -> Map:
    """Image signature × centre bias: the best that needs no training, and the fallback when no weights load."""
    height, width = image_rgb.shape[:2]
    return normalise(image_signature(image_rgb) * centre_bias((width, height)))


def _small_size(image_rgb: Rgb, width_px: int) -> tuple[int, int]:
    height, width = image_rgb.shape[:2]
    return width_px, max(8, round(width_px * height / width))


def _shrink(image_rgb: Rgb, width_px: int) -> Rgb:
    size = _small_size(image_rgb, width_px)
    return np.asarray(cv2.resize(image_rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _grow(energy: NDArray[np.float64], image_rgb: Rgb) -> Map:
    height, width = image_rgb.shape[:2]
    # a flat image has no energy at all: every place is then as good as any other
    return resize_map(normalise(energy + 1e-12), (width, height))
