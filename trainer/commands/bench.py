"""`bench`: each speed figure beside its peer, in one run."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from gazeapp.errors import SettingsError
from trainer.commands.arguments import open_one, pick_device
from trainer.progress import report_progress

_N_IMAGES, _N_OBSERVERS = 32, 6


def bench(args: argparse.Namespace) -> None:
    """`bench`: training steps beside a plain loop, batched metrics beside one map at a time and beside pysaliency."""
    import torch

    from trainer.benchmark import measure_metrics, measure_training
    from trainer.benchmark_loader import synthetic_recording, write_jpegs
    from trainer.data.dataset import open_data
    from trainer.data.prepare import write_data

    if not args.seconds > 0:
        raise SettingsError(f"--seconds {args.seconds}: needs a number above 0", key="seconds")
    device = pick_device(args.device)
    with TemporaryDirectory() as name:
        scratch = Path(name)
        if args.data:
            dataset = open_one(args.data)
            dataset = dataset.only([str(i) for i in dataset.image_index[: 4 * _N_IMAGES]], None)
        else:
            recording = synthetic_recording(
                scratch / "images", n_images=_N_IMAGES, n_observers=_N_OBSERVERS
            )
            write_data(
                recording, scratch / "DATA", map_size_wh=(160, 120), sigma_deg=1.0, progress=report_progress
            )  # fmt: skip
            dataset = open_data(scratch / "DATA")
        write_jpegs(dataset, scratch / "jpegs")
        rows = measure_training(
            dataset, scratch / "jpegs", scratch, presets=args.preset or ("paper",), device=device,
            seconds=args.seconds, n_workers=args.workers,
        )  # fmt: skip
    rows += measure_metrics(device, n_maps=64, size_wh=(160, 120), seconds=args.seconds)
    kind = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    facts = {
        "device": f"{device.type} ({kind})",
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
    print(
        "| | ours | peer | | times | share of the device's arithmetic |\n|---|---|---|---|---|---|"
    )
    for row in rows:
        peer = "not installed" if row.peer_value is None else f"{row.peer_value:.0f} {row.unit}"
        times = "" if row.ratio is None else f"{row.ratio:.1f}"
        share = "" if row.share is None else f"{row.share:.0%}"
        print(
            f"| {row.name} | {row.value:.0f} {row.unit} | {peer} | {row.peer} | {times} | {share} |"
        )
