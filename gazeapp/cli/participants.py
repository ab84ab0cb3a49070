"""List the participants of a study: consent, sessions, embeddings, and what was erased."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = "gazeapp participants studies/pilot --json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", type=Path, help="folder of the study")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int | None:
    from dataclasses import asdict

    from gazeapp.cli.console import print_json
    from gazeapp.store.study import Study

    with Study.open(args.study) as study:
        participants = study.participants()
    if args.json:
        print_json({"study": str(args.study), "participants": [asdict(p) for p in participants]})
        return None
    if not participants:
        print("nobody yet")
    for participant in participants:
        if participant.erased_utc:
            print(f"{participant.pseudonym:<16} erased on {participant.erased_utc[:10]}")
            continue
        consent = participant.consented_utc
        print(
            f"{participant.pseudonym:<16} "
            + (f"consented {consent[:10]}" if consent else "no consent".ljust(20))
            + f"  {len(participant.sessions):>3} sessions  {participant.n_embeddings:>3} embeddings"
            + (f"  last {participant.sessions[-1]}" if participant.sessions else "")
        )
    return None
