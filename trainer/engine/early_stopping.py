"""Stop when what is measured on people or images that are not trained on no longer gets better; keep the best
weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from trainer.engine.distributed import said_by_first

_PREFIX = "validation."
_FACTS = f"{_PREFIX}facts"
_WEIGHTS = f"{_PREFIX}best."


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What is measured, how often, and how long to wait for something better."""

    name: str
    """Under which it is logged."""
    measure: Callable[[nn.Module], float]
    """Takes the model in evaluation mode; must leave it as it is. NaN counts as no better."""
    higher_is_better: bool
    every: int
    """Steps between two measurements."""
    patience: int
    """Measurements in a row without a better one after which training stops."""


class EarlyStopping:
    """Follows a validation through a training, and through its checkpoints; without one it never stops anything.

    Args:
        validation: What to follow.
    """

    def __init__(self, validation: Validation | None) -> None:
        self._validation = validation
        self._best = math.nan
        self._best_step = 0
        self._n_worse = 0
        self._weights: dict[str, Tensor] = {}

    @property
    def is_over(self) -> bool:
        """Whether patience is used up."""
        return self._validation is not None and self._n_worse >= self._validation.patience

    @property
    def best_step(self) -> int | None:
        """The step whose weights are kept; None before the first measurement."""
        return self._best_step if self._weights else None

    def look(self, model: nn.Module, step: int, *, is_last: bool) -> dict[str, float]:
        """Measure if it is time to, and keep the weights if they are the best so far.

        Returns:
            The measured value under its name, or nothing.
        """
        validation = self._validation
        if validation is None or not (step % validation.every == 0 or is_last):
            return {}
        was_training = model.training
        model.eval()
        value = said_by_first(float(validation.measure(model)))
        model.train(was_training)
        sign = 1.0 if validation.higher_is_better else -1.0
        if not self._weights or sign * value > sign * self._best or math.isnan(self._best):
            self._best, self._best_step, self._n_worse = value, step, 0
            self._weights = {k: v.detach().clone() for k, v in model.state_dict().items()}
        else:
            self._n_worse += 1
        return {validation.name: value}

    def restore_best(self, model: nn.Module) -> None:
        """Give the model its best weights, if anything was measured."""
        if self._weights:
            model.load_state_dict(self._weights)

    def pack(self) -> dict[str, Tensor]:
        """What a checkpoint must hold for a resumed training to stop at the same step."""
        if not self._weights:
            return {}
        facts = torch.tensor([self._best, self._best_step, self._n_worse], dtype=torch.float64)
        return {_FACTS: facts, **{_WEIGHTS + k: v for k, v in self._weights.items()}}

    def unpack(self, tensors: Mapping[str, Tensor], device: torch.device) -> None:
        """Undo `pack`."""
        if _FACTS in tensors:
            best, step, n_worse = tensors[_FACTS].tolist()
            self._best, self._best_step, self._n_worse = best, int(step), int(n_worse)
            self._weights = {
                name.removeprefix(_WEIGHTS): value.to(device)
                for name, value in tensors.items()
                if name.startswith(_WEIGHTS)
            }
