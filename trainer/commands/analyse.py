"""`analyse`: who can be told from whom, and how alike observers look."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gazeapp.errors import SettingsError
from trainer.commands import checks
from trainer.commands.arguments import (
    facts_of,
    names_in,
    open_one,
    read_degrees,
    read_integers,
    require_some,
)
from trainer.engine.progress import report_progress


def analyse(args: argparse.Namespace) -> None:
    """`analyse`: one of the analyses below."""
    ANALYSES[args.analysis](args)


def _identification(args: argparse.Namespace) -> None:
    """Precision at 1 against the number of pairs, with controls."""
    from trainer.analyses.identification import run_identification
    from trainer.evaluation.identify import overlap_with_training
    from trainer.methods.checkpoints import load_weights
    from trainer.reports.results import SCHEMA, write_results
    from trainer.reports.tables import format_table

    if args.run is None:
        raise SettingsError("analyse identification: --run RUN|WEIGHTS is needed", key="run")
    dataset = open_one(args.data)
    used = require_some(dataset.only(names_in(args.images), names_in(args.observers)))
    checkpoint = load_weights(args.run, "embedding")
    found = run_identification(
        checkpoint,
        args.run,
        used,
        read_integers(args.m, "m"),
        universal=None if args.usm == "true" else Path(args.usm),
        seed=args.seed,
        draws=args.draws,
    )
    document = {
        "schema": SCHEMA,
        "protocol": "identification",
        "dataset": dataset.source,
        "rows": found,
        "summary": [],
        "meta": {
            **facts_of(used),
            "seed": args.seed,
            "n_draws": args.draws,
            "usm": "true" if args.usm == "true" else "predicted",
            "seen_in_training": overlap_with_training(checkpoint, used),
            "checkpoints": [checkpoint.sha256],
        },
    }
    print(format_table([document], "md"))
    print(write_results(document, args.out))


def _viewings(args: argparse.Namespace) -> None:
    from trainer.analyses.consistency import consistency, repeats, summarise
    from trainer.reports.results import SCHEMA, write_results

    dataset = open_one(args.data)
    used = require_some(dataset.only(names_in(args.images), names_in(args.observers)))
    if args.analysis == "repeats":
        rows = repeats(used, progress=report_progress)
    else:
        rows = consistency(used, read_degrees(args.sigma_deg), progress=report_progress)
    summary = summarise(rows)
    for entry in summary:
        low, high = entry["ci95"]
        print(f"{entry['model']}: {entry['metric']} {entry['mean']:.4f} ({low:.4f}-{high:.4f})")
    document = {
        "schema": SCHEMA,
        "protocol": args.analysis,
        "dataset": dataset.source,
        "rows": rows,
        "summary": summary,
        "meta": facts_of(used),
    }
    print(write_results(document, args.out))


def _interest(args: argparse.Namespace) -> None:
    """Share of every observer's gaze on objects of a kind, also with each observer's mean offset removed."""
    from trainer.analyses.object_interest import interest, read_face_labels, read_objects
    from trainer.evaluation.identify import without_mean_offset
    from trainer.reports.results import SCHEMA, write_results
    from trainer.reports.tables import format_table

    if (args.objects is None) == (args.labels is None):
        raise SettingsError(
            "analyse interest: give --objects FILE.csv, or --labels with EyeCrowd's labels.mat",
            key="objects",
        )
    dataset = open_one(args.data)
    used = require_some(dataset.only(names_in(args.images), names_in(args.observers)))
    boxes = read_objects(args.objects) if args.labels is None else read_face_labels(args.labels, used)
    rows, summary = interest(used, boxes, seed=args.seed, progress=report_progress)
    # a constant error of calibration moves gaze off small objects as disinterest does
    moved = [replace(box, name=f"{box.name}, mean offset removed") for box in boxes]
    again = interest(without_mean_offset(used), moved, seed=args.seed, progress=report_progress)
    rows, summary = rows + again[0], summary + again[1]
    document = {
        "schema": SCHEMA,
        "protocol": "interest",
        "dataset": dataset.source,
        "rows": rows,
        "summary": summary,
        "meta": {**facts_of(used), "n_objects": len(boxes), "seed": args.seed},
    }
    print(format_table([document], "md"))
    print(write_results(document, args.out))


ANALYSES: dict[str, Callable[[argparse.Namespace], None]] = {
    "identification": _identification,
    "consistency": _viewings,
    "repeats": _viewings,
    "interest": _interest,
    "training-size": checks.training_size,
    "exposure": checks.exposure,
    "little-gaze": checks.little_gaze,
    "encoder": checks.encoder,
}
