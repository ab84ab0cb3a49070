"""Record a binocular LSL stream for half an hour while both windows and the networks are busy; count every sample.

    python -m tests.benchmarks.soak_windows [--seconds 1800] [--rate 1200]

The sender is a process of its own; its stamps carry the number of each sample, so that what is on disk can be compared
with what was sent, one by one. Needs xvfb-run and xrandr. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

RATE_HZ = 1200.0
N_IMAGES = 24
CHANNELS = [
    ("left_x", "ScreenX", "pixels", "left"),
    ("left_y", "ScreenY", "pixels", "left"),
    ("right_x", "ScreenX", "pixels", "right"),
    ("right_y", "ScreenY", "pixels", "right"),
    ("left_pupil", "Diameter", "mm", "left"),
    ("right_pupil", "Diameter", "mm", "right"),
]
MONITORS = (
    "xrandr --setmonitor EXPERIMENTER 1440/381x900/238+0+0 screen; "
    "xrandr --setmonitor PARTICIPANT 1920/508x1080/286+1440+0 none"
)


def send(rate_hz: float, seconds: float) -> None:
    """The tracker's process: fixations with noise, at a rate kept over any time."""
    import pylsl

    info = pylsl.StreamInfo("Soak", "Gaze", len(CHANNELS), rate_hz, "double64", "soak-1")
    parent = info.desc().append_child("channels")
    for label, kind, unit, eye in CHANNELS:
        node = parent.append_child("channel")
        for key, value in (("label", label), ("type", kind), ("unit", unit), ("eye", eye)):
            node.append_child_value(key, value)
    outlet = pylsl.StreamOutlet(info)
    print("up", flush=True)
    outlet.wait_for_consumers(300)
    rng = np.random.default_rng(0)
    begin_s, n, place, jump_s = pylsl.local_clock(), 0, np.array([960.0, 540.0]), 0.0
    latest_s = 0.0
    while n < round(seconds * rate_hz):
        due = min(int((pylsl.local_clock() - begin_s) * rate_hz), round(seconds * rate_hz))
        latest_s = max(latest_s, (due - n) / rate_hz)
        for index in range(n, due):
            if index / rate_hz >= jump_s:
                place, jump_s = rng.uniform([500, 100], [1400, 1000]), jump_s + rng.gamma(4, 0.075)
            left, right = place + rng.normal(0, 3, (2, 2))
            outlet.push_sample([*left, *right, 3.5, 3.6], begin_s + index / rate_hz)
        n = due
        time.sleep(0.002)
    print(json.dumps({"begin_s": begin_s, "n": n, "latest_s": latest_s}), flush=True)
    sys.stdin.readline()  # keeps the stream until everything has arrived


