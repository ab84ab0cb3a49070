"""A short run of the kills; `tests/benchmarks/kill_sessions.py` is the long one, with its figures in SOAK.md."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from gazeapp.devices.lsl.inlet import check_library


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="sessions are forks")
@pytest.mark.skipif(not check_library().ok, reason=check_library().hint)
def test_twenty_kills_leave_no_hole_and_a_recovery_names_what_is_missing(tmp_path):
    out = tmp_path / "kills.jsonl"
    command = [sys.executable, "-m", "tests.benchmarks.kill_sessions", "--kills", "20", "--span", "0.2", "-o", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    kills = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(kills) == 20, done.stderr[-800:]
    assert not any(kill["holes"] or kill["unnamed"] or kill["earlier_lost"] for kill in kills)
    assert all(kill["recovered_equal"] for kill in kills)
    assert max(kill["lost"] - kill["undelivered"] for kill in kills) < 1200, "more than a second of what had arrived"
    # what the sender had pushed and LSL not delivered: nothing on a machine that has time, seconds on one that has none
    assert max(kill["lost"] for kill in kills) < 5 * 1200
