"""In which number format forward and backward are computed. Weights, normalisation and losses stay in float32."""

from __future__ import annotations

import torch

from gazeapp.errors import SettingsError

PRECISIONS = ("auto", "float32", "bfloat16")


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """The context of a forward pass.

    Args:
        precision: `float32`, `bfloat16`, or `auto`: bfloat16 where the device computes in it, which halves the time
            of a convolution there; elsewhere it is emulated and slower.
        device: Where the network is.

    Raises:
        SettingsError: Another precision.
    """
    if precision not in PRECISIONS:
        raise SettingsError(f"--set precision={precision}: needs one of {', '.join(PRECISIONS)}", key="precision")
    narrow = precision == "bfloat16" or (precision == "auto" and computes_bfloat16(device))
    return torch.autocast(device.type, torch.bfloat16, enabled=narrow)


def computes_bfloat16(device: torch.device) -> bool:
    """Whether the device has bfloat16 arithmetic of its own."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type == "cpu":
        # torch asks oneDNN with the same function before it takes a bfloat16 convolution
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return False
