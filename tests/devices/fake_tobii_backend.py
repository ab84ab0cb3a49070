"""The backend that a child process hosts in tests: the real adapter over the fake SDK. Standard library only."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

_HERE = Path(__file__).resolve()


def _load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def FakeTobiiSdk(add_row, send_event):
    """The adapter that this program ships, on the fake module."""
    print("an SDK that talks must not disturb the frames")
    sdk = _load(_HERE.with_name("fake_tobii_research.py"))
    adapter = _load(_HERE.parents[2] / "gazeapp" / "devices" / "tobii" / "sdk.py")
    print("nor on stderr", file=sys.stderr)
    return adapter.TobiiSdk(add_row, send_event, sdk)
