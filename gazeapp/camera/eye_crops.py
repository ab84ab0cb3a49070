"""What a gaze estimator is shown of a frame: one routine for the webcam and for what it is trained on.

Crops follow from the middles of the two eyes alone. So it does not matter who found them: a finder, or the authors of
a data set, whose own boxes differ in size and place from one set to the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Box = tuple[int, int, int, int]
"""Left, top, width, height in frame pixels."""
Point = tuple[float, float]
"""Right and down in frame pixels."""

EYE_SIDE = 0.86
"""Side of an eye's crop over the distance of the eyes: 1.8 times that of an eye's corners (Chang et al. 2019), which
are 30 mm apart where the eyes are 63 mm apart."""
FACE_SIDE = 3.0
_FACE_DOWN = 0.4
# the middle of the face below the eyes, over their distance


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EyeCrops:
    """One face in one frame. Left and right are the person's own."""

    frame_rgb: NDArray[np.uint8]
    """(H, W, 3)."""
    left_px: Point
    """Middle of the left eye."""
    right_px: Point

    @property
    def distance_px(self) -> float:
        """Between the eyes."""
        return float(np.hypot(self.left_px[0] - self.right_px[0], self.left_px[1] - self.right_px[1]))

    @property
    def left_eye(self) -> Box:
        """Square around it."""
        return _square(self.left_px, EYE_SIDE * self.distance_px)

    @property
    def right_eye(self) -> Box:
        """Square around it."""
        return _square(self.right_px, EYE_SIDE * self.distance_px)

    @property
    def face(self) -> Box:
        """Square that holds the face."""
        x, y = np.mean([self.left_px, self.right_px], axis=0)
        return _square((float(x), float(y) + _FACE_DOWN * self.distance_px), FACE_SIDE * self.distance_px)


FindEyes = Callable[[NDArray[np.uint8]], EyeCrops | None]
"""(H, W, 3) frame → one person's eyes; None without a face with two eyes, or where it is not clear whose."""


def middle_of(box: Box) -> Point:
    """Middle of a box."""
    left, top, width, height = box
    return left + width / 2, top + height / 2


def _square(middle: Point, side: float) -> Box:
    whole = max(1, round(side))
    return round(middle[0] - whole / 2), round(middle[1] - whole / 2), whole, whole
