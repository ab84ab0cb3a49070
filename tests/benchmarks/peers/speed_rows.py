"""Ours beside another program on the same input, in alternating pairs; `tests.benchmarks.peers.speed` runs it.

    python -m tests.benchmarks.peers.speed_rows detection|metrics|residual|maps|recording|profile [--pairs 9]

`detection`, `metrics` and `residual` need the peers' Python (requirements.txt here). Prints JSON. Times are those of
the processor, of all threads of the process, of which libraries get one: another program on the machine lengthens them
little.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import tempfile
import time
import warnings
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from gazeapp.gaze.display import Display

DISPLAY = Display(width_px=1920, height_px=1080, width_mm=531, height_mm=299, distance_mm=650)
RATE_HZ = 500.0
_SHORTEST_S = 0.05
"""What is quicker is done several times in a row, so that the clock can tell."""


def process_s(work, n=1):
    begin = time.process_time()
    for _ in range(n):
        work()
    return (time.process_time() - begin) / n


def row(name, peer, ours, theirs, *, n_pairs, same=""):
    """Medians in milliseconds, and the ratio pair by pair."""
    times = []
    repeats = [max(1, round(_SHORTEST_S / max(process_s(work), 1e-6))) for work in (ours, theirs)]
    for _ in range(n_pairs):
        times.append([process_s(work, n) for work, n in zip((ours, theirs), repeats, strict=True)])
    mine, other = np.array(times).T
    ratio = other / mine
    return {
        "name": name,
        "peer": peer,
        "ours_ms": 1e3 * float(np.median(mine)),
        "peer_ms": 1e3 * float(np.median(other)),
        "ratio": float(np.median(ratio)),
        "lowest": float(ratio.min()),
        "highest": float(ratio.max()),
        "n_pairs": n_pairs,
        "same": same,
    }


def gaze(n, seed=0):
    """Seconds and (N, 2) pixels: fixations of about 300 ms at random places with noise and blinks."""
    random = np.random.default_rng(seed)
    time_s = np.arange(n) / RATE_HZ
    onsets_s = np.cumsum(random.gamma(4, 0.075, int(n / RATE_HZ * 4) + 4))
    places = random.uniform([200, 200], [1700, 880], (len(onsets_s) + 1, 2))[np.searchsorted(onsets_s, time_s)]
    points = np.stack([np.convolve(places[:, i], np.ones(15) / 15, "same") for i in (0, 1)], axis=1)
    points += random.normal(0, 3, points.shape)
    for start in random.integers(0, n, int(n / RATE_HZ / 5)):
        points[start : start + 75] = np.nan
    return time_s, points


def detection(n_pairs):
    """From arrays of pixels to events, each package by its own public functions."""
    import polars
    from pymovements import Experiment, Gaze

    from gazeapp.gaze.detection.registry import detect_fixations
    from gazeapp.gaze.samples import GazeSamples
    from tests.benchmarks.peers import peer_detectors

    experiment = Experiment(1920, 1080, 53.1, 29.9, 65, "upper left", RATE_HZ)

    def ours(algorithm, time_s, points):
        samples = GazeSamples.build(time_s, eyes="cyclopean", left_px=points)
        return len(detect_fixations(samples, DISPLAY, algorithm))

    def pymovements(method, time_s, points, **options):
        frame = polars.DataFrame(
            {"time": np.round(time_s * 1e3).astype(int), "x": points[:, 0], "y": points[:, 1]}, nan_to_null=False
        )
        recording = Gaze(frame, experiment, pixel_columns=["x", "y"])
        recording.pix2deg()
        if method == "ivt":
            recording.pos2vel()
        recording.detect(method, **options)
        return len(recording.events.frame)

    def peer(detect, time_s, points):
        return len(detect(GazeSamples.build(time_s, eyes="cyclopean", left_px=points), DISPLAY))

    minutes = {"I-VT": 10, "I-DT": 2, "I2MC": 1, "adaptive": 2}
    plan = [
        ("I-VT", "ivt", "pymovements' I-VT", partial(pymovements, "ivt", velocity_threshold=30.0)),
        ("I-DT", "idt", "pymovements' I-DT", partial(pymovements, "idt")),
        ("I2MC", "i2mc", "I2MC", partial(peer, peer_detectors.i2mc)),
        ("adaptive", "adaptive", "REMoDNaV", partial(peer, peer_detectors.remodnav)),
        ("I-VT", "ivt", "REMoDNaV", partial(peer, peer_detectors.remodnav)),
    ]
    rows = []
    for name, algorithm, other, theirs in plan:
        length = 2 if other == "REMoDNaV" else minutes[name]
        recording = gaze(int(60 * length * RATE_HZ))
        mine = partial(ours, algorithm, *recording)
        yours = partial(theirs, *recording)
        found = f"{mine()} and {yours()} fixations"
        rows.append(
            row(f"{name}, {length} min at 500 Hz", other, mine, yours, n_pairs=max(3, n_pairs // 3), same=found)
        )
    return rows + live_rates()


def live_rates():
    """Samples per second of processor time in the chunks in which trackers deliver; no peer does this."""
    from gazeapp.gaze.detection.registry import ONLINE_ALGORITHMS, make_detector
    from gazeapp.gaze.samples import GazeSamples

    time_s, points = gaze(60_000)
    samples = GazeSamples.build(time_s, eyes="cyclopean", left_px=points)

    def stream(algorithm, size):
        detector = make_detector(algorithm, DISPLAY)
        for start in range(0, len(samples), size):
            detector.push(samples[start : start + size])
        detector.flush()

    return [
        {"name": algorithm, "rates": {size: len(samples) / process_s(lambda a=algorithm, s=size: stream(a, s))}}
        for algorithm in ONLINE_ALGORITHMS
        for size in (100, 5, 1)
    ]


def metrics(n_pairs):
    """The maps of `python -m trainer bench`, as it has ours score them, beside pysaliency in the same process."""
    import torch

    from gazeapp.saliency.maps import fixation_density
    from trainer.benchmarks.pysaliency_peer import metrics_of
    from trainer.evaluation.metrics import evaluate_maps, pack_fixations

    if not hasattr(np, "trapz"):
        np.trapz = np.trapezoid  # noqa: NPY201
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)

    def density(points, size_wh, sigma):
        values = fixation_density(points, size_wh, sigma * size_wh[0]).astype(np.float64)
        return 0.99 * values / values.sum() + 0.01 / values.size

    rows = []
    for size_wh, n_maps in (((160, 120), 64), ((640, 480), 16)):
        random = np.random.default_rng(0)
        looked, seen = (random.uniform(0, 1, (n_maps, 12, 2)) * size_wh for _ in range(2))
        truth = np.stack([density(points, size_wh, 0.03) for points in looked])
        maps = np.stack([density(points, size_wh, 0.1) for points in seen])
        baseline = density(np.concatenate(seen), size_wh, 0.2)
        theirs = [metrics_of(*given) for given in zip(maps, truth, [baseline] * n_maps, looked, strict=True)]
        tensors = [torch.from_numpy(values).float() for values in (maps, truth, baseline)]
        names = tuple(theirs[0])

        def score(wanted, tensors=tensors, looked=looked, size_wh=size_wh):
            return evaluate_maps(
                tensors[0],
                truth_BHW=tensors[1],
                baseline_BHW=tensors[2].expand_as(tensors[0]),
                fixations=pack_fixations(list(looked), size_wh),
                metrics=wanted,
            )

        def ask(wanted, theirs=theirs):
            return {name: [float(one[name]()) for one in theirs] for name in wanted}

        values, others = score(names), ask(names)
        apart = {name: max(abs(values[name].numpy() - np.array(others[name]))) for name in names}
        for label, wanted in [("all seven metrics", names), *((name.upper(), (name,)) for name in names)]:
            same = f"apart by {max(apart[name] for name in wanted):.0e}"
            rows.append(
                row(
                    f"{label}, {n_maps} maps of {size_wh[0]}×{size_wh[1]}",
                    "pysaliency",
                    partial(score, wanted),
                    partial(ask, wanted),
                    n_pairs=n_pairs,
                    same=same,
                )
            )
    return rows


def residual(n_pairs):
    """Spectral residual of a photograph-like picture."""
    import cv2

    from gazeapp.networks.universal_models import UniversalChoice, load_universal

    cv2.setNumThreads(1)
    small = np.random.default_rng(0).integers(0, 256, (75, 100, 3), dtype=np.uint8)
    image = cv2.resize(small, (800, 600), interpolation=cv2.INTER_CUBIC)
    ours = load_universal(UniversalChoice(model="spectral-residual"), device="cpu")
    peer = cv2.saliency.StaticSaliencySpectralResidual_create()
    pictures = [image, image[::-1].copy()]  # in turn: a model may remember the last
    turn = iter(range(10**9))
    return [
        row(
            "spectral residual of 800×600",
            "OpenCV",
            lambda: ours(pictures[next(turn) % 2]),
            lambda: peer.computeSaliency(pictures[next(turn) % 2]),
            n_pairs=n_pairs,
            same="ours also blurs by 1° and normalises",
        )
    ]


def maps(n_pairs):
    """Twelve fixations to a density, and a density to colours over its image."""
    import cv2
    from matplotlib import colormaps
    from scipy.ndimage import gaussian_filter

    from gazeapp.saliency.colors import overlay_rgba
    from gazeapp.saliency.maps import fixation_counts, fixation_density

    cv2.setNumThreads(1)
    rows = []
    random = np.random.default_rng(0)
    for size_wh in ((800, 600), (1920, 1080)):
        points = random.uniform((0, 0), size_wh, (12, 2))
        sigma = size_wh[0] / 33.3

        def blurred(blur, points=points, size_wh=size_wh):
            values = blur(fixation_counts(points, size_wh))
            return (values / values.sum()).astype(np.float32)

        def by_scipy(blurred=blurred, sigma=sigma):
            return blurred(lambda counts: gaussian_filter(counts, sigma, mode="constant"))

        def by_opencv(blurred=blurred, sigma=sigma):
            size = 2 * int(4 * sigma + 0.5) + 1
            return blurred(
                lambda counts: cv2.GaussianBlur(
                    counts.astype(np.float32), (size, size), sigma, borderType=cv2.BORDER_CONSTANT
                )
            )

        ours = partial(fixation_density, points, size_wh, sigma)
        for name, theirs in (("scipy's blur", by_scipy), ("OpenCV's blur", by_opencv)):
            apart = np.abs(ours() - theirs()).max() / ours().max()
            label = f"map of 12 fixations, {size_wh[0]}×{size_wh[1]}"
            rows.append(row(label, name, ours, theirs, n_pairs=n_pairs, same=f"apart by {apart:.0e} of the peak"))
    density = fixation_density(random.uniform(0, (800, 600), (12, 2)), (800, 600), 24.0)
    image = random.integers(0, 255, (600, 800, 3), dtype=np.uint8)

    def by_matplotlib():
        scaled = np.clip(density / density.max(), 0, 1)
        colours = colormaps["magma"](scaled)[..., :3]
        alpha = np.clip(scaled * 2.2, 0, 1)[..., None] * 0.88
        grey = image.mean(axis=2, keepdims=True) / 255 * 0.45
        return ((alpha * colours + (1 - alpha) * grey) * 255).astype(np.uint8)

    ours = partial(overlay_rgba, density, image)
    apart = np.abs(ours()[..., :3].astype(int) - by_matplotlib()).mean()
    name = "colouring a map of 800×600 over its image"
    rows.append(row(name, "matplotlib", ours, by_matplotlib, n_pairs=n_pairs, same=f"apart by {apart:.1f} of 255"))
    return rows


def recording(n_pairs):
    """Half a minute of binocular gaze with pupils at 1200 Hz to disk, handed over by 12 samples."""
    import h5py

    from gazeapp.cli.bench_stages import make_gaze
    from gazeapp.gaze.clock import MonotonicClock
    from gazeapp.runtime.recorder import Recorder
    from gazeapp.store.writer import SessionWriter

    samples = make_gaze(30.0)
    chunks = [samples[first : first + 12] for first in range(0, len(samples), 12)]
    tables = [
        np.column_stack(
            [c.time_s, c.device_time_s, c.receive_time_s, c.left_px, c.right_px, c.left_pupil_mm, c.right_pupil_mm]
        )
        for c in chunks
    ]
    bytes_each = {}

    def in_folder(name, write):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            write(path)
            bytes_each[name] = path.stat().st_size / len(samples)

    def ours(path):
        recorder = Recorder(SessionWriter(path), MonotonicClock())
        for chunk in chunks:
            recorder.take_samples(chunk)
        recorder.close()

    def as_csv(path):
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            for table in tables:
                writer.writerows(table.tolist())
                file.flush()

    def as_hdf5(path):
        with h5py.File(path, "w") as file:
            stored = file.create_dataset("samples", (0, 9), "f8", maxshape=(None, 9), chunks=(1200, 9))
            for table in tables:
                stored.resize(len(stored) + len(table), axis=0)
                stored[-len(table) :] = table
                file.flush()

    rows = []
    mine = partial(in_folder, "session.sqlite", ours)
    for name, peer, write in (("samples.csv", "CSV", as_csv), ("samples.h5", "HDF5 by h5py", as_hdf5)):
        one = row(
            "recording 30 s at 1200 Hz", peer, mine, partial(in_folder, name, write), n_pairs=max(3, n_pairs // 3)
        )
        sizes = " and ".join(f"{bytes_each[n]:.0f}" for n in ("session.sqlite", name))
        rows.append(one | {"same": f"{sizes} bytes a sample; ours in transactions that outlive a kill"})
    return rows


def profile(_n_pairs):
    """Where the processor's time goes: ten minutes through I-VT at once, and half a minute of live pipeline steps."""
    import cProfile
    import pstats

    from gazeapp.cli.bench_stages import measure_pipeline
    from gazeapp.gaze.detection.registry import detect_fixations
    from gazeapp.gaze.samples import GazeSamples

    time_s, points = gaze(300_000)
    samples = GazeSamples.build(time_s, eyes="cyclopean", left_px=points)
    work = {
        "I-VT, 10 min at 500 Hz": lambda: detect_fixations(samples, DISPLAY, "ivt"),
        "live pipeline, 30 s at 1200 Hz": lambda: list(measure_pipeline(30.0)),
    }
    rows = []
    for name, act in work.items():
        act()
        profiler = cProfile.Profile(time.process_time)
        profiler.runcall(act)
        stats = pstats.Stats(profiler)
        costs = sorted(((cost[2], key) for key, cost in stats.stats.items()), reverse=True)[:6]
        named = [(f"{Path(file).stem}.{function}".removeprefix("~."), cost) for cost, (file, _, function) in costs]
        parts = [[part, cost / stats.total_tt] for part, cost in named]
        rows.append({"name": name, "parts": parts})
    return [*rows, profile_training()]


