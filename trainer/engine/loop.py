"""The one training loop. It knows steps, states and interruptions, and nothing of saliency."""

from __future__ import annotations

import copy
import signal
import threading
import time
from collections.abc import Callable, Mapping
from types import FrameType

import numpy as np
import torch
from torch import Tensor, nn

from gazeapp.errors import Cancelled
from trainer.engine.distributed import average_gradients, is_asked_anywhere, n_ranks, share_weights
from trainer.engine.early_stopping import EarlyStopping, Validation
from trainer.engine.log import TrainingLog
from trainer.engine.runs import RunFolder, pack_state, unpack_state
from trainer.engine.synchronised_layers import split_layers


class Interruption:
    """Turns Ctrl-C into a flag that is read between steps, so that no state is saved half-updated."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> Interruption:
        self._in_main = threading.current_thread() is threading.main_thread()
        if self._in_main:  # elsewhere signals cannot be handled, nor arrive
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        if self._in_main:
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True


Values = Mapping[str, float | Tensor]
"""Scalars by name; tensors stay where they are until somebody wants to see them."""
Step = Callable[[int, np.random.Generator], tuple[Tensor, Values]]
"""(step number, its own random generator) to loss and values worth logging."""

_SAVE_EVERY_S = 60.0


def fit(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    step_loss: Step,
    *,
    run: RunFolder,
    n_steps: int,
    seed: int,
    learning_rate: Callable[[int], float],
    max_norm: float = 5.0,
    average_from: int | None = None,
    average_decay: float = 0.995,
    validation: Validation | None = None,
    label: str = "train",
) -> nn.Module:
    """Train until `n_steps`, from the run's last state if it has one.

    Every step draws from generators seeded by (seed, step), so that a resumed run repeats what an uninterrupted one
    would have done. Started by `torchrun`, all processes run it together; see `trainer.engine.distributed`.

    The host runs ahead of a GPU: a step sends what it drew in one small copy (`trainer.data.tensors`) and asks nothing
    back; loss and values are read together, by the log, every `RunFolder.log_every` steps.

    Args:
        model: Trained in place.
        optimizer: Over the model's parameters.
        step_loss: Computes one step's loss.
        run: Where states and metrics go.
        n_steps: Total, including those done before a resume.
        seed: Of the run.
        learning_rate: Of a step.
        max_norm: Gradients are clipped to it; 0 leaves them.
        average_from: Step after which weights are averaged exponentially; None keeps the last ones.
        average_decay: Of that average.
        validation: Measured on the averaged model, or the only one; training stops when it gets no better, and the best
            weights are kept.
        label: Shown with the progress.

    Returns:
        The averaged model where asked for, else `model`; with the best weights where validated; in evaluation mode.

    Raises:
        Cancelled: Ctrl-C; the state was saved and `--resume` goes on.
    """
    if n_ranks() > 1:
        split_layers(model)
        share_weights(model)
    average = copy.deepcopy(model) if average_from is not None else None
    judged = model if average is None else average
    stopping = EarlyStopping(validation)
    first, saved_s = 0, time.monotonic()
    if (state := run.load_state()) is not None:
        first = state[0]
        unpack_state(state[1], model, optimizer, average)
        stopping.unpack(state[1], next(model.parameters()).device)
    with Interruption() as interruption, TrainingLog(run, label, first, n_steps) as log:
        model.train()
        for step in range(first, n_steps):
            if stopping.is_over:
                break
            rng = np.random.default_rng([seed, step])
            torch.manual_seed(int(rng.integers(2**62)))
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step)
            loss, values = step_loss(step, rng)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            average_gradients(model)
            if max_norm > 0:
                nn.utils.clip_grad_norm_(model.parameters(), max_norm)
            optimizer.step()
            done = step + 1
            if average is not None and average_from is not None:
                _follow(average, model, average_decay if done > average_from else 0.0)
            measured = stopping.look(judged, done, is_last=done == n_steps)
            log.add(done, loss, {**values, **measured}, is_notable=bool(measured))
            is_finished = done == n_steps or stopping.is_over
            is_stopped = is_asked_anywhere(interruption.asked)
            if is_finished or is_stopped or time.monotonic() - saved_s > _SAVE_EVERY_S:
                run.save_state(done, pack_state(model, optimizer, average) | stopping.pack())
                saved_s = time.monotonic()
            if is_stopped and not is_finished:
                raise Cancelled(f"stopped after step {done}; --resume goes on from there")
    stopping.restore_best(judged)
    return judged.eval()


@torch.no_grad()
def _follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    for name, value in model.state_dict().items():
        target = average.state_dict()[name]
        if value.is_floating_point():
            target.lerp_(value, 1 - decay)
        else:
            target.copy_(value)
