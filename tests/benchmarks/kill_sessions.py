"""Kills sessions of 1200 Hz at random moments and counts what each kill cost.

python -m tests.benchmarks.kill_sessions --kills 200 [--load 16] [--priority -10] [--seed 1] [-o kills.jsonl]

A sender in another process pushes numbered samples over LSL and counts them in shared memory. Sessions with images,
events and trials record them, each in a process of its own, until SIGKILL. Lost is what the sender had pushed at that
moment and the file does not hold, so that what was under way counts too. Every kill is a line of the output; a run
that was stopped goes on after the last one. `--load` fills what others leave up with programs
that only compute. Linux and macOS.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import mmap
import os
import random
import shutil
import signal
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gazeapp.cli.run import prepare_participant
from gazeapp.experiment.plan import ExperimentPlan, StimuliPlan, TrialsPlan
from gazeapp.experiment.state import State
from gazeapp.gaze.display import Display
from gazeapp.gaze.samples import GazeSamples
from gazeapp.runtime import RunOptions, build_run
from gazeapp.runtime.run import Run
from gazeapp.store.reader import SessionReader
from gazeapp.store.recovery.session import recover
from tests.devices.lsl_lab import isolate

RATE_HZ = 1200.0
DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
FIRST_S, LAST_S = 1.0, 5.0
"""From the first trial that was kept until the kill."""
SETTLED_S = 1.0
"""A trial that was handed over longer ago than this is an earlier one."""
STREAM = "counting-1200"
_LOAD = Path("/proc/loadavg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """What one kill cost."""

    lost: int
    """Samples that the sender had pushed and the file does not hold."""
    undelivered: int
    """Those of them that LSL had not handed to the recorder yet."""
    stored: int
    holes: int
    """Steps between neighbouring numbers that are not 1."""
    trials: int
    """In the file."""
    earlier_lost: int
    """Trials handed over more than a second before the kill that are not in the file."""
    unnamed: int
    """Trials that were shown, are not in the file, and that a recovery does not name."""
    recovered_equal: bool
    """Whether a recovery kept every sample."""
    load: float

    @property
    def lost_ms(self) -> float:
        """At the sender's rate."""
        return self.lost / RATE_HZ * 1e3


class Counter:
    """When a sender began and how many samples it has pushed, in memory that two processes share."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 24)

    def set(self, begin_s: float, n: int) -> None:
        self._memory[:16] = struct.pack("dq", begin_s, n)

    def get(self) -> tuple[float, int]:
        begin_s, n = struct.unpack("dq", self._memory[:16])
        return begin_s, n

    @property
    def delivered_s(self) -> float:
        """Stamp of the last sample that a session took delivery of."""
        return float(struct.unpack("d", self._memory[16:])[0])

    @delivered_s.setter
    def delivered_s(self, stamp_s: float) -> None:
        self._memory[16:] = struct.pack("d", stamp_s)

    @property
    def n_undelivered(self) -> int:
        """Samples that were pushed and not handed to the recorder."""
        begin_s, n = self.get()
        return max(n - 1 - round((self.delivered_s - begin_s) * RATE_HZ), 0)


def send(counter: Counter) -> None:
    """Push binocular samples whose stamps tell their number, until killed."""
    import pylsl

    info = pylsl.StreamInfo(STREAM, "Gaze", 4, RATE_HZ, "double64", "counting")
    channels = info.desc().append_child("channels")
    for eye in ("left", "right"):
        for axis in "XY":
            node = channels.append_child("channel")
            for key, value in (("label", f"{eye}_{axis}"), ("type", f"Screen{axis}"), ("unit", "pixels"), ("eye", eye)):
                node.append_child_value(key, value)
    outlet = pylsl.StreamOutlet(info)
    begin_s, n, parent = pylsl.local_clock(), 0, os.getppid()
    while os.getppid() == parent:
        due = int((pylsl.local_clock() - begin_s) * RATE_HZ)
        while n < due:
            outlet.push_sample([500.0 + n % 800, 500.0, 510.0 + n % 800, 510.0], begin_s + n / RATE_HZ)
            n += 1
            counter.set(begin_s, n)
        time.sleep(0.001)


def make_run(folder: Path) -> Run:
    """A session with many short trials, fed by the sender."""
    images = folder / "images"
    images.mkdir(parents=True)
    for n in range(8):
        cv2.imwrite(str(images / f"{n}.png"), np.full((60, 80, 3), 25 * n, np.uint8))
    plan = ExperimentPlan(
        name="kill",
        phases=("enrol",),
        folder=folder,
        stimuli=StimuliPlan(folders=("images",)),
        trials=TrialsPlan(duration_s=0.4, fixation_cross_s=0.05, blank_s=0.05, fixation_gate=False, repeats=40),
    )
    options = RunOptions(
        plan=plan,
        study=folder / "study",
        participant="P1",
        device="lsl",
        display=DISPLAY,
        device_options={"stream": STREAM},
    )
    prepare_participant(options, consent=("gaze",))
    return build_run(options)


def record(folder: Path, tell: int, counter: Counter) -> None:
    """Lead a session until killed; a line through the pipe `tell` for each trial that was handed to the recorder."""
    run = make_run(folder)
    note_delivery(run, counter)
    run.start()
    while True:
        now_s = run.clock.now_s()
        if run.controller.status.state is State.CONNECTED and run.recorder.health().n_saved:
            run.controller.start_trials(now_s)
        run.tick(now_s)
        for trial in run.take_trials():
            os.write(tell, f"{trial.trial} {time.monotonic()}\n".encode())
        time.sleep(0.004)


def note_delivery(run: Run, counter: Counter) -> None:
    """Have the counter know what a run's recorder was handed."""
    take = run.recorder.take_samples

    def take_samples(samples: GazeSamples) -> None:
        take(samples)
        counter.delivered_s = float(samples.device_time_s[-1])

    run.recorder.take_samples = take_samples  # type: ignore[method-assign]  # to look on


