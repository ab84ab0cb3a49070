"""Erase a participant from a study: raw data, maps and embeddings go, a dated record that it happened stays.

Shows what will go and asks first; --yes does not ask, --dry-run only shows. Sessions are found by their own contents,
also those that the study does not list. Files are overwritten before they are removed. The record holds no pseudonym,
but a slow fingerprint that keeps it from being given again; whoever has the study can still guess a short one.

What was copied out of the study is listed, and is yours to delete: exports, reports, training data. Trained weights
cannot forget one person: train again without them. Backups, snapshots, cloud folders and the spare blocks of
solid-state disks are out of reach of any program; whole-disk encryption is what helps there.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gazeapp.store.erasure import ErasurePlan

EXAMPLE = "gazeapp erase studies/pilot --participant P017 --dry-run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", type=Path, help="folder of the study")
    parser.add_argument("--participant", metavar="ID", required=True, help="pseudonym of the participant")
    parser.add_argument(
        "--withdraw",
        action="store_true",
        help="record that the participant withdrew consent as the reason",
    )
    parser.add_argument(
        "--look-in",
        metavar="DIR",
        type=Path,
        action="append",
        default=[],
        help="also look below this folder for weights trained on the person; may be repeated",
    )
    parser.add_argument("--dry-run", action="store_true", help="show what would go, change nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int | None:
    import sys
    from dataclasses import asdict

    from gazeapp.cli.console import print_json
    from gazeapp.errors import Cancelled, SettingsError
    from gazeapp.store.study import Study

    for place in args.look_in:
        if not place.is_dir():
            raise SettingsError(f"--look-in {place}: no such folder to look for weights in", key="look_in")
    with Study.open(args.study) as study:
        plan = study.plan_erasure(args.participant)
        weights = _weights(plan, args)
        facts = {**_facts(plan), "weights": [str(path) for path in weights]}
        if args.dry_run and args.json:
            print_json({"dry_run": True, **facts})
            return None
        for line in _words(plan, weights):
            print(line, file=sys.stderr if args.json else sys.stdout)
        if args.dry_run:
            print("nothing was changed (--dry-run)")
            return None
        if not args.yes:
            if not sys.stdin.isatty():
                raise SettingsError("erase asks before it begins; add --yes to erase without, or --dry-run", key="yes")
            print(f"Erase {plan.pseudonym} for good? Type yes: ", end="", file=sys.stderr, flush=True)
            if sys.stdin.readline().strip().lower() != "yes":
                raise Cancelled("nothing was erased")
        done = study.withdraw(args.participant) if args.withdraw else study.erase(args.participant)
    if args.json:
        print_json({"dry_run": False, **facts, **asdict(done)})
        return None
    print(
        f"{plan.pseudonym}: erased {done.n_sessions} sessions and {done.n_embeddings} embeddings on "
        f"{done.erased_utc[:10]}. Backups made earlier are not reached; delete those too."
    )
    return None


def _weights(plan: ErasurePlan, args: argparse.Namespace) -> list[Path]:
    """Where weights usually lie, not deep, and where the person said."""
    from gazeapp.locations import assets_dir
    from gazeapp.store.erasure import find_weights

    hashes = {copy.sha256 for copy in plan.copies if copy.sha256}
    prepared = [args.study / Path(copy.place).expanduser() for copy in plan.copies if copy.sha256]
    usual = [Path.cwd(), assets_dir(), args.study, *(place.parent for place in prepared)]
    return sorted({*find_weights(usual, hashes, depth=3), *find_weights(args.look_in, hashes)})


def _words(plan: ErasurePlan, weights: list[Path]) -> list[str]:
    lines = [
        f"{plan.pseudonym}: {plan.n_sessions} sessions ({plan.n_bytes / 1e6:.1f} MB), {plan.n_embeddings} embeddings, "
        f"{plan.n_consents} consents will go"
    ]
    for folder in plan.folders:
        lines.append(f"  {folder}" + (" (not listed in the study)" if folder in plan.unlisted else ""))
    for path in plan.leftovers:
        lines.append(f"  {path} ({'a report' if path.parent.name == 'reports' else 'set aside by a recovery'})")
    if plan.copies:
        lines.append("copies were made that hold data of this person; they stay until you delete them:")
        lines += [f"  {copy.place}: {copy.kind} of {copy.made_utc[:10]} ({copy.holds})" for copy in plan.copies]
    if hashes := sorted({copy.sha256 for copy in plan.copies if copy.sha256}):
        lines.append("weights trained on them cannot forget: train again without this person, and delete the old ones")
        lines += [f"  {path}" for path in weights]
        lines.append(f"  any others name data {', '.join(hashes)} in their header (--look-in DIR finds them)")
    if plan.unknown:
        lines.append("nobody can tell whose these damaged sessions are; gazeapp recover them and look:")
        lines += [f"  {folder}" for folder in plan.unknown]
    return lines


def _facts(plan: ErasurePlan) -> dict[str, object]:
    from dataclasses import asdict

    return {
        "participant": plan.pseudonym,
        "sessions": [str(folder) for folder in plan.folders],
        "unlisted": [str(folder) for folder in plan.unlisted],
        "leftovers": [str(path) for path in plan.leftovers],
        "n_sessions": plan.n_sessions,
        "n_embeddings": plan.n_embeddings,
        "n_consents": plan.n_consents,
        "n_bytes": plan.n_bytes,
        "copies": [asdict(copy) for copy in plan.copies],
        "unknown": [str(folder) for folder in plan.unknown],
    }
