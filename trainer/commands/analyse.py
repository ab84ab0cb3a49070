"""Analyse who can be told from whom, and how alike observers look."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from gazeapp.errors import SettingsError
from gazeapp.progress import track
from trainer.commands import analyse_evidence, analyse_trained
from trainer.commands.arguments import (
    facts_of,
    open_part,
    open_unseen,
    read_degrees,
    read_integers,
)

EXAMPLE = "python -m trainer analyse identification --data osie-data --run WEIGHTS -o RESULTS"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("analysis", choices=tuple(ANALYSES))
    parser.add_argument("--data", type=Path, action="append", default=[], help="all but constants need it")
    parser.add_argument("--run", type=Path, help="RUN or WEIGHTS with the embedding network")
    parser.add_argument(
        "--personal", type=Path, help="(evidence, preferences) RUN or WEIGHTS with the personal network"
    )
    parser.add_argument(
        "--folds",
        type=Path,
        nargs="+",
        help="(preferences, constants) results on unseen people, to judge what the run tells or to choose constants on",
    )
    parser.add_argument("--write", type=Path, metavar="JSON", help="(preferences only) what the application reads")
    parser.add_argument(
        "--usm", default="true", help="`true`, or a universal network's file; (recalibration) any model"
    )
    parser.add_argument("--sigma-deg", default="1,1.5", help="blurs for consistency, comma-separated degrees")
    parser.add_argument("--m", default="4,8,16,32,64", help="support sizes, comma-separated")
    parser.add_argument("--draws", type=int, default=200, help="random splits per m")
    parser.add_argument("--plain", action="store_true", help="(identification only) leave out the changed data")
    parser.add_argument(
        "--images",
        type=Path,
        help="use just these, one a line; (exposure, encoder, training-size) test on these, train on the others",
    )
    parser.add_argument("--observers", type=Path, help="the same for observers")
    parser.add_argument(
        "--objects",
        type=Path,
        metavar="CSV",
        help="(interest only) image,object a line, and x_px,y_px,w_px,h_px or polygon (x y x y …) or mask (a picture)",
    )
    parser.add_argument(
        "--labels", type=Path, metavar="MAT", help="(interest, preferences) the face boxes of EyeCrowd, labels.mat"
    )
    parser.add_argument("--seconds", default="0.5,1,2", help="(little-gaze only) viewings end after these (0.5,1,2)")
    parser.add_argument(
        "--universal",
        type=Path,
        help="(exposure, encoder, training-size) RUN or WEIGHTS of a universal network not trained on what is tested",
    )
    parser.add_argument(
        "--steps",
        type=int,
        default=100,
        help="training steps per network (default 100)",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="(encoder, and exposure with --siamese) override a Siamese-network setting, for example steps",
    )
    parser.add_argument(
        "--siamese",
        action="store_true",
        help="(exposure, encoder) the paper's network alone, at full resolution; needs no --universal",
    )
    parser.add_argument(
        "--shares", default="1,0.75,0.5,0.25", help="(exposure only) shares of the images each observer saw"
    )
    parser.add_argument("--basis", default="4,12,24,48", help="(encoder only) numbers of basis maps (4,12,24,48)")
    parser.add_argument(
        "--train-images", metavar="N", help="images to train on; training-size takes several (100,200,400)"
    )
    parser.add_argument(
        "--train-observers", metavar="N", help="observers to train on; training-size takes several (4,6,8)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("-o", "--out", type=Path, required=True)


def run(args: argparse.Namespace) -> None:
    """Run the analysis, print and store its results."""
    if not args.data and args.analysis != "constants":
        raise SettingsError(f"analyse {args.analysis}: --data DATA is needed", key="data")
    ANALYSES[args.analysis](args)


def _identification(args: argparse.Namespace) -> None:
    """Precision at 1 against the number of pairs, with controls."""
    from trainer.analyses.identification import run_identification
    from trainer.methods.checkpoints import load_weights
    from trainer.reports.results import SCHEMA, write_results
    from trainer.reports.tables import format_table

    if args.run is None:
        raise SettingsError("analyse identification: --run RUN|WEIGHTS is needed", key="run")
    checkpoint = load_weights(args.run, "embedding")
    dataset, used, seen_in_training = open_unseen(args, [checkpoint], args.usm)
    found = run_identification(
        checkpoint,
        args.run,
        used,
        read_integers(args.m, "m"),
        universal=None if args.usm == "true" else Path(args.usm),
        seed=args.seed,
        draws=args.draws,
        is_controlled=not args.plain,
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
            "seen_in_training": seen_in_training,
            "checkpoints": [checkpoint.sha256],
        },
    }
    print(format_table([document], "md"))
    print(write_results(document, args.out))


def _viewings(args: argparse.Namespace) -> None:
    from trainer.analyses.consistency import consistency, repeats, summarise
    from trainer.reports.results import SCHEMA, write_results
    from trainer.reports.statistics import interval_text

    dataset, used = open_part(args)
    if args.analysis == "repeats":
        rows = repeats(used, progress=track)
    else:
        rows = consistency(used, read_degrees(args.sigma_deg), progress=track)
    summary = summarise(rows)
    for entry in summary:
        print(f"{entry['model']}: {entry['metric']} {entry['mean']:.4f}{interval_text(entry['ci95'])}")
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
    from trainer.analyses.object_interest import interest, read_face_labels
    from trainer.analyses.object_shapes import ObjectShape, read_objects, renamed
    from trainer.evaluation.identify import without_mean_offset
    from trainer.reports.results import SCHEMA, write_results
    from trainer.reports.tables import format_table

    if (args.objects is None) == (args.labels is None):
        raise SettingsError(
            "analyse interest: give --objects FILE.csv, or --labels with EyeCrowd's labels.mat",
            key="objects",
        )
    dataset, used = open_part(args)
    boxes: list[ObjectShape] = (
        read_objects(args.objects) if args.labels is None else [*read_face_labels(args.labels, used)]
    )
    rows, summary = interest(used, boxes, seed=args.seed, progress=track)
    # a constant error of calibration moves gaze off small objects as disinterest does
    moved = [renamed(box, f"{box.name}, mean offset removed") for box in boxes]
    again = interest(without_mean_offset(used), moved, seed=args.seed, progress=track)
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


def _recalibration(args: argparse.Namespace) -> None:
    """Errors added to recorded gaze, and what is found of them by the images."""
    from trainer.analyses.recalibration import others_maps, recalibration, summarise
    from trainer.evaluation.universal_predictions import open_predictor
    from trainer.reports.results import SCHEMA, write_results
    from trainer.reports.tables import format_table

    dataset, used, _ = open_unseen(args, [], args.usm)
    if args.usm == "true":
        map_of, usm, sha256 = others_maps(dataset), "true", ""
    else:
        predictor = open_predictor(args.usm, dataset)
        map_of, usm, sha256 = lambda image, _observer: predictor.predict(image), predictor.label, predictor.sha256
    rows = recalibration(
        used,
        map_of,
        usm=usm,
        sizes=read_integers(args.m, "m"),
        draws=args.draws,
        seed=args.seed,
        progress=track,
    )
    document = {
        "schema": SCHEMA,
        "protocol": "recalibration",
        "dataset": dataset.source,
        "rows": rows,
        "summary": summarise(rows),
        "meta": {
            **facts_of(used),
            "usm": usm,
            "seed": args.seed,
            "n_draws": args.draws,
            "checkpoints": [sha256] if sha256 else [],
        },
    }
    print(format_table([document], "md"))
    print(write_results(document, args.out))


ANALYSES: dict[str, Callable[[argparse.Namespace], None]] = {
    "identification": _identification,
    "evidence": analyse_evidence.evidence,
    "constants": analyse_evidence.constants,
    "preferences": analyse_evidence.preferences,
    "consistency": _viewings,
    "repeats": _viewings,
    "interest": _interest,
    "training-size": analyse_trained.training_size,
    "exposure": analyse_trained.exposure,
    "little-gaze": analyse_trained.little_gaze,
    "encoder": analyse_trained.encoder,
    "recalibration": _recalibration,
}
