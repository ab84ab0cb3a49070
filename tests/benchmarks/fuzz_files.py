"""Mutates a file of every format that is read, and looks what reading it does to the machine.

`python -m tests.benchmarks.fuzz_files --n 20000 --seed 1 [--only GROUP] [--found DIR] [-o FUZZ.md]`

Each mutant is read in a child with a gigabyte of memory and ten seconds. It may be read or refused by one of our own
errors with one line; everything else (a crash, a hang, running out of memory, another error) is kept under `found/` and
listed. Mutants follow from the seed: flipped, cut, doubled and exchanged bytes, extreme numbers in all widths, and
words of the format. What reached lines of our code that no file before it did, or a new message, becomes a parent;
every second mutant is one of a whole file all the same, or most would be mutants of what is refused at once.
What is done is kept in `found/done-SEED.json`: a run that was stopped goes on with the next group of formats.
Linux only: children are forks of a process that has read a whole file of the format already.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import select
import shutil
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from gazeapp.errors import GazeAppError
from tests.benchmarks.fuzz_formats import FORMATS, Target

MEMORY_BYTES = 1 << 30
SECONDS = 10
_WALL_SECONDS = 300
"""On a busy machine ten seconds of work take longer; who does not even work is stopped too."""
MOST_PARENTS = 200
EXTREMES = [0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1]
OUTCOMES = ("read", "refused", "crash", "hang", "memory", "untyped")
_OURS = tuple(str(Path(__file__).parents[2] / package) + os.sep for package in ("gazeapp", "trainer"))
_Line = tuple[str, int]


def mutate(data: bytes, words: tuple[bytes, ...], chance: random.Random) -> bytes:
    """One to eight changes."""
    content = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 2, 4, 8))):
        # headers are where the danger lies
        reach = min(len(content), 4096) if chance.random() < 0.6 else len(content)
        at = chance.randrange(reach + 1)
        match chance.randrange(8):
            case 0 if content:
                content[at % len(content)] ^= 1 << chance.randrange(8)
            case 1:
                content = content[:at] if chance.random() < 0.3 else content
            case 2:
                width, order = chance.choice((1, 2, 4, 8)), chance.choice(("little", "big"))
                number = chance.choice(EXTREMES) & (1 << 8 * width) - 1
                content[at : at + width] = number.to_bytes(width, order)
            case 3:
                stop = at + chance.randrange(1, 200)
                place = chance.randrange(len(content) + 1)
                content[place:place] = content[at:stop] * chance.choice((1, 1, 2, 50))
            case 4:
                del content[at : at + chance.choice((1, 2, 4, 8, 64))]
            case 5 if words:
                content[at:at] = chance.choice(words) * chance.choice((1, 1, 3, 2000))
            case 6:
                numbers = list(re.finditer(rb"\d+", bytes(content[:20_000])))
                if numbers:
                    found = chance.choice(numbers)
                    text = str(chance.choice((*EXTREMES, -1, 10**30))).encode()
                    content[found.start() : found.end()] = text
            case _:
                content[at : at + 4] = chance.randbytes(4)
    return bytes(content[: 4 << 20])


def try_file(read: Callable[[Path], object], path: Path, known: set[_Line] | None = None) -> tuple[str, str]:
    """How reading ended: ("read" or "refused" or what went wrong, words).

    Args:
        read: Of the format.
        path: The mutant.
        known: Lines of our code reached before; those that are new are added. None: nobody looks.
    """
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        _in_child(read, path, into, known)
    os.close(into)
    answer, deadline, ready = b"", time.monotonic() + _WALL_SECONDS, [out]
    while ready:
        ready, _, _ = select.select([out], [], [], max(0.0, deadline - time.monotonic()))
        part = os.read(out, 65536) if ready else b""
        if not part:
            break
        answer += part
    if not ready:
        os.kill(child, signal.SIGKILL)
    os.close(out)
    _, status = os.waitpid(child, 0)
    if not ready or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        # following every line costs time that is no fault of the reader
        return ("hang", "") if known is None else try_file(read, path)
    if os.WIFSIGNALED(status):
        return "crash", signal.Signals(os.WTERMSIG(status)).name
    kind, words, lines = json.loads(answer) if answer else ("crash", "ended without a word", [])
    if known is not None:
        new = {(file, line) for file, line in lines}
        known |= new
        if new:
            words += f"\n+{len(new)}"
    return kind, words


def _in_child(read: Callable[[Path], object], path: Path, into: int, known: set[_Line] | None) -> None:
    code, lines = 0, set[_Line]()

    def follow(frame: FrameType, event: str, _: Any) -> Any:  # Any: as sys.settrace wants it
        if event == "line":
            lines.add((frame.f_code.co_filename, frame.f_lineno))
        elif not frame.f_code.co_filename.startswith(_OURS):
            return None
        return follow

    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES,) * 2)
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        warnings.simplefilter("ignore")
        try:
            sys.settrace(follow if known is not None else None)
            read(path)
            said = ("read", "")
        except GazeAppError as error:
            said = ("refused", f"{type(error).__name__}: {error.message}")
            if "\n" in error.message.strip():
                said = ("untyped", f"more than one line: {error.message!r}")
        except MemoryError:
            said = ("memory", traceback.format_exc()[-1500:])
        except BaseException:
            said = ("untyped", traceback.format_exc()[-1500:])
        sys.settrace(None)
        new = sorted(lines - (known or set()))[:500]
        os.write(into, json.dumps([*said, new]).encode(errors="replace"))
    except BaseException:
        code = 1
    os._exit(code)


def try_format(target: Target, folder: Path, n: int, seed: str, found: Path) -> tuple[Counter[str], list[str]]:
    """Counts of outcomes of `n` mutants, and a line for each that must not be."""
    chance = random.Random(seed)
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    known: set[_Line] = set()
    path = folder / f"mutant{target.ending}"
    for parent in list(target.parents):
        path.write_bytes(parent)
        if target.warm:
            target.read(path)
            _clean(folder)
            path.write_bytes(parent)
        outcome, words = try_file(target.read, path, known)
        _clean(folder)
        if outcome != "read" and target.warm:
            print(f"{target.name}: its own seed is not read: {outcome} {words[-400:]}", file=sys.stderr)
    n_seeds = len(target.parents)
    for _ in range(n):
        parents = target.parents[:n_seeds] if chance.random() < 0.5 else target.parents
        data = mutate(chance.choice(parents), target.words, chance)
        path.write_bytes(data)
        outcome, words = try_file(target.read, path, known)
        counts[outcome] += 1
        shape = outcome + re.sub(r"[\d.]+|'.*?'|\".*?\"|/\S+", "", words)[:80]
        if shape not in target.seen or "\n+" in words:
            target.seen.add(shape)
            if len(target.parents) < MOST_PARENTS:
                target.parents.append(data)
        if outcome not in ("read", "refused"):
            found.mkdir(parents=True, exist_ok=True)
            name = re.sub(r"\W+", "-", target.name)
            kept = found / f"{name}-{seed.split('/')[0]}-{counts.total():04d}-{outcome}{target.ending}"
            kept.write_bytes(data)
            last = [line for line in words.strip().splitlines() if not line.startswith("+")][-1:] or [""]
            wrong.append(f"{target.name}: {outcome} {last[0][:160]} ({kept.name})")
            print(wrong[-1], file=sys.stderr)
            kept.with_suffix(kept.suffix + ".txt").write_text(words)
        _clean(folder)
    return counts, wrong


def _clean(folder: Path) -> None:
    for left in folder.glob("*mutant*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()


def run(n: int, seed: int, only: str, found: Path) -> tuple[dict[str, Counter[str]], list[str], float]:
    """Counts of outcomes by format, a line for each that must not be, and the seconds it took."""
    done_file = found / f"done-{seed}.json"
    done: dict[str, Any] = json.loads(done_file.read_text()) if done_file.exists() else {}
    groups = [name for name in FORMATS if only.lower() in name.lower()]
    with tempfile.TemporaryDirectory() as name:
        for group in groups:
            if group not in done:
                done[group] = _in_process(group, Path(name) / group, n, seed, found)
                found.mkdir(parents=True, exist_ok=True)
                done_file.write_text(json.dumps(done, indent=1))
                total = sum(sum(count.values()) for g in done.values() for count in g["counts"].values())
                print(f"{group}: {done[group]['seconds']:.0f} s, {total} mutants so far", file=sys.stderr, flush=True)
    found_of = [done[group] for group in groups]
    counts = {key: Counter(count) for group in found_of for key, count in group["counts"].items()}
    return counts, [line for group in found_of for line in group["wrong"]], sum(group["seconds"] for group in found_of)


def _in_process(group: str, folder: Path, n: int, seed: int, found: Path) -> dict[str, Any]:  # Any: JSON values
    """The formats of one group in a process of its own, which loads only what they need."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(out)
            folder.mkdir()
            begin_s = time.monotonic()
            targets = FORMATS[group](folder)
            counts, wrong = {}, []
            for target in targets:
                count, lines = try_format(target, folder, n, f"{seed}/{target.name}", found)
                counts[target.name] = count
                wrong += lines
            said = {"counts": counts, "wrong": wrong, "seconds": time.monotonic() - begin_s}
            with os.fdopen(into, "w") as file:
                json.dump(said, file)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(into)
    with os.fdopen(out) as file:
        text = file.read()
    os.waitpid(child, 0)
    if not text:
        raise SystemExit(f"{group}: could not be tried")
    answer: dict[str, Any] = json.loads(text)  # Any: JSON values
    return answer


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=500, help="mutants of each format (500: 20 000 in all)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", metavar="GROUP", help=", ".join(FORMATS))
    parser.add_argument("--found", type=Path, default=Path("found"), help="where what went wrong is kept")
    parser.add_argument("-o", "--output", type=Path, help="table to write")
    args = parser.parse_args()
    counts, wrong, seconds = run(args.n, args.seed, args.only, args.found)
    lines = [f"| format | mutants | {' | '.join(OUTCOMES)} |", "|---" * (len(OUTCOMES) + 2) + "|"]
    for name, count in sorted(counts.items()):
        lines.append(f"| {name} | {count.total()} | {' | '.join(str(count[kind]) for kind in OUTCOMES)} |")
    total = sum(counts.values(), Counter())
    lines.append(f"| all | {total.total()} | {' | '.join(str(total[kind]) for kind in OUTCOMES)} |")
    text = "\n".join(lines) + f"\n\nSeed {args.seed}, {seconds:.0f} s.\n"
    print(text)
    if args.output:
        args.output.write_text(text + "".join(f"- {line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
