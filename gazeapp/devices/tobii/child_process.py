"""Runs a backend in a child process: a vendor's SDK may need another Python, hang, or abort its interpreter.

A dead or hanging child is `ConnectionLost`, never a dead application.
"""

from __future__ import annotations

import itertools
import json
import logging
import queue
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from gazeapp.devices.watchdog import SilenceTimer
from gazeapp.errors import ConnectionLost

_log = logging.getLogger(__name__)

HANG_S = 8.0
"""Without a heartbeat for this long the child counts as hanging; the SDK's discovery holds it for about 2 s."""
CALL_TIMEOUT_S = 20.0
_HOST = Path(__file__).with_name("child_main.py")
_WATCH_S = 0.25
_JOIN_S = 5.0


class CallFailed(Exception):
    """The backend raised: its exception's name and words."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class RemoteBackend:
    """One child process with one backend object.

    Args:
        python: The interpreter to run.
        file: Python file with the backend's class; standard library and the SDK only.
        class_name: The class; made with (add_row, send_event).
        on_rows: Takes packed samples, from this object's own thread.
        on_event: Takes an event of the backend, from the same thread.
        on_death: Told once why the child is gone, unless `close` ended it.
        hang_s: Silence after which it counts as hanging.
    """

    def __init__(
        self,
        python: Path,
        file: Path,
        class_name: str,
        *,
        on_rows: Callable[[bytes], None],
        on_event: Callable[[dict[str, Any]], None],
        on_death: Callable[[str], None],
        hang_s: float = HANG_S,
    ) -> None:
        self._on_rows, self._on_event, self._on_death = on_rows, on_event, on_death
        self._hang_s = hang_s
        self._numbers = itertools.count()
        self._replies: dict[int, queue.SimpleQueue[dict[str, Any]]] = {}
        # apart from reading, so that a slow or calling receiver neither looks like a hang nor waits for itself
        self._arrived: queue.SimpleQueue[tuple[bytes, bytes] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._reason = ""
        self._is_closing = threading.Event()
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the child
        self._process = subprocess.Popen(
            [python, "-I", _HOST, file, class_name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            # Ctrl-C in the terminal is for this program, which then ends the child in order; and no console pops up
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._n_heard = 0
        self._threads = [
            threading.Thread(target=target, name=f"remote-{name}", daemon=True)
            for name, target in (
                ("read", self._read),
                ("deliver", self._deliver),
                ("watch", self._watch),
            )
        ]
        for thread in self._threads:
            thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the child answers."""
        return not self._reason and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self._process.pid

    def call(self, method: str, *args: Any, timeout_s: float = CALL_TIMEOUT_S) -> Any:  # Any: JSON values
        """Call a method of the backend and wait for its result.

        Raises:
            CallFailed: The backend raised.
            ConnectionLost: The child died, or did not answer in time and was ended.
        """
        number = next(self._numbers)
        answer: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        request = json.dumps({"id": number, "method": method, "args": args})
        with self._lock:
            self._require_alive()
            self._replies[number] = answer
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(request.encode() + b"\n")
                self._process.stdin.flush()
            except (OSError, ValueError) as error:
                self._replies.pop(number, None)
                raise ConnectionLost(self._reason or "the tracker's process is gone") from error
        try:
            reply = answer.get(timeout=timeout_s)
        except queue.Empty:
            self._end(f"the tracker's process did not answer {method} within {timeout_s:g} s")
            raise ConnectionLost(f"{self._reason}; reconnect the tracker") from None
        finally:
            self._replies.pop(number, None)
        if "lost" in reply:
            raise ConnectionLost(f"{reply['lost']}; reconnect the tracker")
        if "error" in reply:
            raise CallFailed(reply["error"], reply["message"])
        return reply["result"]

    def close(self) -> None:
        """End the child; closing twice is allowed."""
        self._is_closing.set()
        if self._process.poll() is None:
            assert self._process.stdin is not None
            try:
                self._process.stdin.close()  # the host ends when its requests end
                self._process.wait(1.0)
            except (OSError, subprocess.TimeoutExpired):
                self._process.kill()
                self._process.wait()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(_JOIN_S)
        for stream in (self._process.stdin, self._process.stdout, self._complaints):
            _close_quietly(stream)

    def _require_alive(self) -> None:
        if self._is_closing.is_set():
            raise ConnectionLost("the tracker was closed; open it again")
        if self._reason:
            raise ConnectionLost(f"{self._reason}; reconnect the tracker")

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while True:
            head = stream.read(5)
            if len(head) < 5:
                break
            (length,) = struct.unpack("<I", head[1:])
            payload = stream.read(length)
            if len(payload) < length:
                break
            self._n_heard += 1
            if head[:1] == b"R":
                reply = json.loads(payload)
                waiting = self._replies.get(reply["id"])
                if waiting is not None:
                    waiting.put(reply)
            elif head[:1] in (b"S", b"E"):
                self._arrived.put((head[:1], payload))
        self._process.wait()
        self._end(f"the tracker's process ended{self._how()}")
        self._arrived.put(None)

    def _deliver(self) -> None:
        while (message := self._arrived.get()) is not None:
            letter, payload = message
            try:
                if letter == b"S":
                    self._on_rows(payload)
                else:
                    self._on_event(json.loads(payload))
            except Exception:  # a thread's outermost loop: the tracker outlives its receiver
                _log.exception("a message of the tracker's process could not be handled")
        if self._reason:  # told after its last sample, which would else look like a return
            self._on_death(self._reason)

    def _watch(self) -> None:
        silence, n_before = SilenceTimer(2 * _WATCH_S), -1
        while not self._is_closing.wait(_WATCH_S):
            if self._process.poll() is not None:
                return
            heard, n_before = self._n_heard != n_before, self._n_heard
            if silence.update(time.monotonic(), received=heard) > self._hang_s:
                self._end(f"the tracker's process hung for {self._hang_s:g} s and was ended")
                return

    def _end(self, reason: str) -> None:
        """The child is gone, or made to go: whoever waits is told now, the owner after the last samples."""
        with self._lock:
            if self._reason or self._is_closing.is_set():
                return
            self._reason = reason
        self._process.kill()
        for waiting in list(self._replies.values()):
            waiting.put({"lost": reason})

    def _how(self) -> str:
        code = self._process.returncode
        self._complaints.seek(0)
        lines = self._complaints.read().decode(errors="replace").strip().splitlines()
        last = f": {lines[-1]}" if lines else ""
        return f" (signal {-code}){last}" if code and code < 0 else f" (code {code}){last}"


def _close_quietly(stream: IO[bytes] | None) -> None:
    if stream is None:
        return
    try:
        stream.close()
    except OSError:
        _log.debug("a pipe of the tracker's process was broken already")
