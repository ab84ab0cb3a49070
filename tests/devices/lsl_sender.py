"""A gaze stream in a process of its own: `python lsl_sender.py NAME SOURCE_ID RATE_HZ DIALECT [N]`.

The first column of a sample tells its number, so that a reader can count what is missing. It prints "up" when it can be
found, "ready" when it has a reader and begins, and "done" after N samples; then it waits to be killed.
"""

from __future__ import annotations

import sys
import time

import pylsl

DIALECTS = {
    "counting": [("left_x", "ScreenX", "pixels", "left"), ("left_y", "ScreenY", "pixels", "left"),
                 ("right_x", "ScreenX", "pixels", "right"), ("right_y", "ScreenY", "pixels", "right")],
}  # fmt: skip


def main(name: str, source_id: str, rate_hz: float, dialect: str, n_samples: int) -> None:
    channels = DIALECTS[dialect]
    info = pylsl.StreamInfo(name, "Gaze", len(channels), rate_hz, "double64", source_id)
    parent = info.desc().append_child("channels")
    for label, kind, unit, eye in channels:
        node = parent.append_child("channel")
        for key, value in (("label", label), ("type", kind), ("unit", unit), ("eye", eye)):
            node.append_child_value(key, value)
    outlet = pylsl.StreamOutlet(info)
    print("up", flush=True)
    outlet.wait_for_consumers(30)
    print("ready", flush=True)
    begin_s = pylsl.local_clock()
    n = 0
    while n < n_samples:
        due = min(int((pylsl.local_clock() - begin_s) * rate_hz), n_samples)
        while n < due:
            outlet.push_sample([10.0 + n, 500.0, 10.0 + n, 500.0], begin_s + n / rate_hz)
            n += 1
        time.sleep(0.002)
    print("done", flush=True)
    time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
