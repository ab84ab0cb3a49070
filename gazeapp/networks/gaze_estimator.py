"""iTracker-style network: a face, its two eyes and where it is in the frame → where the person looks.

Shape legend: B frames, C channels, H W pixels, D features; grid_B25 is (B, 25, 25).
Points are centimetres in the plane of the screen from the camera: x to the person's right, y down.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

CROP_PX = 64
"""Side of each crop."""
GRID_CELLS = 25
"""Side of the face grid."""
_CM_PER_UNIT = 10.0
"""The last layer answers in decimetres, so that its weights are about as large as those of the others."""


class GazeEstimator(nn.Module):
    """One tower for the face, one shared by both eyes, one for the face grid; four fully connected layers on them.

    Args:
        widths: Channels of the four convolutions of a tower.
        first_kernel: Side of the first convolution's kernel, pixels.
        first_stride: Its stride.
        fused: Width of the fully connected layers.

    Raises:
        ValueError: A tower that leaves nothing of a crop.

    Source:
        Krafka et al. (2016), Eye tracking for everyone, with the changes of Chang et al. (2019): crops of 64 pixels,
        batch
        norm instead of local response norm, one more fully connected layer. Not given there and our reading: where that
        layer goes (before the last), and padding that keeps the size after the first convolution. The defaults are
        smaller than theirs.
    """

    def __init__(
        self,
        *,
        widths: tuple[int, ...] = (16, 24, 32, 16),
        first_kernel: int = 5,
        first_stride: int = 2,
        fused: int = 128,
    ) -> None:
        super().__init__()
        self.arguments: dict[str, tuple[int, ...] | int] = {
            "widths": tuple(widths),
            "first_kernel": first_kernel,
            "first_stride": first_stride,
            "fused": fused,
        }
        """With which another of the same shape is built."""
        n_out = _tower_features(widths, first_kernel, first_stride)
        self.eye = _tower(widths, first_kernel, first_stride)
        self.face = _tower(widths, first_kernel, first_stride)
        self.eyes_joined = nn.Sequential(nn.Linear(2 * n_out, fused), nn.ReLU())
        self.face_joined = nn.Sequential(nn.Linear(n_out, fused), nn.ReLU(), nn.Linear(fused, fused // 2), nn.ReLU())
        self.grid = nn.Sequential(
            nn.Linear(GRID_CELLS**2, 2 * fused), nn.ReLU(), nn.Linear(2 * fused, fused), nn.ReLU()
        )
        self.joined = nn.Sequential(nn.Linear(2 * fused + fused // 2, fused), nn.ReLU())
        self.head = GazeHead(fused)

    def features(self, face_BCHW: Tensor, left_eye_BCHW: Tensor, right_eye_BCHW: Tensor, grid_B25: Tensor) -> Tensor:
        """(B, D) what the last two fully connected layers see; they alone are fine-tuned on a person."""
        eyes = [self.eye(eye_BCHW).flatten(1) for eye_BCHW in (left_eye_BCHW, right_eye_BCHW)]
        parts = [
            self.eyes_joined(torch.cat(eyes, dim=1)),
            self.face_joined(self.face(face_BCHW).flatten(1)),
            self.grid(grid_B25.flatten(1)),
        ]
        joined_BD: Tensor = self.joined(torch.cat(parts, dim=1))
        return joined_BD

    def forward(self, face_BCHW: Tensor, left_eye_BCHW: Tensor, right_eye_BCHW: Tensor, grid_B25: Tensor) -> Tensor:
        """(B, 2) gaze, centimetres from the camera.

        Args:
            face_BCHW: RGB in [-1, 1], `CROP_PX` a side.
            left_eye_BCHW: The person's own left eye, in the same form.
            right_eye_BCHW: The other one.
            grid_B25: 1 where the face is in the frame, 0 elsewhere.
        """
        point_B2: Tensor = self.head(self.features(face_BCHW, left_eye_BCHW, right_eye_BCHW, grid_B25))
        return point_B2


class GazeHead(nn.Module):
    """The last two fully connected layers.

    Args:
        fused: Width of what comes in.
    """

    def __init__(self, fused: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(fused, fused)
        self.point = nn.Linear(fused, 2)

    def forward(self, features_BD: Tensor) -> Tensor:
        """(B, 2) gaze, centimetres from the camera."""
        point_B2: Tensor = self.point(torch.relu(self.hidden(features_BD)))
        return point_B2 * _CM_PER_UNIT


def crop_tensor(crops: Tensor) -> Tensor:
    """(B, 3, H, W) in [-1, 1] of (B, H, W, 3) uint8 crops."""
    return crops.permute(0, 3, 1, 2).float() / 127.5 - 1.0


def face_grids(boxes_B4: Tensor) -> Tensor:
    """(B, 25, 25) with 1 where the face is.

    Args:
        boxes_B4: (B, 4) left, top, width and height of the face as shares of the frame.
    """
    centre_25 = (torch.arange(GRID_CELLS, device=boxes_B4.device) + 0.5) / GRID_CELLS
    low_B2, high_B2 = boxes_B4[:, :2], boxes_B4[:, :2] + boxes_B4[:, 2:]
    across_B25, down_B25 = ((centre_25 >= low_B2[:, k, None]) & (centre_25 < high_B2[:, k, None]) for k in (0, 1))
    return (down_B25[:, :, None] & across_B25[:, None, :]).float()


def _tower(widths: tuple[int, ...], kernel: int, stride: int) -> nn.Sequential:
    first, second, third, last = widths
    return nn.Sequential(
        *_convolution(3, first, kernel, stride=stride, padding=0),
        nn.MaxPool2d(3, stride=2),
        *_convolution(first, second, 5 if kernel > 5 else 3),
        nn.MaxPool2d(3, stride=2),
        *_convolution(second, third, 3),
        *_convolution(third, last, 1),
    )


def _convolution(c_in: int, c_out: int, kernel: int, *, stride: int = 1, padding: int | None = None) -> list[nn.Module]:
    inner = kernel // 2 if padding is None else padding
    return [
        nn.Conv2d(c_in, c_out, kernel, stride=stride, padding=inner, bias=False),
        nn.BatchNorm2d(c_out),
        nn.ReLU(inplace=True),
    ]


def _tower_features(widths: tuple[int, ...], kernel: int, stride: int) -> int:
    """Numbers that a tower gives for a crop."""
    if len(widths) != 4 or kernel < 1 or stride < 1:
        raise ValueError(f"a tower has four widths, a kernel and a stride, got {widths}")
    side = (CROP_PX - kernel) // stride + 1
    for _ in range(2):  # the two poolings
        side = (side - 3) // 2 + 1
    if side < 1:
        raise ValueError(f"kernel {kernel} with stride {stride} leaves nothing of {CROP_PX} pixels")
    return int(widths[-1]) * side * side
