"""One loss for calibration points and for loss maps: the distance to where a person may have looked.

Shape legend: B frames, M loss maps, H W their rows and columns.
"""

from __future__ import annotations

import torch
from torch import Tensor

from trainer.data.gaze_frames import CELL_CM, MAP_CELLS, MAP_REACH_CM

_SMALLEST_CM2 = 1e-6
"""Below it a distance has no direction, and its gradient would be NaN."""


def look_up_cm(stack_MHW: Tensor, which_B: Tensor, point_B2: Tensor) -> Tensor:
    """(B,) value of a loss map at each point, bilinear between the middles of cells.

    Beside the map the way back to it is added, so that the gradient leads there from anywhere.

    Args:
        stack_MHW: Loss maps, cm, on the grid of `gaze_frames`.
        which_B: Map of each point.
        point_B2: Centimetres from the camera.
    """
    cells_B2 = (point_B2 + MAP_REACH_CM) / CELL_CM
    inner_B2 = cells_B2.clamp(0.0, MAP_CELLS - 1.0)
    low_B2 = inner_B2.detach().floor().clamp(max=MAP_CELLS - 2).long()
    part_B2 = inner_B2 - low_B2
    x_B, y_B = low_B2.unbind(1)
    px_B, py_B = part_B2.unbind(1)
    top_B = stack_MHW[which_B, y_B, x_B] * (1 - px_B) + stack_MHW[which_B, y_B, x_B + 1] * px_B
    bottom_B = stack_MHW[which_B, y_B + 1, x_B] * (1 - px_B) + stack_MHW[which_B, y_B + 1, x_B + 1] * px_B
    beside_B = _length((cells_B2 - inner_B2) * CELL_CM)
    return top_B * (1 - py_B) + bottom_B * py_B + beside_B


def gaze_losses(predicted_B2: Tensor, point_B2: Tensor, stack_MHW: Tensor, which_B: Tensor, *, power: int) -> Tensor:
    """(B,) loss of each frame, cm to the power: l(f(I))^w of the paper.

    A calibration point is a salient set of one place. Its loss map is the distance to that place, which is computed as
    such instead of being looked up: the grid would round the place to half a cell.

    Args:
        predicted_B2: What the network says, cm.
        point_B2: Where the person looked; ignored for frames with a map.
        stack_MHW: Loss maps, cm.
        which_B: Map of each frame; -1 for frames with a point.
        power: w.
    """
    has_map_B = which_B >= 0
    known_B2 = torch.where(has_map_B[:, None], predicted_B2.detach(), point_B2)
    distance_B = _length(predicted_B2 - known_B2)
    if len(stack_MHW):
        looked_B = look_up_cm(stack_MHW, which_B.clamp(min=0), predicted_B2)
        distance_B = torch.where(has_map_B, looked_B, distance_B)
    return distance_B.pow(power)


def _length(way_B2: Tensor) -> Tensor:
    """(B,) length; 0 with a gradient of 0 where there is no way to go."""
    square_B = way_B2.square().sum(dim=1)
    far_B = square_B > _SMALLEST_CM2
    return torch.where(far_B, square_B.clamp(min=_SMALLEST_CM2).sqrt(), 0.0 * square_B)