def record(arguments: argparse.Namespace) -> dict[str, object]:
    """The program's process: real windows under X, networks asked without a pause."""
    from PySide6.QtCore import QEventLoop, QTimer

    from gazeapp.experiment.plan import StimuliPlan, TrialsPlan, default_plan
    from gazeapp.runtime.snapshot import InferenceRequest
    from gazeapp.store.reader import SessionReader
    from gazeapp.store.study import Study
    from gazeapp.ui import app
    from gazeapp.ui.app import AppOptions
    from gazeapp.ui.models.setup_model import Subject
    from gazeapp.ui.models.tracker_choice import TrackerChoice
    from gazeapp.ui.screens import list_screens
    from gazeapp.ui.stall import StallMeter
    from tests.benchmarks.measure import draw_images

    folder = Path(tempfile.mkdtemp())
    _qt, settings = app._start_qt()
    images = draw_images(folder / "images")
    trial_s = 3.0
    repeats = int(arguments.seconds / (N_IMAGES * trial_s)) + 2
    plan = replace(
        default_plan(),
        phases=("enrol",),
        stimuli=StimuliPlan(folders=(str(images),)),
        trials=TrialsPlan(duration_s=trial_s, fixation_gate=False, repeats=repeats),
        blocks=replace(default_plan().blocks, size=10_000),
    )
    tracker = TrackerChoice(key="lsl:soak", backend="lsl", name="Soak", options={"stream": "soak-1", "wait_s": "30"})
    options = AppOptions(study=folder / "study", plan=plan, theme="dark", use_gl=False)
    application = app.make_application(options, settings, "P-001", tracker)
    application.is_demonstration = True  # keeps the person's settings as they are
    with Study.open_or_create(folder / "study") as study:
        study.add_participant("P-001")
        study.record_consent("P-001")
    application.window.show()
    application.setup.prepare(Subject(pseudonym="P-001"))
    application.setup.show_screens(list_screens())
    application.window.open_page("screens")

    def spin(seconds: float) -> None:
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    sender = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.benchmarks.soak_windows",
            "--send",
            "--seconds",
            str(arguments.seconds),
            "--rate",
            str(arguments.rate),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert sender.stdout is not None
    assert sender.stdin is not None
    assert sender.stdout.readline().strip() == "up"
    spin(0.2)
    application.start_session()
    while not application.session.is_attached:
        spin(0.05)
        assert not application.setup.session_problem, application.setup.session_problem
    run = application.session.run
    asked = {"n": 0}
    answered: list[float] = []
    run.add_result_observer(lambda result: answered.append(result.elapsed_s))

    def ask() -> None:
        snapshot = application.session.snapshot
        if run.inference.n_waiting == 0 and snapshot is not None and snapshot.frame is not None:
            asked["n"] += 1
            run.inference.ask(
                InferenceRequest(
                    number=10_000_000 + asked["n"],
                    trial=snapshot.trial,
                    stimulus_id=f"soak-{asked['n']}",
                    image_rgb=run.image_rgb(snapshot.frame.stimulus_id),
                    px_per_deg=30.0,
                    fixations_px=np.empty((0, 2)),
                    durations_s=np.empty(0),
                    enrol=False,
                    final=False,
                )
            )

    asker = QTimer()
    asker.timeout.connect(ask)
    asker.start(round(arguments.ask_every_s * 1000))
    application.session.command(lambda c, now_s: c.start_trials(now_s))
    meter = StallMeter()
    meter.restart()
    cpu_s, begin_s, loads = time.process_time(), time.monotonic(), []
    lines: list[str] = []
    queue = 0
    listener = threading.Thread(target=lambda: lines.append(sender.stdout.readline()))
    listener.start()
    while listener.is_alive():
        spin(1.0)
        loads.append(os.getloadavg()[0])
        if application.session.snapshot:
            queue = max(queue, application.session.snapshot.health.queue_length)
    spin(0.3)  # half a second of silence would be told as a lost tracker
    sent = json.loads(lines[0])
    elapsed_s = time.monotonic() - begin_s
    cpu_share = (time.process_time() - cpu_s) / elapsed_s
    health = application.session.snapshot.health if application.session.snapshot else None
    n_received = health.n_received if health else -1
    n_windows_s = meter.longest_s
    blocks = sum(block > 0.1 for block in meter.blocks_s)
    path = run.session.path
    asker.stop()
    application.close()
    sender.stdin.close()
    sender.wait(20)
    load_s = time.monotonic()
    with SessionReader(path) as reader:
        samples = reader.samples()
        load_s = time.monotonic() - load_s
        numbers = np.rint((samples.device_time_s - sent["begin_s"]) * arguments.rate).astype(int)
        last_s = float(samples.time_s[-1])  # silence after the last sample is the end of the test
        problems = [f"{row.kind}: {row.message}" for row in reader.problems() if row.time_s <= last_s]
        n_trials = len(reader.trials())
    return {
        "seconds": arguments.seconds,
        "rate_hz": arguments.rate,
        # what the connection held before the session began recording is dropped on purpose
        "n_before_recording": int(numbers[0]),
        "n_expected": sent["n"] - int(numbers[0]),
        "n_received": n_received,
        "n_on_disk": len(samples),
        "each_is_there_once_in_order": bool(np.array_equal(numbers, np.arange(numbers[0], sent["n"]))),
        "largest_stamp_error_us": float(
            np.abs(samples.device_time_s - sent["begin_s"] - numbers / arguments.rate).max() * 1e6
        ),
        "sender_latest_ms": sent["latest_s"] * 1e3,
        "longest_queue": queue,
        "n_trials_on_disk": n_trials,
        "n_answers": len(answered),
        "problems": problems,
        "gui_longest_block_ms": n_windows_s * 1e3,
        "gui_blocks_above_100_ms": blocks,
        "cpu_share_of_one_core": cpu_share,
        "load_average": float(np.mean(loads)),
        "load_average_max": max(loads),
        "n_cores": os.cpu_count(),
        "loading_s": load_s,
        "size_mib": path_size(path) / 2**20,
        "session": str(path),
    }


def path_size(path: Path) -> int:
    """Bytes of a session's database."""
    return (path / "session.sqlite").stat().st_size


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1800.0)
    parser.add_argument("--rate", type=float, default=RATE_HZ, metavar="HZ")
    parser.add_argument("--ask-every-s", type=float, default=0.1, help="how often the networks are asked again")
    parser.add_argument("--send", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.send:
        send(arguments.rate, arguments.seconds)
        return 0
    from tests.devices import lsl_lab

    lsl_lab.isolate()
    if arguments.inside:
        print(json.dumps(record(arguments), indent=1))
        return 0
    hidden = ("DISPLAY", "QT_QPA_PLATFORM", "WAYLAND_DISPLAY")
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    return subprocess.call(
        [
            "xvfb-run",
            "-a",
            "-s",
            "-screen 0 3360x1080x24 -noreset",
            "bash",
            "-c",
            f'{MONITORS} >/dev/null 2>&1; exec "$@"',
            "bash",
            sys.executable,
            "-m",
            "tests.benchmarks.soak_windows",
            "--inside",
            *sys.argv[1:],
        ],
        env=environment,
    )


if __name__ == "__main__":
    sys.exit(main())
