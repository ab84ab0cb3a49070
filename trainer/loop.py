"""The one training loop. It knows steps, states and interruptions, and nothing of saliency."""

from __future__ import annotations

import copy
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

import numpy as np
import torch
from torch import Tensor, nn

from gazeapp.errors import Cancelled
from trainer.runs import Run, pack_state, unpack_state

Step = Callable[[int, np.random.Generator], tuple[Tensor, dict[str, float]]]
"""(step number, its own random generator) to loss and values worth logging."""

_SAVE_EVERY_S = 60.0
_LOG_EVERY = 10
_SHOW_EVERY_S = 10.0


def fit(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    step_loss: Step,
    *,
    run: Run,
    n_steps: int,
    seed: int,
    learning_rate: Callable[[int], float],
    max_norm: float = 5.0,
    average_from: int | None = None,
    average_decay: float = 0.995,
    label: str = "train",
) -> nn.Module:
    """Train until `n_steps`, from the run's last state if it has one.

    Every step draws from generators seeded by (seed, step), so that a resumed run repeats what an uninterrupted one
    would have done.

    Args:
        model: Trained in place.
        optimizer: Over the model's parameters.
        step_loss: Computes one step's loss.
        run: Where states and metrics go.
        n_steps: Total, including those done before a resume.
        seed: Of the run.
        learning_rate: Of a step.
        max_norm: Gradients are clipped to it.
        average_from: Step after which weights are averaged exponentially; None keeps the last ones.
        average_decay: Of that average.
        label: Shown with the progress.

    Returns:
        The averaged model where asked for, else `model`; in evaluation mode.

    Raises:
        Cancelled: Ctrl-C; the state was saved and `--resume` goes on.
    """
    average = copy.deepcopy(model) if average_from is not None else None
    first = 0
    if (state := run.load_state()) is not None:
        first = state[0]
        unpack_state(state[1], model, optimizer, average)
    begin = saved_s = shown_s = time.monotonic()
    with _Interruption() as interruption:
        model.train()
        for step in range(first, n_steps):
            rng = np.random.default_rng([seed, step])
            torch.manual_seed(int(rng.integers(2**62)))
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(step)
            loss, values = step_loss(step, rng)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            nn.utils.clip_grad_norm_(model.parameters(), max_norm)
            optimizer.step()
            done = step + 1
            if average is not None and average_from is not None:
                _follow(average, model, average_decay if done > average_from else 0.0)
            if done % _LOG_EVERY == 0 or done == n_steps:
                run.log(done, {"loss": float(loss.detach()), **values})
            now_s = time.monotonic()
            if now_s - shown_s > _SHOW_EVERY_S or done == n_steps:
                shown_s = now_s
                left_s = (now_s - begin) / (done - first) * (n_steps - done)
                parts = " ".join(f"{k} {v:.4g}" for k, v in values.items())
                print(
                    f"{label}: {done}/{n_steps} loss {float(loss.detach()):.4f} {parts}, {left_s:.0f} s left",
                    file=sys.stderr, flush=True,
                )  # fmt: skip
            if now_s - saved_s > _SAVE_EVERY_S or done == n_steps or interruption.asked:
                run.save_state(done, pack_state(model, optimizer, average))
                saved_s = time.monotonic()
            if interruption.asked and done < n_steps:
                raise Cancelled(f"stopped after step {done}; --resume goes on from there")
    return (average if average is not None else model).eval()


@torch.no_grad()
def _follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    for name, value in model.state_dict().items():
        target = average.state_dict()[name]
        if value.is_floating_point():
            target.lerp_(value, 1 - decay)
        else:
            target.copy_(value)


class _Interruption:
    """Turns Ctrl-C into a flag that is read between steps, so that no state is saved half-updated."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> _Interruption:
        self._in_main = threading.current_thread() is threading.main_thread()
        if self._in_main:  # elsewhere signals cannot be handled, nor arrive
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        if self._in_main:
            signal.signal(signal.SIGINT, self._before)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self.asked = True
