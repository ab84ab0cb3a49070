"""A gaze stream in a process of its own: `python lsl_sender.py NAME SOURCE_ID RATE_HZ KIND [N]`.

The first column of a sample tells its number, so that a reader can count what is missing. It prints "up" when it can be
found, "ready" when it has a reader and begins, and "done" after N samples; then it waits to be killed.

Kinds: "counting" is a healthy stream; the others have a fault: "jumping" sets its clock one minute on when it reads a
line, "setting-back" one minute back, "one-eyed" never sees the right eye, "blind" sees none, "swapped" has its eyes'
positions exchanged, "mislabelled" says pixels and sends shares of the screen, "mistimed" stamps one sample in a hundred
with no number, one with infinity, one with the time of the sample before.
"""

from __future__ import annotations

import math
import sys
import threading
import time

import pylsl

GAZE = [
    ("left_x", "ScreenX", "pixels", "left"),
    ("left_y", "ScreenY", "pixels", "left"),
    ("right_x", "ScreenX", "pixels", "right"),
    ("right_y", "ScreenY", "pixels", "right"),
]
EYES = [(f"{eye}_pupil_{axis}", f"Pupil{axis.upper()}", "mm", eye) for eye in ("left", "right") for axis in "xyz"]
JUMP_S = {"jumping": 60.0, "setting-back": -60.0}


def sample(kind: str, n: int) -> list[float]:
    left = right = [10.0 + n, 500.0]
    if kind in ("one-eyed", "blind"):
        right = [math.nan, math.nan]
    if kind == "blind":
        left = right
    if kind == "mislabelled":
        left = right = [0.25, 0.5]
    eyes = [31.0, 180.0, 650.0, -31.0, 180.0, 650.0] if kind == "swapped" else []
    return [*left, *right, *eyes]


def stamp(kind: str, n: int, begin_s: float, rate_hz: float) -> float:
    if kind == "mistimed" and n % 100 in (50, 60):
        return math.nan if n % 100 == 50 else math.inf
    if kind == "mistimed" and n % 100 == 70:
        n -= 1  # the very number of the sample before, not one that rounds to another
    return begin_s + n / rate_hz


def main(name: str, source_id: str, rate_hz: float, kind: str, n_samples: int) -> None:
    channels = GAZE + (EYES if kind == "swapped" else [])
    info = pylsl.StreamInfo(name, "Gaze", len(channels), rate_hz, "double64", source_id)
    parent = info.desc().append_child("channels")
    for label, role, unit, eye in channels:
        node = parent.append_child("channel")
        for key, value in (("label", label), ("type", role), ("unit", unit), ("eye", eye)):
            node.append_child_value(key, value)
    is_jump_due = threading.Event()
    if kind in JUMP_S:
        waiting = threading.Thread(target=lambda: sys.stdin.readline() and is_jump_due.set())
        waiting.daemon = True
        waiting.start()
    outlet = pylsl.StreamOutlet(info)
    print("up", flush=True)
    outlet.wait_for_consumers(30)
    print("ready", flush=True)
    begin_s = pylsl.local_clock()
    n = 0
    while n < n_samples:
        due = min(int((pylsl.local_clock() - begin_s) * rate_hz), n_samples)
        while n < due:
            jump_s = JUMP_S[kind] if is_jump_due.is_set() else 0.0
            outlet.push_sample(sample(kind, n), stamp(kind, n, begin_s + jump_s, rate_hz))
            n += 1
        time.sleep(0.002)
    print("done", flush=True)
    time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
