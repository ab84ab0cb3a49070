"""Speed of training and scoring, each figure beside its peer's, in one run.

Training steps stand beside a plain loop, metrics beside pysaliency. The complete
run of a preset is marked as extrapolated; everything else is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from gazeapp.errors import SettingsError

if TYPE_CHECKING:
    from trainer.benchmarks.metric_speed import BenchmarkFigure

EXAMPLE = "python -m trainer bench --json"

_MOST_IMAGES = 128
"""Images of `--data` in use; more make no difference to a step."""
SYNTHETIC_SIZE = {"paper": (144, 12), "tiny": (32, 6)}
"""Preset to images and observers: as many as its largest step takes, of as many people as OSIE has."""
SCORED = (((160, 120), 64), ((640, 480), 16))
"""Size and number of scored maps: the trainer's, and a published picture's."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--data", type=Path, action="append", help="DATA (default: synthetic)")
    parser.add_argument(
        "--preset",
        action="append",
        choices=("paper", "tiny"),
        help="default: paper",
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--seconds", type=float, default=5.0, help="duration of each measurement (5)")
    parser.add_argument(
        "--clock",
        choices=("wall", "processor"),
        default="wall",
        help="processor: seconds in which this process had a processor, for a machine that is busy otherwise",
    )
    parser.add_argument(
        "--pysaliency",
        type=Path,
        metavar="PYTHON",
        help="interpreter that has pysaliency (tests/benchmarks/peers/requirements.txt): scores the same "
        "maps beside ours",
    )
    parser.add_argument("--workers", type=int, default=0, help="processes of the plain loader (0)")


def run(args: argparse.Namespace) -> None:
    """Measure, and print a table or JSON."""
    import torch

    from gazeapp.progress import track
    from trainer.benchmarks.metric_speed import measure_metrics
    from trainer.benchmarks.plain_loader import synthetic_source, write_jpegs
    from trainer.benchmarks.training_speed import measure_training
    from trainer.commands.arguments import open_one, pick_device
    from trainer.data.dataset import open_data
    from trainer.data.prepare import write_data
    from trainer.reports.markdown import markdown_table

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
            n_images, n_observers = max(SYNTHETIC_SIZE[preset] for preset in presets)
            source = synthetic_source(scratch / "images", n_images=n_images, n_observers=n_observers)
            write_data(source, scratch / "DATA", map_size_wh=(160, 120), sigma_deg=1.0, progress=track)
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
    header = ["", "ours", "peer", "", "times", "share of the device's arithmetic", "largest difference"]
    print(markdown_table(header, [_cells(row) for row in rows]))


def _cells(row: BenchmarkFigure) -> list[str]:
    peer = "not asked" if row.peer_value is None else f"{row.peer_value:.4g} {row.unit}"
    times = "" if row.ratio is None else f"{row.ratio:.2g}"
    share = "" if row.share is None else f"{row.share:.0%}"
    apart = "" if row.largest_difference is None else f"{row.largest_difference:.0e}"
    name = f"{row.name} (extrapolated)" if row.is_extrapolated else row.name
    return [name, f"{row.value:.4g} {row.unit}", peer, row.peer, times, share, apart]
