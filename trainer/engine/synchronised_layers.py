"""Batch normalisation and dropout whose results do not depend on how a batch is divided among processes.

Shape legend: B samples of this process, C channels.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn


@dataclass(frozen=True, slots=True)
class Share:
    """Samples of the batch that this process computes: from `start` up to `stop`, of `total`."""

    start: int
    stop: int
    total: int


_share: ContextVar[Share | None] = ContextVar("share", default=None)
"""A layer takes one tensor and nothing else, so that what it is a share of reaches it as its context."""


@contextmanager
def sharing(share: Share) -> Iterator[None]:
    """Within, the layers take their input for that share of a batch."""
    token = _share.set(share)
    try:
        yield
    finally:
        _share.reset(token)


def split_layers(model: nn.Module) -> None:
    """Exchange a network's batch normalisations and dropouts for those that heed `sharing`; what they hold and are
    called stays.

    Without a share batch normalisation is torch's. Dropout draws for the whole batch in the order of the samples on
    every device, which torch's fused dropout on a GPU does not; on a processor the numbers are torch's.

    Args:
        model: Changed in place; not itself such a layer.
    """
    made: dict[nn.Module, nn.Module] = {}
    for parent in list(model.modules()):
        for name, layer in list(parent.named_children()):
            if layer not in made and (split := _split(layer)) is not None:
                made[layer] = split
            if layer in made:
                parent.register_module(name, made[layer])


def _split(layer: nn.Module) -> nn.Module | None:
    """The layer's counterpart with the same parameters and buffers; None where the batch does not matter to it."""
    split: nn.Module
    if type(layer) in (nn.BatchNorm1d, nn.BatchNorm2d):
        assert isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)
        kind = SplitBatchNorm1d if isinstance(layer, nn.BatchNorm1d) else SplitBatchNorm2d
        split = kind(layer.num_features, layer.eps, layer.momentum, layer.affine, layer.track_running_stats)
        split.weight, split.bias = layer.weight, layer.bias
        split.running_mean, split.running_var = layer.running_mean, layer.running_var
        split.num_batches_tracked = layer.num_batches_tracked
    elif type(layer) is nn.Dropout:
        split = SplitDropout(layer.p)
    elif type(layer) is nn.Dropout2d:
        split = SplitDropout2d(layer.p)
    else:
        return None
    return split.train(layer.training)


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


def sum_over_ranks(values: Tensor) -> Tensor:
    """The sum of every process's tensor, in place, without gradients."""
    distributed.all_reduce(values)
    return values


def _is_whole(layer: nn.Module) -> bool:
    return _share.get() is None or not layer.training


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
    share = _share.get()
    assert share is not None
    n_own, n = (len(values) * math.prod(values.shape[2:]), share.total * math.prod(values.shape[2:]))
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
    share = _share.get() or Share(0, len(values), len(values))
    keep = 1 - layer.p
    noise = values.new_empty(share.total, *sample_shape).bernoulli_(keep).div_(keep)
    return values * noise[share.start : share.stop]
