"""Detect fixations in a sample file.

SAMPLES is CSV or TSV (.gz allowed) with columns such as time_s, left_x_px, left_y_px, right_x_px, right_y_px (or
x_px, y_px; or _norm; or _deg), a Tobii export, or a session's folder. The result is a table with the columns
onset_s, duration_s, x_px, y_px; without -o it is printed. A duration is from the first to the last sample of a
fixation; EyeLink counts one sampling interval more.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gazeapp.cli.gaze_options import (
    add_display,
    parse_display,
    parse_options,
    split_options,
    warn_assumed_display,
    warn_notes,
    warn_time_goes_back,
    writing,
)
from gazeapp.errors import SettingsError

EXAMPLE = "gazeapp fixations gaze.tsv --display 1920,1080,531,299,650 --option threshold_deg_s=40 -o fixations.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("samples", metavar="SAMPLES", type=Path, help="sample file or session")
    parser.add_argument("--algorithm", default="ivt", metavar="NAME", help="ivt (default), idt, i2mc or adaptive")
    parser.add_argument(
        "--stimulus",
        choices=("image", "moving"),
        default="image",
        help="what was looked at: of moving things, smooth pursuit is told apart from fixation (adaptive only); of "
        "images it counts as fixation (default)",
    )
    add_display(parser)
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="K=V",
        help="parameter of the algorithm (an unknown one is answered with the list), or what the file does not say: "
        "unit=..., origin=..., time_unit=..., columns=time:NAME,x:NAME,y:NAME",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="OUT.csv", help="write the table here")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


PURSUIT_APART = {"pursuit": "exclude"}


def _cannot_tell(algorithm: str) -> dict[str, str]:
    raise SettingsError(
        f"--stimulus moving: {algorithm} cannot tell smooth pursuit from fixation; say --algorithm adaptive",
        key="stimulus",
    )


def run(args: argparse.Namespace) -> int | None:
    from gazeapp.cli.console import print_json
    from gazeapp.gaze.blinks import find_losses
    from gazeapp.gaze.detection.registry import detect_fixations, detection_parameters
    from gazeapp.store.sample_table import format_fixations, read_samples, write_fixations

    reading, options = split_options(parse_options(args.option))
    if args.stimulus == "moving":
        options = {**PURSUIT_APART, **options} if args.algorithm == "adaptive" else _cannot_tell(args.algorithm)
    parameters = detection_parameters(args.algorithm, options)
    table = read_samples(args.samples, parse_display(args.display), reading)
    fixations = detect_fixations(table.samples, table.display, args.algorithm, **options)
    if args.output:
        with writing(args.output):
            write_fixations(args.output, fixations)
    warn_notes(table, "gazeapp fixations")
    warn_assumed_display(table, "gazeapp fixations")
    warn_time_goes_back(table, "gazeapp fixations")
    if args.json:
        print_json(
            {
                "fixations": [
                    {"onset_s": f.onset_s, "duration_s": f.duration_s, "x_px": f.x_px, "y_px": f.y_px}
                    for f in fixations
                ],
                "algorithm": args.algorithm,
                "parameters": parameters,
                "losses": [
                    {"onset_s": loss.onset_s, "duration_s": loss.duration_s, "kind": loss.kind}
                    for loss in find_losses(table.samples)
                ],
                "display": str(table.display),
                "n_samples": len(table.samples),
                "rate_hz": table.rate_hz,
                "notes": list(table.notes),
            }
        )
    elif args.output:
        print(f"{len(fixations)} fixations written to {args.output}")
    else:
        sys.stdout.write(format_fixations(fixations))
    return None
