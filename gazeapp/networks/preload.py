"""Bring PyTorch's libraries into the process while everything else goes on running."""

from __future__ import annotations

import ctypes
import importlib.util
import logging
import os
import sys
from pathlib import Path

_log = logging.getLogger(__name__)


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
