"""The whole main job with a simulated observer: calibrate, validate, enrol, predict, export.

The observer is a program with made-up preferences, an illustration and not a person: the maps show what the software
does, they say nothing about how well it works. --headless needs no display; without it the same happens in windows.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from gazeapp.errors import AlreadyExists, SettingsError

if TYPE_CHECKING:
    from gazeapp.cli.demo_files import DemoFiles
    from gazeapp.runtime import RunOptions, RunSummary

EXAMPLE = "gazeapp demo --headless --out demo-study --observer ben"

PLAN_NAME = "demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--headless", action="store_true", help="without windows, as fast as the machine can")
    parser.add_argument(
        "--observer",
        default="ada",
        metavar="NAME",
        help="ada, ben, chloe, dan, eve or finn (default: ada)",
    )
    parser.add_argument("--images", type=Path, metavar="DIR", help="other images than the shipped ones")
    parser.add_argument(
        "--n-images",
        type=int,
        default=0,
        metavar="N",
        help="use at most N images, drawn by the seed",
    )
    parser.add_argument("--out", type=Path, default=Path("gazeapp-demo"), metavar="DIR")
    parser.add_argument("--seed", type=int, default=0, metavar="S")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="other network weights")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    if args.n_images < 0 or args.n_images == 1:
        raise SettingsError("--n-images must be at least 2: one to learn from, one to predict", key="n-images")
    if args.seed < 0:
        raise SettingsError("--seed must not be negative", key="seed")
    options = _options(args)
    _require_free(args.out)
    if not args.headless:
        return _run_in_windows(args, options)
    return _run_headless(args, options)


def _require_free(out: Path) -> None:
    """Refuse a folder where this user may not write, or with a demo in it that got as far as its session."""
    from gazeapp.store.typed_path import is_there

    place = next(folder for folder in (out, *out.absolute().parents) if is_there(folder))
    if not os.access(place, os.W_OK | os.X_OK):
        raise SettingsError(
            f"{place} cannot be written by this user; choose a folder of your own with --out", key="out"
        )
    from gazeapp.store.study import Study
    from gazeapp.store.study_place import STUDY_NAME

    if not (out / "study" / STUDY_NAME).exists():
        return
    with Study.open(out / "study") as study:
        if study.sessions():
            raise AlreadyExists(f"{out}: there is a demo here already; remove it, or choose another --out")


def _options(args: argparse.Namespace) -> RunOptions:
    from dataclasses import replace

    from gazeapp.devices.simulated.observer_profiles import profile_named
    from gazeapp.experiment.plan import SHIPPED, StimuliPlan, default_plan
    from gazeapp.runtime.options import RunOptions

    profile_named(args.observer)  # an unknown name is refused before anything is written
    # the folder's name is stored with the session, the way to it is not
    name = SHIPPED if args.images is None else f"./{args.images.resolve().name}"
    start = Path() if args.images is None else args.images.resolve().parent
    plan = replace(
        default_plan(name=PLAN_NAME, seed=args.seed),
        stimuli=StimuliPlan(folders=(name,), n_max=args.n_images),
        folder=start,
    )
    return RunOptions(
        plan=plan,
        study=args.out / "study",
        participant=f"SIM-{args.observer}",
        device="simulated",
        device_options={"observer": args.observer},
        weights=args.weights,
    )


def _run_headless(args: argparse.Namespace, options: RunOptions) -> int:
    from gazeapp.cli.console import print_json
    from gazeapp.cli.demo_files import write_demo_files
    from gazeapp.cli.run import report, run_headless
    from gazeapp.store.study import Study

    with Study.open_or_create(options.study) as study:
        study.add_participant(options.participant)
        study.note_nobody(options.participant, "simulated")
    summary: RunSummary = run_headless(options, label="demo")
    files = write_demo_files(summary.session.path, summary.embedding, args.out, args.weights)
    if args.json:
        print_json(
            {
                "session": str(summary.session.path),
                "maps": str(files.maps),
                "n_maps": files.n_images,
                "embedding": str(files.embedding) if files.embedding else None,
                "report": str(files.report),
                "overview": str(files.overview) if files.overview else None,
                "observer": args.observer,
                "is_simulated": True,
                "n_samples": summary.n_samples,
                "n_trials": summary.n_trials,
                "n_fixations": summary.n_fixations,
            }
        )
        return 0
    print("A simulated observer looked at the images: an illustration of the program, not a person.\n")
    report(summary, as_json=False)
    _print_files(files, options.participant)
    return 0


def _run_in_windows(args: argparse.Namespace, options: RunOptions) -> int:
    """The same in windows; the files are written once they are closed, if somebody was enrolled by then."""
    from gazeapp.cli.demo_files import write_demo_files
    from gazeapp.store.study import Study
    from gazeapp.ui.app import run_demo

    code = int(run_demo(options))
    if not (args.out / "study" / "study.sqlite").exists():
        return code
    with Study.open(options.study) as study:
        sessions = study.sessions(options.participant)
        embeddings = study.embeddings(options.participant)
    if sessions and embeddings:
        files = write_demo_files(sessions[-1].path, embeddings[-1], args.out, args.weights)
        _print_files(files, options.participant)
    return code


def _print_files(files: DemoFiles, participant: str) -> None:
    print("\nopen these:")
    print(f"  {files.report}   the session's report")
    if files.overview:
        print(f"  {files.overview}   where people look, where {participant} looks, and the difference")
    print(f"  {files.maps}/   the same maps one by one, as pictures and as NumPy arrays")
    if files.embedding:
        print(f"  {files.embedding}   the observer as the networks see them")
