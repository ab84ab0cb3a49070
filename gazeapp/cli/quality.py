"""Accuracy, precision and data loss of a sample file at known targets.

Targets are read from the samples' own columns target_id, target_x_px, target_y_px, from --targets (a table with
target_id, onset_s, duration_s, x_px, y_px), or from the validations of a session. Figures follow ETDQualitizer.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gazeapp.cli.gaze_options import (
    add_display,
    parse_display,
    parse_options,
    warn_assumed_display,
    warn_notes,
    warn_time_goes_back,
    writing,
)
from gazeapp.errors import SettingsError, UnreadableTable

if TYPE_CHECKING:
    from gazeapp.gaze.quality import QualityLimits, TargetWindow
    from gazeapp.gaze.samples import SampleSource

EXAMPLE = "gazeapp quality gaze.tsv --display 1920,1080,531,299,650 --targets targets.csv -o quality.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("samples", metavar="SAMPLES", type=Path, help="sample file or session")
    parser.add_argument("--targets", type=Path, metavar="FILE", help="when the person looked where")
    add_display(parser)
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="K=V",
        help="what the file does not say: unit=..., origin=..., time_unit=..., columns=time:NAME,x:NAME,y:NAME",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="OUT.json", help="write the JSON here")
    parser.add_argument("--json", action="store_true", help="print the JSON alone (also without -o)")
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
    from gazeapp.gaze.quality import measure_quality
    from gazeapp.store.new_file import write_whole
    from gazeapp.store.quality_text import describe_quality, quality_json
    from gazeapp.store.sample_table import read_samples, read_targets

    limits = _limits(args)
    table = read_samples(args.samples, parse_display(args.display), parse_options(args.option))
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
        )
    if args.targets:
        _require_overlap(args.targets, targets, args.samples, table.samples)
    report = measure_quality(table.samples, targets, table.display, limits, rate_hz=table.rate_hz)
    document = {
        **quality_json(report),
        "display": str(table.display),
        "n_samples": len(table.samples),
        "rate_hz": table.rate_hz,
        "notes": list(table.notes),
    }
    if args.output:
        with writing(args.output):
            write_whole(args.output, json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    warn_notes(table, "gazeapp quality")
    warn_assumed_display(table, "gazeapp quality")
    warn_time_goes_back(table, "gazeapp quality")
    if args.json or not args.output:
        print_json(document)
        print(describe_quality(report), file=sys.stderr)
    else:
        print(describe_quality(report))
    return None


def _limits(args: argparse.Namespace) -> QualityLimits:
    from gazeapp.gaze.quality import QualityLimits

    given = {}
    for name in QualityLimits.__dataclass_fields__:
        value = getattr(args, name)
        if value is None:
            continue
        most, words = (1.0, "a share from 0 to 1") if "loss" in name else (180.0, "0 to 180 degrees")
        if not 0 <= value <= most:  # also refuses nan
            option = "--" + name.replace("_", "-")
            raise SettingsError(f"{option} {value:g}: must be {words}", key=name)
        given[name] = value
    try:
        return QualityLimits.of(given)
    except ValueError as error:
        words = re.sub(r"\b[a-z]+(_[a-z]+)+\b", lambda name: "--" + name[0].replace("_", "-"), str(error))
        raise SettingsError(words, key="limits") from None


def _require_overlap(path: Path, targets: Sequence[TargetWindow], recording: Path, samples: SampleSource) -> None:
    """Refuse targets of another recording, or in another unit or zero of time: every figure would be missing."""
    first_s, last_s = float(samples.time_s.min()), float(samples.time_s.max())
    if any(t.onset_s <= last_s and t.onset_s + t.duration_s >= first_s for t in targets):
        return
    raise UnreadableTable(
        f"{path}: no target lies within {recording}, which lasts from {first_s:g} to {last_s:g} s; "
        "onset_s must count seconds as the samples do",
        found=[t.onset_s for t in targets],
    )
