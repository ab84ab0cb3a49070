"""What a training step draws on the host goes to the device in one copy, and nothing waits for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_ALIGNED_BYTES = 8


def send(device: torch.device, *arrays: NDArray[Any]) -> tuple[Tensor, ...]:
    """The arrays as tensors on the device, parts of one block of memory.

    To a GPU the block is copied from pinned memory while the host goes on. A tensor made from a list or an array where
    it is needed would be a copy of its own each time, from pageable memory, for which the host waits until the GPU has
    done all that was asked of it before.

    Args:
        device: Where the tensors lie.
        arrays: Of any shapes; integers, floating-point numbers or truth values.
    """
    parts = [np.ascontiguousarray(array) for array in arrays]
    starts = np.cumsum([0, *(-(-part.nbytes // _ALIGNED_BYTES) * _ALIGNED_BYTES for part in parts)])
    block = np.zeros(int(starts[-1]), dtype=np.uint8)
    for start, part in zip(starts, parts, strict=False):
        block[start : start + part.nbytes] = part.reshape(-1).view(np.uint8)
    whole = torch.from_numpy(block)
    if device.type == "cuda":
        whole = whole.pin_memory()
    whole = whole.to(device, non_blocking=True)
    return tuple(
        whole[start : start + part.nbytes].view(_torch_type(part)).view(part.shape)
        for start, part in zip(starts.tolist(), parts, strict=False)
    )


def _torch_type(array: NDArray[Any]) -> torch.dtype:
    return _TYPES[array.dtype.name]


_TYPES = {
    "bool": torch.bool,
    "int32": torch.int32,
    "int64": torch.int64,
    "float32": torch.float32,
    "float64": torch.float64,
}
