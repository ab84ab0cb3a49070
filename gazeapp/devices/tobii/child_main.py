"""The child's side of `child_process.py`: `python -I child_main.py BACKEND_FILE CLASS_NAME`.

Standard library only and Python 3.10 upwards, because it runs on the interpreter that a vendor's SDK needs, where this
program is not installed. Requests come as JSON lines on stdin; frames go to stdout: one letter, four bytes of length,
and
  S  rows of samples, as the backend packed them
  E  an event of the backend (JSON)
  R  the reply to a request (JSON)
  H  a heartbeat: the interpreter is alive
"""

from __future__ import annotations

import importlib.util
import json
import os
import struct
import sys
import threading
from collections.abc import Iterable
from typing import Any, BinaryIO

HEARTBEAT_S = 0.5
FLUSH_S = 0.004


class FrameWriter:
    """Writes frames from any thread; rows are collected and written by a thread of their own."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._rows: list[bytes] = []
        self._taking = threading.Lock()

    def write(self, letter: bytes, payload: bytes) -> None:
        """Write one frame and flush it."""
        with self._lock:
            self._stream.write(letter + struct.pack("<I", len(payload)) + payload)
            self._stream.flush()

    def add_row(self, row: bytes) -> None:
        """Take a row from a vendor's callback, which must return at once: a list append is atomic."""
        self._rows.append(row)

    def send_event(self, event: dict[str, Any]) -> None:  # Any: JSON values
        """Send an event."""
        self.write(b"E", json.dumps(event).encode())

    def flush_rows(self) -> None:
        """Send what was collected."""
        with self._taking:
            n = len(self._rows)
            rows = self._rows[:n]
            del self._rows[:n]  # rows that arrived meanwhile stay
        if rows:
            self.write(b"S", b"".join(rows))


def serve(backend: object, writer: FrameWriter, requests: Iterable[str]) -> None:
    """Answer requests one after the other until stdin ends."""
    for line in requests:
        request = json.loads(line)
        try:
            reply = {"result": getattr(backend, request["method"])(*request["args"])}
        except Exception as error:  # whatever a vendor raises is told to the parent
            reply = {"error": type(error).__name__, "message": str(error)}
        reply["id"] = request["id"]
        writer.flush_rows()
        writer.write(b"R", json.dumps(reply).encode())


def main(file: str, class_name: str) -> None:
    """Load the backend and serve it."""
    # what an SDK prints must not get between the frames
    frames = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    writer = FrameWriter(frames)

    def beat() -> None:
        while True:
            writer.write(b"H", b"")
            pause.wait(HEARTBEAT_S)

    def drain() -> None:
        while True:
            writer.flush_rows()
            pause.wait(FLUSH_S)

    pause = threading.Event()
    for target in (beat, drain):
        threading.Thread(target=target, daemon=True).start()
    spec = importlib.util.spec_from_file_location("hosted_backend", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    try:
        serve(getattr(module, class_name)(writer.add_row, writer.send_event), writer, sys.stdin)
    finally:
        # a vendor's threads may never end, and the parent is gone or wants us gone
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
