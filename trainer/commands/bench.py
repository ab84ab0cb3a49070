"""`bench`: each speed figure beside its peer, in one run."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from gazeapp.errors import SettingsError
from trainer.benchmarks.metric_speed import BenchmarkFigure
from trainer.commands.arguments import open_one, pick_device
from trainer.engine.progress import report_progress

_MOST_IMAGES = 128
"""Of `--data`; more make no difference to a step."""
MADE_UP = {"paper": (96, 12), "tiny": (32, 6)}
"""Preset to images and observers: as many as its largest step takes, of as many people as OSIE has."""
SCORED = (((160, 120), 64), ((640, 480), 16))
"""Size and number of scored maps: the trainer's, and a published picture's."""


def bench(args: argparse.Namespace) -> None:
    """`bench`: training steps beside a plain loop, batched metrics beside one map at a time and beside pysaliency.

    The complete run of a preset is marked as extrapolated; everything else is measured.
    """
    import torch

    from trainer.benchmarks.metric_speed import measure_metrics
    from trainer.benchmarks.plain_loader import synthetic_recording, write_jpegs
    from trainer.benchmarks.training_speed import measure_training
    from trainer.data.dataset import open_data
    from trainer.data.prepare import write_data

    if not args.seconds > 0:
        raise SettingsError(f"--seconds {args.seconds}: needs a number above 0", key="seconds")
    device = pick_device(args.device)
    if args.clock == "processor" and (device.type != "cpu" or args.workers):
        raise SettingsError(
            "--clock processor: counts the time of this process alone; use it with --device cpu and --workers 0",
            key="clock",
        )
    presets = args.preset or ("paper",)
    with TemporaryDirectory() as name:
        scratch = Path(name)
        if args.data:
            dataset = open_one(args.data)
            dataset = dataset.only([str(i) for i in dataset.image_index[:_MOST_IMAGES]], None)
        else:
            n_images, n_observers = max(MADE_UP[preset] for preset in presets)
            recording = synthetic_recording(scratch / "images", n_images=n_images, n_observers=n_observers)
            write_data(recording, scratch / "DATA", map_size_wh=(160, 120), sigma_deg=1.0, progress=report_progress)
            dataset = open_data(scratch / "DATA")
        write_jpegs(dataset, scratch / "jpegs")
        rows = measure_training(
            dataset,
            scratch / "jpegs",
            scratch,
            presets=presets,
            device=device,
            seconds=args.seconds,
            n_workers=args.workers,
            clock=args.clock,
        )
    for size_wh, n_maps in SCORED:
        rows += measure_metrics(
            device,
            n_maps=n_maps,
            size_wh=size_wh,
            seconds=args.seconds,
            pysaliency=args.pysaliency,
            clock=args.clock,
        )
    kind = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    facts = {
        "device": f"{device.type} ({kind})",
        "clock": args.clock,
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "torch": torch.__version__,
        "data": f"{dataset.source}, {dataset.n_images} images, {dataset.n_observers} observers, "
        f"maps {dataset.maps.shape[-1]}x{dataset.maps.shape[-2]}",
    }
    if args.json:
        print(json.dumps({**facts, "rows": [{**asdict(row), "ratio": row.ratio} for row in rows]}))
        return
    print(", ".join(f"{key} {value}" for key, value in facts.items()), file=sys.stderr)
    print("\n".join(_table(rows)))


def _table(rows: Sequence[BenchmarkFigure]) -> Iterator[str]:
    yield "| | ours | peer | | times | share of the device's arithmetic | largest difference |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        peer = "not asked" if row.peer_value is None else f"{row.peer_value:.4g} {row.unit}"
        times = "" if row.ratio is None else f"{row.ratio:.2g}"
        share = "" if row.share is None else f"{row.share:.0%}"
        apart = "" if row.largest_difference is None else f"{row.largest_difference:.0e}"
        name = f"{row.name} (extrapolated)" if row.is_extrapolated else row.name
        yield (f"| {name} | {row.value:.4g} {row.unit} | {peer} | {row.peer} | {times} | {share} | {apart} |")
