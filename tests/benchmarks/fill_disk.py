"""Fills the disk under sessions of 1200 Hz at random moments and counts what it cost.

python -m tests.benchmarks.fill_disk --times 50 [--seed 1] [-o fills.jsonl]

Each session lies on a small file system of its own (tmpfs; Linux, root) that another program fills to the last byte
while trials go on: quicker than the watch over the disk can pause the session. In turn the space comes back, and the
session is resumed and closed; the session is killed while there is none, and recovered there; or it is closed while
there is none. A sender in another process numbers every sample.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from gazeapp.experiment.state import Command, State
from gazeapp.store.reader import SessionReader
from gazeapp.store.recovery.session import recover
from tests.benchmarks import kill_sessions as sessions
from tests.devices.lsl_lab import isolate

SIZE_MB = 160
WAYS = ("space returns", "killed while full", "closed while full")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """What one filling cost."""

    way: str
    full_s: float
    """How long there was no space, until the end of the session at most."""
    lost: int
    """Samples pushed until the end that are not in the file."""
    undelivered: int
    """Those of them that LSL had not handed to the recorder yet, when a session was killed."""
    holes: int
    """Steps between neighbouring numbers that are not 1."""
    stored: int
    earlier_lost: int
    """Trials handed over more than a second before the disk was full that are not in the file."""
    was: str
    """What a recovery found."""
    paused: bool
    """Whether the session paused and said so."""


@contextlib.contextmanager
def small_disk(place: Path) -> Iterator[Path]:
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def fill(place: Path) -> None:
    """Write zeros until there is no space."""
    with contextlib.suppress(OSError), (place / "filler").open("ab", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                size //= 2


def lead(folder: Path, tell: int, end: int, counter: sessions.Counter) -> None:
    """A session as in `kill_sessions`, resumed when it can be, closed when the pipe `end` is closed."""
    run = sessions.make_run(folder)
    sessions.note_delivery(run, counter)
    run.start()
    os.set_blocking(end, False)
    was_paused = False
    while True:
        now_s = run.clock.now_s()
        status = run.controller.status
        if status.state is State.CONNECTED and run.recorder.health().n_saved:
            run.controller.start_trials(now_s)
        if status.state is State.PAUSED and not was_paused:
            os.write(tell, b"paused 0\n")
        was_paused = status.state is State.PAUSED
        if was_paused and Command.RESUME in status.allowed and not run.recorder.health().problem:
            run.controller.resume(now_s)
        run.tick(now_s)
        for trial in run.take_trials():
            os.write(tell, f"{trial.trial} {time.monotonic()}\n".encode())
        with contextlib.suppress(BlockingIOError):
            if not os.read(end, 1):
                break
        time.sleep(0.004)
    run.close()
    os._exit(0)


def fill_once(place: Path, counter: sessions.Counter, chance: random.Random, way: str) -> Fill:
    """One session whose disk is filled."""
    out, into = os.pipe()
    end, ends = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ends)
        try:
            lead(place / "lab", into, end, counter)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    os.close(into)
    os.close(end)
    kept: dict[int, float] = {}
    with os.fdopen(out) as lines:
        first = lines.readline()
        if not first:
            raise RuntimeError("the session did not begin")
        time.sleep(chance.uniform(0.5, 3.0))
        fill(place)
        full_at_s, wait_s = time.monotonic(), chance.uniform(0.5, 4.0)
        time.sleep(wait_s)
        if way == "space returns":
            (place / "filler").unlink()
            time.sleep(2.5)
        begin_s, n_sent = counter.get()
        undelivered = 0
        if way == "killed while full":
            os.kill(child, signal.SIGKILL)
            _, n_sent = counter.get()
            undelivered = counter.n_undelivered
        os.close(ends)
        os.waitpid(child, 0)
        said = [first, *lines]
    for line in said:
        number, at_s = line.split()
        if number != "paused":
            kept[int(number)] = float(at_s)
    (session,) = (place / "lab" / "study" / "sessions").iterdir()
    found = recover(session)  # on the full disk, unless space came back
    with SessionReader(session) as reader:
        numbers = sessions.numbers(reader, begin_s)
        trials = {trial.trial for trial in reader.trials()}
    return Fill(
        way=way,
        full_s=round(wait_s, 2),
        lost=max(0, n_sent - 1 - int(numbers[-1])),
        undelivered=undelivered,
        holes=int((np.diff(numbers) != 1).sum()),
        stored=len(numbers),
        earlier_lost=sum(t not in trials for t, at_s in kept.items() if at_s < full_at_s - sessions.SETTLED_S),
        was=found.was,
        paused=any(line.startswith("paused") for line in said),
    )


def campaign(n: int, seed: int, output: Path | None = None) -> list[Fill]:
    """Fill the disk `n` times; those that the output holds already are not repeated."""
    isolate()
    done = [Fill(**json.loads(line)) for line in output.read_text().splitlines()] if output and output.exists() else []
    counter = sessions.Counter()
    sender = sessions.in_process(sessions.send, counter)
    try:
        for number in range(len(done), n):
            chance = random.Random(f"{seed}/{number}")
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, small_disk(Path(folder) / "d") as d:
                done.append(fill_once(d, counter, chance, WAYS[number % len(WAYS)]))
            if output:
                with output.open("a") as file:
                    file.write(json.dumps(asdict(done[-1])) + "\n")
    finally:
        sessions.end(sender)
    return done


def words(fills: list[Fill]) -> str:
    """A line for each way."""
    lines = []
    for way in WAYS:
        some = [f for f in fills if f.way == way]
        if some:
            late = int(np.median([f.lost - f.undelivered for f in some])), max(f.lost - f.undelivered for f in some)
            lost, full_s = [f.lost for f in some], float(np.median([f.full_s for f in some]))
            states = ", ".join(sorted({f.was for f in some}))
            lines.append(
                f"| {way} | {len(some)} | {full_s:.1f} | {np.median(lost):.0f}, {max(lost)} | {late[0]}, {late[1]} | "
                f"{sum(f.holes for f in some)} | {sum(f.earlier_lost for f in some)} | "
                f"{sum(f.paused for f in some)} | {states} |"
            )
    head = (
        "| way | times | full, s | samples lost: median, most | of these handed over | holes | earlier trials lost | "
        "paused | found as |"
    )
    return "\n".join([head, "|---" * 9 + "|", *lines])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, help="a line for each; gone on with where it is there")
    args = parser.parse_args()
    print(words(campaign(args.times, args.seed, args.output)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
