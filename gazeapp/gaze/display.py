"""Display geometry: pixels, millimetres, degrees of visual angle, and where an image lies on the screen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gazeapp.types import Points as Points

_NEAREST_MM = 150.0
"""Nobody is tracked in front of a screen closer than this."""
_FEWEST_PX_PER_MM, _MOST_PX_PER_MM = 0.1, 25.0
"""From walls of light to the finest telephones."""
_SMALLEST_DEG = 7.0
"""Of the longer side: a telephone in the hand takes 15 degrees, a screen beyond a scanner's bore 20."""
_FEWEST_PX_PER_DEG = 5.0
"""The coarsest wall of light, seen from 3 metres."""
_OBLONG, _MOST_OBLONG = 1.1, 1.5
"""A picture of 4:3 stretched over a screen of 16:9 makes pixels 1.33 times as wide as high."""


def _as_points(points: ArrayLike) -> Points:
    array = np.asarray(points, dtype=np.float64)
    if array.shape[-1:] != (2,):
        raise ValueError(f"points must end in an axis of length 2 (x, y), got shape {array.shape}")
    return array


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """A flat screen, seen from straight in front of its centre.

    Convention: pixels count from the top left corner, y down, a pixel's centre is at +0.5. Degrees are Fick
    angles from the eye: azimuth (right positive) and elevation (up positive), 0 at the screen's centre.
    """

    width_px: int
    height_px: int
    width_mm: float
    height_mm: float
    distance_mm: float

    def __post_init__(self) -> None:
        for name in ("width_px", "height_px", "width_mm", "height_mm", "distance_mm"):
            value = getattr(self, name)
            if not np.isfinite(value) or value <= 0:
                raise ValueError(f"display {name} must be above 0, got {value}")

    @classmethod
    def parse(cls, text: str) -> Display:
        """Read the command line's form `W_PX,H_PX,W_MM,H_MM,DIST_MM`.

        >>> Display.parse("1920,1080,531,299,650").px_per_deg
        41.0...
        """
        parts = text.split(",")
        try:
            width_px, height_px, width_mm, height_mm, distance_mm = (float(part) for part in parts)
        except ValueError:
            raise ValueError(f"a display is W_PX,H_PX,W_MM,H_MM,DIST_MM (five numbers), got {text!r}") from None
        for n_px in (width_px, height_px):
            if not n_px.is_integer():
                raise ValueError(f"a display is W_PX,H_PX,W_MM,H_MM,DIST_MM with whole numbers of pixels, got {text!r}")
        display = cls(
            width_px=int(width_px),
            height_px=int(height_px),
            width_mm=width_mm,
            height_mm=height_mm,
            distance_mm=distance_mm,
        )
        display.require_plausible()
        return display

    def require_plausible(self) -> None:
        """Refuse sizes that no screen has: most of them were typed in centimetres.

        Raises:
            ValueError: The message says which number cannot be, and what it may have meant.
        """
        if self.distance_mm < _NEAREST_MM:
            raise ValueError(
                f"a screen seen from {self.distance_mm:g} mm: was the distance typed in centimetres or metres? Say "
                f"{self.distance_mm * (10 if self.distance_mm > 5 else 1000):g} (millimetres)"
            )
        if self._is_swapped:
            meant = f"{self.width_mm:g},{self.height_mm:g},{self.width_px},{self.height_px},{self.distance_mm:g}"
            raise ValueError(
                f"a screen with {self.width_px} pixels over {self.width_mm:g} mm, {self.px_per_deg:.1f} to a degree: "
                f"were pixels and millimetres swapped? Say {meant}"
            )
        for name, n_px, size_mm in (
            ("width", self.width_px, self.width_mm),
            ("height", self.height_px, self.height_mm),
        ):
            if not _FEWEST_PX_PER_MM <= n_px / size_mm <= _MOST_PX_PER_MM:
                raise ValueError(
                    f"a screen with {n_px} pixels over a {name} of {size_mm:g} mm: was it typed in centimetres? Say it "
                    "in millimetres"
                )
        if self._oblong > _MOST_OBLONG:
            raise ValueError(
                f"a screen whose pixels are {self._oblong:.1f} times as long one way as the other: check "
                "width and height in pixels and in millimetres"
            )
        side_mm = max(self.width_mm, self.height_mm)
        side_deg = 2 * float(np.degrees(np.arctan2(side_mm / 2, self.distance_mm)))
        if side_deg < _SMALLEST_DEG:
            raise ValueError(
                f"a screen of {side_mm:g} mm seen from {self.distance_mm:g} mm, {side_deg:.1f} degrees: was the "
                f"distance typed ten times too far, or the size in centimetres? Say {self.distance_mm / 10:g}, or the "
                "size in millimetres"
            )
        if self.px_per_deg < _FEWEST_PX_PER_DEG:
            raise ValueError(
                f"a screen of {side_mm:g} mm seen from {self.distance_mm:g} mm has {self.px_per_deg:.1f} pixels to a "
                "degree: check its size in pixels and millimetres, and the distance"
            )

    def doubt(self) -> str:
        """What of the screen is rare but possible, in words; empty where all is as usual."""
        if self._oblong <= _OBLONG:
            return ""
        return (
            f"the screen's pixels are {self._oblong:.2f} times as long one way as the other; if its picture is not "
            "stretched, check width and height in pixels and in millimetres"
        )

    @property
    def _oblong(self) -> float:
        aspect = (self.width_mm / self.width_px) / (self.height_mm / self.height_px)
        return max(aspect, 1 / aspect)

    @property
    def _is_swapped(self) -> bool:
        """Whether the screen cannot be, and is one where pixels and millimetres change places."""
        n_mm = (self.width_mm, self.height_mm)
        if self.px_per_deg >= _FEWEST_PX_PER_DEG or not all(size.is_integer() for size in map(float, n_mm)):
            return False
        swapped = Display(
            width_px=int(self.width_mm),
            height_px=int(self.height_mm),
            width_mm=self.width_px,
            height_mm=self.height_px,
            distance_mm=self.distance_mm,
        )
        return swapped.px_per_deg >= _FEWEST_PX_PER_DEG

    def __str__(self) -> str:
        return f"{self.width_px},{self.height_px},{self.width_mm:g},{self.height_mm:g},{self.distance_mm:g}"

    @property
    def size_px(self) -> Points:
        """(2,) width and height in pixels."""
        return np.array([self.width_px, self.height_px], dtype=np.float64)

    @property
    def size_mm(self) -> Points:
        """(2,) width and height in millimetres."""
        return np.array([self.width_mm, self.height_mm], dtype=np.float64)

    @property
    def px_per_deg(self) -> float:
        """Pixels per degree of visual angle at the centre, mean of both axes (small-angle limit)."""
        mm_per_deg = self.distance_mm * np.tan(np.radians(1.0))
        return float(np.mean(self.size_px / self.size_mm) * mm_per_deg)

    def norm_to_px(self, points_norm: ArrayLike) -> Points:
        """(…, 2) in [0, 1] over the visible area → pixels."""
        return _as_points(points_norm) * self.size_px

    def px_to_mm(self, points_px: ArrayLike) -> Points:
        """(…, 2) pixels → millimetres from the screen's centre, x right, y **down**."""
        return (_as_points(points_px) / self.size_px - 0.5) * self.size_mm

    def mm_to_px(self, points_mm: ArrayLike) -> Points:
        """Inverse of `px_to_mm`."""
        return (_as_points(points_mm) / self.size_mm + 0.5) * self.size_px

    def px_to_deg(self, points_px: ArrayLike) -> Points:
        """(…, 2) pixels → Fick (azimuth right, elevation up) in degrees, from the eye in front of the centre."""
        mm = self.px_to_mm(points_px)
        azimuth = np.arctan2(mm[..., 0], self.distance_mm)
        elevation = np.arctan2(-mm[..., 1], np.hypot(mm[..., 0], self.distance_mm))
        angles: Points = np.degrees(np.stack([azimuth, elevation], axis=-1))
        return angles

    def deg_to_px(self, points_deg: ArrayLike) -> Points:
        """Inverse of `px_to_deg`."""
        angles = np.radians(_as_points(points_deg))
        x = self.distance_mm * np.tan(angles[..., 0])
        y = -np.tan(angles[..., 1]) * np.hypot(x, self.distance_mm)
        return self.mm_to_px(np.stack([x, y], axis=-1))

    def angle_deg(self, a_px: ArrayLike, b_px: ArrayLike) -> NDArray[np.float64]:
        """(…,) visual angle between two points in degrees, exact (between the two lines of sight)."""
        va, vb = self._directions(a_px), self._directions(b_px)
        cross = np.linalg.norm(np.cross(va, vb), axis=-1)
        result: NDArray[np.float64] = np.degrees(np.arctan2(cross, np.sum(va * vb, axis=-1)))
        return result

    def _directions(self, points_px: ArrayLike) -> NDArray[np.float64]:
        mm = self.px_to_mm(points_px)
        return np.concatenate([mm, np.full((*mm.shape[:-1], 1), self.distance_mm)], axis=-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StimulusFrame:
    """Where one image lies on the display while it is shown: the rectangle it fills, in display pixels."""

    stimulus_id: str
    image_width_px: int
    image_height_px: int
    left_px: float
    top_px: float
    width_px: float
    height_px: float

    @property
    def scale(self) -> float:
        """Display pixels per image pixel."""
        return self.width_px / self.image_width_px

    def to_image(self, display_px: ArrayLike) -> Points:
        """(…, 2) display pixels → image pixels; points beside the image get coordinates outside it."""
        size = np.array([self.width_px, self.height_px])
        image = np.array([self.image_width_px, self.image_height_px])
        points: Points = (_as_points(display_px) - [self.left_px, self.top_px]) / size * image
        return points

    def to_display(self, image_px: ArrayLike) -> Points:
        """Inverse of `to_image`."""
        size = np.array([self.width_px, self.height_px])
        image = np.array([self.image_width_px, self.image_height_px])
        points: Points = _as_points(image_px) / image * size + [self.left_px, self.top_px]
        return points

    def contains(self, display_px: ArrayLike) -> NDArray[np.bool_]:
        """(…,) whether display points fall on the image; NaN is outside."""
        image = self.to_image(display_px)
        inside: NDArray[np.bool_] = (
            (image[..., 0] >= 0)
            & (image[..., 0] < self.image_width_px)
            & (image[..., 1] >= 0)
            & (image[..., 1] < self.image_height_px)
        )
        return inside


def place_stimulus(
    display: Display,
    stimulus_id: str,
    image_width_px: int,
    image_height_px: int,
    *,
    scale: str = "fit",
    width_deg: float | None = None,
) -> StimulusFrame:
    """Centre an image on the display.

    Args:
        display: The participant's screen.
        stimulus_id: Content hash of the image.
        image_width_px: Width of the image in its own pixels.
        image_height_px: Height of the image in its own pixels.
        scale: "fit" fills the screen and keeps the aspect, "native" one image pixel per display pixel,
            "degrees" makes the image `width_deg` wide.
        width_deg: Visual angle of the image's width; needed for "degrees".
    """
    if scale == "fit":
        factor = min(display.width_px / image_width_px, display.height_px / image_height_px)
    elif scale == "native":
        factor = 1.0
    elif scale == "degrees":
        if width_deg is None or width_deg <= 0:
            raise ValueError("scale 'degrees' needs width_deg above 0")
        edge = display.deg_to_px(np.array([width_deg / 2, 0.0]))[0] - display.width_px / 2
        factor = 2 * float(edge) / image_width_px
    else:
        raise ValueError(f"scale must be fit, native or degrees, got {scale!r}")
    width, height = image_width_px * factor, image_height_px * factor
    return StimulusFrame(
        stimulus_id=stimulus_id,
        image_width_px=image_width_px,
        image_height_px=image_height_px,
        left_px=(display.width_px - width) / 2,
        top_px=(display.height_px - height) / 2,
        width_px=width,
        height_px=height,
    )
