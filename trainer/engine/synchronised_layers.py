"""Batch normalisation and dropout whose results do not depend on how a batch is divided among processes.

Shape legend: B samples of this process, C channels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn


@dataclass(frozen=True, slots=True)
class Share:
    """Samples of the batch that this process computes: from `start` up to `stop`, of `total`."""

    start: int
    stop: int
    total: int


_current: Share | None = None


@contextmanager
def sharing(share: Share) -> Iterator[None]:
    """Within, the layers take their input for that share of a batch."""
    global _current
    before, _current = _current, share
    try:
        yield
    finally:
        _current = before


def split_layers(model: nn.Module) -> None:
    """Make a network's batch normalisations and dropouts heed `sharing`; parameters and names stay.

    Without it batch normalisation is torch's. Dropout draws for the whole batch in the order of the samples on every
    device, which torch's fused dropout on a GPU does not promise; on a processor the numbers are torch's.
    """
    for layer in model.modules():
        # the object stays the same, because others hold it too; the classes differ in `forward` alone
        layer.__class__ = _SPLIT.get(type(layer), type(layer))


class SplitBatchNorm1d(nn.BatchNorm1d):
    """Statistics over the whole batch."""

    def forward(self, input: Tensor) -> Tensor:
        """Normalise a share by what the whole batch is like."""
        return super().forward(input) if _is_whole(self) else _normalise(self, input)


class SplitBatchNorm2d(nn.BatchNorm2d):
    """Statistics over the whole batch."""

    def forward(self, input: Tensor) -> Tensor:
        """Normalise a share by what the whole batch is like."""
        return super().forward(input) if _is_whole(self) else _normalise(self, input)


class SplitDropout(nn.Dropout):
    """Draws for the whole batch, and takes the share's part."""

    def forward(self, input: Tensor) -> Tensor:
        """Switch values off."""
        return _drop(self, input, tuple(input.shape[1:]))


class SplitDropout2d(nn.Dropout2d):
    """Draws for the whole batch, and takes the share's part."""

    def forward(self, input: Tensor) -> Tensor:
        """Switch channels off."""
        return _drop(self, input, (input.shape[1], 1, 1))


_SPLIT: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm1d: SplitBatchNorm1d,
    nn.BatchNorm2d: SplitBatchNorm2d,
    nn.Dropout: SplitDropout,
    nn.Dropout2d: SplitDropout2d,
}


def sum_over_ranks(values: Tensor) -> Tensor:
    """The sum of every process's tensor, in place, without gradients."""
    distributed.all_reduce(values)
    return values


def _is_whole(layer: nn.Module) -> bool:
    return _current is None or not layer.training


def _normalise(layer: nn.BatchNorm1d | nn.BatchNorm2d, values: Tensor) -> Tensor:
    """What torch's synchronised normalisation does on GPUs, on every device."""
    assert layer.running_mean is not None
    assert layer.running_var is not None
    assert layer.momentum is not None
    shape = (1, -1, *[1] * (values.ndim - 2))
    mean_C, variance_C, n = _moments(values.detach().float())
    with torch.no_grad():
        layer.running_mean.lerp_(mean_C, layer.momentum)
        layer.running_var.lerp_(variance_C * (n / max(1, n - 1)), layer.momentum)
        if layer.num_batches_tracked is not None:
            layer.num_batches_tracked += 1
    scale_C = (variance_C + layer.eps).rsqrt()
    normal: Tensor = _Standardise.apply(  # type: ignore[no-untyped-call]  # torch leaves it untyped
        values.float(), mean_C.view(shape), scale_C.view(shape), n
    )
    if layer.affine:
        normal = normal * layer.weight.view(shape) + layer.bias.view(shape)
    return normal.to(values.dtype)


def _moments(values: Tensor) -> tuple[Tensor, Tensor, int]:
    """Mean and variance per channel over the batch of all processes, and how many values those are."""
    assert _current is not None
    n_own, n = (
        len(values) * math.prod(values.shape[2:]),
        _current.total * math.prod(values.shape[2:]),
    )
    axes = _all_but_channels(values)
    own_C = values.sum(dim=axes) / max(1, n_own)
    squares_C = (values - own_C.view(1, -1, *[1] * (values.ndim - 2))).square().sum(dim=axes)
    # one message for all: a variance from sums of squares alone would lose digits
    told_R3C = values.new_zeros(distributed.get_world_size(), 3, values.shape[1])
    told_R3C[distributed.get_rank()] = torch.stack([torch.full_like(own_C, n_own), own_C, squares_C])
    n_RC, mean_RC, squares_RC = sum_over_ranks(told_R3C).unbind(dim=1)
    mean_C = (n_RC * mean_RC).sum(dim=0) / n
    spread_C = squares_RC.sum(dim=0) + (n_RC * (mean_RC - mean_C).square()).sum(dim=0)
    return mean_C, spread_C / n, n


class _Standardise(torch.autograd.Function):
    """(values - mean) * scale, with the gradient through mean and scale, which are those of all processes' values."""

    @staticmethod
    def forward(
        ctx: torch.autograd.function.FunctionCtx,
        values: Tensor,
        mean: Tensor,
        scale: Tensor,
        n: int,
    ) -> Tensor:
        normal = (values - mean) * scale
        ctx.save_for_backward(normal, scale)
        ctx.n = n  # type: ignore[attr-defined]  # torch's way of keeping values
        return normal

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        normal, scale = ctx.saved_tensors  # type: ignore[attr-defined]  # kept in forward
        axes = _all_but_channels(gradient)
        sums = torch.stack([gradient.sum(dim=axes), (gradient * normal).sum(dim=axes)])
        mean, slope = (sum_over_ranks(sums) / ctx.n).view(2, *scale.shape)  # type: ignore[attr-defined]  # kept in forward
        return scale * (gradient - mean - normal * slope), None, None, None


def _all_but_channels(values: Tensor) -> list[int]:
    return [0, *range(2, values.ndim)]


def _drop(layer: nn.Dropout | nn.Dropout2d, values: Tensor, sample_shape: tuple[int, ...]) -> Tensor:
    if not layer.training or layer.p == 0:
        return values
    share = _current if _current is not None else Share(0, len(values), len(values))
    keep = 1 - layer.p
    noise = values.new_empty(share.total, *sample_shape).bernoulli_(keep).div_(keep)
    return values * noise[share.start : share.stop]
