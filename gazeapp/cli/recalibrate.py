"""Propose a gaze correction from saliency: the one that brings the session's fixations closest to where people look.

It also says what the correction does at the validation targets, if the session has any. It is a proposal: the session
is not changed, and OUT.json is never overwritten.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gazeapp.cli.universal_models import add_model_arguments, model_choice

if TYPE_CHECKING:
    from gazeapp.experiment.recalibration import Recalibration

EXAMPLE = "gazeapp recalibrate studies/pilot/sessions/20261121T014500Z-P017 -o correction.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("session", metavar="SESSION", type=Path, help="folder of the session")
    add_model_arguments(parser, model="--universal", weights="--weights", option="--universal-option")
    parser.add_argument("--kind", choices=("shift", "affine"), default="shift")
    parser.add_argument("--power", type=int, choices=(1, 2), default=1, help="2: squared map loss")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT.json")
    parser.add_argument("--json", action="store_true", help="print the JSON alone")


def run(args: argparse.Namespace) -> int | None:
    import json

    from gazeapp.cli.console import print_json, progress
    from gazeapp.errors import AlreadyExists
    from gazeapp.experiment.findings import describe_recalibration
    from gazeapp.experiment.recalibration import propose_recalibration
    from gazeapp.networks.universal_models import load_universal
    from gazeapp.store.new_file import write_whole
    from gazeapp.store.reader import SessionReader, find_session
    from gazeapp.store.sample_table import read_samples

    if args.output is not None and args.output.exists():
        raise AlreadyExists(f"{args.output}: exists already; name another file with -o")
    universal = load_universal(model_choice(args))
    database = find_session(args.session)
    with SessionReader(database) as session:
        trials = session.trials()
        names = {row.stimulus_id: row.name for row in session.stimulus_rows()}
        table = read_samples(database)
        proposal = propose_recalibration(
            progress(trials, "images", len(trials)),
            display=session.display,
            image_rgb=lambda stimulus_id: session.stimuli.load(stimulus_id).rgb,
            universal=lambda image, stimulus_id: universal(image, names.get(stimulus_id, "")),
            samples=table.samples,
            targets=table.targets,
            kind=args.kind,
            power=args.power,
        )
    document = {"universal": universal.model.name, **_as_json(proposal)}
    if args.output is not None:
        write_whole(args.output, json.dumps(document, indent=1) + "\n")
    if args.json:
        print_json(document)
    else:
        print(describe_recalibration(proposal))
        if args.output is not None:
            print(args.output)
    return None


def _as_json(proposal: Recalibration) -> dict[str, Any]:  # Any: JSON values
    from gazeapp.experiment.findings import describe_recalibration
    from gazeapp.experiment.recalibration import mean_accuracy_deg
    from gazeapp.store.quality_text import quality_json

    a = proposal.alignment
    return {
        "kind": a.kind,
        "finding": describe_recalibration(proposal),
        "supported": a.is_supported,
        "shift_deg": a.shift_deg.tolist(),
        "shift_ci95_deg": a.shift_ci_deg.tolist(),
        "matrix": a.matrix.tolist(),
        "loss_before_deg": a.loss_before_deg,
        "loss_after_deg": a.loss_after_deg,
        "n_images": a.n_images,
        "n_fixations": a.n_fixations,
        "n_dropped": a.n_dropped,
        "correction": proposal.correction.to_json(),
        "validation": None
        if proposal.before is None or proposal.after is None
        else {
            "accuracy_before_deg": mean_accuracy_deg(proposal.before),
            "accuracy_after_deg": mean_accuracy_deg(proposal.after),
            "before": quality_json(proposal.before),
            "after": quality_json(proposal.after),
        },
    }
