"""Learning rates over a run, and which parameters decay."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from gazeapp.errors import SettingsError


def cosine(peak: float, n_steps: int, warm_up: int = 0) -> Callable[[int], float]:
    """Linear warm-up, then a cosine down to 1 % of the peak."""

    def rate(step: int) -> float:
        if step < warm_up:
            return peak * (step + 1) / (warm_up + 1)
        done = (step - warm_up) / max(1, n_steps - warm_up)
        return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))

    return rate


def halving(initial: float, every: int) -> Callable[[int], float]:
    """Half the rate after every `every` steps."""
    return lambda step: initial * 0.5 ** (step // max(1, every))


def parameter_groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:  # Any: torch's group form
    """Matrices and kernels decay; biases, norms and priors do not."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    free = [p for p in model.parameters() if p.ndim <= 1]
    return [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]


def build_optimizer(
    groups: list[dict[str, Any]], name: str, learning_rate: float
) -> torch.optim.Optimizer:  # Any: torch's group form
    """`sgd` with momentum .9, as the papers train, or `adamw`.

    Raises:
        SettingsError: Another name.
    """
    if name == "sgd":
        return torch.optim.SGD(groups, lr=learning_rate, momentum=0.9)
    if name == "adamw":
        return torch.optim.AdamW(groups, lr=learning_rate)
    raise SettingsError(f"--set optimizer={name}: needs sgd or adamw", key="optimizer")
