"""A lab network of its own for tests with real liblsl: nothing outside is seen, nothing inside leaks."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

_CONFIG = """\
[lab]
KnownPeers = {127.0.0.1}
SessionID = gazeapp-test-%d
[multicast]
ResolveScope = machine
[ports]
IPv6 = disable
[log]
level = -3
"""
_SENDER = Path(__file__).with_name("lsl_sender.py")


def isolate() -> None:
    """Before liblsl is loaded for the first time in this process; children inherit it."""
    if "LSLAPICFG" in os.environ:
        return
    with tempfile.NamedTemporaryFile("w", suffix=".cfg", delete=False) as file:
        file.write(_CONFIG % os.getpid())
    os.environ["LSLAPICFG"] = file.name


class Sender:
    """A gaze stream in another process; made when it can be found. `kind` is one of `lsl_sender`'s, faults among
    them."""

    def __init__(
        self, name: str, *, source_id: str = "", rate_hz: float = 600, n: int = 10**9, kind: str = "counting"
    ) -> None:
        self.name = name
        self.process = subprocess.Popen(
            [sys.executable, str(_SENDER), name, source_id or f"{name}-1", str(rate_hz), kind, str(n)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.wait_for("up")

    def wait_for(self, word: str) -> None:
        """Until it prints a word."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline().strip() == word

    def jump(self) -> None:
        """Set its clock, for kinds that do."""
        assert self.process.stdin is not None
        self.process.stdin.write("now\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        """As a crash would."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
