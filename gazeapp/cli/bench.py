"""Measure the speed of every live stage on this machine.

Detectors, one pipeline step at 1200 Hz, the recorder on this disk, maps and colours, the networks, and how late a
5 ms ticker in the main thread gets while predictions run. Takes about half a minute; close other programs first.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gazeapp.cli.bench_stages import Figure

EXAMPLE = "gazeapp bench --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Options of `gazeapp bench`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--seconds",
        type=float,
        default=30.0,
        metavar="S",
        help="length of the gaze that detectors, pipeline and recorder are given (default: 30)",
    )
    parser.add_argument("--weights", type=Path, metavar="DIR", help="weights (default: shipped)")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--without-networks", action="store_true", help="leave out what needs PyTorch")


def run(args: argparse.Namespace) -> int:
    from gazeapp.cli import bench_stages as stages
    from gazeapp.cli.console import print_json
    from gazeapp.errors import SettingsError

    if not 1 <= args.seconds <= 3600:
        raise SettingsError(f"--seconds must be from 1 to 3600, got {args.seconds:g}", key="seconds")
    plan: list[tuple[str, Callable[[], Iterator[Figure]]]] = [
        ("detectors", lambda: stages.measure_detectors(args.seconds)),
        ("pipeline", lambda: stages.measure_pipeline(args.seconds)),
        ("recorder", lambda: stages.measure_recorder(args.seconds)),
        ("latency", lambda: stages.measure_latency(min(args.seconds, 5.0))),
        ("maps", stages.measure_maps),
    ]
    if not args.without_networks:
        plan.append(
            (
                "networks",
                lambda: stages.measure_networks(args.weights, args.device, min(args.seconds, 5.0)),
            )
        )
    figures: list[Figure] = []
    for name, measure in plan:
        print(f"measuring {name} ...", file=sys.stderr)
        for figure in measure():
            figures.append(figure)
            if not args.json:
                print(_row(figure))
    if args.json:
        print_json({"machine": _machine(), "figures": [dataclasses.asdict(figure) for figure in figures]})
    return 0


def _row(figure: Figure) -> str:
    value = f"{figure.value:,.0f}" if figure.value >= 1000 else f"{figure.value:.3g}"
    return f"{figure.stage:<24}{figure.condition:<40}{value:>12} {figure.unit}"


def _machine() -> dict[str, object]:
    return {
        "system": platform.platform(terse=True),
        "processor": platform.processor() or platform.machine(),
        "n_processors": os.cpu_count(),
        "python": platform.python_version(),
    }
