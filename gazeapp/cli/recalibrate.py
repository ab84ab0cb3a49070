"""Propose a gaze correction from images that were viewed freely: gaze should lie where people look.

From a session, or from a folder with images and for each a NAME.csv with fixations in image pixels beside NAME.jpg or
.png, as `enrol` takes them. It says how sure the correction is, and what it does at a session's validation targets. It
is a proposal: nothing is changed without --apply, which adds a row to the session; what was recorded stays, and --undo
takes it back. OUT.json is never overwritten.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from gazeapp.cli.universal_models import add_model_arguments, model_choice

if TYPE_CHECKING:
    from gazeapp.experiment.recalibration import Recalibration
    from gazeapp.networks.universal_models import Universal
    from gazeapp.store.reader import SessionReader

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
    parser.add_argument(
        "--apply", action="store_true", help="use it from now on wherever the session is read, if it is supported"
    )
    parser.add_argument("--undo", action="store_true", help="use the session's gaze as it was recorded again")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT.json")
    parser.add_argument("--json", action="store_true", help="print the JSON alone")


def run(args: argparse.Namespace) -> int | None:
    import json

    from gazeapp.cli.console import print_json
    from gazeapp.errors import AlreadyExists, SettingsError
    from gazeapp.experiment.recalibration_document import recalibration_json
    from gazeapp.networks.universal_models import load_universal
    from gazeapp.store.new_file import write_whole
    from gazeapp.store.reader import SessionReader
    from gazeapp.store.recalibration import apply_recalibration

    if args.output is not None and args.output.exists():
        raise AlreadyExists(f"{args.output}: exists already; name another file with -o")
    if args.px_per_deg is not None:
        if args.pairs is None:
            raise SettingsError("--px-per-deg: a session knows its screen; use it with --pairs", key="px_per_deg")
        if not (args.px_per_deg > 0 and math.isfinite(args.px_per_deg)):
            raise SettingsError(f"--px-per-deg {args.px_per_deg:g}: must be above 0", key="px_per_deg")
    if args.pairs is not None and (args.apply or args.undo):
        raise SettingsError("--apply and --undo are of a session; a folder of pairs is never changed", key="apply")
    if args.undo:
        _undo(args)
        return None
    universal = load_universal(model_choice(args))
    if args.pairs is not None:
        proposal = _of_pairs(args, universal)
        document = {"universal": universal.model.name, **recalibration_json(proposal)}
    else:
        with SessionReader(args.session) as session:
            proposal = _of_session(session, universal, args.up_to)
            before = session.late_correction()
        document = {"universal": universal.model.name, **recalibration_json(proposal)}
        document |= {"correction": proposal.correction.to_json(), "applied": before is not None}
        if args.apply and proposal.late is not None:
            apply_recalibration(args.session, proposal.late, document)
            document["applied"] = True
    if args.output is not None:
        write_whole(args.output, json.dumps(document, indent=1) + "\n")
    if args.json:
        print_json(document)
        return None
    print(document["finding"])
    if args.apply:
        print(
            "Applied: the session is read with this correction from now on; --undo takes it back."
            if proposal.late is not None
            else "Nothing was applied."
        )
    elif document.get("applied"):
        print("A correction from the images is applied to this session already; what is said here is without it.")
    if args.output is not None:
        print(args.output)
    return None


def _undo(args: argparse.Namespace) -> None:
    from gazeapp.cli.console import print_json
    from gazeapp.store.reader import SessionReader
    from gazeapp.store.recalibration import undo_recalibration

    with SessionReader(args.session) as session:
        was_applied = session.late_correction() is not None
    if was_applied:
        undo_recalibration(args.session)
    if args.json:
        print_json({"applied": False, "undone": was_applied})
    else:
        print("Gaze is read as it was recorded again." if was_applied else "No correction from images was applied.")


def _of_session(session: SessionReader, universal: Universal, up_to: str) -> Recalibration:
    from gazeapp.experiment.recalibration import recalibrate_session
    from gazeapp.progress import track

    names = {row.stimulus_id: row.name for row in session.stimulus_rows()}
    return recalibrate_session(
        session,
        lambda stimulus_id: universal(session.stimuli.load(stimulus_id).rgb, names.get(stimulus_id, "")),
        up_to=up_to,
        progress=track,
    )


def _of_pairs(args: argparse.Namespace, universal: Universal) -> Recalibration:
    from gazeapp.api import Pair, recalibrate
    from gazeapp.api.gaze import fixation_array
    from gazeapp.errors import NotEnoughData
    from gazeapp.experiment.recalibration import Recalibration
    from gazeapp.progress import track
    from gazeapp.store.identifier import require_own
    from gazeapp.store.sample_table import read_fixations
    from gazeapp.store.stimuli import decode_image, find_images

    paths = [path for path in find_images(args.pairs) if path.with_suffix(".csv").is_file()]
    if not paths:
        raise NotEnoughData(f"{args.pairs}: no image with a NAME.csv of fixations beside it")
    pairs = (
        Pair(
            decode_image(path).rgb,
            fixation_array(read_fixations(require_own(path.with_suffix(".csv")))),
            args.px_per_deg,
            path.name,
        )
        for path in track(paths, "images", len(paths))
    )
    return Recalibration.from_images_alone(recalibrate(pairs, model=universal, up_to=args.up_to))
