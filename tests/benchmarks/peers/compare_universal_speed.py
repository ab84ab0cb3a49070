"""Milliseconds per image and memory of every universal model, beside OpenCV's spectral residual and DeepGaze IIE.

Run from the checkout with gazeapp's Python; the peers' Python is only needed for OpenCV's row:
    python tests/benchmarks/peers/compare_universal_speed.py --peers peers/bin/python -o trainer/results/universal_speed
A model of one repeat is not warmed up. Each model runs in a process of its own for each number of threads, so that its
memory is its own. Times: least of the
repeats of elapsed and, for one thread, of processor time, which another program on the machine does not lengthen.
DeepGaze IIE has its architecture and random weights: its weights cannot be fetched here, and speed does not depend on
them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

SIZES = ((800, 600), (1920, 1080))
OURS = ("default", "signature", "signature-centre", "spectral-residual", "bms", "bms-centre", "centre-bias")
DEEPGAZE, OPENCV = "deepgaze (random weights)", "OpenCV spectral residual"


def build(name, n_threads):
    """(H, W, 3) uint8 → map."""
    import cv2

    cv2.setNumThreads(n_threads)
    if name == OPENCV:
        model = cv2.saliency.StaticSaliencySpectralResidual_create()
        return lambda image: model.computeSaliency(image)[1]
    if name == DEEPGAZE:
        import torch

        from gazeapp.networks.deepgaze import weights
        from gazeapp.networks.deepgaze.model import DeepGazeIIE

        torch.set_num_threads(n_threads)
        torch.manual_seed(0)
        network = DeepGazeIIE().eval()
        # the predictor as it is, without a file: the published weights would only replace numbers; of 1920x1080 it
        # predicts 1024x576
        weights.load_deepgaze = lambda *_args, **_more: (network, "")
        return weights.DeepGazePredictor().predict
    from gazeapp.networks.universal_models import UniversalChoice, load_universal

    universal = load_universal(UniversalChoice(model=name), device="cpu")
    if name == "default":
        import torch

        torch.set_num_threads(n_threads)
    return universal


def measure(name, n_threads, repeats):
    import numpy as np

    predict = build(name, n_threads)
    rows = []
    for width, height in SIZES:
        rng = np.random.default_rng(0)

        def draw(rng=rng, height=height, width=width):
            small = rng.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
            return np.ascontiguousarray(small.repeat(8, axis=0).repeat(8, axis=1))

        if repeats > 1:
            predict(draw())  # allocates, chooses kernels
        elapsed, processor = [], []
        for _ in range(repeats):
            image = draw()  # another one each time: a model may remember the last
            begin, begin_cpu = time.perf_counter(), time.process_time()
            predict(image)
            elapsed.append(time.perf_counter() - begin)
            processor.append(time.process_time() - begin_cpu)
        rows.append(
            {
                "model": name,
                "size": f"{width}x{height}",
                "threads": n_threads,
                "elapsed_ms": round(1000 * min(elapsed), 2),
                "processor_ms": round(1000 * min(processor), 2),
                "repeats": repeats,
                "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            }
        )
    return rows


def in_own_process(python, name, n_threads, repeats):
    threads = str(n_threads)
    environment = {**os.environ, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
    environment["PYTHONPATH"] = str(Path.cwd())
    done = subprocess.run(
        [python, __file__, "--one", name, "--threads", threads, "--repeats", str(repeats)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", help="Python of the peers' environment")
    parser.add_argument("-o", "--out", type=Path, help="RESULTS to write")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--slow-repeats", type=int, default=2, help="of DeepGaze IIE")
    parser.add_argument("--models", nargs="+", help="just these")
    parser.add_argument("--most-threads", type=int, default=2, choices=(1, 2))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, default=1, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(args.one, args.threads, args.repeats)))
        return
    plan = [(sys.executable, name) for name in (*OURS, DEEPGAZE)]
    if args.peers:
        plan.append((args.peers, OPENCV))
    if args.models:
        plan = [(python, name) for python, name in plan if name in args.models]
    rows = []
    for n_threads in (1, 2)[: args.most_threads]:
        for python, name in plan:
            repeats = args.slow_repeats if name == DEEPGAZE else args.repeats
            rows += in_own_process(python, name, n_threads, repeats)
            print(
                *(
                    f"{r['model']:28}{r['size']:>10}{r['threads']:>3} threads{r['elapsed_ms']:>10} "
                    f"ms{r['processor_ms']:>10} ms CPU{r['peak_mb']:>7} MB"
                    for r in rows[-2:]
                ),
                sep="\n",
                flush=True,
            )
            if args.out:
                write(rows, args.out)


def write(rows, folder):
    """After each model, so that a run that is stopped leaves what it measured; other models' rows are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "results.json"
    earlier = json.loads(path.read_text())["rows"] if path.is_file() else []
    measured = {(r["model"], r["threads"]) for r in rows}
    rows = [r for r in earlier if (r["model"], r["threads"]) not in measured] + rows
    load = os.getloadavg()[0]
    meta = {"python": platform.python_version(), "n_processors": os.cpu_count(), "load_at_end": round(load, 1)}
    document = {
        "schema": 1,
        "protocol": "speed",
        "dataset": "generated images",
        "rows": rows,
        "summary": [],
        "meta": meta,
    }
    path.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