def profile_training(n_steps=4, batch=32):
    """Steps of the paper's personal network by the operations that they are made of."""
    import torch
    from torch.profiler import ProfilerActivity

    from gazeapp.networks.personal_saliency import PersonalNetwork
    from trainer.benchmarks.training_speed import _loss
    from trainer.engine.distributed import autocast

    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = PersonalNetwork()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    given = torch.rand(batch, 3, 120, 160), torch.rand(batch, 120, 160), torch.rand(batch, 120, 160)

    def step():
        with autocast("auto", torch.device("cpu")):
            loss = _loss(model, *given)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    step()
    with torch.profiler.profile(activities=[ProfilerActivity.CPU]) as profiler:
        for _ in range(n_steps):
            step()
    costs = sorted(((event.self_cpu_time_total, event.key) for event in profiler.key_averages()), reverse=True)
    total = sum(cost for cost, _ in costs)
    return {
        "name": f"a training step, personal, paper, {batch} pairs",
        "parts": [[name, cost / total] for cost, name in costs[:6]],
    }


GROUPS = {
    "profile": profile,
    "detection": detection,
    "metrics": metrics,
    "residual": residual,
    "maps": maps,
    "recording": recording,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("group", choices=GROUPS)
    parser.add_argument("--pairs", type=int, default=9)
    args = parser.parse_args()
    print(json.dumps(GROUPS[args.group](args.pairs), default=float))


if __name__ == "__main__":
    main()
