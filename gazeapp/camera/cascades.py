"""Finds eyes with the cascades that OpenCV 4 carries: nothing else is needed, and upright faces are found."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeapp.camera.eye_crops import Box, EyeCrops, Point, middle_of
from gazeapp.errors import BackendUnavailable, UnavailableReason

CASCADES_HINT = "pip install 'opencv-python-headless<5'"
ALIKE = 0.7
"""A second face of at least this share of the largest one's side is somebody who may be looking too."""
_FOLDER = Path(cv2.__file__).parent / "data"
_FACE, _EYE = "haarcascade_frontalface_default.xml", "haarcascade_eye.xml"
_CLASSIFIER = "CascadeClassifier"  # by name: OpenCV 5 and its type stubs lack it
_EYES_AT = np.array([(0.67, 0.4), (0.33, 0.4)])
# the person's own left and right one in the box of a face, shares of its sides
_OFF = 0.12
# how far from there an eye may be


class CascadeFinder:
    """Haar cascades.

    Raises:
        BackendUnavailable: This OpenCV has none; OpenCV 5 dropped them.
    """

    name = "cascades"

    def __init__(self) -> None:
        if not has_cascades():
            raise BackendUnavailable(
                f"this OpenCV ({cv2.__version__}) has no Haar cascades to find faces with: {CASCADES_HINT}",
                reason=UnavailableReason.LIBRARY_MISSING,
                hint=CASCADES_HINT,
            )
        make = getattr(cv2, _CLASSIFIER)
        self._face, self._eye = make(str(_FOLDER / _FACE)), make(str(_FOLDER / _EYE))

    def __call__(self, frame_rgb: NDArray[np.uint8]) -> EyeCrops | None:
        """The eyes of the one face that is large."""
        gray = cv2.cvtColor(frame_rgb, cv2.COLOR_RGB2GRAY)
        smallest = gray.shape[0] // 6
        faces = self._face.detectMultiScale(gray, 1.1, 4, minSize=(smallest, smallest))
        face = only_large([(int(x), int(y), int(w), int(h)) for x, y, w, h in faces])
        if face is None:
            return None
        left, top, width, height = face
        upper = gray[top : top + int(height * 0.6), left : left + width]
        found = self._eye.detectMultiScale(upper, 1.05, 2, minSize=(width // 8, width // 8))
        pair = _pick_pair([middle_of((left + int(x), top + int(y), int(w), int(h))) for x, y, w, h in found], face)
        return None if pair is None else EyeCrops(frame_rgb=frame_rgb, left_px=pair[0], right_px=pair[1])


def has_cascades() -> bool:
    """Whether this OpenCV can find faces with what it carries."""
    return hasattr(cv2, _CLASSIFIER) and all((_FOLDER / n).exists() for n in (_FACE, _EYE))


def only_large(faces: list[Box]) -> Box | None:
    """The largest face; None where there is none, or a second one nearly as large: nobody knows whose gaze is meant."""
    ordered = sorted(faces, key=lambda box: box[2], reverse=True)
    if not ordered or (len(ordered) > 1 and ordered[1][2] >= ALIKE * ordered[0][2]):
        return None
    return ordered[0]


def _pick_pair(middles: list[Point], face: Box) -> tuple[Point, Point] | None:
    """(The person's left, right) where eyes lie in a face, the two that lie there best."""
    left, top, width, height = face
    share = [((x - left) / width, (y - top) / height) for x, y in middles]
    pairs = [
        (float(np.abs(np.array([share[a], share[b]]) - _EYES_AT).max()), a, b)
        for a, b in itertools.permutations(range(len(middles)), 2)
    ]
    if not pairs or min(pairs)[0] > _OFF:
        return None
    _, a, b = min(pairs)
    return middles[a], middles[b]
