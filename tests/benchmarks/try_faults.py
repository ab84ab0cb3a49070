"""Tries every fault in a session of its own and writes what was seen and lost: `python -m tests.benchmarks.try_faults`.

Real liblsl with senders in other processes, and the SDK's process with a stand-in for the SDK. Takes some minutes; the
table in FAULTS.md is its output.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np

from gazeapp.devices.tobii.tracker import TobiiTracker
from gazeapp.experiment.state import Command, State
from gazeapp.gaze.clock import MonotonicClock
from gazeapp.gaze.quality import measure_quality
from gazeapp.store.quality_text import describe_reason
from tests.devices.fault_session import DISPLAY, FaultSession, window
from tests.devices.lsl_lab import Sender, isolate
from tests.devices.test_tobii import child
from tests.session_lab import said as told

N_RESTARTS = 20
RATE_HZ = 600
Row = tuple[str, str, str]
"""What was done, what the experimenter saw, what was lost."""


def restarts(folder: Path, *, ids: str) -> Row:
    """`ids`: "the same" source id, "another" each time, or "A, B, A, B …"."""
    sender = Sender(name := unique("restarts"), source_id="id-0")
    noticed_s, back_s, away_s = [], [], []
    with FaultSession(folder, stream=name) as session:
        session.until_gaze()
        for n in range(1, N_RESTARTS + 1):
            session.for_s(0.5)
            killed_s = session.now_s
            sender.kill()
            session.until_paused()
            noticed_s.append(session.now_s - killed_s)
            sender = Sender(name, source_id=f"id-{n if ids == 'another' else n % 2 if ids != 'the same' else 0}")
            up_s = session.now_s
            session.until(lambda: Command.RESUME in session.controller.status.allowed)
            back_s.append(session.now_s - up_s)
            away_s.append(session.now_s - killed_s)
            session.resume()
        session.for_s(0.5)
    n_received = session.run.analysis.n_received
    sender.kill()
    with session.reader() as reader:
        samples, problems = reader.samples(), [problem.kind for problem in reader.problems()]
    count = samples.left_px[:, 0] - 10
    begins = np.flatnonzero(np.diff(count) < 0) + 1
    inside = np.delete(np.diff(count), begins - 1)
    return (
        f"outlet killed and restarted {N_RESTARTS} times, source id {ids}",
        f"paused {span(noticed_s)} after each kill, “… is silent …”; gaze again {span(back_s)} after the new sender "
        f"was up; "
        f"{problems.count('lost')} losses, {problems.count('restored')} returns, {problems.count('gap')} gaps in the "
        f"file",
        f"{'nothing' if (inside == 1).all() else f'{int((inside - 1).sum())} samples'} of what arrived ({len(samples)} "
        f"of "
        f"{n_received} samples on disk, numbers without a hole between kills); at each return the first "
        f"{span(count[begins], 'samples', 0)} of the new sender; the time without a sender ({span(away_s)}) is marked",
    )


def unplugged_in_calibration(folder: Path) -> Row:
    sender = Sender(name := unique("calibration"))
    with FaultSession(folder, ("calibrate",), stream=name) as session:
        session.until_gaze()
        session.controller.start_calibration(session.now_s)
        session.until(lambda: session.controller.status.current_target is not None)
        target = session.controller.status.current_target
        killed_s = session.now_s
        sender.kill()
        session.until_paused()
        noticed_s, seen = session.now_s - killed_s, told(session.controller.status)
        sender = Sender(name)
        session.reconnect()
        words = session.controller.status.reconnection.outcome.value
        session.resume()
        same = session.controller.status.current_target == target
    sender.kill()
    return (
        "stream unplugged during calibration",
        f"paused after {noticed_s:.2f} s, “{brief(seen)}”; Reconnect: “{words}”",
        f"nothing but the gaze of the target at hand, which is shown anew ({'the same target' if same else 'another'})",
    )


def jumped(folder: Path, kind: str) -> Row:
    sender = Sender(unique(kind), kind=kind)
    with FaultSession(folder, stream=sender.name) as session:
        session.until_gaze()
        sender.jump()
        session.until(lambda: "clock-jump" in session.kinds)
        session.for_s(1.0)
        state, seen = session.controller.status.state, session.said("clock-jump")
    sender.kill()
    with session.reader() as reader:
        samples = reader.samples()
    steps_s = np.diff(samples.time_s)
    n_missing = int((np.diff(samples.left_px[:, 0]) - 1).sum())
    return (
        f"sender's clock set one minute {'on' if kind == 'jumping' else 'back'}",
        f"the session stays {state.value}; “{brief(seen)}”",
        f"{n_missing} samples; times never go back, longest step {1000 * steps_s.max():.0f} ms; raw stamps keep the "
        f"jump",
    )


def one_eye_blind(folder: Path) -> Row:
    sender = Sender(unique("one-eyed"), kind="one-eyed")
    with FaultSession(folder, stream=sender.name) as session:
        session.until_gaze()
        session.for_s(1.0)
    sender.kill()
    with session.reader() as reader:
        samples = reader.samples()
    report = measure_quality(samples, [window(samples)], DISPLAY)
    said = describe_reason(next(reason for reason in report.reasons if reason.eye))
    return (
        "0 % valid samples of one eye",
        f"the session goes on with the other eye; at a validation “{said}”",
        f"the eye ({samples.right_valid.mean():.0%} valid); the other eye has {samples.left_valid.mean():.0%}",
    )


def both_eyes_blind(folder: Path) -> Row:
    sender = Sender(unique("blind"), kind="blind")
    with FaultSession(folder, ("calibrate",), stream=sender.name) as session:
        session.until_gaze()
        session.until(lambda: session.run.snapshot is not None)
        session.controller.start_calibration(session.now_s)
        session.until(lambda: session.controller.status.state is State.CONNECTED, timeout_s=90)
        seen, loss = told(session.controller.status), session.run.snapshot.health.data_loss
    sender.kill()
    return (
        "0 % valid samples of both eyes, at a calibration",
        f"loss {loss:.0%} in the live view; “{seen}”",
        "the calibration; it does not silently go on",
    )


def swapped(folder: Path) -> Row:
    sender = Sender(unique("swapped"), kind="swapped")
    with FaultSession(folder, stream=sender.name) as session:
        session.until(lambda: "eyes-swapped" in session.kinds)
        session.until_gaze()
        seen = session.said("eyes-swapped")
    sender.kill()
    with session.reader() as reader:
        samples = reader.samples()
    report = measure_quality(samples, [window(samples)], DISPLAY)
    return (
        "swapped eyes (3-D positions of left and right exchanged)",
        f"“{brief(seen)}”; a validation says {report.verdict}",
        "nothing; every sample is kept as it came",
    )


def mislabelled(folder: Path) -> Row:
    sender = Sender(unique("mislabelled"), kind="mislabelled")
    with FaultSession(folder, stream=sender.name) as session:
        session.until(lambda: "units" in session.kinds)
        session.until_gaze()
        seen = session.said("units")
    sender.kill()
    with session.reader() as reader:
        samples = reader.samples()
    wrong = int((samples.left_px[:, 0] < 1).sum())
    return (
        "wrong unit in the stream's description (“pixels”, but shares of the screen)",
        f"“{brief(seen)}”",
        f"nothing after the first pull; {wrong} of {len(samples)} samples were read in the stated unit before",
    )


def sdk_ends(folder: Path, end: signal.Signals, what: str) -> Row:
    clock = MonotonicClock()
    tracker = TobiiTracker(child, "tet-tcp://fake", clock, DISPLAY)
    with FaultSession(folder, tracker=tracker, clock=clock) as session:
        session.until_gaze()
        session.until(lambda: session.controller.status.exposure is not None)
        ended_s = session.now_s
        os.kill(tracker._backend.pid, end)
        session.until_paused()
        paused_s = session.now_s - ended_s
        session.until(lambda: any("process" in getattr(e, "message", "") for e in session.events))
        told_s, seen = session.now_s - ended_s, told(session.controller.status)
        pressed_s = session.now_s
        session.reconnect()
        back_s, words = session.now_s - pressed_s, session.controller.status.reconnection.outcome.value
        session.resume()
        session.until(lambda: "gap" in session.kinds)
        session.until(lambda: session.controller.status.exposure is not None)
    n_received = session.run.analysis.n_received
    with session.reader() as reader:
        samples = reader.samples()
        gap = next(problem for problem in reader.problems() if problem.kind == "gap")
    n_holes = int((np.diff(samples.time_s) > 0.1).sum())
    return (
        what,
        f"paused after {paused_s:.2f} s, after {told_s:.2f} s “{brief(seen)}”; Reconnect took {back_s:.2f} s: "
        f"“{words}”",
        f"{n_holes} gap of {gap.gap_s:.2f} s, marked; the image that was cut short came again; "
        f"{len(samples)} of {n_received} samples that arrived are on disk",
    )


def sdk_ends_in_calibration(folder: Path) -> Row:
    clock = MonotonicClock()
    tracker = TobiiTracker(child, "tet-tcp://fake", clock, DISPLAY)
    with FaultSession(folder, ("calibrate",), tracker=tracker, clock=clock) as session:
        session.until_gaze()
        session.controller.start_calibration(session.now_s)
        session.until(lambda: session.controller.status.current_target is not None)
        session.for_s(1.0)
        os.kill(tracker._backend.pid, signal.SIGKILL)
        session.until_paused()
        session.until(lambda: Command.RECONNECT in session.controller.status.allowed)
        session.reconnect()
        session.resume()
        session.until(lambda: session.controller.status.state is State.CONNECTED)
        seen = told(session.controller.status)
        session.controller.start_calibration(session.now_s)
        session.until(lambda: session.controller.status.state is State.CALIBRATED)
    return (
        "SDK process killed during a calibration by the tracker",
        f"“{seen}”",
        "the points collected so far (the tracker forgets them); the attempt is kept as failed, the next one worked",
    )


TRIALS: list[tuple[Callable[..., Row], dict[str, object]]] = [
    (restarts, {"ids": "the same"}),
    (restarts, {"ids": "another"}),
    (restarts, {"ids": "A, B, A, B …"}),
    (unplugged_in_calibration, {}),
    (jumped, {"kind": "jumping"}),
    (jumped, {"kind": "setting-back"}),
    (one_eye_blind, {}),
    (both_eyes_blind, {}),
    (swapped, {}),
    (mislabelled, {}),
    (sdk_ends, {"end": signal.SIGKILL, "what": "SDK process killed (SIGKILL)"}),
    (sdk_ends, {"end": signal.SIGABRT, "what": "SDK aborts its process (SIGABRT)"}),
    (sdk_ends, {"end": signal.SIGSTOP, "what": "SDK hangs (SIGSTOP)"}),
    (sdk_ends_in_calibration, {}),
]


def unique(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:6]}"


def span(values, unit: str = "s", digits: int = 2) -> str:
    """Median and maximum."""
    return f"{np.median(values):.{digits}f} {unit} (at most {np.max(values):.{digits}f})"


def brief(message: str) -> str:
    """Without what differs from machine to machine."""
    words = [word for word in message.split() if not word.endswith((".local", "localdomain"))]
    # the stand-in for the SDK talks on stderr, whose last line is told
    return " ".join(words).replace(": nor on stderr", "")


def main() -> None:
    isolate()
    print("| what was done | what the experimenter saw | what was lost |\n|---|---|---|", flush=True)
    for number, (trial, options) in enumerate(TRIALS):
        if len(sys.argv) > 1 and not {trial.__name__, *map(str, options.values())} & set(sys.argv[1:]):
            continue
        with tempfile.TemporaryDirectory() as folder:
            print("| " + " | ".join(trial(Path(folder) / str(number), **options)) + " |", flush=True)


if __name__ == "__main__":
    main()
