"""Publishes the gaze streams of public senders, one at a time, and tells how each is read and what arrives of it.

    python -m tests.field.live_senders [NAME ...]

The senders are those beside the checkout (`CASES/lsl_senders.py`): gaze moves in the upper half of a screen
of 1920 × 1080; `neon` counts in a scene camera's picture and must be refused.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gazeapp.devices.lsl import tracker as lsl
from gazeapp.devices.options import DeviceOptions
from gazeapp.errors import Unsupported
from gazeapp.gaze.clock import MonotonicClock
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples
from tests.conftest import CHECKOUT

SENDERS = CHECKOUT.parent / "shared" / "cases" / "lsl_senders.py"
DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
_SOURCES = {
    "eyelink": "eyelink-pc",
    "tobiipro": "Tobiiat_tet-tcp://x",
    "tobiise": "IS4_gaze",
    "titta": "TittaLSL:Tobii_gaze@SN1",
    "pupilcore": "uuid-1",
    "neon": "dev_Gaze",
    "gazepoint": "gazepoint000",
    "smi": "iViewX_1_s678678ff",
    "tobii_et": "tet-tcp://x",
    "tobii_lxly": "SN",
    "eyetribe": "et",
    "bare": "sn",
}
NAMES = tuple(_SOURCES)


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What became of one sender."""

    name: str
    reading: str
    problem: str
    samples: GazeSamples | None
    """None: refused."""
    notes: tuple[str, ...] = ()


def listen(name: str, duration_s: float = 1.0) -> Heard:
    """Start a sender, look for it as `gazeapp devices` does, and record it."""
    sender = subprocess.Popen([sys.executable, str(SENDERS), name, "60"], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = [info for info in lsl.find() if info.serial == _SOURCES[name]]
            if found:
                break
        (info,) = found
        options = DeviceOptions("lsl", {"stream": info.serial})
        try:
            tracker = lsl.open_tracker(options, MonotonicClock(), DISPLAY)
        except Unsupported as error:
            return Heard(name=name, reading=info.reading, problem=error.message, samples=None)
        chunks: list[GazeSamples] = []
        notices: list[str] = []
        try:
            tracker.start(chunks.append, lambda notice: notices.append(notice.message))
            deadline = time.monotonic() + 10 * duration_s
            while sum(map(len, chunks)) < 20 and time.monotonic() < deadline:
                time.sleep(0.05)
            time.sleep(duration_s)
            tracker.stop()
        finally:
            tracker.close()
        samples = GazeSamples.concatenate(chunks)
        return Heard(name=name, reading=info.reading, problem=info.problem, samples=samples, notes=tuple(notices))
    finally:
        sender.kill()
        sender.wait()


def is_where_it_was(samples: GazeSamples) -> bool:
    """Whether all gaze lies where the senders' gaze moves."""
    gaze = samples.gaze_px
    inside = (gaze[:, 0] > 650) & (gaze[:, 0] < 1270) & (gaze[:, 1] > 245) & (gaze[:, 1] < 355)
    return bool(samples.valid.all() and inside.all())


def main(names: list[str]) -> None:
    for name in names or NAMES:
        heard = listen(name, 2.0)
        if heard.samples is None:
            print(f"{name:<11}refused: {heard.problem}")
            continue
        x, y = np.nanmin(heard.samples.gaze_px, axis=0), np.nanmax(heard.samples.gaze_px, axis=0)
        print(
            f"{name:<11}{len(heard.samples):>5} samples, missing {1 - heard.samples.valid.mean():.0%}, right "
            f"{is_where_it_was(heard.samples)}, x {x[0]:.0f} to {y[0]:.0f}, y {x[1]:.0f} to {y[1]:.0f}: {heard.reading}"
        )
        for note in heard.notes:
            print(f"{'':<11}note: {note}")


if __name__ == "__main__":
    main(sys.argv[1:])


def senders_are_there() -> Path | None:
    """The senders beside the checkout."""
    return SENDERS if SENDERS.is_file() else None
