"""Networks that work beside windows and a tracker."""

import ctypes
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from gazeapp.networks import torch_setup
from gazeapp.networks.torch_setup import NICENESS, limit_blas, limit_threads

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("n_processors", "n_left"), [(1, 1), (2, 1), (8, 7)], ids=str)
def test_one_processor_is_left_to_the_others(monkeypatch, n_processors, n_left):
    monkeypatch.setattr(torch_setup, "n_processors", lambda: n_processors)
    assert in_a_thread_of_its_own(torch.get_num_threads) == n_left


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="priorities of single threads")
def test_only_the_thread_that_predicts_steps_back():
    own = priority()
    assert in_a_thread_of_its_own(priority) == min(own + NICENESS, 19)
    assert priority() == own


def test_numpys_products_take_no_more_threads_than_they_are_given():
    folder = Path(np.__file__).parents[1] / "numpy.libs"
    is_here = any(folder.glob("*scipy_openblas64_*"))
    assert limit_blas(1) == is_here
    if is_here:
        [path] = folder.glob("*scipy_openblas64_*")
        assert ctypes.CDLL(str(path)).scipy_openblas_get_num_threads64_() == 1
    product = np.eye(300) @ np.full((300, 300), 2.0)
    assert (product == 2).all()


def priority() -> int:
    """Of this thread."""
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def in_a_thread_of_its_own(tell):
    """What a thread with eight threads for PyTorch finds once it stepped back."""
    found = []

    def predict() -> None:
        torch.set_num_threads(8)
        limit_threads()
        found.append(tell())

    thread = threading.Thread(target=predict)
    thread.start()
    thread.join()
    return found[0]
