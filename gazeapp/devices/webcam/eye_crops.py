"""From a camera frame to face and eye crops, and the plainest estimate of gaze from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeapp.errors import BackendUnavailable, UnavailableReason
from gazeapp.gaze.display import Display

Box = tuple[int, int, int, int]
"""Left, top, width, height in frame pixels."""
Gray = NDArray[np.uint8]

_CASCADES = Path(cv2.__file__).parent / "data"
_FACE, _EYE = "haarcascade_frontalface_default.xml", "haarcascade_eye.xml"
_CLASSIFIER = "CascadeClassifier"  # by name: OpenCV 5 and its type stubs lack it
CASCADES_HINT = "pip install 'opencv-python-headless<5'"
_GAIN = 2.2  # of the screen's half width per unit of iris offset; a calibration in software corrects it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EyeCrops:
    """One face in one frame. Left and right are the person's own."""

    frame_rgb: NDArray[np.uint8]
    """(H, W, 3)."""
    face: Box
    left_eye: Box
    right_eye: Box

    def crop(self, box: Box) -> NDArray[np.uint8]:
        """(h, w, 3) part of the frame."""
        left, top, width, height = box
        return self.frame_rgb[top : top + height, left : left + width]


FindEyes = Callable[[NDArray[np.uint8]], EyeCrops | None]
"""(H, W, 3) frame → crops, or None without a face with two eyes."""
Estimator = Callable[[EyeCrops], tuple[float, float]]
"""Crops → gaze in display pixels."""
PointEstimator = Callable[[EyeCrops], tuple[float, float]]
"""Crops → gaze in centimetres from the camera, in the plane of the screen: x to the person's right, y down."""


class CascadeFinder:
    """Haar cascades that come with OpenCV 4.

    Raises:
        BackendUnavailable: This OpenCV has none; OpenCV 5 dropped them.
    """

    def __init__(self) -> None:
        if not has_cascades():
            raise BackendUnavailable(
                f"this OpenCV ({cv2.__version__}) has no Haar cascades to find faces with: {CASCADES_HINT}",
                reason=UnavailableReason.LIBRARY_MISSING,
                hint=CASCADES_HINT,
            )
        make = getattr(cv2, _CLASSIFIER)
        self._face, self._eye = make(str(_CASCADES / _FACE)), make(str(_CASCADES / _EYE))

    def __call__(self, frame_rgb: NDArray[np.uint8]) -> EyeCrops | None:
        """The largest face and the two eyes in its upper part."""
        gray = cv2.cvtColor(frame_rgb, cv2.COLOR_RGB2GRAY)
        smallest = gray.shape[0] // 6
        faces = self._face.detectMultiScale(gray, 1.2, 5, minSize=(smallest, smallest))
        if not len(faces):
            return None
        left, top, width, height = (int(v) for v in max(faces, key=lambda box: box[2] * box[3]))
        upper = gray[top : top + int(height * 0.6), left : left + width]
        found = self._eye.detectMultiScale(upper, 1.05, 4, minSize=(width // 8, width // 8))
        boxes: list[Box] = [(left + int(x), top + int(y), int(w), int(h)) for x, y, w, h in found]
        pair = _pick_pair(boxes, left + width / 2)
        if pair is None:
            return None
        return EyeCrops(
            frame_rgb=frame_rgb,
            face=(left, top, width, height),
            left_eye=pair[0],
            right_eye=pair[1],
        )


def has_cascades() -> bool:
    """Whether this OpenCV can find faces with what it carries."""
    return hasattr(cv2, _CLASSIFIER) and all((_CASCADES / n).exists() for n in (_FACE, _EYE))


def pupil_offset(eye_gray: Gray) -> tuple[float, float]:
    """Where the dark iris lies in an eye's box: (x, y) in [-1, 1], x right and y down in the image.

    The centre of mass of the darkest twentieth, after a blur that lets lashes and glints count little.
    """
    smooth = cv2.GaussianBlur(eye_gray, (0, 0), max(eye_gray.shape[1] / 24, 0.8)).astype(np.float64)
    height, width = smooth.shape
    # brows and the corners of the box are dark too: only its middle can hold the iris
    inner = smooth[height // 4 : height - height // 5, width // 8 : width - width // 8]
    darkness = np.clip(np.quantile(inner, 0.05) + 1.0 - inner, 0.0, None)
    rows, columns = np.mgrid[: inner.shape[0], : inner.shape[1]]
    x = (darkness * columns).sum() / darkness.sum() + 0.5 + width // 8
    y = (darkness * rows).sum() / darkness.sum() + 0.5 + height // 4
    return float(2 * x / width - 1), float(2 * y / height - 1)


def pupil_estimator(display: Display) -> Estimator:
    """Gaze from the offset of the irises in their boxes: coarse, head must rest; needs a calibration in software."""

    def estimate(crops: EyeCrops) -> tuple[float, float]:
        offsets = [
            pupil_offset(np.asarray(cv2.cvtColor(crops.crop(box), cv2.COLOR_RGB2GRAY), np.uint8))
            for box in (crops.left_eye, crops.right_eye)
        ]
        x, y = np.mean(offsets, axis=0)
        # the camera faces the person: an eye that turns to the right of the screen moves left in the frame
        return (
            display.width_px / 2 * (1 - _GAIN * float(x)),
            display.height_px / 2 * (1 + _GAIN * float(y)),
        )

    return estimate


def screen_estimator(point_cm: PointEstimator, camera_mm: tuple[float, float]) -> Callable[[Display], Estimator]:
    """Gaze from an estimator that answers in centimetres from the camera.

    Args:
        point_cm: Such as a trained network.
        camera_mm: Where the camera is, from the middle of the upper edge of the screen: right and down.

    Returns:
        What makes an estimator for a display.
    """

    def make(display: Display) -> Estimator:
        def estimate(crops: EyeCrops) -> tuple[float, float]:
            x_cm, y_cm = point_cm(crops)
            x_mm, y_mm = 10 * x_cm + camera_mm[0], 10 * y_cm + camera_mm[1]
            return (
                display.width_px * (0.5 + x_mm / display.width_mm),
                display.height_px * y_mm / display.height_mm,
            )

        return estimate

    return make


def _pick_pair(boxes: list[Box], middle_x: float) -> tuple[Box, Box] | None:
    """The largest box on each side of the face's middle: (the person's left, right)."""
    own_right = [box for box in boxes if box[0] + box[2] / 2 < middle_x]
    own_left = [box for box in boxes if box[0] + box[2] / 2 >= middle_x]
    if not own_left or not own_right:
        return None
    return max(own_left, key=lambda box: box[2]), max(own_right, key=lambda box: box[2])
