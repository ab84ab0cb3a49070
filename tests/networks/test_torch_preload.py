from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

FRESH = """
import sys
from gazeapp.networks.torch_setup import preload_torch
assert preload_torch() is {expected}
assert preload_torch() is {expected}
assert "torch" not in sys.modules
import torch
assert float(torch.ones(3).sum()) == 3
"""


@pytest.mark.slow
def test_libraries_are_mapped_without_importing_torch_and_torch_works_afterwards():
    expected = sys.platform != "win32"
    done = subprocess.run(
        [sys.executable, "-c", FRESH.format(expected=expected)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


def test_where_torch_is_missing_nothing_is_mapped(monkeypatch):
    from gazeapp.networks import torch_setup

    monkeypatch.setattr(torch_setup.importlib.util, "find_spec", lambda name: None)
    assert torch_setup.preload_torch() is False
