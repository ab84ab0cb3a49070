"""Move, copy, back up a study, or take another one into it.

backup copies it into a folder of backups under its name and the date. merge takes participants and sessions of OTHER
in; a pseudonym that is in both is asked about: --same P017 for one person, --rename P017=P117 for two.
"""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = "gazeapp study merge my-study other-study --same P017 --rename P018=P118"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("copy", "move", "backup", "merge"))
    parser.add_argument("study", metavar="STUDY", type=Path, help="folder of the study")
    parser.add_argument("other", metavar="OTHER", type=Path, help="where to; for merge the study that is taken in")
    parser.add_argument("--same", action="append", default=[], metavar="ID", help="merge: one person in both studies")
    parser.add_argument("--rename", action="append", default=[], metavar="OLD=NEW", help="merge: another pseudonym")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int | None:
    from gazeapp.cli.console import print_json
    from gazeapp.errors import SettingsError
    from gazeapp.store.study_transfer import back_up, copy_study, merge_study, move_study

    if args.what == "merge":
        pairs = [text.partition("=") for text in args.rename]
        if any(not (old and equals and new) for old, equals, new in pairs):
            raise SettingsError("--rename: must be OLD=NEW", key="rename")
        try:
            done = merge_study(args.study, args.other, same=args.same, renamed={old: new for old, _, new in pairs})
        except ValueError as error:
            raise SettingsError(f"--rename: {error}", key="rename") from error
        if args.json:
            print_json({"participants": list(done.participants), "n_sessions": done.n_sessions})
        else:
            print(f"{args.study}: took in {len(done.participants)} participants and {done.n_sessions} sessions")
        return None
    place = {"copy": copy_study, "move": move_study, "backup": back_up}[args.what](args.study, args.other)
    if args.json:
        print_json({"study": str(place)})
    else:
        print(f"{args.study}: {'moved to' if args.what == 'move' else 'copied to'} {place}")
    return None
