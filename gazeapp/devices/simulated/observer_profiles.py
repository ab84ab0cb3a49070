"""Profiles of model observers: a few numbers each, and the priority map that they make of an image."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import SettingsError

GRID_WH = (64, 48)
"""Resolution on which the next fixation is chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObserverProfile:
    """A model observer's habits. An illustration of individual differences, fitted to nobody."""

    sharpness: float = 1.0
    """Exponent on the saliency map: above 1 only the strongest places count."""
    centre_pull: float = 1.0
    """Weight of the centre of the image; 0 for none."""
    lean_right: float = 0.0
    """Preference for the right (positive) or left half, in log units from edge to edge."""
    lean_down: float = 0.0
    colour: float = 0.0
    """Preference for colourful places, log units per standard deviation; negative avoids."""
    contrast: float = 0.0
    detail: float = 0.0
    warmth: float = 0.0
    """Preference for warm (red, orange, skin-like) over cold colours."""
    saccade_deg: float = 6.0
    """Typical amplitude."""
    fixation_s: float = 0.26
    """Median duration."""
    fixation_spread: float = 0.35
    """Standard deviation of log duration."""
    offset_deg: tuple[float, float] = (0.0, 0.0)
    """Calibration error before calibration: azimuth right, elevation up."""
    noise_deg: float = 0.05
    """RMS of the tracker's white noise per axis for this eye."""
    blinks_per_min: float = 12.0


NAMED: dict[str, ObserverProfile] = {
    "ada": ObserverProfile(
        colour=0.9,
        warmth=0.5,
        lean_right=-0.3,
        sharpness=1.2,
        fixation_s=0.24,
        offset_deg=(0.4, -0.3),
    ),
    "ben": ObserverProfile(
        detail=0.9,
        contrast=0.4,
        centre_pull=0.5,
        saccade_deg=8.0,
        fixation_s=0.21,
        offset_deg=(-0.5, 0.2),
    ),
    "chloe": ObserverProfile(
        warmth=1.1,
        centre_pull=1.6,
        sharpness=1.5,
        saccade_deg=4.0,
        fixation_s=0.33,
        offset_deg=(0.2, 0.5),
    ),
    "dan": ObserverProfile(lean_down=0.9, contrast=0.8, colour=-0.4, fixation_s=0.28, offset_deg=(-0.3, -0.4)),
    "eve": ObserverProfile(lean_right=0.9, detail=0.5, sharpness=0.8, saccade_deg=9.0, offset_deg=(0.6, 0.1)),
    "finn": ObserverProfile(warmth=-0.8, colour=0.6, centre_pull=0.7, fixation_spread=0.5, offset_deg=(0.0, 0.4)),
}


def profile_named(name: str) -> ObserverProfile:
    """The habits of a model observer of this name; SettingsError lists the names there are."""
    if name not in NAMED:
        raise SettingsError(f"no model observer is named {name!r}; there are {', '.join(NAMED)}", key="observer")
    return NAMED[name]


def priority_map(
    image_rgb: NDArray[np.uint8], density: NDArray[np.float32], profile: ObserverProfile
) -> NDArray[np.float64]:
    """(h, w) probability of being looked at next, by saliency and profile, at `GRID_WH`.

    Args:
        image_rgb: (H, W, 3) uint8.
        density: (H', W') saliency of the image, any scale.
        profile: Whose eyes.
    """
    small = cv2.resize(image_rgb, GRID_WH, interpolation=cv2.INTER_AREA)
    base = cv2.resize(np.asarray(density, np.float32), GRID_WH, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float64)
    lightness, red_green, blue_yellow = lab[..., 0], lab[..., 1] - 128, lab[..., 2] - 128
    fine = cv2.resize(
        cv2.cvtColor(image_rgb, cv2.COLOR_RGB2GRAY),
        (GRID_WH[0] * 4, GRID_WH[1] * 4),
        interpolation=cv2.INTER_AREA,
    )
    edges = np.abs(cv2.Laplacian(fine.astype(np.float32), cv2.CV_32F))
    x = np.linspace(-0.5, 0.5, GRID_WH[0])[None, :]
    y = np.linspace(-0.5, 0.5, GRID_WH[1])[:, None]
    log_priority = (
        profile.sharpness * np.log(base / base.max() + 0.02)
        - profile.centre_pull * (x**2 + y**2) * 4
        + profile.lean_right * x
        + profile.lean_down * y
        + profile.colour * _standardise(np.hypot(red_green, blue_yellow))
        + profile.contrast * _standardise(np.abs(lightness - cv2.GaussianBlur(lightness, (0, 0), 6)))
        + profile.detail * _standardise(cv2.resize(edges, GRID_WH, interpolation=cv2.INTER_AREA))
        + profile.warmth * _standardise(red_green + 0.5 * blue_yellow)
    )
    priority = np.exp(log_priority - log_priority.max())
    return np.asarray(priority / priority.sum(), dtype=np.float64)


def _standardise(feature: NDArray[np.generic]) -> NDArray[np.float64]:
    """Smoothed z-score, limited so that one odd pixel attracts nobody for ever."""
    smooth = cv2.GaussianBlur(np.asarray(feature, dtype=np.float64), (0, 0), 1.5)
    spread = smooth.std()
    if spread < 1e-6:
        return np.zeros_like(smooth)
    scores: NDArray[np.float64] = np.clip((smooth - smooth.mean()) / spread, -2.5, 2.5)
    return scores