def in_process(work: object, *args: object) -> int:
    """Run a function in a fork, which never comes back."""
    child = os.fork()
    if child == 0:
        try:
            work(*args)  # type: ignore[operator]
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(1)
    return child


def end(child: int) -> None:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def kill_one(folder: Path, counter: Counter, chance: random.Random, span: float = 1.0) -> Kill:
    """One session, killed at a random moment."""
    out, into = os.pipe()
    child = in_process(record, folder, into, counter)
    os.close(into)
    kept: dict[int, float] = {}
    with os.fdopen(out) as lines:
        first = lines.readline()
        if not first:
            raise RuntimeError("the session did not begin")
        time.sleep(chance.uniform(FIRST_S, LAST_S) * span)
        os.kill(child, signal.SIGKILL)
        (begin_s, n_sent), killed_s, load = counter.get(), time.monotonic(), os.getloadavg()[0]
        undelivered = counter.n_undelivered
        os.waitpid(child, 0)
        for line in [first, *lines]:
            number, at_s = line.split()
            kept[int(number)] = float(at_s)
    (session,) = (folder / "study" / "sessions").iterdir()
    with SessionReader(session) as reader:
        found = numbers(reader, begin_s)
        trials = {trial.trial for trial in reader.trials()}
        shown = {event.trial for event in reader.events() if type(event).__name__ == "StimulusShown"}
    recovery = recover(session)
    with SessionReader(session) as reader:
        after = numbers(reader, begin_s)
    named = {lost.trial for lost in recovery.lost_trials}
    return Kill(
        lost=n_sent - 1 - int(found[-1]),
        undelivered=undelivered,
        stored=len(found),
        holes=int((np.diff(found) != 1).sum()),
        trials=len(trials),
        earlier_lost=sum(trial not in trials for trial, at_s in kept.items() if at_s < killed_s - SETTLED_S),
        unnamed=len(shown - trials - named),
        recovered_equal=bool(np.array_equal(found, after)) and recovery.was == "interrupted",
        load=round(load, 1),
    )


def numbers(reader: SessionReader, begin_s: float) -> NDArray[np.int64]:
    """(N,) the numbers of the samples of a session, by their stamps."""
    stamps_s = reader.samples().device_time_s
    return np.round((stamps_s - begin_s) * RATE_HZ).astype(np.int64)


