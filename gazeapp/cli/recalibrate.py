"""Propose a gaze correction from images that were viewed freely: gaze should lie where people look.

From a session, or from a folder with images and for each a NAME.csv with fixations in image pixels beside NAME.jpg or
.png, as `enrol` takes them. It says how sure the correction is, and what it does at a session's validation targets. It
is a proposal: nothing is changed, and OUT.json is never overwritten.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gazeapp.cli.universal_models import add_model_arguments, model_choice

if TYPE_CHECKING:
    from gazeapp.experiment.recalibration import Recalibration
    from gazeapp.networks.universal_models import Universal
    from gazeapp.saliency.alignment import Alignment

EXAMPLE = "gazeapp recalibrate studies/pilot/sessions/20261121T014500Z-017f3a -o correction.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("session", metavar="SESSION", type=Path, nargs="?", help="folder of the session")
    source.add_argument("--pairs", type=Path, metavar="DIR", help="images, and NAME.csv for each")
    parser.add_argument(
        "--px-per-deg",
        type=float,
        metavar="P",
        help="with --pairs: image pixels per degree of visual angle (default: image width / 33.3)",
    )
    add_model_arguments(parser, model="--universal", weights="--weights", option="--universal-option")
    parser.add_argument(
        "--up-to",
        choices=("shift", "scale", "affine", "smooth", "drift"),
        default="drift",
        help="the furthest correction to try (default: all)",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="OUT.json")
    parser.add_argument("--json", action="store_true", help="print the JSON alone")


def run(args: argparse.Namespace) -> int | None:
    import json

    from gazeapp.cli.console import print_json
    from gazeapp.errors import AlreadyExists, SettingsError
    from gazeapp.networks.universal_models import load_universal
    from gazeapp.store.new_file import write_whole

    if args.output is not None and args.output.exists():
        raise AlreadyExists(f"{args.output}: exists already; name another file with -o")
    if args.px_per_deg is not None:
        if args.pairs is None:
            raise SettingsError("--px-per-deg: a session knows its screen; use it with --pairs", key="px_per_deg")
        if not (args.px_per_deg > 0 and math.isfinite(args.px_per_deg)):
            raise SettingsError(f"--px-per-deg {args.px_per_deg:g}: must be above 0", key="px_per_deg")
    universal = load_universal(model_choice(args))
    proposal = _of_pairs(args, universal) if args.pairs is not None else _of_session(args, universal)
    document = {"universal": universal.model.name, **_as_json(proposal)}
    if args.pairs is None:
        document["correction"] = proposal.correction.to_json()
    if args.output is not None:
        write_whole(args.output, json.dumps(document, indent=1) + "\n")
    if args.json:
        print_json(document)
    else:
        print(document["finding"])
        if args.output is not None:
            print(args.output)
    return None


def _of_session(args: argparse.Namespace, universal: Universal) -> Recalibration:
    from gazeapp.experiment.recalibration import propose_recalibration
    from gazeapp.progress import track
    from gazeapp.store.reader import SessionReader, find_session
    from gazeapp.store.sample_table import read_samples

    database = find_session(args.session)
    with SessionReader(database) as session:
        trials = session.trials()
        names = {row.stimulus_id: row.name for row in session.stimulus_rows()}
        table = read_samples(database)
        return propose_recalibration(
            track(trials, "images", len(trials)),
            display=session.display,
            image_rgb=lambda stimulus_id: session.stimuli.load(stimulus_id).rgb,
            universal=lambda image, stimulus_id: universal(image, names.get(stimulus_id, "")),
            samples=table.samples[:],
            targets=table.targets,
            since_s=max(
                (row.from_time_s for row in session.corrections() if row.source != "saliency"), default=-math.inf
            ),
            up_to=args.up_to,
        )


def _of_pairs(args: argparse.Namespace, universal: Universal) -> Recalibration:
    from gazeapp.api import Pair, recalibrate
    from gazeapp.api.gaze import fixation_array
    from gazeapp.errors import NotEnoughData
    from gazeapp.experiment.recalibration import Recalibration
    from gazeapp.progress import track
    from gazeapp.store.sample_table import read_fixations
    from gazeapp.store.stimuli import decode_image, find_images

    paths = [path for path in find_images(args.pairs) if path.with_suffix(".csv").is_file()]
    if not paths:
        raise NotEnoughData(f"{args.pairs}: no image with a NAME.csv of fixations beside it")
    pairs = (
        Pair(
            decode_image(path).rgb, fixation_array(read_fixations(path.with_suffix(".csv"))), args.px_per_deg, path.name
        )
        for path in track(paths, "images", len(paths))
    )
    return Recalibration.from_images_alone(recalibrate(pairs, model=universal, up_to=args.up_to))


def _as_json(proposal: Recalibration) -> dict[str, Any]:  # Any: JSON values
    from gazeapp.experiment.findings import describe_recalibration
    from gazeapp.experiment.recalibration import mean_accuracy_deg
    from gazeapp.store.quality_text import quality_json

    document = {"finding": describe_recalibration(proposal), **_alignment_json(proposal.alignment)}
    if proposal.before is not None and proposal.after is not None:
        document["validation"] = {
            "accuracy_before_deg": mean_accuracy_deg(proposal.before),
            "accuracy_after_deg": mean_accuracy_deg(proposal.after),
            "before": quality_json(proposal.before),
            "after": quality_json(proposal.after),
            "from_images_alone": _alignment_json(proposal.from_images),
        }
    return document


def _alignment_json(found: Alignment) -> dict[str, Any]:  # Any: JSON values
    return {
        "kind": found.kind,
        "told": found.told.value,
        "supported": found.is_supported,
        "shift_deg": found.shift_deg.tolist(),
        "shift_ci95_deg": found.shift_ci_deg.tolist(),
        "expected_gain_deg": found.expected_gain_deg,
        "probability_better": found.probability_better,
        "follows_images_z": found.follows_z if math.isfinite(found.follows_z) else None,
        "n_images": found.n_images,
        "n_fixations": found.n_fixations,
        "deformations": [
            {
                "kind": one.kind,
                "supported": one.is_supported,
                "coefficients_deg": one.coefficients.tolist(),
                "held_out_nats": one.held_out_nats,
                "held_out_z": one.held_out_z,
                "expected_gain_deg": one.expected_gain_deg,
            }
            for one in found.deformations
        ],
    }
