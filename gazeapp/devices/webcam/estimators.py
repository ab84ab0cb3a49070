"""From crops of a face and its eyes to gaze on the screen: the plainest estimate, and that of a trained network."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeapp.camera.eye_crops import Box, EyeCrops
from gazeapp.gaze.display import Display

Gray = NDArray[np.uint8]

_GAIN = 2.2  # of the screen's half width per unit of iris offset; a calibration in software corrects it
_EYE_PART = 0.6
# of the crop of an eye: brows are dark too

Estimator = Callable[[EyeCrops], tuple[float, float]]
"""Crops → gaze in display pixels."""
PointEstimator = Callable[[EyeCrops], tuple[float, float]]
"""Crops → gaze in centimetres from the camera, in the plane of the screen: x to the person's right, y down."""


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
        offsets = [pupil_offset(_inner(crops.frame_rgb, box)) for box in (crops.left_eye, crops.right_eye)]
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


def _inner(frame_rgb: NDArray[np.uint8], box: Box) -> Gray:
    """The eye itself within its box, the frame's border going on beside it."""
    left, top, width, height = box
    dx, dy = round(width * (1 - _EYE_PART) / 2), round(height * (1 - _EYE_PART) / 2)
    rows = np.clip(np.arange(top + dy, top + height - dy), 0, frame_rgb.shape[0] - 1)
    columns = np.clip(np.arange(left + dx, left + width - dx), 0, frame_rgb.shape[1] - 1)
    gray = cv2.cvtColor(np.ascontiguousarray(frame_rgb[rows[:, None], columns[None, :]]), cv2.COLOR_RGB2GRAY)
    return np.asarray(gray, np.uint8)
