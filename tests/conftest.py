"""What holds for every test: fixed seeds, own settings folder, offscreen Qt, no leaked threads."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["MPLBACKEND"] = "agg"  # by itself matplotlib opens a Qt window once a test before has made an application
if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

from tests.devices import lsl_lab

settings.register_profile("gazeapp", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("gazeapp")

lsl_lab.isolate()  # before liblsl is loaded: no test meets a stream of the building

CHECKOUT = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--tracker", choices=("tobii", "webcam"), help="hold a real, connected tracker to the contract too"
    )


@pytest.fixture(autouse=True)
def _seeds() -> None:
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  libraries that still use the global generator


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and caches of a test never touch the person's own."""
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "APPDATA"):
        monkeypatch.setenv(name, str(home / name.lower()))


@pytest.fixture(autouse=True)
def _no_leaked_threads() -> Iterator[None]:
    """A thread that outlives its test is an owner without a working `close()`."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 2.0
    while True:
        # pools of libraries live as long as the process by design
        leaked = [
            thread
            for thread in threading.enumerate()
            if thread not in before
            and thread.is_alive()
            and not thread.name.startswith(("ThreadPoolExecutor", "tqdm", "pytest_timeout"))
        ]
        if not leaked or time.monotonic() > deadline:
            break
        leaked[0].join(timeout=0.1)
    assert not leaked, f"threads outlived the test: {[thread.name for thread in leaked]}"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Recordings of real observers that lie beside the checkout; nothing of them is shipped."""
    path = CHECKOUT.parent / "shared" / "data"
    if not path.is_dir():
        pytest.skip("the recordings of real observers are not beside this checkout (../shared/data)")
    return path
