"""Time and memory of today's networks beside those of an earlier revision, in alternating pairs on the same images.

    git worktree add FORMER REVISION
    python tests/benchmarks/network_speed.py --former FORMER -o trainer/results/network_speed

One process for each of the two, of one thread, as the windows run them on two processors; each is asked once in turn.
A new image of 800x600 each time: its universal map; that and a person's, from nothing; another person's map of an image
that was seen before. Then the universal map again while a third process keeps one processor busy. The least of all
repeats, elapsed and of processor time: others only lengthen it, and their load is stored. Memory is the most that a
process needed for its models and all images. Last, how long the windows take to open, no screen needed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NEW, BOTH, KNOWN = "universal map", "universal and personal map", "personal map, image known"
BUSY, OPEN = "universal map, a processor busy", "windows open"
SPIN = "while True: pass"


def work() -> None:
    """Answer each line of stdin, the name of a case and the number of an image, by a line of figures."""
    import numpy as np
    import torch

    from gazeapp.networks.predictors import Predictors

    torch.set_num_threads(1)
    networks = Predictors.load(None, "cpu")

    def draw(number: int) -> np.ndarray:
        rng = np.random.default_rng(number)
        small = rng.integers(0, 256, (75, 100, 3), dtype=np.uint8)
        return np.ascontiguousarray(small.repeat(8, axis=0).repeat(8, axis=1))

    rng = np.random.default_rng(0)
    people = [networks.combine([networks.encode(draw(k), rng.uniform(0, 600, (12, 2)), 24.0)]) for k in range(2)]
    cases = {
        NEW: lambda image: networks.universal(image),
        BOTH: lambda image: networks.personal(image, networks.universal(image), people[0]),
        KNOWN: lambda image: networks.personal(image, known[1], people[1]),
    }
    for line in sys.stdin:
        name, number = json.loads(line)
        image = draw(number)
        if name == KNOWN:
            known = image, networks.universal(image)
            known[1].setflags(write=False)  # as a session keeps it
            networks.personal(image, known[1], people[0])
        begin_s, begin_cpu_s = time.perf_counter(), time.process_time()
        cases[name](image)
        took = time.perf_counter() - begin_s, time.process_time() - begin_cpu_s
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps([1000 * took[0], 1000 * took[1], peak_mb]), flush=True)


def open_windows() -> None:
    """Print how long it takes from importing to a window that can be used."""
    begin_s, begin_cpu_s = time.perf_counter(), time.process_time()
    from PySide6.QtCore import QTimer

    from gazeapp.ui import app

    qt, settings = app._start_qt()
    application = app.make_application(app.AppOptions(study=Path(tempfile.mkdtemp()) / "study"), settings)
    application.window.show()
    QTimer.singleShot(0, qt.quit)
    qt.exec()
    took = time.perf_counter() - begin_s, time.process_time() - begin_cpu_s
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([1000 * took[0], 1000 * took[1], peak_mb]), flush=True)
    os._exit(0)  # what is loading in the background is not waited for


def start(tree: Path, option: str, *, piped: bool = True) -> subprocess.Popen[str]:
    quiet = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", __file__, option],
        env={**os.environ, **quiet, "PYTHONPATH": str(tree)},
        cwd=tree,
        stdin=subprocess.PIPE if piped else None,
        stdout=subprocess.PIPE,
        text=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--former", type=Path, help="checkout of an earlier revision")
    parser.add_argument("-o", "--out", type=Path, help="RESULTS to write")
    parser.add_argument("--repeats", type=int, default=25)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--open", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.work or args.open:
        work() if args.work else open_windows()
        return
    trees = {"today": ROOT} | ({"former": args.former.resolve()} if args.former else {})
    load = round(os.getloadavg()[0], 1)
    found: dict[tuple[str, str], list[list[float]]] = {}
    processes = {name: start(tree, "--work") for name, tree in trees.items()}

    def ask(label: str, case: str, number: int, first: int) -> None:
        """An image that neither saw before: the last one is remembered."""
        for name in sorted(processes, reverse=bool(number % 2)):
            process = processes[name]
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps([case, first + number]) + "\n")
            process.stdin.flush()
            figures = json.loads(process.stdout.readline())
            if number > 2:  # the first ones allocate and choose kernels
                found.setdefault((name, label), []).append(figures)

    for number in range(1, args.repeats + 3):
        for n_case, case in enumerate((NEW, BOTH, KNOWN)):
            ask(case, case, number, 1000 * n_case)
    spinning = subprocess.Popen([sys.executable, "-c", SPIN])
    try:
        for number in range(3, args.repeats + 3):
            ask(BUSY, NEW, number, 5000)
    finally:
        spinning.kill()
        spinning.wait()
    for process in processes.values():
        process.communicate()
    for _ in range(5):
        for name, tree in trees.items():
            said, _none = start(tree, "--open", piped=False).communicate()
            found.setdefault((name, OPEN), []).append(json.loads(said))
    rows = [
        {
            "model": name,
            "size": case,
            "threads": 1,
            "elapsed_ms": round(min(f[0] for f in figures), 2),
            "processor_ms": round(min(f[1] for f in figures), 2),
            "repeats": len(figures),
            "peak_mb": round(max(f[2] for f in figures)),
        }
        for (name, case), figures in found.items()
    ]
    for row in rows:
        print(row)
    if args.out is not None:
        meta = {"python": platform.python_version(), "n_processors": os.cpu_count(), "load_at_begin": load}
        document = {"schema": 1, "protocol": "speed", "dataset": "generated images", "rows": rows, "summary": []}
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / "results.json").write_text(json.dumps({**document, "meta": meta}, indent=1) + "\n")


if __name__ == "__main__":
    main()
