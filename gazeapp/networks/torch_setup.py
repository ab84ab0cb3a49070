"""PyTorch beside a running session: fewer threads, so that screen, tracker and recording never wait, and its import."""

from __future__ import annotations

import ctypes
import importlib.util
import logging
import os
import sys
import threading
from pathlib import Path

import numpy as np

_log = logging.getLogger(__name__)

_OPENBLAS = ("scipy_openblas_get_num_threads64_", "scipy_openblas_set_num_threads64_")
"""As NumPy's wheels for 64-bit systems name them."""
NICENESS = 5
"""A thread of ordinary priority has three times its share, and is woken before it."""


def limit_threads() -> None:
    """Predict with one processor fewer than there are, and after everything else that wants one.

    Call it in the thread that will predict, before its first prediction: the threads that PyTorch begins for it then
    have its priority. Where a single thread has no priority of its own (Windows, macOS) that stays as it is.
    """
    import torch

    n_threads = max(1, n_processors() - 1)
    torch.set_num_threads(min(torch.get_num_threads(), n_threads))
    limit_blas(n_threads)
    if not sys.platform.startswith("linux"):
        return
    thread = threading.get_native_id()  # on Linux a thread's number is a process's to setpriority
    try:
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)
    except OSError as error:
        _log.debug("the networks keep their priority: %s", error)


def limit_blas(n_threads: int) -> bool:
    """Multiply NumPy's matrices with at most so many threads, all over the process.

    OpenBLAS keeps its threads spinning for a while after each product, at the priority they were born with: beside the
    live view that took a quarter to half of a processor for nothing.

    Returns:
        Whether NumPy's own OpenBLAS was found; another library is left as it is.
    """
    for path in (Path(np.__file__).parents[1] / "numpy.libs").glob("*openblas*"):
        try:
            library = ctypes.CDLL(str(path))  # loaded already: the same one
            get, put = (library[name] for name in _OPENBLAS)
        except (OSError, AttributeError) as error:
            _log.debug("%s keeps its threads: %s", path.name, error)
            continue
        put(min(int(get()), n_threads))
        return True
    return False


def n_processors() -> int:
    """Those that this process may use."""
    if sys.platform.startswith("linux"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def preload_torch() -> bool:
    """Map PyTorch's shared libraries, so that importing it afterwards blocks no other thread for long.

    `import torch` maps 400 MB of libraries while it holds the interpreter lock: a window, a tracker's callback and the
    live view all stand still for as long (measured with a 5 ms ticker beside it: 350 to 570 ms, 120 ms after this
    call). A function called through `ctypes` runs without the lock, so here the system's own `dlopen` does the
    mapping. On Windows PyTorch loads its libraries in this way itself. Imports nothing of PyTorch.

    Returns:
        Whether the libraries are mapped; where not, importing works as ever and merely blocks.
    """
    if sys.platform == "win32":
        return False
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    ending = "dylib" if sys.platform == "darwin" else "so"
    library = Path(spec.origin).parent / "lib" / f"libtorch_python.{ending}"
    if not library.is_file():
        return False
    try:
        dlopen = ctypes.CDLL(None).dlopen
    except (OSError, AttributeError) as error:  # a statically linked interpreter
        _log.debug("no dlopen here: %s", error)
        return False
    dlopen.argtypes, dlopen.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
    return dlopen(os.fsencode(library), os.RTLD_NOW) is not None
