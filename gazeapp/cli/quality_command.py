"""Accuracy, precision and data loss of a sample file at known targets.

Targets are read from the samples' own columns target_id, target_x_px, target_y_px, from --targets (a table with
target_id, onset_s, duration_s, x_px, y_px), or from the validations of a session. Figures follow ETDQualitizer.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from gazeapp.cli.gaze_options import add_display, parse_display, warn_assumed_display, writing

EXAMPLE = (
    "gazeapp quality gaze.tsv --display 1920,1080,531,299,650 --targets targets.csv -o quality.json"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("samples", metavar="SAMPLES", type=Path, help="sample file or session")
    parser.add_argument("--targets", type=Path, metavar="FILE", help="when the person looked where")
    add_display(parser)
    parser.add_argument("-o", "--output", type=Path, metavar="OUT.json", help="write the JSON here")
    parser.add_argument(
        "--json", action="store_true", help="print the JSON alone (also without -o)"
    )
    limits = parser.add_argument_group("limits of the verdict")
    for name, meaning in (
        ("pass-deg", "mean accuracy that passes (0.5)"),
        ("warn-deg", "mean accuracy that is usable (1.0)"),
        ("pass-max-deg", "accuracy at the worst target that passes (1.0)"),
        ("warn-max-deg", "accuracy at the worst target that is usable (1.5)"),
        ("max-loss", "share of lost samples that passes (0.1)"),
        ("warn-loss", "share of lost samples that is usable (0.2)"),
    ):
        limits.add_argument(f"--{name}", type=float, metavar="X", help=meaning)


def run(args: argparse.Namespace) -> int | None:
    from gazeapp.cli.console import print_json
    from gazeapp.errors import UnreadableTable
    from gazeapp.gaze.quality import QualityLimits, measure_quality
    from gazeapp.store.sample_table import read_samples, read_targets

    table = read_samples(args.samples, parse_display(args.display))
    targets = read_targets(args.targets) if args.targets else table.targets
    if not targets and table.layout == "session":
        raise UnreadableTable(
            f"{args.samples}: the session holds no validation; give --targets FILE "
            "(target_id,onset_s,duration_s,x_px,y_px)",
            needed=["--targets"],
        )
    if not targets:
        raise UnreadableTable(
            f"{args.samples}: it does not say what the person looked at; add the columns target_id, target_x_px, "
            "target_y_px, or give --targets FILE (target_id,onset_s,duration_s,x_px,y_px)",
            needed=["target_id", "target_x_px", "target_y_px"],
        )  # fmt: skip
    warn_assumed_display(table, "gazeapp quality")
    names = ("pass_deg", "warn_deg", "pass_max_deg", "warn_max_deg", "max_loss", "warn_loss")
    given = {name: value for name in names if (value := getattr(args, name)) is not None}
    report = measure_quality(table.samples, targets, table.display, QualityLimits(**given))
    document = {**report.to_json(), "display": str(table.display)}
    if args.output:
        with writing(args.output):
            args.output.write_text(
                json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
            )
    if args.json or not args.output:
        print_json(document)
        print(report.sentence, file=sys.stderr)
    else:
        print(report.sentence)
    return None
