"""Watches a training for what would make a host wait for its GPU, on a machine that has none."""

from __future__ import annotations

import re
import traceback

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

_WAITING = {
    "_local_scalar_dense",
    "nonzero",
    "is_nonzero",
    "masked_select",
    "equal",
    "_unique2",
    "unique_dim",
    "bincount",
    "_linalg_check_errors",
    "repeat_interleave.Tensor",
}
"""Operations whose outcome, or its size, the host needs to know."""
_MAKING = {
    "arange",
    "zeros",
    "ones",
    "eye",
    "full",
    "empty",
    "rand",
    "randn",
    "randint",
    "randperm",
    "linspace",
    "tensor",
    "as_tensor",
    "triu_indices",
    "tril_indices",
    "scalar_tensor",
}
"""Functions that make a tensor on the host unless they are told a device."""
_READING = {"cpu", "numpy", "tolist", "item"}
_ALLOWED = ("/torch/optim/", "/trainer/engine/log.py", "/trainer/engine/runs.py")
"""An optimizer's step counters lie on the host; the log and the checkpoints read, every so many steps."""


class DeviceWatch:
    """A context; while `is_on`, it notes every operation that would wait or copy.

    Args:
        monkeypatch: Replaces `torch.from_numpy`, which no mode sees.
    """

    def __init__(self, monkeypatch) -> None:
        self.is_on = False
        self.waits: list[str] = []
        """Operation and place of everything that would make the host wait."""
        self.copies: list[str] = []
        """Place of every array that became a tensor."""
        self.read_outs: list[str] = []
        """Places among `_ALLOWED` where something was read."""
        self._modes = (_Functions(self), _Operations(self))
        real = torch.from_numpy

        def from_numpy(array):
            self.note(self.copies, "from_numpy")
            return real(array)

        monkeypatch.setattr(torch, "from_numpy", from_numpy)

    def __enter__(self):
        for mode in self._modes:
            mode.__enter__()
        return self

    def __exit__(self, *error):
        for mode in reversed(self._modes):
            mode.__exit__(*error)

    def note(self, where: list[str], what: str) -> None:
        if not self.is_on:
            return
        frames = [f for f in traceback.extract_stack() if "device_watch" not in f.filename]
        own = [f for f in frames if re.search(r"/(trainer|gazeapp)/\w", f.filename)]
        own = [f for f in own if "/tests/" not in f.filename] or frames
        place = f"{what} at {own[-1].filename.rpartition('/')[2]}:{own[-1].lineno} {own[-1].line}"
        is_allowed = any(part in f.filename for f in frames for part in _ALLOWED)
        (self.read_outs if is_allowed else where).append(place)


class _Operations(TorchDispatchMode):
    def __init__(self, watch: DeviceWatch) -> None:
        super().__init__()
        self._watch = watch

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = str(func).removeprefix("aten.")
        if name in _WAITING or name.partition(".")[0] in _WAITING:
            self._watch.note(self._watch.waits, name)
        is_index = name.startswith(("index.", "index_put", "_index_put", "_unsafe_index"))
        if is_index and any(i is not None and i.dtype == torch.bool for i in args[1]):
            self._watch.note(self._watch.waits, f"{name} with a mask")
        return func(*args, **(kwargs or {}))


class _Functions(TorchFunctionMode):
    def __init__(self, watch: DeviceWatch) -> None:
        super().__init__()
        self._watch = watch

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        if name in _MAKING and kwargs.get("device") is None:
            self._watch.note(self._watch.copies, name)
        elif name in _READING and args and not isinstance(args[0], torch.nn.Parameter):
            self._watch.note(self._watch.waits, name)
        return func(*args, **kwargs)
