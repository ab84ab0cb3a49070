"""Leave a person, a session or a trial out of analysis, and say why; nothing is deleted.

Exports, reports, area tables, enrolment and training respect it and say so. --include takes it back. Without --reason
and --include, what is excluded is listed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = 'gazeapp exclude pilot --participant P017 --session 20261121T014500Z-017f3a --trial 4 --reason "talked"'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", type=Path, help="folder of the study")
    parser.add_argument("--participant", metavar="ID", help="whose")
    parser.add_argument(
        "--session", metavar="SESSION", default="", help="its id; without it, all sessions of the person"
    )
    parser.add_argument("--trial", metavar="N", type=int, help="its number, from 0, as in exports; needs --session")
    parser.add_argument("--reason", metavar="TEXT", default="", help="why it is left out")
    parser.add_argument("--include", action="store_true", help="let it count again")
    parser.add_argument("--initials", metavar="XX", default="", help="of who decides")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    import dataclasses

    from gazeapp.cli.console import print_json
    from gazeapp.errors import SettingsError
    from gazeapp.store.study import Study

    if args.include and args.reason:
        raise SettingsError("--include and --reason exclude each other", key="include")
    if (args.include or args.reason) and not args.participant:
        raise SettingsError("--participant ID is needed: whose data are left out", key="participant")
    with Study.open(args.study) as study:
        session = Path(args.session).name
        if args.reason:
            study.exclusions.exclude(args.participant, session, args.trial, reason=args.reason, initials=args.initials)
        elif args.include:
            study.exclusions.include(args.participant, session, args.trial, initials=args.initials)
        present = study.exclusions.present()
    if args.json:
        print_json({"excluded": [dataclasses.asdict(exclusion) for exclusion in present]})
        return 0
    for exclusion in present:
        by = f" by {exclusion.excluded_by}" if exclusion.excluded_by else ""
        print(f"{exclusion.what}: {exclusion.reason} ({exclusion.excluded_utc[:10]}{by})")
    if not present:
        print(f"{args.study}: nothing is excluded")
    return 0
