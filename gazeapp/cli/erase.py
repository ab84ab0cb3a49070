"""Erase a participant from a study: raw data, maps and embeddings go, a dated record that it happened stays."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = "gazeapp erase studies/pilot --participant P017"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", type=Path, help="folder of the study")
    parser.add_argument("--participant", metavar="ID", required=True, help="pseudonym of the participant")
    parser.add_argument(
        "--withdraw",
        action="store_true",
        help="record that the participant withdrew consent as the reason",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int | None:
    from dataclasses import asdict

    from gazeapp.cli.console import print_json
    from gazeapp.store.study import Study

    with Study.open(args.study) as study:
        done = study.withdraw(args.participant) if args.withdraw else study.erase(args.participant)
    if args.json:
        print_json({"participant": args.participant} | asdict(done))
        return None
    print(
        f"{args.participant}: erased {done.n_sessions} sessions and {done.n_embeddings} embeddings on "
        f"{done.erased_utc[:10]}. "
        "Exports and backups made earlier are not reached; delete those too."
    )
    return None
