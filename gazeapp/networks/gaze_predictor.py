"""A camera frame with its face and eyes → where the person looks, by a trained gaze estimator. NumPy in, NumPy out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gazeapp.camera.eye_crops import Box, EyeCrops
from gazeapp.networks.checkpoint import build_network, load_checkpoint
from gazeapp.networks.gaze_estimator import CROP_PX, GazeEstimator, crop_tensor, face_grids
from gazeapp.networks.map_grid import Image, resize_image
from gazeapp.networks.placement import Placement, on_device
from gazeapp.networks.universal_predictor import RUN_WEIGHTS


class GazePointPredictor:
    """Predicts gaze from a frame. Use from one thread.

    Args:
        path: Weights file, or a training run with one.
        device: `auto`, `cpu` or `cuda`.

    Raises:
        CheckpointError: Missing, damaged, or weights of another network.
    """

    def __init__(self, path: Path, device: str = "cpu") -> None:
        file = path / RUN_WEIGHTS if path.is_dir() else path
        self.checkpoint = load_checkpoint(file, architectures=("gaze_estimator",))
        network = build_network(self.checkpoint, file)
        assert isinstance(network, GazeEstimator)
        self.placement = Placement(device)
        self._network = network

    @on_device
    def predict(self, eyes: EyeCrops) -> tuple[float, float]:
        """Gaze in centimetres from the camera: x to the person's right, y down."""
        frame_rgb, face = eyes.frame_rgb, eyes.face
        crops = [square_crop(frame_rgb, box) for box in (face, eyes.left_eye, eyes.right_eye)]
        device, network = self.placement.device, self.placement.of(self._network)
        shares = torch.tensor([box_shares(frame_rgb, face)], device=device)
        inputs = [crop_tensor(torch.from_numpy(crop)[None].to(device)) for crop in crops]
        with torch.inference_mode():
            point = network(*inputs, face_grids(shares))[0].tolist()
        return float(point[0]), float(point[1])


def square_crop(frame_rgb: Image, box: Box) -> Image:
    """(64, 64, 3) square around the middle of a box, as wide as its longer side; border pixels go on beside the
    frame.
    """
    left, top, width, height = box
    side = max(width, height, 1)
    rows = np.clip(np.arange(side) + (2 * top + height - side) // 2, 0, frame_rgb.shape[0] - 1)
    columns = np.clip(np.arange(side) + (2 * left + width - side) // 2, 0, frame_rgb.shape[1] - 1)
    crop: NDArray[np.uint8] = frame_rgb[rows[:, None], columns[None, :]]
    return resize_image(np.ascontiguousarray(crop), (CROP_PX, CROP_PX))


def box_shares(frame_rgb: Image, box: Box) -> tuple[float, float, float, float]:
    """A box as shares of the frame's width and height."""
    height, width = frame_rgb.shape[:2]
    return box[0] / width, box[1] / height, box[2] / width, box[3] / height
