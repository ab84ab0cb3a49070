"""Networks that work beside windows and a tracker."""

import os
import sys
import threading

import pytest
import torch

from gazeapp.networks import background
from gazeapp.networks.background import NICENESS, step_back


@pytest.mark.parametrize(("n_processors", "n_left"), [(1, 1), (2, 1), (8, 7)], ids=str)
def test_one_processor_is_left_to_the_others(monkeypatch, n_processors, n_left):
    monkeypatch.setattr(background, "n_processors", lambda: n_processors)
    assert in_a_thread_of_its_own(torch.get_num_threads) == n_left


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="priorities of single threads")
def test_only_the_thread_that_predicts_steps_back():
    own = priority()
    assert in_a_thread_of_its_own(priority) == min(own + NICENESS, 19)
    assert priority() == own


def priority() -> int:
    """Of this thread."""
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def in_a_thread_of_its_own(tell):
    """What a thread with eight threads for PyTorch finds once it stepped back."""
    found = []

    def predict() -> None:
        torch.set_num_threads(8)
        step_back()
        found.append(tell())

    thread = threading.Thread(target=predict)
    thread.start()
    thread.join()
    return found[0]
