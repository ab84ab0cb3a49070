"""The log of a training: a line with the time left, metrics.jsonl, TensorBoard's event files, a curve."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gazeapp.progress import ProgressBar
from trainer.engine.runs import RunFolder, read_metrics

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

_SHOW_EVERY_S = 10.0
_BARS = "▁▂▃▄▅▆▇█"
_PLAIN_BARS = "_.-~=+*#"


class TrainingLog:
    """Follows one stretch of training; a context, because the files are closed at its end.

    Args:
        run: Whose folder gets the files. A run that does not write stays silent too.
        label: Of the training.
        first: Steps done before this stretch.
        n_steps: Steps in all.
    """

    def __init__(self, run: RunFolder, label: str, first: int, n_steps: int) -> None:
        self._run, self._label = run, label
        self._first, self._n_steps = first, n_steps
        self._line = ProgressBar(label, n_steps, first=first, every_s=_SHOW_EVERY_S)
        self._losses: list[float] = []
        self._shown = ""
        self._events: SummaryWriter | None = None

    def __enter__(self) -> TrainingLog:
        if self._run.writes:
            self._losses = [row["loss"] for row in read_metrics(self._run.folder)]
            self._events = _open_events(self._run, self._first)
        return self

    def __exit__(self, *_: object) -> None:
        if self._events is not None:
            self._events.close()
        self._line.close()
        if self._run.writes and self._losses:
            curve = sparkline(self._losses, 40, encoding=_encoding())
            print(
                f"{self._label}: loss {self._losses[0]:.4g} {curve} {self._losses[-1]:.4g}",
                file=sys.stderr,
            )

    def add(
        self,
        step: int,
        loss: Tensor,
        values: Mapping[str, float | Tensor],
        *,
        is_notable: bool = False,
    ) -> None:
        """Take the values after a step; every tenth (`RunFolder.log_every`), the last and the notable ones are kept."""
        if not self._run.writes:
            return
        is_kept = is_notable or step % self._run.log_every == 0 or step == self._n_steps
        is_shown = self._line.is_due(step, self._shown)
        if not (is_kept or is_shown):
            return  # and the device is not asked for the loss
        row = _read({"loss": loss, **values})
        if is_kept:
            self._run.log(step, row)
            self._losses.append(row["loss"])
            if self._events is not None:
                for name, value in row.items():
                    self._events.add_scalar(name, value, step)
        if is_shown:
            curve = sparkline(self._losses, encoding=_encoding())
            parts = " ".join(f"{name} {value:.4g}" for name, value in row.items())
            self._shown = f"{parts} {curve}".rstrip()
            self._line.show(step, self._shown)


def _read(values: Mapping[str, float | Tensor]) -> dict[str, float]:
    """All values as numbers: the device is waited for once, not for each."""
    on_device = {name: value.detach() for name, value in values.items() if isinstance(value, Tensor)}
    told = torch.stack([value.double() for value in on_device.values()]).tolist()
    numbers = dict(zip(on_device, told, strict=True))
    return {name: numbers[name] if name in numbers else float(values[name]) for name in values}


def _open_events(run: RunFolder, first: int) -> SummaryWriter | None:
    """TensorBoard's writer; it is told which events a resumed run will write again. None where it is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return None
    return SummaryWriter(str(run.folder), purge_step=first + 1 if first else None)


def sparkline(values: Sequence[float], width: int = 24, *, encoding: str = "utf-8") -> str:
    """A curve in one line of text: means of equal stretches, from their lowest to their highest.

    Args:
        values: Numbers in order; those that are not finite are left out.
        width: Characters at most.
        encoding: Of where it is printed; without block characters there, punctuation stands for them.

    >>> sparkline([8, 7, 6, 5, 4, 3, 2, 1])
    '█▇▆▅▄▃▂▁'
    """
    values = [value for value in values if math.isfinite(value)]
    if not values:
        return ""
    n = min(width, len(values))
    cuts = [len(values) * k // n for k in range(n + 1)]
    means = [sum(values[a:b]) / (b - a) for a, b in itertools.pairwise(cuts)]
    low, high = min(means), max(means)
    try:
        _BARS.encode(encoding)
        bars = _BARS
    except (UnicodeEncodeError, LookupError):
        bars = _PLAIN_BARS
    scale = (len(bars) - 1) / (high - low) if high > low else 0.0
    return "".join(bars[round((mean - low) * scale)] for mean in means)


def _encoding() -> str:
    return sys.stderr.encoding or "ascii"
