"""A reader that goes away, as `| head` does, ends a command quietly."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "command",
    [
        ["gazeapp", "--help"],
        ["gazeapp", "fixations", "--help"],
        ["gazeapp", "doctor"],
        ["trainer", "--help"],
        ["trainer", "table", "trainer/results/open_true_osie", "--shape", "intervals"],
    ],
    ids=" ".join,
)
def test_command_with_a_closed_pipe_says_nothing(command, request):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        done = subprocess.run(
            [sys.executable, "-m", *command],
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=request.config.rootpath,
            timeout=200,
        )
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr
    assert done.returncode == 0
