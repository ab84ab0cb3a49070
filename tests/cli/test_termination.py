"""A request to end, from the system or a terminal that is closed, ends a recording in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from gazeapp.locations import assets_dir
from gazeapp.store.reader import SessionReader
from gazeapp.termination import end_as_by_keyboard

PLAN = assets_dir() / "plans" / "example.toml"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes without asking")
def test_sigterm_ends_a_session_like_ctrl_c(tmp_path):
    command = [sys.executable, "-m", "gazeapp", "run", str(PLAN), "--participant", "P01", "--headless", "--realtime"]
    command += ["--device", "simulated", "--study", str(tmp_path / "study")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    try:
        deadline = time.monotonic() + 120
        while not (session := _session_with_samples(tmp_path / "study")):
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 1
    assert "stopped; what was written is kept" in said
    with SessionReader(session) as reader:
        assert reader.state == "finished"
        assert reader.n_samples > 0
        assert reader.events()[-1].reason == "closed before its end"


def _session_with_samples(study):
    for folder in (study / "sessions").glob("*/"):
        try:
            with SessionReader(folder) as reader:
                if reader.n_samples:
                    return folder
        except Exception:
            continue
    return None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes without asking")
def test_only_the_first_request_counts_and_the_rest_is_set_back():
    before = signal.getsignal(signal.SIGTERM)
    calls = []
    set_back = end_as_by_keyboard(lambda: calls.append(1))
    os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.01)
    set_back()
    assert calls == [1]
    assert signal.getsignal(signal.SIGTERM) is before
