"""Leave the processor to whoever must not wait: the participant's screen, the tracker, the recording."""

from __future__ import annotations

import logging
import os
import sys
import threading

_log = logging.getLogger(__name__)

NICENESS = 5
"""A thread of ordinary priority has three times its share, and is woken before it."""


def step_back() -> None:
    """Predict with one processor fewer than there are, and after everything else that wants one.

    Call it in the thread that will predict, before its first prediction: the threads that PyTorch begins for it then
    have its priority. Where a single thread has no priority of its own (Windows, macOS) that stays as it is.
    """
    import torch

    torch.set_num_threads(max(1, min(torch.get_num_threads(), n_processors() - 1)))
    if not sys.platform.startswith("linux"):
        return
    thread = threading.get_native_id()  # on Linux a thread's number is a process's to setpriority
    try:
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)
    except OSError as error:
        _log.debug("the networks keep their priority: %s", error)


def n_processors() -> int:
    """Those that this process may use."""
    if sys.platform.startswith("linux"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
