"""Several processes train one network: each takes a share of every batch, and the losses are those of one process.

Every process draws the same batch and computes the same loss over all of it; what is divided is the network's work
(`over_ranks`). Layers that look at or draw for a whole batch are made to do so across processes (`split_layers`), so
that no figure depends on how many there are, but for the rounding of sums taken in another order, and on GPUs for the
order in which one process's dropout draws. `torchrun` starts the processes and tells each its place in environment
variables.

Shape legend: B samples of the whole batch, in any process.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from torch import Tensor, distributed, nn

from gazeapp.errors import SettingsError
from trainer.engine.synchronised_layers import Share, sharing, sum_over_ranks

Output = TypeVar("Output", Tensor, list[Tensor])


def n_ranks() -> int:
    """Processes that train together; 1 without `torchrun`."""
    return distributed.get_world_size() if _is_joined() else 1


def is_first() -> bool:
    """Whether this process is the one that writes and speaks."""
    return not _is_joined() or distributed.get_rank() == 0


@contextmanager
def joined(device: torch.device) -> Iterator[torch.device]:
    """Join the processes that `torchrun` started, if it did and they are not; yields the device of this one.

    Args:
        device: Kind of device; with several GPUs each process takes its own.

    Raises:
        SettingsError: More processes on this machine than GPUs.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or _is_joined():
        yield device
        return
    if device.type == "cuda":
        local, n_gpus = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
        if local >= n_gpus:
            raise SettingsError(
                f"torchrun: process {local + 1} on this machine has no GPU of its own, there are {n_gpus}; "
                f"use --nproc-per-node {n_gpus}, or --device cpu",
                key="device",
            )
        device = torch.device("cuda", local)
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield device
    finally:
        distributed.destroy_process_group()


def over_ranks(network: Callable[..., Output], *inputs_B: Tensor) -> Output:
    """Call a network on a batch, of which every process computes its share.

    While gradients are recorded every process must call it, with the same inputs; without gradients each process
    computes all by itself, because only one may be asking.

    Args:
        network: Takes the inputs; gives one tensor or a list, with the batch first.
        inputs_B: Tensors of equal length.

    Returns:
        The outputs for the whole batch, the same in every process. Gradients reach the share of the process, times the
        number of processes, because `average_gradients` divides by it.
    """
    n = n_ranks()
    if n == 1 or not torch.is_grad_enabled():
        return network(*inputs_B)
    total = len(inputs_B[0])
    cuts = [total * k // n for k in range(n + 1)]
    share = Share(cuts[distributed.get_rank()], cuts[distributed.get_rank() + 1], total)
    with sharing(share):
        output = network(*(values[share.start : share.stop] for values in inputs_B))
    if isinstance(output, Tensor):
        return _gather(output, share, n)
    return [_gather(values, share, n) for values in output]


def average_gradients(model: nn.Module) -> None:
    """Give every process the mean of all processes' gradients."""
    n = n_ranks()
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    if n == 1 or not gradients:
        return
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(flat)
    parts = torch.split(flat / n, [gradient.numel() for gradient in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))


def is_asked_anywhere(asked: bool) -> bool:
    """Whether any process was asked to stop: all stop after the same step."""
    if n_ranks() == 1:
        return asked
    flag = torch.tensor([float(asked)], device=_wire())
    distributed.all_reduce(flag)
    return bool(flag.item() > 0)


def said_by_first(value: float) -> float:
    """The first process's value, so that all decide alike."""
    if n_ranks() == 1:
        return value
    told = torch.tensor([value], dtype=torch.float64, device=_wire())
    distributed.broadcast(told, src=0)
    return float(told.item())


def wait_for_all() -> None:
    """Go on when every process got here."""
    is_asked_anywhere(False)  # a broadcast would let the first one go, and perhaps end, before the others listen


def share_weights(model: nn.Module) -> None:
    """Start from the first process's parameters and buffers."""
    for tensor in (*model.parameters(), *model.buffers()):
        distributed.broadcast(tensor.data, src=0)


def _gather(values: Tensor, share: Share, n: int) -> Tensor:
    whole: Tensor = _Gather.apply(values, share, n)  # type: ignore[no-untyped-call]  # torch leaves it untyped
    return whole


class _Gather(torch.autograd.Function):
    """Shares to the whole batch. Backward: the share's part of the gradient, which all processes computed alike."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, values: Tensor, share: Share, n: int) -> Tensor:
        ctx.share, ctx.n = share, n  # type: ignore[attr-defined]  # torch's way of keeping values
        whole = values.new_zeros(share.total, *values.shape[1:])
        whole[share.start : share.stop] = values
        return sum_over_ranks(whole)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, gradient: Tensor) -> tuple[Tensor, None, None]:
        share: Share = ctx.share  # type: ignore[attr-defined]  # kept in forward
        return gradient[share.start : share.stop] * ctx.n, None, None  # type: ignore[attr-defined]  # kept in forward


def _is_joined() -> bool:
    return distributed.is_available() and distributed.is_initialized()


def _wire() -> torch.device:
    """Where tensors must lie to be sent."""
    return torch.device("cuda" if distributed.get_backend() == "nccl" else "cpu")


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
