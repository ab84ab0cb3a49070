"""Find the fixations of a study anew, with another detector and its parameters.

What was recorded stays as it is. The choice is written into the study with its date; exports, reports, area tables,
enrolment and training take the new fixations from then on and say so. --recorded takes the recorded ones again. Without
either, everything that was chosen is listed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = "gazeapp detection studies/pilot --algorithm idt --option max_dispersion_deg=1.2 --initials AB"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", type=Path, help="folder of the study")
    parser.add_argument("--algorithm", metavar="NAME", default="", help="ivt, idt, i2mc or adaptive")
    parser.add_argument("--option", action="append", default=[], metavar="K=V", help="of the algorithm; repeatable")
    parser.add_argument("--recorded", action="store_true", help="take the recorded fixations again")
    parser.add_argument("--initials", metavar="XX", default="", help="of who decides")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    import dataclasses

    from gazeapp.cli.areas import option_of
    from gazeapp.cli.console import print_json
    from gazeapp.errors import SettingsError
    from gazeapp.store.detection_choice import Detection, choose_detection, detection_history
    from gazeapp.store.study import Study

    options = dict(option_of(text) for text in args.option)
    if options and not args.algorithm:
        raise SettingsError("--option needs --algorithm", key="option")
    if args.recorded and args.algorithm:
        raise SettingsError("--recorded and --algorithm exclude each other", key="recorded")
    with Study.open(args.study) as study:
        if args.recorded:
            choose_detection(study.path, None, initials=args.initials)
        elif args.algorithm:
            chosen = Detection(algorithm=args.algorithm, options=options)
            choose_detection(study.path, chosen, initials=args.initials)
        history = detection_history(study.path)
    if args.json:
        print_json({"choices": [dataclasses.asdict(choice) for choice in history]})
        return 0
    for choice in history:
        by = f" by {choice.chosen_by}" if choice.chosen_by else ""
        words = choice.detection.words if choice.detection else "as recorded"
        print(f"{choice.chosen_utc[:16].replace('T', ' ')}{by}  {words}")
    if not history:
        print(f"{args.study}: fixations as recorded")
    return 0