@contextlib.contextmanager
def busy(load: int) -> Iterator[None]:
    """Programs that only compute, at ordinary priority: as many as make `load` together with what runs anyway."""
    parent = os.getpid()

    def compute() -> None:
        while os.getppid() == parent:
            pass

    children = [in_process(compute) for _ in range(load)]
    is_over = threading.Event()
    keeper = threading.Thread(target=_hold, args=(children, load, is_over))
    keeper.start()
    try:
        yield
    finally:
        is_over.set()
        keeper.join()
        for child in children:
            end(child)


def _hold(children: list[int], load: int, is_over: threading.Event) -> None:
    """Stop and continue programs, so that `load` want a processor on the average of some seconds."""
    n_running, others = len(children), 0.0
    while children and not is_over.wait(0.2):
        others += 0.05 * (n_wanting() - n_running - others)
        n_wanted = min(max(load - round(others), 0), len(children))
        for child in children[n_wanted:n_running]:
            os.kill(child, signal.SIGSTOP)
        for child in children[n_running:n_wanted]:
            os.kill(child, signal.SIGCONT)
        n_running = n_wanted


def n_wanting() -> int:
    """How many threads run or wait for a processor now."""
    if not _LOAD.exists():  # macOS: what others do is not counted
        return 0
    return int(_LOAD.read_text().split()[3].split("/")[0])


def campaign(n: int, seed: int, load: int, output: Path | None = None, span: float = 1.0) -> list[Kill]:
    """Kill `n` sessions; those that the output holds already are not killed again."""
    isolate()
    done = [Kill(**json.loads(line)) for line in output.read_text().splitlines()] if output and output.exists() else []
    counter = Counter()
    sender = in_process(send, counter)
    try:
        with busy(load):
            for number in range(len(done), n):
                chance = random.Random(f"{seed}/{number}")
                with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
                    kill = kill_one(Path(folder), counter, chance, span)
                    shutil.rmtree(folder, ignore_errors=True)
                done.append(kill)
                if output:
                    with output.open("a") as file:
                        file.write(json.dumps(asdict(kill)) + "\n")
                if number % 20 == 19:
                    print(f"{number + 1} of {n}: {words(done)}", file=sys.stderr, flush=True)
    finally:
        end(sender)
    return done


def words(kills: list[Kill]) -> str:
    """The figures in a line."""
    lost = np.array([kill.lost_ms for kill in kills])
    kept_back = np.array([kill.lost - kill.undelivered for kill in kills]) / RATE_HZ * 1e3
    of_these = ", ".join(
        f"{np.median(ms):.0f}, {np.quantile(ms, 0.99):.0f}, {ms.max():.0f}" for ms in (lost, kept_back)
    )
    return (
        f"{len(kills)} kills, lost ms, and of these handed to the recorder: median, p99, most {of_these}; "
        f"holes {sum(k.holes for k in kills)}; earlier trials lost {sum(k.earlier_lost for k in kills)} of "
        f"{sum(k.trials for k in kills)}; unnamed {sum(k.unnamed for k in kills)}; "
        f"changed by recovery {sum(not k.recovered_equal for k in kills)}; "
        f"samples {sum(k.stored for k in kills)}; load {np.mean([k.load for k in kills]):.1f}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--load", type=int, default=0, metavar="N", help="threads that want a processor meanwhile")
    parser.add_argument(
        "--priority", type=int, default=0, help="of the sessions' group (root), to stand for a quiet machine"
    )
    parser.add_argument("--span", type=float, default=1.0, help="how late the kills come; 1: within 5 s")
    parser.add_argument("-o", "--output", type=Path, help="a line for each kill; gone on with where it is there")
    args = parser.parse_args()
    if args.priority:
        os.setsid() if os.getpid() != os.getpgid(0) else None
        Path("/proc/self/autogroup").write_text(str(args.priority))
    kills = campaign(args.kills, args.seed, args.load, args.output, args.span)
    print(words(kills))
    return int(any(kill.holes or kill.earlier_lost or kill.unnamed or not kill.recovered_equal for kill in kills))


if __name__ == "__main__":
    sys.exit(main())
