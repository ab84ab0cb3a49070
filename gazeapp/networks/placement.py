"""Where networks run: on the GPU as long as it answers, else on the CPU, which always does.

Use from one thread: the one that runs the networks.
"""

from __future__ import annotations

import copy
import functools
import logging
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import torch
from torch import nn

from gazeapp.errors import SettingsError

DEVICES = ("auto", "cpu", "cuda")
_WORDS_OF_GPUS = ("cuda", "cudnn", "cublas", "hip error", "rocblas", "miopen")
"""How an error begins or goes on that the GPU raised and not the program; torch has types for a few of them only."""
_OWN_MISTAKE = "same device"
"""Tensors in two places: an error that names the GPU and is the program's."""
_log = logging.getLogger(__name__)

Network = TypeVar("Network")
Answer = TypeVar("Answer")
Arguments = ParamSpec("Arguments")


class Placement:
    """One device for several networks. They stay on the CPU; a GPU works on copies, which may be lost.

    Args:
        name: `auto` (CUDA where usable), `cpu` or `cuda`.

    Raises:
        SettingsError: Another name, or `cuda` without a usable GPU.
    """

    def __init__(self, name: str = "auto") -> None:
        self.device = choose_device(name)
        self.lost = ""
        """Why the GPU is used no more, in one line; empty as long as nothing happened to it."""
        self._copies: dict[int, tuple[object, nn.Module]] = {}
        """By identity of the original, which is kept so that no other takes its place."""

    def of(self, network: Network) -> Network:
        """A network where it runs: itself, or its copy on the GPU, made when it is first needed."""
        if self.device.type == "cpu":
            return network
        if id(network) not in self._copies:
            module = copy.deepcopy(cast(nn.Module, network))
            self._copies[id(network)] = network, module.to(self.device)
        return cast(Network, self._copies[id(network)][1])

    def fall_back(self, error: Exception) -> bool:
        """Go on with the CPU if it was the GPU that failed; returns whether it was."""
        if self.device.type == "cpu" or not is_gpu_failure(error):
            return False
        self.device = torch.device("cpu")
        self._copies.clear()
        self.lost = in_a_line(error)
        _log.warning("the GPU is lost or out of memory; the networks go on with the CPU: %s", self.lost)
        return True


def on_device(
    method: Callable[Concatenate[Any, Arguments], Answer],  # Any: an object with a `placement`
) -> Callable[Concatenate[Any, Arguments], Answer]:
    """Method of an object with a `placement` that begins again on the CPU when the GPU fails; it must change nothing
    of the object that would be wrong twice.
    """

    @functools.wraps(method)
    def guarded(self: Any, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        try:
            return method(self, *args, **kwargs)
        except RuntimeError as error:
            if not self.placement.fall_back(error):
                raise
        return method(self, *args, **kwargs)

    return guarded


def choose_device(name: str) -> torch.device:
    """`auto` is CUDA where usable; SettingsError for `cuda` without one."""
    if name not in DEVICES:
        raise SettingsError(f"device {name!r}: must be auto, cpu or cuda", key="device")
    usable = torch.cuda.is_available()
    if name == "cuda" and not usable:
        raise SettingsError("device cuda: no CUDA GPU is usable here; use cpu or auto", key="device")
    return torch.device("cuda" if usable and name != "cpu" else "cpu")


def is_gpu_failure(error: Exception) -> bool:
    """Whether a GPU is lost, out of memory or too old for this PyTorch, and the same work would do on a CPU."""
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return True
    said = str(error).lower()
    is_of_gpu = isinstance(error, RuntimeError) and any(word in said for word in _WORDS_OF_GPUS)
    return is_of_gpu and _OWN_MISTAKE not in said


def in_a_line(error: Exception) -> str:
    """What an error of the GPU says first; its kind where it says nothing."""
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
